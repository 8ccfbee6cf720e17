"""What a comparison consists of: arms, pairs of arms, and the ground they were compared on."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from layerwise.records._findings import Finding
from layerwise.records._observations import Fact, Histogram, Measure
from layerwise.records._record import record
from layerwise.records._run import Run

SCHEMA_VERSION = 1


@record
class Summary:
    """A sample with its median and the 95% interval of that median."""

    median: float
    low: float
    high: float
    values: tuple[float, ...]


@record
class Band:
    """Curves of many seeds as one: the median and the 10th to 90th percentile at each step."""

    name: str
    steps: tuple[int, ...]
    median: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@record
class Trial:
    """One learning rate of the grid.

    Attributes:
        score: on validation rows, mean over its seeds.
        n_diverged: how many of its runs diverged.
        n_seeds: that tried it: some of the search's where others did better by then; None: all, in older records.
    """

    learning_rate: float
    score: float
    n_diverged: int
    n_seeds: int | None = None


@record
class DataSummary:
    """The data a comparison stands on, and how it was cut and scaled."""

    name: str
    kind: str
    n_train: int
    n_validation: int
    n_test: int
    n_features: int
    n_outputs: int
    scaling: str
    source: str


@record
class Arm:
    """One recipe at its own best learning rate, over all seeds.

    Attributes:
        name: unique within the comparison.
        recipe: every choice, nested as in `Recipe`.
        learning_rate: chosen on validation data, by seeds of their own.
        trials: the grid it was chosen from.
        n_seeds: runs that ended (finished, stopped early or diverged).
        n_trained: runs that trained, in the comparison's own definition (`ComparisonRecord.trained_at`).
        trained_low, trained_high: 95% Wilson interval of the share that trained.
        test_accuracy: for classification, else None.
        test_r2: for regression, else None: 1 - squared error / variance.
        steps_to_target: updates until the validation score reached `ComparisonRecord.target`; infinite if never.
        seconds: training time of the final runs, added up: on two workers it passes in half of that.
        findings: the leading one first.
        curves: bands over seeds.
        facts: what the rules were told about the recipe.
        histograms: activations by layer at the start and the end, pooled over the first seeds.
        predicted: what theory expects of signal and gradient at the start, layer by layer; the gradient relative to
            what was measured at the output.
        runs: every seed.
    """

    name: str
    recipe: dict[str, Any]
    learning_rate: float
    trials: tuple[Trial, ...]
    n_seeds: int
    n_trained: int
    trained_low: float
    trained_high: float
    test_accuracy: Summary | None
    test_r2: Summary | None
    steps_to_target: Summary
    seconds: float
    findings: tuple[Finding, ...]
    curves: tuple[Band, ...]
    facts: tuple[Fact, ...] = ()
    histograms: tuple[Histogram, ...] = ()
    predicted: tuple[Measure, ...] = ()
    runs: tuple[Run, ...] = field(default=(), repr=False)

    @property
    def score(self) -> Summary:
        """`test_accuracy`, or `test_r2` for regression."""
        summary = self.test_accuracy or self.test_r2
        if summary is None:
            raise ValueError(f"arm {self.name!r} has no score")
        return summary


@record
class Pair:
    """The difference a - b, paired by seed: its mean, a 95% interval, a p-value (two-sided)."""

    a: str
    b: str
    metric: str
    difference: float
    low: float
    high: float
    p_value: float
    n: int


@record
class ComparisonRecord:
    """The whole of a comparison; `result.json` is this record.

    Attributes:
        metric: `test_accuracy` or `test_r2`.
        chance: what guessing scores.
        trained_at: a run trained if its score is at least this: halfway from `chance` to the best arm's median.
        target: the validation score that `Arm.steps_to_target` counts to.
        seeds: of the final runs; `search_seeds`: of the learning-rate search, never used again.
        interrupted: True if it was stopped before all runs had ended.
    """

    arms: tuple[Arm, ...]
    pairs: tuple[Pair, ...]
    data: DataSummary
    metric: str
    chance: float
    trained_at: float
    target: float
    seeds: tuple[int, ...]
    search_seeds: tuple[int, ...]
    device: str
    versions: dict[str, str]
    command: str
    seconds: float
    notes: tuple[str, ...] = ()
    interrupted: bool = False
    schema_version: int = SCHEMA_VERSION

    def arm(self, name: str) -> Arm:
        """Return the arm of that name; `KeyError` if there is none."""
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise KeyError(name)
