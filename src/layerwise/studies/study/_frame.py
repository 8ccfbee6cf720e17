"""The members of a study as a table, and as files for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from layerwise._base import InvalidInput, Text, one_of
from layerwise.store import StudyReader, scores_of

if TYPE_CHECKING:
    import pandas as pd

Format = Literal["csv", "parquet", "json"]
FORMATS: tuple[Format, ...] = ("csv", "parquet", "json")


def frame_of(folder: str | Path) -> pd.DataFrame:
    """Return one row for each member that the study in `folder` has recorded, in the order of its design."""
    import pandas as pd

    with StudyReader(folder) as reader:
        names, sittings = [name for name, _ in reader.arms()], reader.sitting_of()
        rows = reader.rows()
    first = ("member", "arm", "phase", "seed", "learning_rate", "status", "n_steps", "seconds")
    table: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in first}
    table["arm"] = [names[row.arm] for row in rows]
    found = [scores_of(row.scores) for row in rows]
    for name in dict.fromkeys(name for scores in found for name in scores):
        table[name] = [scores.get(name, float("nan")) for scores in found]
    table["findings"] = [row.codes for row in rows]
    table["reason"] = [row.reason for row in rows]
    table["sitting"] = [sittings[row.member] for row in rows]
    return pd.DataFrame(table)


def export(folder: str | Path, form: Format) -> Path:
    """Return the path of a file with all members of the study in `folder`, after writing it there.

    Raises:
        InvalidInput: the format is none of csv, parquet and json; or pyarrow is missing for parquet.
    """
    one_of("format", form, FORMATS)
    frame, path = frame_of(folder), Path(folder) / f"members.{form}"
    from layerwise.store import write_bytes

    if form == "parquet":
        return write_bytes(path, _parquet(frame))
    text = frame.to_csv(index=False) if form == "csv" else frame.to_json(orient="records", indent=1) + "\n"
    return write_bytes(path, text.encode())


def _parquet(frame: pd.DataFrame) -> bytes:
    try:
        found: bytes = frame.to_parquet(index=False)
    except ImportError:
        raise InvalidInput(
            "`format` parquet needs pyarrow", got=Text("a Python without it"), cure='pip install "layerwise[parquet]"'
        ) from None
    return found
