"""What a command that ran a study leaves on the screen and in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from layerwise.records import Study

if TYPE_CHECKING:
    from layerwise.studies import Result

R = TypeVar("R", bound=Study)


def show(result: Result[R], output: Path | None, *, json_out: bool) -> None:
    """Print the result, as text or as JSON, after saving it to `output` if that is given."""
    from layerwise.records import dump

    try:
        if output is not None:
            result.save(output)
    finally:  # shown even where the disk has filled up meanwhile
        print(dump(result.record) if json_out else result)
    if output is not None and not json_out:
        from layerwise.store import file_names

        record, page = file_names(result.record)
        print(f"\nReport: {output / page}\nRecords: {output / record}")
