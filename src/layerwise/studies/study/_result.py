"""What a study returns: its folder, and the record that its file holds."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from layerwise.records import Run, StudyRecord
from layerwise.store import StudyReader
from layerwise.studies._result import Result
from layerwise.studies.study._design import SEARCH_PHASE
from layerwise.studies.study._frame import frame_of
from layerwise.studies.study._summarize import summarize

if TYPE_CHECKING:
    import pandas as pd


class StudyResult(Result[StudyRecord]):
    """A study as far as it is: `record` for people, `frame` for pandas; everything stands in the folder's one file.

    Attributes:
        folder: where it lies.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    @cached_property
    def record(self) -> StudyRecord:  # type: ignore[override] # of many members it takes seconds
        """Everything that is shown of the study, as far as it was when this was first asked for."""
        return summarize(self.folder)

    @property
    def complete(self) -> bool:
        """Whether every member of the design has a record."""
        return self.record.complete

    def frame(self) -> pd.DataFrame:
        """Return one row for each recorded member: arm, phase, seed, learning rate, status, steps, every score."""
        return frame_of(self.folder)

    def runs(self) -> list[Run]:
        """Return each trained member's run with its curves and measures, in the design's order, the search's aside."""
        with StudyReader(self.folder) as reader:
            names = [name for name, _ in reader.arms()]
            found = [row.run(names[row.arm]) for row in reader.whole_rows() if row.phase != SEARCH_PHASE]
        return [run for run in found if run is not None]

    def __repr__(self) -> str:
        done = f"{self.record.n_recorded} of {self.record.n_planned} members"
        return f"StudyResult({self.record.name!r}: {done}, {self.record.verdict})"
