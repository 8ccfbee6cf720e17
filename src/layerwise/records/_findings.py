"""What was concluded (`Finding`), and what was done about it (`Change`)."""

from __future__ import annotations

from typing import Literal

from layerwise.records._record import record

Severity = Literal["alarm", "note"]


@record
class Finding:
    """One rule's judgement about one layer.

    Attributes:
        code: the rule, three letters and three digits.
        severity: an `alarm` makes the exit code of a check 1; a `note` does not.
        layer: where it is worst, or None for the whole network.
        step: number of updates made when it was first seen.
        seed_fraction: share of the seeds that show it.
        value: the measured value, median over the seeds that show it.
        threshold: the limit that `value` crosses.
        text: one sentence for a reader, with value and limit.
        source: where the threshold comes from.
    """

    code: str
    severity: Severity
    layer: str | None
    step: int
    seed_fraction: float
    value: float
    threshold: float
    text: str
    source: str


@record
class Change:
    """One thing that was done to a model: which treatment, to what, from what value to what, and why."""

    treatment: str
    target: str
    before: str
    after: str
    reason: str
