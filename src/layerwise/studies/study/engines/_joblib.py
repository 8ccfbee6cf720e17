"""Processes, by the backend that the user's joblib is set to."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from layerwise.population import workers
from layerwise.store import MemberRow
from layerwise.studies.study._work import Job, Work
from layerwise.studies.study.engines._engine import Ended


@dataclass
class Joblib:
    """Trains in joblib's workers: loky's processes, unless `joblib.parallel_config` says otherwise.

    When one of loky's workers dies, all of them are lost, and nobody knows whose chunk it was. So every chunk that was
    under way is trained again with nothing beside it, up to `n_retries` times; then its members count as crashed.

    Attributes:
        n_workers: None: what joblib is set to, or one for each core.
        n_retries: times that a chunk is trained again, alone, after its worker was lost.
    """

    n_workers: int | None = None
    n_retries: int = 2
    name: str = "joblib"
    here: bool = True

    def ready(self) -> AbstractContextManager[None]:
        """Hold nothing: joblib keeps its workers for later calls by itself."""
        return nullcontext()

    def run(self, work: Work, jobs: Iterable[Job]) -> Ended:
        """Yield each job with its rows."""
        from joblib.externals.loky.process_executor import TerminatedWorkerError

        source = iter(jobs)
        while True:
            taken = _Taken(source)
            try:
                for job, rows in _pool(self._n_jobs())(_task(work, job) for job in taken):
                    del taken.under_way[job.chunk]
                    yield [(job, rows)]
            except TerminatedWorkerError:
                for job in taken.stop():
                    yield [(job, self._alone(work, job))]
            else:
                return

    def _alone(self, work: Work, job: Job) -> list[MemberRow]:
        from joblib.externals.loky.process_executor import TerminatedWorkerError

        reason = ""
        for _ in range(self.n_retries):
            try:
                # A pool of one would be none: joblib would train in this process.
                ended: list[tuple[Job, list[MemberRow]]] = list(_pool(2)([_task(work, job)]))
            except TerminatedWorkerError as error:
                reason = str(error)
            else:
                return ended[0][1]
        lost = f"Its worker process was lost, and again with nothing beside it (tries: {1 + self.n_retries})."
        return work.crashed(job, f"{lost} {reason}".strip())

    def _n_jobs(self) -> int:
        from joblib.parallel import get_active_backend

        chosen = get_active_backend()[1]
        return int(self.n_workers or (chosen if chosen not in (None, 1) else -1))


class _Taken:
    """Jobs one after the other, and those that are under way; joblib asks for them from threads of its own."""

    def __init__(self, source: Iterator[Job]) -> None:
        self._source, self._lock, self._stopped = source, threading.Lock(), False
        self.under_way: dict[int, Job] = {}

    def __iter__(self) -> Iterator[Job]:
        return self

    def __next__(self) -> Job:
        with self._lock:
            if self._stopped:
                raise StopIteration
            job = next(self._source)
            self.under_way[job.chunk] = job
            return job

    def stop(self) -> list[Job]:
        """Give out no more, and return what was under way."""
        with self._lock:
            self._stopped = True
            return list(self.under_way.values())


def _pool(n_jobs: int) -> Any:
    from joblib import Parallel

    # No batches, and none ahead of the workers: what is taken is claimed.
    return Parallel(n_jobs, return_as="generator_unordered", pre_dispatch="n_jobs", batch_size=1)


def _task(work: Work, job: Job) -> Any:
    from joblib import delayed

    return delayed(_quietly)(work, job)


def _quietly(work: Work, job: Job) -> tuple[Job, list[MemberRow]]:
    """Train in a thread like those of the local engine, so that the bits are the same."""
    with workers(1) as pool:
        return job, pool.submit(work, job).result()
