"""All members of a study, in the phases and chunks that they are trained in: from the study and its data alone."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from layerwise._base import InvalidInput, Text
from layerwise.models import Recipe
from layerwise.population import Member, Plan, Prepare, plan
from layerwise.pretraining import prepare as pretrain
from layerwise.studies._compare import suited
from layerwise.studies.study._study import Study

if TYPE_CHECKING:
    from layerwise.data import Data

SEARCH_PHASE, FINAL_PHASE = "search", "final"
MOST_CHANGES = 5


class Entry(NamedTuple):
    """One member: its number in the design, its arm's place, its recipe and seed."""

    member: int
    arm: int
    recipe: Recipe
    seed: int


class Phase(NamedTuple):
    """Members that can all be trained once those of the phases before are known.

    Attributes:
        name: `search`, `final`, or `rung 1`, `rung 2`, ...
        entries: its members, in the order of the design.
        plan: the same members, and the places of those that are trained as one batch.
        first_chunk: number of its first chunk, over all phases.
    """

    name: str
    entries: Sequence[Entry]
    plan: Plan
    first_chunk: int

    def chunk(self, number: int) -> list[Entry]:
        """Return the members of the chunk of that number."""
        return [self.entries[place] for place in self.plan.chunks[number - self.first_chunk]]

    @property
    def numbers(self) -> range:
        """The numbers of its chunks."""
        return range(self.first_chunk, self.first_chunk + len(self.plan.chunks))


class Design(NamedTuple):
    """A study with its data, and everything that follows from them."""

    study: Study
    data: Data
    arms: tuple[Recipe, ...]
    phases: tuple[Phase, ...]

    @property
    def n_members(self) -> int:
        """Members of all phases."""
        return sum(len(phase.entries) for phase in self.phases)

    @property
    def metric(self) -> str:
        """What the study is decided by."""
        return self.study.metric or test_score(self.data.task)

    def described(self) -> dict[str, Any]:
        """Return what a store keeps of the design: were any of it another, so would the records be."""
        summary = self.data.split(self.study.seeds[0]).summary(self.data)
        return {
            "study": self.study.model_dump(mode="json", exclude={"max_time", "data"}),
            "source": self.study.data.model_dump(mode="json"),
            "order": [recipe.name for recipe in self.arms],
            "data": {
                "rows": len(self.data.features),
                "task": self.data.task,
                "classes": list(self.data.classes),
                "bytes": digest(self.data),
            },
            "ground": {name: getattr(summary, name) for name in type(summary).__dataclass_fields__},
            "chance": self.data.chance,
            "metric": self.metric,
            "phases": {phase.name: _described(phase) for phase in self.phases},
            "members": self.n_members,
            **_prepared(self.phases[-1].plan.settings.prepare),
        }


def make_design(study: Study, data: Data, *, here: bool = True, prepare: Prepare = pretrain) -> Design:
    """Return the design.

    Args:
        study: what it says.
        data: what it is trained on.
        here: False where it is to run on other machines, whose memory is not known.
        prepare: what the networks go through before their first step.

    Raises:
        InvalidInput: a value breaks a rule, or the members would not fit in memory.
    """
    arms = tuple(suited(study.recipes, data))
    phases: list[Phase] = []
    member = chunk = 0
    for name, members in _phases(study, arms):
        entries = [Entry(member + k, arm, recipe, seed) for k, (arm, recipe, seed) in enumerate(members)]
        planned = plan(
            [Member(entry.recipe, entry.seed) for entry in entries],
            data,
            prepare=prepare,
            probe_every=0 if name == SEARCH_PHASE else study.probe_every,
            device=study.device,
            chunk_size=study.chunk_size,
            keep_models=False,
            here=here,
        )
        phases.append(Phase(name, entries, planned, chunk))
        member, chunk = member + len(entries), chunk + len(planned.chunks)
    return Design(study, data, arms, tuple(phases))


