"""Networks that minimize the supervised loss and their layers' reconstruction errors together: L + weight * Omega."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from layerwise._base import child_seed
from layerwise.lecture._ground import Ground
from layerwise.lecture._losses import descend, mean_loss, rows_of
from layerwise.models import Recipe, build
from layerwise.population import Stack, stack
from layerwise.pretraining import OBJECTIVES, DenseCoder, LayerSettings

if TYPE_CHECKING:
    from layerwise.data import Data

SETTINGS = LayerSettings(reconstruction="squared_error")
OBJECTIVE = OBJECTIVES["autoencoder"]


def train_jointly(ground: Ground, data: Data, recipe: Recipe, weight: float, n_seeds: int) -> list[nn.Module]:
    """Return the networks of `recipe` after its epochs of gradient descent on L + weight * Omega.

    Omega is the mean over rows of the squared error with which every hidden layer, through its own transposed weights,
    gives back what it reads, added up over layers; what a layer reads counts as given.
    """
    seeds = range(n_seeds)
    draws = [torch.Generator().manual_seed(child_seed(seed, "weights")) for seed in seeds]
    networks = [build(recipe, data.n_features, data.n_outputs, draw) for draw in draws]
    together = stack(networks).to(ground.device)
    hidden = [layer for layer in together.layers if layer.name != "output"]
    coders = [DenseCoder(together, layer, tied=True, generators=draws) for layer in hidden]
    parameters = [*together.parameters(), *(coder.bias for coder in coders)]
    optimizer = torch.optim.SGD(parameters, lr=recipe.optimizer.learning_rate)
    rows = rows_of(data, [data.split(seed) for seed in seeds], "train", ground.device)
    losses = lambda x, y: both_losses(together, coders, x, y, weight)  # noqa: E731  `descend` knows no coders
    descend(optimizer, losses, rows, seeds, recipe.training.n_epochs(1))
    return together.eval().networks()


def both_losses(together: Stack, coders: list[DenseCoder], x: Tensor, y: Tensor, weight: float) -> Tensor:
    """Return L + weight * Omega of every network, [seed]."""
    omega, reads = x.new_zeros(len(x)), x
    for coder in coders:
        omega = omega + OBJECTIVE.loss(coder, reads.detach(), SETTINGS, ())
        reads = coder.encode(reads).activation
    return mean_loss(together.stages[-1](reads), y) + weight * omega
