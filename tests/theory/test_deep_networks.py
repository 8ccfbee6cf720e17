"""Thirty layers of width 1024, drawn at random: what theory says of them, and what others saw, is what they do."""

from __future__ import annotations

import math
from statistics import median

import pytest
from random_networks import simulate

from layerwise.activations import ACTIVATIONS
from layerwise.activations import gain as exact_gain
from layerwise.theory import propagate

N_SEEDS = 9
ROOT2 = math.sqrt(2)

# (activation, gain): what was seen of the rms of the pre-activations at layer 30 and of the gradient norm at the first
# of 31 layers over that at the last, as an interval or a number; and for both the standard deviation of the logarithm
# between networks, measured on 24 seeds.
SEEN = {
    ("tanh", 5 / 3): ((1.085, 13.3), (0.016, 0.16)),
    ("tanh", 1.0): ((None, 0.156), (0.065, 0.089)),
    ("selu", 1.0): ((0.996, None), (0.035, 0.125)),
    ("selu", 0.75): (((0.162, 0.176), 0.260), (0.040, 0.122)),
    ("gelu", ROOT2): (((0.0015, 0.037), (0.0014, 0.055)), (0.49, 0.45)),
    ("silu", ROOT2): ((0.0002, 1.45e-4), (0.20, 0.17)),
    ("gelu", "exact"): (((10, 19), (12, 16)), (0.16, 0.17)),
    ("silu", "exact"): ((160, 150), (0.16, 0.16)),
}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "gain"), SEEN)
def test_thirty_layers_of_width_1024(name, gain):
    seen, spreads = SEEN[name, gain]
    variance = (exact_gain(name) if gain == "exact" else gain) ** 2
    made = propagate(name, variance, 0.0, 31, c0=1.0)
    runs = [simulate(ACTIVATIONS[name].function, variance, 0.0, 31, seed=seed) for seed in range(N_SEEDS)]
    found = [median(math.sqrt(q[29]) for q, _, _ in runs), median(math.sqrt(back[0]) for _, _, back in runs)]
    for value, theory, others, spread in zip(found, (made.q[29], made.gradient[0]), seen, spreads, strict=True):
        # four standard errors of a median; the last digit of what others saw is 0.005 of it, or less
        room = 4 * 1.25 * spread / math.sqrt(N_SEEDS) + 0.005
        assert abs(math.log(value / math.sqrt(theory))) < room
        low, high = others if isinstance(others, tuple) else (others, others)
        if others is not None:
            assert math.log(low) - room < math.log(value) < math.log(high) + room
