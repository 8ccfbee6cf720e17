"""All rules, by code, in the order of the codes."""

from __future__ import annotations

from layerwise._base import Registry
from layerwise.rules._gradient import GRD001, GRD002
from layerwise.rules._loss import LOS001, LOS002
from layerwise.rules._rule import Rule
from layerwise.rules._signal import SIG001, SIG002
from layerwise.rules._units import UNT001, UNT002, UNT003
from layerwise.rules._updates import UPD001, UPD002

_ALL = (SIG001, SIG002, GRD001, GRD002, UNT001, UNT002, UNT003, UPD001, UPD002, LOS001, LOS002)

RULES: Registry[Rule] = Registry("rule", {rule.code: rule for rule in _ALL})
