"""A single step of persistent contrastive divergence."""

from __future__ import annotations

import torch
from torch import Tensor

from layerwise.pretraining.rbm import RBM


def step_(
    machine: RBM, rows: Tensor, hidden: Tensor, *, rounds: int, learning_rate: float, generator: torch.Generator
) -> Tensor:
    """Change `machine` in place along F(chains) - F(rows), and return the chains' new hidden states.

    The gradient of the mean free energy is that of the energy at the hidden means, so this is the textbook's update.

    Args:
        machine: A single one.
        rows: [row, visible].
        hidden: States at which the chains are, [chain, hidden].
        rounds: Of Gibbs sampling, the last of which ends with the visible states.
        learning_rate: Step size.
        generator: Of all draws.
    """
    with torch.no_grad():
        for _ in range(rounds):
            visible = machine.draw_visible(machine.visible_mean(hidden), [generator])
            hidden = machine.draw_hidden(machine.hidden_mean(visible), [generator])
    loss = machine.free_energy(rows).mean() - machine.free_energy(visible).mean()
    gradients = torch.autograd.grad(loss, list(machine.parameters()))
    with torch.no_grad():
        for parameter, gradient in zip(machine.parameters(), gradients, strict=True):
            parameter.sub_(gradient, alpha=learning_rate)
    return hidden
