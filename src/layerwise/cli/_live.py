"""What is seen while a comparison runs: a row for each arm, on stderr."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.console import RenderableType

    from layerwise.data import Data
    from layerwise.models import Recipe
    from layerwise.studies import Stage


class Live:
    """A table that grows as the runs do; on a stream that is no terminal, one line for each phase."""

    def __init__(self, arms: Sequence[Recipe], ground: Data) -> None:
        from rich.console import Console
        from rich.live import Live as RichLive

        self._arms = [arm.name for arm in arms]
        self._score = "R2" if ground.task == "regression" else "accuracy"
        self._rates: dict[str, str] = {}
        self._scores: dict[str, float] = {}
        self._phase = ""
        self._line = "loading"
        self._console = Console(stderr=True)
        self._live = RichLive(self._table(), console=self._console, refresh_per_second=4, transient=True)
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> Self:
        if self._shown:
            self._live.start()
        return self

    def __call__(self, stage: Stage) -> None:
        """Take in one report; called from worker threads, one at a time."""
        if stage.phase != self._phase:
            self._phase = stage.phase
            self._rates = {name: f"{rate:g}" for name, rate in stage.rates.items()}
            self._scores = {}
            if not self._shown:
                print(_PHASES[stage.phase], file=sys.stderr, flush=True)
        self._scores |= stage.progress.scores
        done, total = stage.progress.done, stage.progress.total
        self._line = (
            f"{_PHASES[stage.phase]}: {done / total:4.0%}, {stage.progress.rate:,.0f} network-steps/s, "
            f"{stage.progress.remaining:.0f} s left"
        )
        if self._shown:
            self._live.update(self._table())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._live.stop()

    def _table(self) -> RenderableType:
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, padding=(0, 2, 0, 0))
        table.add_column("arm")
        table.add_column("rate", justify="right")
        table.add_column(f"validation {self._score} now", justify="right")
        for arm in self._arms:
            score = self._scores.get(arm)
            table.add_row(Text(arm), self._rates.get(arm, ""), "" if score is None else f"{score:.3f}")
        return Group(table, Text(self._line, style="dim"))


_PHASES = {"search": "choosing each arm's learning rate", "final": "final runs"}
