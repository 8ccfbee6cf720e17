"""What normalizers make of signal and correlation, at their start and in wide networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

EPS = 1e-5
"""What torch's normalizers add to the variance."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Pre-activations of two inputs, behind a normalizer if there is one; None is what theory has no number for.

    Attributes:
        q: Second moment.
        gap: 1 - c.
        divided_by: What the normalizer has divided second moments by: those of signals, and of gradients on their way
            back.
    """

    q: float | None
    gap: float | None
    divided_by: float | None


def _unchanged(q: float | None, gap: float | None) -> Signal:
    return Signal(q, gap, 1.0)


def _over_units(q: float | None, gap: float | None) -> Signal:
    """Of many units that have mean 0: dividing by the rms alone and by the deviation are one."""
    return Signal(1.0, gap, None) if q is None else Signal(q / (q + EPS), gap, q + EPS)


def _over_batch(q: float | None, gap: float | None) -> Signal:
    """Of many inputs that correlate alike: what they share, q c, is the mean; what is left is independent."""
    if q is None or gap is None:
        return Signal(1.0, 1.0, None)
    variance = q * gap
    return Signal(variance / (variance + EPS), 1.0, variance + EPS)


def _not_known(_q: float | None, _gap: float | None) -> Signal:
    return Signal(None, None, None)


def normalized(normalizer: str | None, q: float | None, gap: float | None) -> Signal:
    """Return what a normalizer makes of second moment and correlation."""
    return NORMALIZATIONS.get(normalizer, _not_known)(q, gap)


NORMALIZATIONS: dict[str | None, Callable[[float | None, float | None], Signal]] = {
    None: _unchanged,
    "layer": _over_units,
    "rms": _over_units,
    "group": _over_units,
    "batch": _over_batch,
}
