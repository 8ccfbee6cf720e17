"""Whether decoders can follow one another: what stands between two layers must be undone by a change of shape."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from layerwise._base import InvalidInput
from layerwise.pretraining._layers import Layer, Plan

_UNDONE = frozenset({"flatten", "unflatten", "view", "reshape", "contiguous", "dropout", "dropout2d", "alpha_dropout"})
"""What may stand between two layers that are unrolled: entries keep their order, and decoders give the shape back."""


def check_chain(plan: Plan, layers: Sequence[Layer]) -> None:
    """Raise `InvalidInput` if something stands between two of these layers that has no inverse."""
    for below, above in pairwise(layers):
        calls = plan.used.between(below.code, above.entry)
        lost = None if calls is None else next((one for one in calls if one.operation not in _UNDONE), None)
        if calls is None or lost is not None:
            what = "another signal" if lost is None else lost.operation
            raise InvalidInput(
                f"Layers {below.name!r} and {above.name!r} must follow one another to be unrolled",
                cure=f"{what} stands between them, and has no inverse.",
            )
