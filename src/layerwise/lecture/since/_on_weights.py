"""Normalizers that act on weights and so are no layers: trained by Adam, side by side with plain networks."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import torch
from torch import nn

from layerwise._base import child_seed
from layerwise.lecture._arms import Arms
from layerwise.lecture._ground import Ground
from layerwise.lecture._losses import descend, mean_loss, rows_of, wrong
from layerwise.models import Recipe, build
from layerwise.normalizers import standardize_weights_, weight_norm_
from layerwise.population import stack
from layerwise.studies import SEARCH_SEED

RELU_GAIN = 2**0.5

ON_WEIGHTS: dict[str, Callable[[nn.Module], object]] = {
    "plain": lambda _: None,
    "weight normalization": weight_norm_,
    "weight standardization": lambda network: standardize_weights_(network, gain=RELU_GAIN),
}
"""By what each changes a network."""

RATES = (1e-3, 3e-3)
N_SEARCH = 2


def errors_on_weights(ground: Ground, recipe: Recipe, n_seeds: int) -> Arms:
    """Return the test errors in percent of every arm at its own best rate."""
    found = {}
    for k, arm in enumerate(ON_WEIGHTS):
        search = range(SEARCH_SEED, SEARCH_SEED + N_SEARCH)
        tried = {rate: sum(_errors(ground, recipe, arm, rate, search, "validation")) for rate in RATES}
        found[arm] = _errors(ground, recipe, arm, min(RATES, key=tried.__getitem__), range(n_seeds), "test")
        ground.tell(0.8 + 0.2 * (k + 1) / len(ON_WEIGHTS))
    return found


def _errors(ground: Ground, recipe: Recipe, arm: str, rate: float, seeds: Sequence[int], part: str) -> list[float]:
    """Return what every seed's network gets wrong of a part, after the recipe's epochs of Adam."""
    data, networks = ground.data, []
    for seed in seeds:
        draw = torch.Generator().manual_seed(child_seed(seed, "weights"))
        networks.append(build(recipe, data.n_features, data.n_outputs, draw))
        ON_WEIGHTS[arm](networks[-1])
    splits = [data.split(seed) for seed in seeds]
    rows = rows_of(data, splits, "train", ground.device)
    together = stack(networks).to(ground.device).train()
    optimizer = torch.optim.Adam(together.parameters(), lr=rate, foreach=False)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "There is a performance drop")  # of weight_norm under vmap; it is small
        descend(optimizer, lambda x, y: mean_loss(together(x), y), rows, seeds, recipe.training.n_epochs(1))
        return wrong(together, rows_of(data, splits, part, ground.device))
