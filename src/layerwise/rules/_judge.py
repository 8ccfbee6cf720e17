"""From the runs of one arm to its findings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import median, median_low, mode

from layerwise.records import Fact, Finding, Run
from layerwise.rules._order import leading_first
from layerwise.rules._phrase import sentence
from layerwise.rules._rule import Breach, Rule
from layerwise.rules._table import RULES
from layerwise.rules._view import View

ALARM_SHARE = 0.5
"""A finding is an alarm if at least this share of the runs shows it, else a note."""


def judge(runs: Sequence[Run], facts: Sequence[Fact]) -> tuple[Finding, ...]:
    """Return the findings about one arm, the leading one first; none for no runs.

    Every rule is put to every run. Over the runs that show a breach, `Finding.value` and `threshold` are medians,
    `step` the lower median of the steps at which it was first seen, `layer` the one where it is worst most often;
    `seed_fraction` is their share of all runs. A finding is an `alarm` if that share is at least `ALARM_SHARE`, else a
    `note`. In which order they stand, and why, is written at `rules/_order.py`.

    Args:
        runs: the seeds of one arm.
        facts: what was read of the arm's recipe (`activation`, `width`, `batch_size`, `chance_loss`, ...).

    Example:
        >>> from layerwise.records import Curve
        >>> flat = Curve(name="train_loss", steps=(50, 100), values=(2.31, 2.30))
        >>> run = Run(recipe="a", seed=0, learning_rate=0.1, status="finished", n_steps=100, seconds=1.0, scores={},
        ...           curves=(flat,))
        >>> [finding] = judge([run], [Fact(name="chance_loss", value=2.3026)])
        >>> finding.code, finding.severity, finding.text.split(":")[0]
        ('LOS001', 'alarm', 'The training loss does not come down')
    """
    views = [View(run, tuple(facts)) for run in runs]
    asked = ((rule, [breach for view in views if (breach := rule.inspect(view))]) for rule in RULES.values())
    return leading_first(_combine(rule, breaches, len(views)) for rule, breaches in asked if breaches)


def _combine(rule: Rule, breaches: Sequence[Breach], n_runs: int) -> Finding:
    typical = _typical(breaches)
    share = len(breaches) / n_runs
    return Finding(
        code=rule.code,
        severity="alarm" if share >= ALARM_SHARE else "note",
        layer=typical.layer,
        step=typical.step,
        seed_fraction=share,
        value=typical.value,
        threshold=typical.threshold,
        text=sentence(typical, rule.unit),
        source=rule.source,
    )


def _typical(breaches: Sequence[Breach]) -> Breach:
    return Breach(
        layer=mode(breach.layer for breach in breaches),
        step=median_low(breach.step for breach in breaches),
        value=_middle(breach.value for breach in breaches),
        threshold=_middle(breach.threshold for breach in breaches),
        sentence=mode(breach.sentence for breach in breaches),
    )


def _middle(values: Iterable[float]) -> float:
    """The median; between two infinities or at one, infinity and not the not-a-number of their mean."""
    ordered = list(values)
    return median_low(ordered) if any(map(math.isinf, ordered)) else median(ordered)
