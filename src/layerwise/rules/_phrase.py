"""Numbers and steps as a reader wants them."""

from __future__ import annotations

import math

from layerwise.rules._rule import Breach, Unit

LEAST_PLAIN, MOST_PLAIN = 1e-5, 1e6


def number(value: float) -> str:
    """Return `value` to two significant digits, without an exponent where it can be read without.

    Example:
        >>> number(0.000712), number(183.4), number(28_411.0), number(1.7e-9), number(0.1)
        ('0.00071', '180', '28,000', '1.7e-09', '0.1')
    """
    if value == 0 or not math.isfinite(value):
        return {math.inf: "infinity", -math.inf: "-infinity"}.get(value, f"{value:.2g}")
    if not LEAST_PLAIN <= abs(value) < MOST_PLAIN:
        return f"{value:.2g}"
    decimals = max(0, 1 - math.floor(math.log10(abs(value))))
    text = f"{float(f'{value:.1e}'):,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(value: float) -> str:
    """Return the share `value` as a percentage to two significant digits.

    Example:
        >>> percent(0.6875), percent(1.0), percent(0.034)
        ('69%', '100%', '3.4%')
    """
    return f"{number(100 * value)}%"


def sentence(breach: Breach, unit: Unit) -> str:
    """Return the breach's sentence with its numbers filled in."""
    shown = percent if unit == "percent" else number
    return breach.sentence.format(
        layer=breach.layer,
        value=shown(breach.value),
        limit=shown(breach.threshold),
        since="from the first step on" if breach.step == 0 else f"from step {breach.step} on",
        at="in the first step" if breach.step == 0 else f"at step {breach.step}",
    )
