"""What is known about an activation, in words: for the command line and for the documentation."""

from __future__ import annotations

import math

from layerwise.activations._activation import FLAT_SHARE, Activation


def row(entry: Activation) -> dict[str, str]:
    """Return one entry's cells, heading to text.

    Example:
        >>> from layerwise.activations import ACTIVATIONS
        >>> list(row(ACTIVATIONS["tanh"]).values())
        ['tanh', '-1 to 1', 'yes', '|z| > 2.18', '-', '1.5925', '1']
    """
    return {
        "name": entry.name,
        "range": _range(entry, 3),
        "zero-centered": "yes" if entry.zero_centered else "no",
        "flat": _sides(entry.flat_below, entry.flat_above, "<", ">"),
        "dead side": _sides(entry.dead_below, entry.dead_above, "<=", ">="),
        "gain": f"{entry.gain:.4f}",
        "max slope": f"{entry.max_slope:.3g}",
    }


def facts(entry: Activation) -> dict[str, str]:
    """Return all that is known about one entry, label to text; what does not apply is empty."""
    m = entry.unit_moments
    return {
        "f(z)": entry.formula,
        "f'(z)": entry.derivative,
        "parameters": entry.parameters,
        "module": _module(entry),
        "pre-activations": f"{entry.pieces_default:g} for each unit" if entry.pieces_default != 1 else "",
        "range": _range(entry, 8),
        "zero-centered": "yes" if entry.zero_centered else f"no, its mean is {number(m.mean)}",
        "largest slope": f"{entry.max_slope:.8g}",
        "flat sides": _sides(entry.flat_below, entry.flat_above, "<", ">", f" (slope under {FLAT_SHARE:.0%} of that)"),
        "dead sides": _sides(entry.dead_below, entry.dead_above, "<=", ">=", " (slope exactly 0)"),
        "kinks": ", ".join(f"{kink:g}" for kink in entry.kinks) or "-",
        "E f": number(m.mean),
        "E f^2": number(m.square),
        "E f'^2": number(m.slope_square),
        "E f'' f": number(m.curvature),
        "gain": f"{number(m.gain)} = E[f^2]^(-1/2): keeps the squared signal",
        "centered gain": f"{number(m.centered_gain)} = 1 / std f",
        "chi_1": f"{number(m.chi_1)} = E f'^2 / E f^2: growth of the squared gradient per layer at that gain",
        "note": entry.note,
        "source": entry.citation,
    }


def number(value: float) -> str:
    """Return eight digits after the point, less the zeros at the end, and no minus before a zero."""
    return f"{round(value, 8) + 0.0:.8f}".rstrip("0").rstrip(".")


def _module(entry: Activation) -> str:
    module = entry.module()
    room = "nn" if type(module).__module__.startswith("torch.") else "layerwise.activations"
    return f"{room}.{module!r}"


def _range(entry: Activation, digits: int) -> str:
    low, high = (f"{bound:.{digits}g}" for bound in entry.range)
    return f"{low} to {high}"


def _sides(below: float | None, above: float | None, less: str, more: str, what: str = "") -> str:
    if below is None and above is None:
        return "-"
    if below is not None and above is not None and math.isclose(below, -above):
        return f"|z| {more} {above:.3g}{what}"
    parts = [f"z {sign} {limit:.3g}" for sign, limit in ((less, below), (more, above)) if limit is not None]
    return ", ".join(parts) + what
