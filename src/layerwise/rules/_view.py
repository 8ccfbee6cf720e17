"""One run with the facts about its recipe, arranged for reading by rules."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from layerwise.records import Fact, Measure, Run

Readings = tuple[tuple[int, float], ...]

# A loss under half of what guessing costs means that the network has learnt: signal and gradient got through. From
# then on gradients shrink because there is little left to correct, units saturate or fall silent because they are
# sure, and neither is an illness. Rules look at readings before that point.
LEARNED_SHARE = 0.5


@dataclass(frozen=True)
class View:
    """One run and the facts about its arm.

    Readings that are not numbers are left out, and so is every reading from the one on where the forward pass itself
    had stopped being finite: there, a share of dead units says nothing about units.

    Example:
        >>> from layerwise.records import Fact, Measure, Run
        >>> measure = Measure(quantity="dead_fraction", layer="hidden1", steps=(0, 50), values=(0.1, 0.2))
        >>> run = Run(recipe="relu", seed=0, learning_rate=0.1, status="finished", n_steps=100, seconds=1.0,
        ...           scores={}, measures=(measure,))
        >>> view = View(run, (Fact(name="width", value=64),))
        >>> view.series("dead_fraction", "hidden1"), view.first("dead_fraction", "hidden1"), view.fact("width", 0)
        (((0, 0.1), (50, 0.2)), 0.1, 64)
    """

    run: Run
    facts: tuple[Fact, ...] = ()

    def series(self, quantity: str, layer: str) -> Readings:
        """Return (step, value) for each reading of `quantity` at `layer`; empty if it was not measured."""
        return self._series.get((quantity, layer), ())

    def first(self, quantity: str, layer: str) -> float | None:
        """Return the earliest reading of `quantity` at `layer`, or None."""
        readings = self.series(quantity, layer)
        return readings[0][1] if readings else None

    def layers(self) -> tuple[str, ...]:
        """Return the layers' names from `input` to `output`; numbered ones by number, others as they were recorded."""
        names = dict.fromkeys(measure.layer for measure in self.run.measures)
        return tuple(sorted(names, key=_place))

    def hidden(self) -> tuple[str, ...]:
        """Return the layers between `input` and `output`."""
        return tuple(name for name in self.layers() if name not in {"input", "output"})

    def fact(self, name: str, default: str | float) -> str | float:
        """Return the value of the fact `name` about the whole network, or `default`."""
        return next((fact.value for fact in self.facts if fact.name == name and not fact.place), default)

    def number(self, name: str, default: float) -> float:
        """Return the fact `name` if it is a positive, finite number, or `default`."""
        value = self.fact(name, default)
        sound = isinstance(value, int | float) and math.isfinite(value) and value > 0
        return float(value) if sound else default

    @cached_property
    def losses(self) -> Readings:
        """The training loss over updates, each the mean since the reading before; not cut, not cleaned."""
        curve = self.run.curve("train_loss")
        return tuple(zip(curve.steps, curve.values, strict=False)) if curve else ()

    @cached_property
    def chance(self) -> float:
        """What guessing costs: the fact `chance_loss`, or else the first finite loss; not-a-number without either."""
        first = next((loss for _, loss in self.losses if math.isfinite(loss)), math.nan)
        return self.number("chance_loss", first)

    @property
    def diverged(self) -> bool:
        """Whether the loss stopped being a finite number."""
        return self.run.status == "diverged" or not all(math.isfinite(loss) for _, loss in self.losses)

    @cached_property
    def final_loss(self) -> float:
        """The loss at the end: the lower median of the last quarter of readings, three at most; else not-a-number."""
        values = [loss for _, loss in self.losses]
        tail = sorted(values[-max(1, min(3, len(values) // 4)) :])
        return math.nan if not tail or self.diverged else tail[(len(tail) - 1) // 2]

    def loss_before(self, step: int) -> float | None:
        """Return the last loss read at or before `step`, or None."""
        earlier = [loss for read_at, loss in self.losses if read_at <= step]
        return earlier[-1] if earlier else None

    def learned(self, step: int) -> bool:
        """Return whether the loss was under half of `chance` by `step`."""
        loss = self.loss_before(step)
        return loss is not None and loss < LEARNED_SHARE * self.chance

    @cached_property
    def _series(self) -> dict[tuple[str, str], Readings]:
        return {(m.quantity, m.layer): self._sound(m) for m in self.run.measures}

    def _sound(self, measure: Measure) -> Readings:
        pairs = zip(measure.steps, measure.values, strict=False)
        return tuple((step, value) for step, value in pairs if step < self._broken_from and not math.isnan(value))

    @cached_property
    def _broken_from(self) -> float:
        forward = (m for m in self.run.measures if m.quantity == "preactivation_rms")
        return min(_not_finite(forward), default=math.inf)


def _not_finite(measures: Iterable[Measure]) -> Iterable[int]:
    for measure in measures:
        yield from (s for s, v in zip(measure.steps, measure.values, strict=False) if not math.isfinite(v))


def _place(name: str) -> tuple[int, int]:
    number = re.search(r"(\d+)$", name)
    return {"input": 0, "output": 2}.get(name, 1), int(number.group()) if number else 0
