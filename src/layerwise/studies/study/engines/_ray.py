"""Many machines: each chunk a task of a Ray cluster."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from layerwise._base import InvalidInput, LayerwiseError, Text
from layerwise.population import workers
from layerwise.store import MemberRow
from layerwise.studies.study._work import Job, Work
from layerwise.studies.study.engines._engine import Ended
from layerwise.studies.study.engines._room import Needs

AHEAD = 2
"""Tasks under way for each that the cluster has room for, so that no worker waits while rows are written."""

LOOK = 5.0
"""Seconds between looks at whether machines have come, while nothing gets ready."""


@dataclass
class Ray:
    """Trains in tasks of a Ray cluster: one that is there (`address`, or `auto`), or one on this machine.

    A task whose worker or machine is lost is done again on another, up to `n_retries` times; then its members count as
    crashed. Only as many tasks are under way as keep the cluster busy: twice what its machines run at once.

    Attributes:
        address: of the cluster; None: the one that `RAY_ADDRESS` names, or a new one on this machine.
        num_cpus, num_gpus: what a task takes, in whole or in part: 0.25 GPUs lets four tasks share one. A study whose
            device is a GPU takes a whole one where `num_gpus` is 0: else as many would share it as there are cores.
        n_retries: times that a task is done again after its worker was lost.
        patience: seconds to wait, where no machine is large enough for a task, for one that is.
    """

    address: str | None = None
    num_cpus: float = 1.0
    num_gpus: float = 0.0
    n_retries: int = 10
    patience: float = 600.0
    name: str = "ray"
    here: bool = False

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Be connected to the cluster; one that was started for this is stopped again."""
        # Of itself Ray does a task for ever that is killed for the memory it takes. It reads this when it is loaded.
        os.environ.setdefault("RAY_task_oom_retries", str(self.n_retries))
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
        """Yield each job with its rows.

        Raises:
            LayerwiseError: no machine has room for a task, or tasks fail before they train.
        """
        ray, needs = _ray(), self._needs(work)
        train = ray.remote(_quietly).options(**needs._asdict(), max_retries=self.n_retries)
        shared = ray.put(work)  # the data goes to each machine once
        source, under_way = iter(jobs), dict[Any, Job]()
        try:
            while True:
                room = AHEAD * needs.room(ray.nodes())  # machines may come and go
                # One where there is no room: a cluster that grows on demand must see one.
                for job in islice(source, max(0, max(1, room) - len(under_way))):
                    under_way[train.remote(shared, job)] = job
                if not under_way:
                    return
                self._wait(ray, needs, under_way)
                ready, _ = ray.wait(list(under_way), num_returns=len(under_way), timeout=0)
                yield [self._collected(ray, work, task, under_way.pop(task)) for task in ready]
        finally:
            for task in under_way:
                ray.cancel(task, force=True)

    def _needs(self, work: Work) -> Needs:
        needs = Needs(self.num_cpus, self.num_gpus if work.on_cpu or self.num_gpus else 1.0)
        if needs.num_gpus > 1 and needs.num_gpus % 1:
            raise InvalidInput("`num_gpus` must be whole beyond 1", got=needs.num_gpus)
        return needs

    def _wait(self, ray: Any, needs: Needs, under_way: Iterable[Any]) -> None:
        """Return when a task is ready."""
        since = time.monotonic()
        while not ray.wait(list(under_way), num_returns=1, timeout=min(LOOK, self.patience))[0]:
            if needs.room(ray.nodes()):
                since = time.monotonic()
            elif time.monotonic() - since >= self.patience:
                raise LayerwiseError(
                    f"No machine of the Ray cluster has room for a task, which takes {needs}. "
                    "Add such a machine, or change what a task takes with --num-cpus and --num-gpus."
                )

    def _collected(self, ray: Any, work: Work, task: Any, job: Job) -> tuple[Job, list[MemberRow]]:
        lost = ray.exceptions
        try:
            rows: list[MemberRow] = ray.get(task)
        except (lost.WorkerCrashedError, lost.NodeDiedError, lost.OutOfMemoryError, lost.ObjectLostError) as error:
            why = str(error).strip().partition("\n")[0]  # the rest tells of everything else on that machine
            rows = work.crashed(job, f"Its worker was lost (tries: {1 + self.n_retries}). {why}")
        except lost.RayTaskError as error:
            *_, why = str(error).strip().split("\n")  # a traceback ends with its error
            raise LayerwiseError(
                "A task failed before it could train: is layerwise, in this version, on all machines of the cluster? "
                f"What is recorded stays. {why}"
            ) from error
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
