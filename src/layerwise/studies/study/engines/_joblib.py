"""Processes, by the backend that the user's joblib is set to."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from layerwise._base import LayerwiseError
from layerwise.population import workers
from layerwise.store import MemberRow
from layerwise.studies.study._work import Job, Work
from layerwise.studies.study.engines._engine import Ended


@dataclass
class Joblib:
    """Trains in joblib's workers: loky's processes, unless `joblib.parallel_config` says otherwise.

    `n_workers` None: what joblib is set to, or one for each core.
    """

    n_workers: int | None = None
    name: str = "joblib"
    here: bool = True

    def ready(self) -> AbstractContextManager[None]:
        """Hold nothing: joblib keeps its workers for later calls by itself."""
        return nullcontext()

    def run(self, work: Work, jobs: Iterable[Job]) -> Ended:
        """Yield each job with its rows."""
        from joblib import Parallel, delayed
        from joblib.externals.loky.process_executor import TerminatedWorkerError
        from joblib.parallel import get_active_backend

        chosen = get_active_backend()[1]
        n_jobs = self.n_workers or (chosen if chosen not in (None, 1) else -1)
        # No batches, and none ahead of the workers: what is taken is claimed.
        pool = Parallel(n_jobs, return_as="generator_unordered", pre_dispatch="n_jobs", batch_size=1)
        try:
            for pair in pool(delayed(_quietly)(work, job) for job in jobs):
                yield [pair]
        except TerminatedWorkerError as error:
            raise LayerwiseError(
                "A worker process of joblib died: killed, out of memory, or crashed. "
                "What is recorded stays; the same command goes on from there."
            ) from error


def _quietly(work: Work, job: Job) -> tuple[Job, list[MemberRow]]:
    """Train in a thread like those of the local engine, so that the bits are the same."""
    with workers(1) as pool:
        return job, pool.submit(work, job).result()
