"""What is known about an initializer, in words: for the command line and for the documentation."""

from __future__ import annotations

import math

from layerwise.initializers._initializer import Initializer
from layerwise.report import described
from layerwise.theory import propagate

FAN, DEPTH = 100, 30
"""The layer whose numbers are shown, 100 inputs and 100 units, and how many of them."""


def row(entry: Initializer) -> dict[str, str]:
    """Return one entry's cells, heading to text.

    Example:
        >>> from layerwise.initializers import INITIALIZERS
        >>> list(row(INITIALIZERS["he_normal"]).values())
        ['he_normal', '2 / fan_in', '0.1414', '1.4', '0.79']
    """
    return {
        "name": entry.name,
        "E w^2": entry.formula,
        "rms": f"{math.sqrt(entry.expected(FAN, FAN).square):.4g}",
        "relu": _cell(entry, "relu"),
        "tanh": _cell(entry, "tanh"),
    }


def facts(entry: Initializer) -> dict[str, str]:
    """Return all that is known about one entry, label to text."""
    weights, own = entry.expected(FAN, FAN), described(entry.function)
    return {
        "call": own["call"],
        "in short": own["in short"],
        "options": ", ".join(f"{option} = {value:g}" for option, value in entry.defaults.items()) or "none",
        "E w^2": entry.formula,
        "rms": f"{math.sqrt(weights.square):.8g} with {FAN} inputs and {FAN} units",
        "largest": "no bound" if math.isinf(weights.bound) else f"{weights.bound:.8g} there",
        "relu": _through(entry, "relu"),
        "tanh": _through(entry, "tanh"),
        "source": entry.citation,
    }


def through(entry: Initializer, activation: str, fan: int = FAN, depth: int = DEPTH) -> tuple[float, float] | None:
    """Return what `depth` layers of `fan` units make of signal and gradient, by theory: both are rms.

    The first is that of the last layer's pre-activations, from inputs of mean square 1; the second that of the gradient
    at the first layer's, relative to the last layer's. Biases are 0. None where weights are not drawn around 0, which
    is what theory is about.
    """
    weights = entry.expected(fan, fan)
    if weights.mean:
        return None
    if not weights.square:
        return 0.0, 0.0
    made = propagate(activation, fan * weights.square, 0.0, depth, c0=1.0)
    return math.sqrt(made.q[-1]), math.sqrt(made.gradient[0])


def _cell(entry: Initializer, activation: str) -> str:
    found = through(entry, activation)
    return "-" if found is None else f"{found[0]:.2g}"


def _through(entry: Initializer, activation: str) -> str:
    found = through(entry, activation)
    if found is None:
        return "theory says nothing: the weights are not drawn around 0"
    signal, gradient = (f"{rms:.4g}" for rms in found)
    return f"{signal} at layer {DEPTH}, and the gradient at layer 1 is {gradient} times that at layer {DEPTH} (rms)"
