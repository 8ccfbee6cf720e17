"""What was done to a weight by looking at its outputs, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerwise.records import Change

if TYPE_CHECKING:
    from torch import Tensor

    from layerwise.initializers._channels import Channels
    from layerwise.initializers._goal import Goal


def left_alone(treatment: str, name: str, reason: str) -> Change:
    """Return the record of a weight that was not changed."""
    return Change(treatment=treatment, target=name, before="as it was", after="as it was", reason=reason)


def scaled(treatment: str, name: str, outputs: tuple[Channels, Channels], goal: Goal, reason: str) -> Change:
    """Return the record of a weight that was changed, with its outputs before and after."""
    before, after = (_described(spread, goal) for spread in outputs)
    return Change(treatment=treatment, target=name, before=before, after=after, reason=reason)


def _described(spread: Channels, goal: Goal) -> str:
    """Return standard deviation, and mean if it matters: from the smallest to the largest."""
    mean, std = spread.per(goal.per)
    words = f"output std {_range(std)}"
    return words if goal.mean is None else f"{words}, mean {_range(mean)}"


def _range(values: Tensor) -> str:
    low, high = (f"{round(value.item(), 6) + 0.0:.3g}" for value in values.aminmax())  # + 0.0: no "-0"
    return low if low == high else f"{low} to {high}"
