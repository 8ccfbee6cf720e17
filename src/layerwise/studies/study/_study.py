"""What a study says before it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator

from layerwise._base import InvalidInput, Text, UnknownName, at_least, positive_int
from layerwise.data import Task
from layerwise.models import Choices, PositiveInt, Recipe, checked, optional
from layerwise.studies._compare import SEARCH_SEED, different, fresh
from layerwise.studies._search import candidates, check_rates
from layerwise.studies.study._arms import as_recipes, cross
from layerwise.studies.study._decision import OTHERS, Decision
from layerwise.studies.study._duration import seconds_of

SEARCH = "search"
METRIC = r"(train|validation|test)_[a-z0-9_]+|trained|n_steps"


def _seeds(name: str, value: Any) -> tuple[int, ...]:
    return tuple(different(range(positive_int(name, value)) if isinstance(value, int) else value))


def _rates(_: str, value: Any) -> Any:
    return value if value in (None, SEARCH) else check_rates(value)


def _words(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(f"`{name}` must say something", got=value, cure="A study says beforehand what it is about.")
    return " ".join(value.split())


def _decisions(value: Any) -> Any:
    return (value,) if isinstance(value, Mapping | Decision) else value


def _grid(name: str, value: Any) -> dict[str, tuple[Any, ...]]:
    lists = isinstance(value, Mapping) and all(isinstance(v, Sequence) and v for v in value.values())
    if not lists or any(isinstance(v, str) for v in value.values()):
        raise InvalidInput(f"`{name}` must map choices of a recipe to lists of their values", got=value)
    return {key: tuple(tuple(v) if isinstance(v, list) else v for v in values) for key, values in value.items()}


Words = Annotated[str, checked(_words)]


class DataSource(Choices):
    """Where the data comes from: the arguments of `layerwise.data.load`.

    Attributes:
        source: a name (digits, mnist, ...), or the path of a .csv, .parquet or .npz file.
        target, folder, task: as `layerwise.data.load` takes them.
    """

    source: str
    target: str | int | None = None
    folder: str | None = None
    task: Task | None = None


def _source(value: Any) -> Any:
    return {"source": value} if isinstance(value, str) else value


class Study(Choices):
    """A question, what is expected, and all that decides what is trained: arms, data, seeds, metric, decision.

    Nothing in it is changed once it has begun: a store refuses a study that says something else.

    Attributes:
        name: in a word or two.
        question: what is asked.
        prediction: what is expected, said before anything runs.
        decision: the rule by which the prediction counts as true; several must all hold.
        arms: what is compared: names of presets; choices by name, with `preset` to start from; whole recipes.
        grid: choices of a recipe, each with several values: every arm is trained at every point.
        data: a name, a path, or a `DataSource`.
        seeds: how many (0, 1, ...), or which. A seed decides split, data order and initial draw, and all arms share it.
        metric: a score of a run (`test_accuracy`, `test_loss`, ...), `n_steps`, or `trained`: 1 where a run's test
            score is at least `trained_at`, else 0. None: test accuracy, or R2 for regression.
        trained_at: None: halfway from guessing to the best arm's median.
        learning_rates: None: each recipe's own; `search`: the best of five for each arm, on validation data, by seeds
            of their own; numbers: the best of these.
        search_seeds: seeds for each rate of a search.
        halving: whether arms that do worst on validation data are dropped on the way. Those that a decision names stay.
        chunk_size: members trained as one batch; None: chosen from the recipe.
        probe_every: steps between readings of the probes; None: about thirteen over a run; 0: never.
        device: cpu, cuda or mps; no bits are the same on another one.
        max_time: such as 90s, 30m or 1h30m: no chunk is begun later than that after the start. Not part of the design.

    Example:
        >>> study = Study(
        ...     name="depth", question="Does it train at depth 10?", prediction="It does not.", data="digits",
        ...     arms=["sigmoid_1986"], grid={"depth": [2, 10]}, seeds=12,
        ...     decision={"better": "sigmoid_1986 depth=2", "than": "sigmoid_1986 depth=10"})
        >>> [recipe.name for recipe in study.recipes]
        ['sigmoid_1986 depth=2', 'sigmoid_1986 depth=10']
    """

    name: Words
    question: Words
    prediction: Words
    decision: Annotated[tuple[Decision, ...], BeforeValidator(_decisions)]
    arms: Annotated[tuple[Recipe, ...], BeforeValidator(as_recipes)] = (Recipe(name=""),)
    grid: Annotated[dict[str, tuple[Any, ...]], checked(_grid)] = {}  # noqa: RUF012 a field: pydantic copies it
    data: Annotated[DataSource, BeforeValidator(_source)]
    seeds: Annotated[tuple[int, ...], checked(_seeds)] = tuple(range(30))
    metric: str | None = None
    trained_at: float | None = None
    learning_rates: Annotated[Literal["search"] | tuple[float, ...] | None, checked(_rates)] = None
    search_seeds: PositiveInt = 4
    halving: bool = False
    chunk_size: Annotated[int | None, checked(optional(positive_int))] = None
    probe_every: Annotated[int | None, checked(optional(lambda n, v: at_least(n, v, 0)))] = None
    device: str = "cpu"
    max_time: Annotated[float | None, checked(optional(seconds_of))] = None

    @model_validator(mode="after")
    def _consistent(self) -> Study:
        names = [recipe.name for recipe in self.recipes]
        if len(set(names)) < len(names) or not all(names):
            raise InvalidInput(
                "`arms` must be at least one, with names that differ", got=names, cure="Give an arm a `name`."
            )
        for rule in self.decision:
            _check_names(rule, names)
        if not self.decision:
            raise InvalidInput("`decision` must be at least one rule", got=[])
        self._check_metric()
        fresh(self.seeds, self.searching)
        return self

    def _check_metric(self) -> None:
        import re

        if self.metric is not None and not re.fullmatch(METRIC, self.metric):
            raise InvalidInput(
                "`metric` must be a score such as test_accuracy, test_loss or validation_r2, or n_steps, or trained",
                got=self.metric,
            )

    @property
    def recipes(self) -> tuple[Recipe, ...]:
        """Every arm at every point of the grid."""
        return cross(self.arms, self.grid)

    @property
    def searching(self) -> tuple[int, ...]:
        """The seeds of the search; none where there is none."""
        chosen = self.learning_rates is None or len(self.learning_rates) == 1
        return () if chosen else tuple(range(SEARCH_SEED, SEARCH_SEED + self.search_seeds))

    def at_rates(self, recipe: Recipe) -> list[Recipe]:
        """Return an arm at each rate that it is tried at."""
        if self.learning_rates is None:
            return [recipe]
        return candidates(recipe, None if isinstance(self.learning_rates, str) else self.learning_rates)


def _check_names(rule: Decision, names: Sequence[str]) -> None:
    from layerwise._base import Registry

    known = Registry("arm", dict.fromkeys(names))
    for name in rule.named():
        try:
            known[name]
        except UnknownName as error:
            error.place = ("decision",)
            raise
    if rule.than == (OTHERS,) and len(names) < 2:
        raise InvalidInput("`than: others` must have others to be held against", got=Text("one arm"))
