"""What is done with one chunk, wherever it is done: members in, rows out."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Sequence
from typing import NamedTuple

from layerwise.population import Interrupted, Member, Meter, Settings, train
from layerwise.pretraining import prepare
from layerwise.rules import judge
from layerwise.store import MemberRow, row_of_run, row_without_run
from layerwise.studies._once import Once
from layerwise.studies._summarize import facts
from layerwise.studies.study._design import SEARCH_PHASE, Entry


class Job(NamedTuple):
    """One chunk: its number, its phase, and its members, with the recipes that they are trained by."""

    chunk: int
    phase: str
    entries: Sequence[Entry]


class Work:
    """Trains chunks and returns their rows, ready for the store. Travels to other processes and machines.

    An error in training is a result: the chunk is trained again member by member, so that only those whose own training
    raises an error are recorded as crashed, with the traceback.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def on_cpu(self) -> bool:
        """Whether several chunks may be trained at once on one machine."""
        return self._settings.device.type == "cpu"

    def __call__(self, job: Job, stop: threading.Event | None = None) -> list[MemberRow]:
        """Return the rows of a chunk; `Interrupted` if `stop` is set meanwhile."""
        stop = stop or threading.Event()
        try:
            return self._trained(job, stop)
        except Interrupted:
            raise
        except Exception as error:  # noqa: BLE001 whatever it is, it is what came of the member
            if len(job.entries) == 1:
                return self.crashed(job, "".join(traceback.format_exception(error)))
        return [row for entry in job.entries for row in self(job._replace(entries=[entry]), stop)]

    def crashed(self, job: Job, reason: str) -> list[MemberRow]:
        """Return the rows of a chunk whose members all count as crashed."""
        return [
            row_without_run(
                entry.member,
                entry.arm,
                job.phase,
                entry.seed,
                rate=entry.recipe.optimizer.learning_rate,
                status="crashed",
                reason=reason,
            )
            for entry in job.entries
        ]

    def _trained(self, job: Job, stop: threading.Event) -> list[MemberRow]:
        members = [Member(entry.recipe, entry.seed) for entry in job.entries]
        outcome = train(members, self._of(job), Meter(0, None), stop)
        rows = []
        for s, entry in enumerate(job.entries):
            run = outcome.run(members[s], s)
            told = facts(entry.recipe, self._settings.data, run.n_steps)
            rows.append(row_of_run(entry.member, entry.arm, job.phase, run, judge([run], told)))
        return rows

    def _of(self, job: Job) -> Settings:
        settings = self._settings
        if job.phase == SEARCH_PHASE and settings.prepare is prepare:  # another may not be the same for all arms
            return settings._replace(prepare=Once(settings.prepare))
        return settings
