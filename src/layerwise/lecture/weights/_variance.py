"""C4.4: the variance of the signal, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from layerwise.initializers import variance_scaling_
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._exact import ROUNDING, Sides, largest, sides_table
from layerwise.lecture._ground import Ground
from layerwise.lecture.weights._pictures import by_layer
from layerwise.lecture.weights._signal import DEPTH, LECTURE, Reading, Size, read
from layerwise.lecture.weights._signs import Case
from layerwise.lecture.weights._theory import expected
from layerwise.records import Axis, ClaimVerdict, Picture, Table

SCALES = (0.5, 1.0, 2.0)
"""n Var(w)."""

FUNCTIONS = ("linear", "tanh", "sigmoid", "relu")
LISTED = (2, 5, 10)
N_SEEDS = 5
"""Of what is measured beside the formula, which is proved by enumeration."""

OFF = 0.1
"""Relative; the formula is off for an activation if at layer 10 it misses what is measured by more."""


CASES = (Case(3, 1, 0.7), Case(3, 2, 0.7), Case(2, 3, 0.7), Case(2, 3, 1.1))


@claim(
    "C4.4",
    "Var(s_k) = [n Var(w)]^k Var(x)",
    kind="exact",
    statement="With weights and inputs of mean 0, the variance of a pre-activation in layer k is [n Var(w)]^k Var(x).",
    prediction="Exact for linear layers in expectation over the weights. Activation functions change it: with theirs "
    "the variance follows from an integral over a Gaussian at each layer.",
    decision_rule="Over all patterns of signs of the weights of small linear networks, the mean square equals the "
    "formula to 1e-12, relative. The claim holds if, besides, at layer 10 of 500 units the formula is within 10% of "
    "what is measured for tanh, sigmoid and ReLU with n Var(w) = 1; under a condition if not.",
    source="CS7015, lecture 9.4, the derivation. Glorot and Bengio 2010, Understanding the difficulty of training deep "
    "feedforward neural networks; Poole et al. 2016, Exponential expressivity in deep neural networks.",
)
def variance(ground: Ground) -> Outcome:
    """Enumerate small linear networks, and measure large ones with and without activation functions."""
    return shown(ground, LECTURE)


def shown(ground: Ground, size: Size) -> Outcome:
    """Show the claim with so many points and units."""
    x = torch.randn(max(case.n for case in CASES), generator=ground.generator("C4.4"), dtype=torch.float64)
    sides = [
        Sides(f"n {case.n}, Var(w) {case.size**2:.2g}, layer {case.layers}", case.formula(x[: case.n]),
              case.enumerated(x[: case.n]))
        for case in CASES
    ]  # fmt: skip
    readings = {name: _reading(ground, name, 1.0, size, k / 6) for k, name in enumerate(FUNCTIONS)}
    linear = {1.0: readings["linear"]} | {
        scale: _reading(ground, "linear", scale, size, k / 6) for k, scale in enumerate((SCALES[0], SCALES[2]), 4)
    }
    misses = {name: _missed(reading) for name, reading in readings.items()}
    worst = largest(sides)
    verdict = judged(worst, [misses[name] for name in FUNCTIONS[1:]])
    return Outcome(
        verdict=verdict,
        finding=f"For linear layers, formula and enumeration differ by {worst:.1e}. At layer {DEPTH} of {size.width} "
        f"units with n Var(w) = 1 the formula says 1; measured are "
        + ", ".join(f"{_last(readings[name]):.3g} ({name})" for name in FUNCTIONS)
        + "; the integrals say "
        + ", ".join(f"{expected(name, 1.0).preactivation[-1]:.3g} ({name})" for name in FUNCTIONS)
        + ".",
        condition="For linear layers. An activation function multiplies the variance at each layer by its own factor, "
        "E f(s)^2 / Var(s): a half for ReLU, less than 1 for tanh; and for units whose mean is not 0 what counts is "
        "the mean square, not the variance."
        if verdict == "holds if"
        else "",
        metric="largest difference, linear",
        value=worst,
        tables=(
            sides_table("Mean square over all signs of the weights", sides, ("formula", "all signs")),
            _table(readings),
        ),
        pictures=(_linear(linear), _functions(readings)),
    )


def judged(worst: float, misses: list[float]) -> ClaimVerdict:
    """Return the verdict on the exact part, and on how far the formula is off with activation functions."""
    if worst > ROUNDING:
        return "does not hold"
    return "holds if" if max(misses) > OFF else "holds"


def _reading(ground: Ground, name: str, scale: float, size: Size, start: float) -> Reading:
    def fill(tensor: Tensor, *, generator: torch.Generator) -> Tensor:
        return variance_scaling_(tensor, scale, generator=generator)

    return read(ground, name, fill, ground.n_seeds(N_SEEDS), size=size, part=(start, start + 1 / 6))


def _last(reading: Reading) -> float:
    return float(reading.preactivation[:, -1].mean())


def _missed(reading: Reading) -> float:
    return abs(1 / _last(reading) - 1)


def _table(readings: Mapping[str, Reading]) -> Table:
    rows = tuple(
        (
            f"{name}, {layer}",
            "1",
            f"{expected(name, 1.0).preactivation[layer - 1]:.4g}",
            f"{float(reading.preactivation[:, layer - 1].mean()):.4g}",
        )
        for name, reading in readings.items()
        for layer in LISTED
    )
    return Table(
        title="Mean square of the pre-activations, n Var(w) = 1, Var(x) = 1",
        columns=("network, layer", "formula", "integral", "measured"),
        rows=rows,
        note="Integral: mean-field theory. Measured: mean over seeds.",
    )


def _linear(readings: Mapping[float, Reading]) -> Picture:
    names = {f"n Var(w) = {scale:g}": scale for scale in SCALES}
    return by_layer(
        "Linear layers: the variance goes as [n Var(w)]^k",
        Axis(title="mean square of pre-activations", scale="log"),
        {name: readings[scale].preactivation for name, scale in names.items()},
        {name: expected("linear", scale).preactivation for name, scale in names.items()},
        "For linear layers theory is the lecture's formula.",
    )


def _functions(readings: Mapping[str, Reading]) -> Picture:
    return by_layer(
        "n Var(w) = 1 keeps the variance of linear layers alone",
        Axis(title="mean square of pre-activations", scale="log"),
        {name: reading.preactivation for name, reading in readings.items()},
        {name: expected(name, 1.0).preactivation for name in readings},
        "The lecture's formula is a level line at 1.",
    )
