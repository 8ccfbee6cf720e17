"""What is seen while layers train: a bar for each, on stderr."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import TaskID

    from layerwise.studies import PretrainingStep


class Bars:
    """A bar for each task, the earlier ones above; on a stream that is no terminal, a line for each that is done."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._bars = Progress(
            TextColumn("{task.description:<19}"),
            BarColumn(bar_width=20),
            TextColumn("{task.completed:>3.0f}/{task.total:.0f}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[said]}", markup=False),
            console=Console(stderr=True),
        )
        self._tasks: dict[str, TaskID] = {}
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> Self:
        if self._shown:
            self._bars.start()
        return self

    def __call__(self, step: PretrainingStep) -> None:
        """Take in one report."""
        if not self._shown:
            if step.done == step.total:
                print(f"{step.task}: {step.said}", file=sys.stderr, flush=True)
            return
        if step.task not in self._tasks:
            self._tasks[step.task] = self._bars.add_task(step.task, total=step.total, said="")
        self._bars.update(self._tasks[step.task], completed=step.done, said=step.said)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._bars.stop()
