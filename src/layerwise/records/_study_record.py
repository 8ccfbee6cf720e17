"""What a study of arms and seeds consists of, once its members are recorded."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Literal

from layerwise.records._comparison import DataSummary, Trial
from layerwise.records._record import record

STUDY_SCHEMA_VERSION = 1

Verdict = Literal["holds", "does not hold", "not shown", "open"]


@record
class StudyArm:
    """One arm, over its seeds.

    Attributes:
        name: unique within the study.
        recipe: every choice, nested as in `Recipe`.
        learning_rate: that its members were trained at; not a number while it is being searched for.
        trials: what it was chosen from; empty where nothing was searched for.
        n_planned: members of the design, without those of the search.
        statuses: how many of them ended in which status: finished, stopped_early, diverged, crashed, dropped.
        seeds, values: the study's metric of each run that ended; a crashed member has none.
        mean, low, high: of the finite values, with the 95% BCa bootstrap interval; Student's where there are over 300
            seeds, or arms.
        median, median_low, median_high: with the exact 95% interval; a value that is not a number counts as the worst.
        std: standard deviation over seeds, of the finite values.
        n_trained: runs whose test score is at least `StudyRecord.trained_at`; a crashed one did not train.
        trained_low, trained_high: 95% Wilson interval of that share.
        seconds: training time, added up over members.
        leading: how often which finding leads, the most frequent first.
        dropped: why it was given up; empty if it was not.
        error: the last line of the first crash; empty if there was none.
    """

    name: str
    recipe: dict[str, Any]
    learning_rate: float
    trials: tuple[Trial, ...]
    n_planned: int
    statuses: dict[str, int]
    seeds: tuple[int, ...] = field(repr=False)
    values: tuple[float, ...] = field(repr=False)
    mean: float
    low: float
    high: float
    median: float
    median_low: float
    median_high: float
    std: float
    n_trained: int
    trained_low: float
    trained_high: float
    seconds: float
    leading: tuple[tuple[str, int], ...]
    dropped: str = ""
    error: str = ""

    @property
    def n_ended(self) -> int:
        """Members that were trained or crashed."""
        return sum(n for status, n in self.statuses.items() if status != "dropped")


@record
class StudyPair:
    """Two arms, paired by seed.

    Attributes:
        a, b: the arms.
        n: seeds that both have a finite value of.
        difference, low, high: mean of a - b with its 95% BCa bootstrap interval.
        p_value: of the sign-flip test, two-sided, Holm's over the study's pairs.
        effect: mean over standard deviation of the differences; infinite where they are all the same.
        wins, ties: seeds in which a did better than b, and as well; better is less where the metric is a loss.
        spread_p: of the Brown-Forsythe test that both vary as much from seed to seed, Holm's over the pairs.
    """

    a: str
    b: str
    n: int
    difference: float
    low: float
    high: float
    p_value: float
    effect: float
    wins: int
    ties: int
    spread_p: float


@record
class DecisionOutcome:
    """One rule of the decision: in words, what came of it, and the numbers that say so."""

    rule: str
    verdict: Verdict
    because: str


@record
class StudyEvent:
    """Something that was decided on the way, and when, in UTC."""

    at: str
    kind: str
    text: str


@record
class StudyRecord:
    """The whole of a study, members' curves aside; its `result.json` is this record.

    Attributes:
        name, question, prediction: as the study said before it ran.
        metric: what is compared; `lower_is_better` says in which direction.
        chance: what guessing scores.
        trained_at: the test score from which on a run counts as trained; not a number while nothing has ended.
        verdict: of all rules of the decision together: `holds` if all do; `does not hold` if the opposite of one is
            shown; `not shown` if neither is; `open` while members are missing, and where a rule is in words.
        decisions: one for each rule.
        n_planned: members of the design, those of the search included; `n_recorded` of them are recorded.
        created: when it began, in UTC.
        seconds: training time of all members, added up.
        engines: that have worked on it.
        notes: what a reader should know: other versions on the way, rates at the edge of their grid.
    """

    kind: Literal["study"] = "study"
    name: str
    question: str
    prediction: str
    metric: str
    lower_is_better: bool
    chance: float
    trained_at: float
    arms: tuple[StudyArm, ...]
    pairs: tuple[StudyPair, ...]
    verdict: Verdict
    decisions: tuple[DecisionOutcome, ...]
    n_planned: int
    n_recorded: int
    data: DataSummary
    seeds: tuple[int, ...]
    search_seeds: tuple[int, ...]
    device: str
    engines: tuple[str, ...]
    versions: dict[str, str]
    command: str
    created: str
    seconds: float
    events: tuple[StudyEvent, ...] = ()
    notes: tuple[str, ...] = ()
    schema_version: int = STUDY_SCHEMA_VERSION

    @property
    def complete(self) -> bool:
        """Whether every member of the design has a record."""
        return self.n_recorded == self.n_planned

    def arm(self, name: str) -> StudyArm:
        """Return the arm of that name; `KeyError` if there is none."""
        return {arm.name: arm for arm in self.arms}[name]