def _phases(study: Study, arms: Sequence[Recipe]) -> Iterator[tuple[str, list[tuple[int, Recipe, int]]]]:
    if study.searching:
        tried = [(arm, at_rate) for arm, recipe in enumerate(arms) for at_rate in study.at_rates(recipe)]
        yield SEARCH_PHASE, [(arm, recipe, seed) for arm, recipe in tried for seed in study.searching]
    at_rate = [recipe if study.searching else study.at_rates(recipe)[0] for recipe in arms]
    for name, seeds in rungs(study, len(arms)):
        yield name, [(arm, recipe, seed) for arm, recipe in enumerate(at_rate) for seed in seeds]


def rungs(study: Study, n_arms: int) -> list[tuple[str, tuple[int, ...]]]:
    """Return the seeds of each rung: all of them, or each rung of a halving as many as all before it.

    Example:
        >>> from layerwise.studies.study._study import Study
        >>> study = Study(name="a", question="b?", prediction="c", data="digits", arms=["relu_he_2015"], seeds=16,
        ...               decision={"arm": "relu_he_2015", "at_least": 0.9}, halving=True)
        >>> [(name, len(seeds)) for name, seeds in rungs(study, 8)]
        [('rung 1', 4), ('rung 2', 4), ('rung 3', 8)]
    """
    seeds = study.seeds
    if not study.halving:
        return [(FINAL_PHASE, seeds)]
    # Down to two arms, and never from fewer than two seeds.
    n_rungs = max(1, min(math.ceil(math.log2(max(n_arms, 1))), int(math.log2(max(1, len(seeds) // 2))) + 1))
    ends = [0, *(math.ceil(len(seeds) / 2**back) for back in reversed(range(n_rungs)))]
    cut = [seeds[start:end] for start, end in pairwise(ends)]
    return [(f"rung {k}", part) for k, part in enumerate(cut, start=1)]


def test_score(task: str) -> str:
    """Return the score on test rows by which it is told whether a run trained."""
    return "test_r2" if task == "regression" else "test_accuracy"


def digest(data: Data) -> str:
    """Return a name for the very bytes of features and targets."""
    found = hashlib.blake2b(digest_size=12)
    for part in (data.features, data.targets):
        found.update(np.ascontiguousarray(part).data)
    return found.hexdigest()


def _described(phase: Phase) -> dict[str, Any]:
    layout = hashlib.blake2b(repr(phase.plan.chunks).encode(), digest_size=12).hexdigest()
    return {"members": len(phase.entries), "chunks": len(phase.plan.chunks), "layout": layout}


def _prepared(prepare: Prepare | None) -> dict[str, str]:
    """Return the name of a preparation that is not the usual one."""
    if prepare is None or prepare is pretrain:
        return {}
    return {"prepare": f"{prepare.__module__}.{prepare.__qualname__}"}


def check_same(was: Mapping[str, Any], now: Mapping[str, Any], folder: object) -> None:
    """Raise `InvalidInput` with what has changed, unless `now` is what the store says it was begun with."""
    found = [text for text in changes(was, now) if not text.startswith("`source")]  # the bytes count
    if not found:
        return
    # What follows from another change says nothing new, unless it is all there is.
    telling = [text for text in found if not text.startswith(("`phases", "`members"))] or found
    more = f"; and {len(telling) - MOST_CHANGES} more" if len(telling) > MOST_CHANGES else ""
    raise InvalidInput(
        f"The study in `{folder}` must be what it was when it began",
        got=Text(f"a change ({'; '.join(telling[:MOST_CHANGES])}{more})"),
        cure="Put that back, or give the changed study a folder of its own with --output.",
    )


def changes(was: Any, now: Any, place: str = "") -> Iterator[str]:
    """Yield what two designs say differently, one sentence for each value."""
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys([*was, *now]):
            yield from changes(was.get(key), now.get(key), f"{place}.{key}" if place else str(key))
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for number, (mine, theirs) in enumerate(zip(was, now, strict=True)):
            yield from changes(mine, theirs, f"{place}.{number}")
    elif was != now:
        yield f"`{place.removeprefix('study.')}`: {_short(was)} is now {_short(now)}"


def _short(value: Any) -> str:
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
