"""Theory integrates on fixed panels, which is fast; activations by adaptive ones, which is safe. They must agree."""

from __future__ import annotations

import pytest

from layerwise import activations
from layerwise.activations import ACTIVATIONS
from layerwise.theory import _gaussian
from layerwise.theory._resolve import resolve

ALONE = [name for name, entry in ACTIVATIONS.items() if entry.slope is not None and entry.pieces_default == 1]


@pytest.mark.parametrize("q", [0.05, 1.0, 7.0])
@pytest.mark.parametrize("name", ALONE)
def test_they_agree(name, q):
    mine, theirs = _gaussian.moments(resolve(name), q), activations.moments(name, q=q)
    assert mine.mean == pytest.approx(theirs.mean, rel=1e-9, abs=1e-12)
    assert mine.second == pytest.approx(theirs.square, rel=1e-9)
    assert mine.slope_second == pytest.approx(theirs.slope_square, rel=1e-7)
    assert mine.second_slope == pytest.approx(theirs.slope_square + theirs.curvature, rel=1e-6, abs=1e-9)
