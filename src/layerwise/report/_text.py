"""A study as plain text of 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerwise.records import LectureRecord, PretrainingRecord, Study, StudyRecord, TrainabilityRecord
from layerwise.report._columns import WIDTH
from layerwise.report._lecture_text import lecture_text
from layerwise.report._map_text import map_text
from layerwise.report._pretraining_text import pretraining_text
from layerwise.report._study_text import study_text
from layerwise.report._summary import plain_summary
from layerwise.report._terminal import comparison_table, pairs_table

if TYPE_CHECKING:
    from rich.console import Console

    from layerwise.records import ComparisonRecord


def print_comparison(record: ComparisonRecord, console: Console) -> None:
    """Print the sentences, the table of arms and the table of pairs."""
    from rich.text import Text

    for sentence in plain_summary(record):
        console.print(Text(sentence))
    console.print()
    console.print(comparison_table(record))
    console.print(Text(_ground(record), style="dim"))
    if record.pairs:
        console.print()
        console.print(pairs_table(record))
    for note in record.notes:
        console.print(Text(f"\nNote: {note}"))


def _ground(record: ComparisonRecord) -> str:
    data = record.data
    rows = f"{data.n_train} train, {data.n_validation} validation and {data.n_test} test rows"
    return f"\n{data.name}: {rows}, cut by seed. Scaling: {data.scaling}."


def render_text(record: Study) -> str:
    """Return any record as text of 80 columns, without color; of a comparison, what `print_comparison` prints."""
    if isinstance(record, TrainabilityRecord):
        return map_text(record)
    if isinstance(record, PretrainingRecord):
        return pretraining_text(record)
    if isinstance(record, LectureRecord):
        return lecture_text(record)
    if isinstance(record, StudyRecord):
        return study_text(record)
    import io

    from rich.console import Console

    console = Console(width=WIDTH, file=io.StringIO(), color_system=None, force_terminal=False)
    with console.capture() as captured:
        print_comparison(record, console)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
