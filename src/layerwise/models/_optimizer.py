"""How the weights move."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated

from layerwise._base import one_of
from layerwise.models._choices import Choices, Fraction, NonNegative, Positive, checked

METHODS = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "muon")

SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda _: 1.0,
    "linear": lambda progress: 1.0 - progress,
    "cosine": lambda progress: (1.0 + math.cos(math.pi * progress)) / 2,
    "step": lambda progress: 1.0 if progress < 0.5 else 0.1 if progress < 0.75 else 0.01,
}
"""What multiplies the learning rate, by the share of steps made."""


class Optimizer(Choices):
    """A gradient method with its settings.

    Attributes:
        method: sgd, momentum, nesterov, rmsprop, adam, adamw or muon, each with torch's update formula. Muon steps the
            weights of linear maps, scaled to the step size of AdamW, which steps everything else.
        learning_rate: the step size before the schedule.
        schedule: what becomes of it over training: constant; linear or cosine (to 0); step (a tenth after half of the
            steps, a hundredth after three quarters).
        warmup: share of the steps over which the rate rises from 0.
        momentum: of momentum, nesterov and muon.
        beta1, beta2: of adam, adamw and muon's AdamW; beta2 is rmsprop's decay too.
        epsilon: of rmsprop, adam, adamw and muon's AdamW.
        l2: weight decay on the weights of linear maps, not on biases and normalizers: added to the gradient, except
            with adamw and muon, where the weights shrink by learning_rate * l2.
        l1: soft-threshold of the same weights by learning_rate * l1 after each step (the proximal step, which gives
            exact zeros; a subgradient step does not).

    Example:
        >>> Optimizer(method="adam", learning_rate=1e-3, schedule="cosine").factor(0.5)
        0.5
    """

    method: Annotated[str, checked(lambda n, v: one_of(n, v, METHODS))] = "sgd"
    learning_rate: Positive = 0.1
    schedule: Annotated[str, checked(lambda n, v: one_of(n, v, tuple(SCHEDULES)))] = "constant"
    warmup: Fraction = 0.0
    momentum: Fraction = 0.9
    beta1: Fraction = 0.9
    beta2: Fraction = 0.999
    epsilon: Positive = 1e-8
    l2: NonNegative = 0.0
    l1: NonNegative = 0.0

    @property
    def is_constant(self) -> bool:
        """Whether the rate never changes."""
        return self.schedule == "constant" and not self.warmup

    def factor(self, progress: float) -> float:
        """Return what the schedule multiplies the learning rate by at `progress`, the share of steps made."""
        warming = min(1.0, progress / self.warmup) if self.warmup else 1.0
        return warming * SCHEDULES[self.schedule](progress)

    def __str__(self) -> str:
        parts = [f"{self.method} {self.learning_rate:g}"]
        if self.schedule != "constant":
            parts.append(self.schedule)
        parts += [f"{name} {value:g}" for name, value in (("l2", self.l2), ("l1", self.l1)) if value]
        return ", ".join(parts)
