"""What is seen while the lecture runs: the claim under way and all of them, on stderr."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from layerwise.lecture import Step


class ClaimBars:
    """A bar, with the claims that have ended above it; on a stream that is no terminal, those alone."""

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

        if step.record is not None:
            line = claim_line(step.record)
            if self._shown:
                self._bars.console.print(line, markup=False, highlight=False)
            else:
                print(line, file=sys.stderr, flush=True)
        what = f"{step.claim.id}, {step.place + 1} of {step.n} claims"
        self._bars.update(self._task, description=what, completed=step.share)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._bars.stop()
