"""The lecture's claims as they were found."""

from __future__ import annotations

from typing import Literal

from layerwise.records._picture import Picture
from layerwise.records._record import record

LECTURE_SCHEMA_VERSION = 1

ClaimKind = Literal["exact", "experiment", "exact and experiment"]
ClaimVerdict = Literal["holds", "holds if", "does not hold", "undecided"]


@record
class Table:
    """Numbers in rows, as text that is ready to be shown.

    Attributes:
        title: what they are.
        columns: headings, units included.
        rows: cells, as many in each as there are headings.
        note: how to read it.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@record
class ClaimRecord:
    """One claim, and what came of it.

    Attributes:
        id: C1.1 to C6.4.
        title: in a few words.
        kind: `exact`: mathematics settles it; `experiment`: many seeds and an interval do.
        statement: the lecture's claim, in our words.
        prediction: what should be seen if it is true, said before anything ran.
        decision_rule: when it counts as true, said before anything ran.
        source: who says so.
        verdict: holds; holds if (the condition is `condition`); does not hold; undecided: the interval holds both.
        condition: where it holds and where it does not, or what of the lecture's wording is put right; "" if nothing.
        finding: what was seen, in sentences with numbers.
        metric: the quantity that the decision rule reads.
        value, low, high: of that quantity; a 95% interval, or, of an exact claim, the value three times.
        n_seeds: behind that number; 0 of an exact claim.
        tables, pictures: what there is to see.
        seconds: that it took.
        command: that shows it again.
    """

    id: str
    title: str
    kind: ClaimKind
    statement: str
    prediction: str
    decision_rule: str
    source: str
    verdict: ClaimVerdict
    condition: str
    finding: str
    metric: str
    value: float
    low: float
    high: float
    n_seeds: int
    tables: tuple[Table, ...]
    pictures: tuple[Picture, ...]
    seconds: float
    command: str


@record
class LectureRecord:
    """The lecture, as far as it was run; its `lecture.json` is this record.

    Attributes:
        claims: in the lecture's order.
        data: the data set that experiments stand on, unless a claim says otherwise.
        full: whether sizes were those of the papers.
        seeds: for each experiment, where they were asked for; None: each claim's own number.
        interrupted: True if claims that were asked for are missing.
    """

    kind: Literal["lecture"] = "lecture"
    claims: tuple[ClaimRecord, ...]
    data: str
    full: bool
    seeds: int | None
    device: str
    versions: dict[str, str]
    command: str
    seconds: float
    interrupted: bool = False
    schema_version: int = LECTURE_SCHEMA_VERSION
