"""What is seen while the lecture runs: the claim under way and all of them, on stderr."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from layerwise.lecture import Step


class ClaimBars:
    """A bar and a clock for the claim under way, above them those that have ended; without a terminal, those alone."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._bars = Progress(
            TextColumn("{task.description:<30}"),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bars.add_task("loading", total=1.0)
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> Self:
        if self._shown:
            self._bars.start()
        return self

    def __call__(self, step: Step) -> None:
        """Take in one report; called from worker threads too."""
        from layerwise.report import claim_line

        what = f"{step.claim.id}, {step.place + 1} of {step.n} claims"
        self._bars.update(self._task, description=what, completed=step.share)
        if step.record is None:
            return
        line = claim_line(step.record)
        self._bars.reset(self._task)  # every claim has a clock of its own
        if self._shown:
            self._bars.console.print(line, markup=False, highlight=False)
        else:
            print(line, file=sys.stderr, flush=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._bars.stop()
