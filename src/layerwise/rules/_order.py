"""The order of findings: the cause before what follows from it.

Symptoms fire together: the rules of AUTOTRAINER (Zhang et al. 2021), put to its own broken ReLU networks, find dying
units in 67% and vanishing gradients in 72% of the runs, and cannot say which is the cause. Here the order answers, by
four questions in turn:

1. An alarm or a note? What most seeds show comes before what a few show.
2. A cause or the effect? `LOS001` and `LOS002` come last: every other finding is a reason for them. A loss that is
   not finite comes before one that stands still.
3. Since when? A state that is there before the first update cannot follow from anything that happened in training:
   it comes before all that develops. An update belongs to what develops, even the first one, because the state at
   that step was read before it. What develops is ordered by the step at which it was first seen, with two exceptions:
   steps that are too large come first, whenever one was seen, for there are many updates between two readings, and
   what they have broken no longer moves; steps that are too small are known only at the end, and come last.
4. In a tie, what does it take to explain the rest? In this order:
   * UNT003 symmetric units: weights that are equal, often all 0, also let no signal and no gradient through, so that
     every other symptom may appear; none of those makes units equal from the start.
   * SIG002 an exploding signal: it makes the gradients of the weights, and so the steps, as much too large.
   * UPD002 steps too large: they throw units onto their flat or silent side within a few updates.
   * UNT001 saturated and UNT002 dead units: they let neither signal nor gradient through. Neither does a vanished
     signal, but that leaves about half of the units of a ReLU layer alive and a sigmoid at its steepest.
   * SIG001 a vanished signal: the gradient of a weight is proportional to what arrives at it; and what makes the
     signal shrink on its way up makes the gradient shrink on its way down.
   * GRD002 and GRD001: gradients, with signal and units in order.
   * UPD001 steps too small: so they are also wherever the gradient has vanished.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from layerwise.records import Finding

EFFECTS = ("LOS002", "LOS001")
PRECEDENCE = ("UNT003", "SIG002", "UPD002", "UNT001", "UNT002", "SIG001", "GRD002", "GRD001", "UPD001", *EFFECTS)
ALWAYS_DEVELOPS = {"UPD002": 0.0, "UPD001": math.inf}


def leading_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return `findings` with causes before effects; the head of this file says why in this order."""
    return tuple(sorted(findings, key=_rank))


def _rank(finding: Finding) -> tuple[bool, bool, bool, float, int]:
    effect = finding.code in EFFECTS
    develops = finding.step > 0 or finding.code in ALWAYS_DEVELOPS
    since = 0.0 if effect else ALWAYS_DEVELOPS.get(finding.code, finding.step)
    return finding.severity != "alarm", effect, develops, since, PRECEDENCE.index(finding.code)
