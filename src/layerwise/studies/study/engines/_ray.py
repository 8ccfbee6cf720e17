"""Many machines: each chunk a task of a Ray cluster."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from layerwise._base import InvalidInput
from layerwise._base._errors import Text
from layerwise.population import workers
from layerwise.store import MemberRow
from layerwise.studies.study._work import Job, Work
from layerwise.studies.study.engines._engine import Ended

AHEAD = 2
"""Tasks under way for each that the cluster has room for, so that no worker waits while rows are written."""


@dataclass
class Ray:
    """Trains in tasks of a Ray cluster: one that is there (`address`, or `auto`), or one on this machine.

    A task whose worker or machine is lost is done again on another, up to `n_retries` times; then its members count as
    crashed. Only as many tasks are under way as keep the cluster busy.

    Attributes:
        address: of the cluster; None: the one that `RAY_ADDRESS` names, or a new one on this machine.
        num_cpus, num_gpus: what a task takes, in whole or in part: 0.25 GPUs lets four tasks share one.
        n_retries: times that a task is done again after its worker was lost.
    """

    address: str | None = None
    num_cpus: float = 1.0
    num_gpus: float = 0.0
    n_retries: int = 10
    name: str = "ray"
    here: bool = False

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Be connected to the cluster; one that was started for this is stopped again."""
        ray = _ray()
        if ray.is_initialized():
            yield
            return
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere unless the user wants it
        address = self.address or os.environ.get("RAY_ADDRESS")
        here = {} if address else {"include_dashboard": False}
        try:
            ray.init(address=address, log_to_driver=False, logging_level="ERROR", configure_logging=True, **here)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise InvalidInput(
                "`address` must be that of a Ray cluster", got=Text(f"{address!r} ({error})"),
                cure="Start one with `ray start --head`, or leave it out to use this machine alone.",
            ) from None  # fmt: skip
        try:
            yield
        finally:
            ray.shutdown()

    def run(self, work: Work, jobs: Iterable[Job]) -> Ended:
        """Yield each job with its rows."""
        ray = _ray()
        train = ray.remote(_quietly).options(num_cpus=self.num_cpus, num_gpus=self.num_gpus, max_retries=self.n_retries)
        shared = ray.put(work)  # the data goes to each machine once
        source, under_way = iter(jobs), dict[Any, Job]()
        try:
            while True:
                for job in islice(source, max(0, max(1, self._room(ray)) - len(under_way))):
                    under_way[train.remote(shared, job)] = job
                if not under_way:
                    return
                ray.wait(list(under_way), num_returns=1)
                ready, _ = ray.wait(list(under_way), num_returns=len(under_way), timeout=0)
                yield [self._collected(ray, work, task, under_way.pop(task)) for task in ready]
        finally:
            for task in under_way:
                ray.cancel(task, force=True)

    def _room(self, ray: Any) -> int:
        """Return how many tasks are to be under way: machines may come and go."""
        there = ray.cluster_resources()
        slots = there.get("CPU", 0) / self.num_cpus if self.num_cpus else float("inf")
        if self.num_gpus:
            slots = min(slots, there.get("GPU", 0) / self.num_gpus)
        return AHEAD * int(min(slots, 10_000))

    def _collected(self, ray: Any, work: Work, task: Any, job: Job) -> tuple[Job, list[MemberRow]]:
        lost = ray.exceptions
        try:
            rows: list[MemberRow] = ray.get(task)
        except (lost.WorkerCrashedError, lost.NodeDiedError, lost.OutOfMemoryError) as error:
            rows = work.crashed(job, f"Its worker was lost {self.n_retries + 1} times. {error}")
        return job, rows


def _quietly(work: Work, job: Job) -> list[MemberRow]:
    """Train in a thread like those of the local engine, so that the bits are the same."""
    with workers(1) as pool:
        return pool.submit(work, job).result()


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        raise InvalidInput("`engine` 'ray' needs Ray", cure='Install it: pip install "layerwise[ray]".') from None
    return ray
