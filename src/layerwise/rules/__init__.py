"""From what was measured to what is wrong: eleven rules, each with a page, and the judge that asks them all.

A rule reads one run and finds a breach or none; `judge` asks every rule about every seed and puts the cause first.
`explain` gives the page of a rule. Nothing here knows torch: a run that was saved can be judged again years later.
"""

from __future__ import annotations

from layerwise.rules._explain import explain
from layerwise.rules._judge import ALARM_SHARE, judge
from layerwise.rules._rule import Breach, Rule
from layerwise.rules._table import RULES
from layerwise.rules._view import View

__all__ = ["ALARM_SHARE", "RULES", "Breach", "Rule", "View", "explain", "judge"]
