"""This process: a thread for each core, or the GPU."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass

from layerwise.population import in_threads
from layerwise.studies.study._work import Job, Work
from layerwise.studies.study.engines._engine import Ended


@dataclass
class Local:
    """Trains in threads of this process, as `layerwise.fit` does; `n_workers` None: one for each core."""

    n_workers: int | None = None
    name: str = "local"
    here: bool = True

    def ready(self) -> AbstractContextManager[None]:
        """Hold nothing."""
        return nullcontext()

    def run(self, work: Work, jobs: Iterable[Job]) -> Ended:
        """Yield each job with its rows; after Ctrl-C those that are ready."""
        with closing(in_threads(work, jobs, self.n_workers if work.on_cpu else 1)) as ended:
            for pair in ended:
                yield [pair]
