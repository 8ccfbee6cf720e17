"""The pseudo-likelihood as scikit-learn defines it: for values between 0 and 1, too."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, softplus

from layerwise._base import InvalidInput
from layerwise.pretraining.rbm import RBM


@torch.no_grad()
def pseudo_log_likelihood(machine: RBM, rows: Tensor) -> Tensor:
    """Return the sum over units i of log sigmoid(F(v with 1 - v_i for v_i) - F(v)), [row].

    A flip moves the inputs of the hidden units by a multiple of one row of the weights, so no product is made anew.
    """
    if machine.visible.name != "bernoulli":
        raise InvalidInput(
            "The pseudo-likelihood is defined for Bernoulli visible units",
            got=machine.visible.name,
            cure="Use `log_likelihood`.",
        )
    x = machine.hidden_input(rows)
    before = softplus(x)
    total = torch.zeros(len(rows))
    for v, weight, bias in zip((1 - 2 * rows).unbind(1), machine.weight, machine.visible_bias, strict=True):
        gained = (softplus(torch.addcmul(x, v[:, None], weight)) - before).sum(1)
        total += logsigmoid(-gained - v * bias)
    return total
