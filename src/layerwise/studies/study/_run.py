"""Run a study, or go on with one."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

from layerwise.data import Data, load
from layerwise.models import Recipe
from layerwise.population import Prepare
from layerwise.pretraining import prepare as pretrain
from layerwise.store import StudyReader, StudyStore, check_writable, design_values, row_without_run
from layerwise.studies._versions import versions
from layerwise.studies.study._design import SEARCH_PHASE, Design, Phase, check_same, make_design
from layerwise.studies.study._duration import seconds_of
from layerwise.studies.study._file import read_study
from layerwise.studies.study._phases import at_rate, chosen_rates, dropped_arms
from layerwise.studies.study._progress import Bar, Listener, StudyProgress
from layerwise.studies.study._result import StudyResult
from layerwise.studies.study._study import DataSource, Study
from layerwise.studies.study._work import Job, Work
from layerwise.studies.study.engines import Engine, as_engine

POLL = 0.5
"""Seconds between looks at what other processes are at, where nothing is left to begin."""


def run_study(
    study: Study | str | Path,
    folder: str | Path,
    *,
    engine: str | Engine = "local",
    data: Any = None,
    prepare: Prepare = pretrain,
    max_time: float | str | None = None,
    progress: Listener | bool = True,
    command: str = "",
) -> StudyResult:
    """Run a study into `folder`, or go on with the one that is there, and return it as far as it is.

    Every member's record stands in the folder's one file as soon as its chunk has ended. After Ctrl-C, `kill -9`, a
    power cut or a full disk the same call goes on: what is recorded is not trained again, and in the end the records
    are those of an undisturbed run, bit for bit, times excepted. Several processes may run the same study at once.

    Args:
        study: what to do, or a file that says it.
        folder: on a disk of this machine; made if it is missing.
        engine: `local`, `joblib` or `ray`, or one of `layerwise.studies.study.engines` with its own settings.
        data: whatever `layerwise.data.load` takes, where the study's own `data` is but a name for it.
        prepare: what networks go through before their first step, as `layerwise.fit` takes it, where that is not the
            usual pre-training. A function of a module: the study is known again by its name.
        max_time: seconds, or text such as 30m: no chunk is begun later than that; None: the study's own.
        progress: True for a bar on stderr, False for none, or a function that gets a `StudyProgress`.
        command: kept in the records: how this was asked for.

    Raises:
        InvalidInput: a value breaks a rule, or the folder holds a study that said something else.
        LayerwiseError: the disk is full, or the file is held by another program.

    Example:
        >>> import tempfile
        >>> small = {"depth": 1, "width": 8, "epochs": 1}
        >>> study = Study(
        ...     name="rates", question="Does a rate of 0.3 beat 0.0001?", prediction="Yes.", data="circles", seeds=6,
        ...     arms=[{"name": "fast", "learning_rate": 0.3} | small, {"name": "slow", "learning_rate": 1e-5} | small],
        ...     decision={"better": "fast", "than": "slow"})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     run_study(study, folder, progress=False)
        StudyResult('rates': 12 of 12 members, holds)
    """
    asked = study if isinstance(study, Study) else read_study(study)
    worker = as_engine(engine)
    budget = asked.max_time if max_time is None else seconds_of("max_time", max_time)
    design = make_design(asked, _ground(asked, data), here=worker.here, prepare=prepare)
    check_writable(folder)
    with StudyStore(folder) as store:
        _begin(store, design, worker, command)
        bar = Bar() if progress is True else nullcontext(progress or None)
        with worker.ready(), bar as listener:
            _Sitting(store, design, worker, budget, listener).run()
    return StudyResult(folder)


def resume_study(folder: str | Path, **options: Any) -> StudyResult:
    """Go on with the study in `folder`, as its own file says it; `options` are those of `run_study`.

    Raises:
        InvalidInput: there is none.
    """
    with StudyReader(folder) as reader:
        design = reader.design()
    return run_study(Study.model_validate(design["study"] | {"data": design["source"]}), folder, **options)


def _ground(study: Study, data: Any) -> Data:
    if data is not None:
        return load(data)
    source: DataSource = study.data
    return load(source.source, target=source.target, folder=source.folder, task=source.task)


def _begin(store: StudyStore, design: Design, engine: Engine, command: str) -> None:
    told = design.described()
    arms = [(recipe.name, recipe.model_dump_json(exclude={"name"})) for recipe in design.arms]
    device = design.study.device
    store.begin(design_values(told), arms, (engine.name, device, command, json.dumps(versions())))
    check_same(json.loads(store.values()["design"]), json.loads(json.dumps(told)), store.path.parent)


class _Sitting:
    """One process at work on a study."""

    def __init__(
        self, store: StudyStore, design: Design, engine: Engine, budget: float | None, listener: Listener | None
    ) -> None:
        self._store, self._design, self._engine = store, design, engine
        self._start = time.monotonic()
        self._end = None if budget is None else self._start + budget
        self._listener = listener
        self._new = self._done = self._crashed = 0
        self._failure: Exception | None = None

    def run(self) -> None:
        """Train phase after phase, until all is recorded or the time is up."""
        for phase in self._design.phases:
            if not self._phase(phase):
                return

    def _phase(self, phase: Phase) -> bool:
        """Train what is left of a phase; return whether nothing is."""
        rates = self._rates(phase)
        self._drop(phase, rates)
        work = Work(phase.plan.settings)
        while True:
            left = self._left(phase)
            if not left:
                return True
            if self._late():
                return False
            began = self._new
            self._done, self._crashed = self._store.totals()
            self._train(work, phase, left, rates)
            if self._new == began and not self._late():
                time.sleep(POLL)  # the rest is with other processes

    def _left(self, phase: Phase) -> dict[int, list[int]]:
        """Return the chunks that are not recorded, each with its members that are not."""
        recorded = self._store.recorded()
        left = {number: [e.member for e in phase.chunk(number) if e.member not in recorded] for number in phase.numbers}
        return {number: members for number, members in left.items() if members}

    def _rates(self, phase: Phase) -> list[Recipe] | None:
        if not self._design.study.searching or phase.name == SEARCH_PHASE:
            return None
        rates = [recipe for recipe, _ in chosen_rates(self._design, self._store.rows(SEARCH_PHASE))]
        for recipe in rates:
            self._store.note("rate", f"{recipe.name}: {recipe.optimizer.learning_rate:g} did best on validation data.")
        return rates

    def _drop(self, phase: Phase, rates: Sequence[Recipe] | None) -> None:
        if not self._design.study.halving or phase.name == SEARCH_PHASE:
            return
        dropped = dropped_arms(self._design, phase, self._store.rows())
        rows = [
            row_without_run(
                entry.member,
                entry.arm,
                phase.name,
                entry.seed,
                rate=at_rate(entry, rates).recipe.optimizer.learning_rate,
                status="dropped",
                reason=dropped[entry.arm],
            )
            for entry in phase.entries
            if entry.arm in dropped
        ]
        self._store.add(rows)
        for arm, reason in dropped.items():
            self._store.note("dropped", f"{self._design.arms[arm].name}: {reason}")

    def _train(self, work: Work, phase: Phase, left: dict[int, list[int]], rates: list[Recipe] | None) -> None:
        with closing(self._engine.run(work, self._claimed(phase, left, rates))) as ended:
            for batch in ended:
                rows = [row for _, some in batch for row in some]
                self._store.add(rows, [job.chunk for job, _ in batch])
                self._new += len(rows)
                self._done += len(rows)
                self._crashed += sum(row.status == "crashed" for row in rows)
                self._tell(phase)
        if self._failure is not None:
            raise self._failure

    def _claimed(self, phase: Phase, left: dict[int, list[int]], rates: list[Recipe] | None) -> Iterator[Job]:
        """Yield one chunk after the other, claimed when it is asked for.

        It never raises: an engine may ask from a thread of its own, where an error would be lost.
        """
        chunks = ((number, members[0]) for number, members in left.items())
        try:
            while not self._late() and (number := self._store.claim(chunks)) is not None:
                members = set(left[number])
                entries = [at_rate(entry, rates) for entry in phase.chunk(number) if entry.member in members]
                yield Job(number, phase.name, entries)
        except Exception as error:  # noqa: BLE001 raised by whoever reads the engine's results
            self._failure = error

    def _late(self) -> bool:
        return self._end is not None and time.monotonic() >= self._end

    def _tell(self, phase: Phase) -> None:
        if self._listener is None:
            return
        seconds, total = time.monotonic() - self._start, self._design.n_members
        self._listener(StudyProgress(phase.name, self._done, total, self._new, self._crashed, seconds))
