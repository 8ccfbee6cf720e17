"""Work that kills the process it is done in, as running out of memory does."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from layerwise.studies.study.engines import Joblib, Ray


class Deadly:
    """The work it wraps, but for the chunk `deadly`, at which it dies the first `n_times`; every try is counted."""

    def __init__(self, work, deadly, folder, n_times):
        self.work, self.deadly, self.folder, self.n_times = work, deadly, Path(folder), n_times
        self.on_cpu, self.crashed = work.on_cpu, work.crashed

    def __call__(self, job, stop=None):
        with (self.folder / f"tries{job.chunk}").open("a") as file:
            file.write(f"{os.getpid()}\n")
        if job.chunk == self.deadly and tries(self.folder, job.chunk) <= self.n_times:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.work(job, stop)


def tries(folder, chunk):
    """Return how often a chunk was begun."""
    return len((Path(folder) / f"tries{chunk}").read_text().splitlines())


class _Deadly:
    """An engine whose workers die at one chunk."""

    def dying(self, deadly, folder, n_times=1000):
        self.told = (deadly, folder, n_times)
        return self

    def run(self, work, jobs):
        return super().run(Deadly(work, *self.told), jobs)


class DeadlyJoblib(_Deadly, Joblib):
    """On joblib."""


class DeadlyRay(_Deadly, Ray):
    """On Ray."""
