"""A claim: what is said, what is predicted, when it counts as true; and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerwise.data import Task
from layerwise.records import ClaimKind, ClaimVerdict, Picture, Table

if TYPE_CHECKING:
    from layerwise.lecture._ground import Ground


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What showing a claim brought; the fields are those of `ClaimRecord`.

    Attributes:
        verdict: by the claim's own decision rule.
        finding: what was seen, in sentences with numbers.
        metric, value, low, high: the number that the rule reads, with its 95% interval; of an exact claim the value
            alone.
        n_seeds: behind that number; 0 of an exact claim.
        condition: where it holds and where not, or what of the wording is put right; needed where it "holds if".
        tables, pictures: what there is to see.
    """

    verdict: ClaimVerdict
    finding: str
    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    n_seeds: int = 0
    condition: str = ""
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()


Show = Callable[["Ground"], Outcome]

EVERY: tuple[Task, ...] = ("classification", "regression", "multilabel")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One statement of the lecture, said before anything runs, and the function that shows it.

    Attributes:
        id: C1.1 to C6.4.
        title: in a few words, at most 46 characters.
        kind: exact, experiment, or both.
        statement: the lecture's claim in our words.
        prediction: what is seen if it is true.
        decision_rule: when it counts as true, with its threshold.
        source: who says so: the lecture's slide, and the paper behind it.
        show: computes the outcome.
        tasks: the kinds of data that it can be shown on; on others it is shown on digits.
    """

    id: str
    title: str
    kind: ClaimKind
    statement: str
    prediction: str
    decision_rule: str
    source: str
    show: Show
    tasks: tuple[Task, ...] = EVERY


def claim(
    claim_id: str,
    title: str,
    *,
    kind: ClaimKind,
    statement: str,
    prediction: str,
    decision_rule: str,
    source: str,
    tasks: tuple[Task, ...] = EVERY,
) -> Callable[[Show], Claim]:
    """Make the decorated function the one that shows this claim.

    Example:
        >>> @claim("C9.9", "One is one", kind="exact", statement="1 = 1.", prediction="1 - 1 is 0.",
        ...        decision_rule="The difference is 0.", source="Peano 1889.")
        ... def one_is_one(ground):
        ...     return Outcome(verdict="holds", finding="It is.", metric="difference", value=1.0 - 1.0)
        >>> one_is_one.id, one_is_one.show(None).verdict
        ('C9.9', 'holds')
    """

    def made(show: Show) -> Claim:
        return Claim(
            id=claim_id,
            title=title,
            kind=kind,
            statement=statement,
            prediction=prediction,
            decision_rule=decision_rule,
            source=source,
            show=show,
            tasks=tasks,
        )

    return made
