"""`layerwise theory`: what a network does at its start, and where it lies in the phase diagram."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from layerwise._base import InvalidInput

if TYPE_CHECKING:
    from layerwise.theory import CriticalPoint, FixedPoint


def theory(
    activation: Annotated[str, typer.Option(help="Activation function: tanh, relu, gelu, ...")] = "tanh",
    bias_variance: Annotated[float, typer.Option(help="Variance of the biases.")] = 0.05,
    weight_variance: Annotated[
        float | None, typer.Option(help="Variance of the weights, times fan_in [the critical one].", show_default=False)
    ] = None,
    q0: Annotated[float, typer.Option(help="Mean square of the inputs.")] = 1.0,
) -> None:
    """Predict signal and gradient of a wide network before training.

    Draws the phase diagram with its critical line, and puts the network in it.
    """
    from layerwise.cli._phase_plot import phase_plot
    from layerwise.theory import fixed_point

    critical, none = _critical(activation, bias_variance)
    if weight_variance is None:
        if critical is None:
            raise InvalidInput(f"`weight_variance` must be given for {activation}", cure=none)
        weight_variance = critical.weight_variance
    point = fixed_point(activation, weight_variance, bias_variance, q0=q0)
    print(f"{activation}, weight variance {weight_variance:.6g}, bias variance {bias_variance:.6g}")
    print(_numbers(point))
    print(_wrapped("critical weights", f"none at this bias variance. {none}" if critical is None else _held(critical)))
    print()
    highest = max(weight_variance, critical.weight_variance if critical else 0.0)
    print(phase_plot(activation, weight_variance, bias_variance, highest=highest, q0=q0))


def _critical(activation: str, bias_variance: float) -> tuple[CriticalPoint | None, str]:
    """Return the critical point, or None and the reason."""
    from layerwise.theory import NoCriticalPoint, critical_point

    try:
        return critical_point(activation, bias_variance=bias_variance), ""
    except NoCriticalPoint as error:
        return None, error.reason


def _numbers(point: FixedPoint) -> str:
    from layerwise.theory import phase_at, scale_at

    scale = scale_at(point)
    rows = [
        ("phase", f"{phase_at(point)}: {_MEANING[phase_at(point)]}"),
        ("q*", _second_moment(point)),
        ("c*", _correlation(point)),
        ("chi_1", f"{_number(point.chi_1)}: growth of the gradient's second moment per layer"),
        ("xi_c", f"{_layers(scale.xi_c)}: over which {_what_fades(point)}"),
        ("xi_q", f"{_layers(scale.xi_q)}: over which q {'grows' if math.isinf(point.q) else 'settles'} by a factor e"),
        ("trainable depth", _trainable(scale.trainable_depth)),
    ]
    return "\n".join(_wrapped(name, text) for name, text in rows)


_NOTHING = 1e-20  # limits at q = 0 are taken a little above it
_MEANING = {
    "ordered": "inputs become alike, gradients fade",
    "critical": "gradients keep their size",
    "chaotic": "similar inputs part, gradients explode",
}


def _second_moment(point: FixedPoint) -> str:
    if point.stability == "neutral":
        return "any: layers keep the second moment of pre-activations as it is"
    return f"{_number(point.q)}: second moment of pre-activations, deep inside"


def _trainable(depth: float) -> str:
    return "not limited by xi_c" if math.isinf(depth) else f"about {depth:.3g} layers: 6 xi_c"


def _correlation(point: FixedPoint) -> str:
    if point.c is None:
        return "none: " + ("the signal dies out" if point.q == 0 else "the signal grows without end")
    return f"{_number(point.c)}: correlation of two inputs, deep inside"


def _what_fades(point: FixedPoint) -> str:
    if point.c is None:
        return f"the gradient {'fades' if point.chi_1 < 1 else 'grows'} by a factor e"
    return "differences in c fade by a factor e"


def _held(critical: CriticalPoint) -> str:
    held = "" if critical.stable else "; but layers drive q away from there"
    return f"{_number(critical.weight_variance)} at this bias variance, with q* = {_number(critical.q)}{held}"


def _layers(length: float) -> str:
    return "no end" if math.isinf(length) else f"{length:.4g} layers"


def _number(value: float) -> str:
    if math.isinf(value):
        return "infinite"
    return "0" if abs(value) < _NOTHING else f"{value:.6g}"


def _wrapped(name: str, text: str) -> str:
    indent = " " * 20
    return textwrap.fill(text, 80, initial_indent=f"  {name:<18}", subsequent_indent=indent, break_on_hyphens=False)
