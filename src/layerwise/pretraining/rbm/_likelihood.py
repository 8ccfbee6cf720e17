"""How well a machine explains data: likelihood, its gradient, and what can be had where Z is out of reach."""

from __future__ import annotations

import copy

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from layerwise._base import InvalidInput, Text
from layerwise.pretraining.rbm._noise import Generators, as_generators
from layerwise.pretraining.rbm._partition import expectations, statistics
from layerwise.pretraining.rbm._partition import log_partition as enumerated
from layerwise.pretraining.rbm._rbm import RBM

_NUMBERS = 2**22
"""Numbers held at a time."""


@torch.no_grad()
def log_likelihood(rbm: RBM, data: Tensor, *, log_partition: Tensor | float | None = None) -> Tensor:
    """Return log p(v) = -F(v) - log Z of each row, [..., row], in nats and float64.

    `log_partition` is log Z, say from `ais`; None enumerates it.

    Raises:
        InvalidInput: data that do not fit, or too large a machine to enumerate.

    Example:
        >>> machine = RBM(2, 3, weight_std=0.0, generator=torch.Generator())
        >>> log_likelihood(machine, torch.eye(2))  # all four states are as likely: -log 4
        tensor([-1.3863, -1.3863], dtype=torch.float64)
    """
    log_z = enumerated(rbm) if log_partition is None else torch.as_tensor(log_partition, dtype=torch.float64)
    return -_free_energy(rbm, data) - log_z.unsqueeze(-1)


@torch.no_grad()
def log_likelihood_gradient(rbm: RBM, data: Tensor) -> dict[str, Tensor]:
    """Return the gradient of the mean log-likelihood by parameter name, exactly, in float64.

        d/dW = < v h^T > over the data - < v h^T > over the model (v divided by the variance), and so on

    Raises:
        InvalidInput: data that do not fit, or too large a machine to enumerate.

    Example:
        >>> machine = RBM(2, 1, weight_std=0.0, generator=torch.Generator())
        >>> log_likelihood_gradient(machine, torch.tensor([[1.0, 0.0]]))["visible_bias"]
        tensor([ 0.5000, -0.5000], dtype=torch.float64)
    """
    exact, rows = _double(rbm, data)
    share = torch.full((rows.shape[-2],), 1 / rows.shape[-2], dtype=torch.float64, device=rows.device)
    found = statistics(exact, rows, exact.hidden_mean(rows), share)
    return {name: found[name] - value for name, value in expectations(rbm).items()}


@torch.no_grad()
def pseudo_log_likelihood(rbm: RBM, data: Tensor, *, generator: Generators | None = None) -> Tensor:
    """Return the log pseudo-likelihood of each row, [..., row], in nats and float64.

        sum over i of log p(v_i | all others) = sum over i of log sigmoid(F(v with v_i flipped) - F(v))

    With a `generator`, one unit a row is drawn and its term multiplied by the number of units: much faster, the same in
    the mean. `data` must hold nothing but 0 and 1.

    Raises:
        InvalidInput: data that do not fit or are not binary, or visible units that are not Bernoulli.

    Example:
        >>> machine = RBM(2, 3, weight_std=0.0, generator=torch.Generator())
        >>> pseudo_log_likelihood(machine, torch.eye(2))
        tensor([-1.3863, -1.3863], dtype=torch.float64)

    References:
        Besag 1975, Statistical analysis of non-lattice data.
    """
    _check_binary(rbm, data)
    exact, rows = _double(rbm, data)
    if generator is not None:
        flipped = _flip_one(rbm, rows, generator)
        return rbm.n_visible * logsigmoid(exact.free_energy(flipped) - exact.free_energy(rows))
    return _all_conditionals(exact, rows)


@torch.no_grad()
def free_energy_gap(rbm: RBM, train: Tensor, validation: Tensor) -> Tensor:
    """Return mean F(validation) - mean F(train), [] or [seed], in nats.

    log Z cancels, so it costs two passes. Near 0 both are explained equally well; a gap that grows is overfitting.

    Raises:
        InvalidInput: data that do not fit.

    Example:
        >>> machine = RBM(2, 3, weight_std=0.0, generator=torch.Generator())
        >>> free_energy_gap(machine, torch.eye(2), torch.ones(5, 2))
        tensor(0., dtype=torch.float64)

    References:
        Hinton 2012, A practical guide to training restricted Boltzmann machines.
    """
    return _free_energy(rbm, validation).mean(-1) - _free_energy(rbm, train).mean(-1)


def _free_energy(rbm: RBM, data: Tensor) -> Tensor:
    exact = copy.deepcopy(rbm).double()
    size = max(1, _NUMBERS // (rbm.n_machines * max(rbm.n_visible, rbm.n_hidden)))
    return torch.cat([exact.free_energy(rows.double()) for rows in rbm.checked(data).split(size, dim=-2)], dim=-1)


def _double(rbm: RBM, data: Tensor) -> tuple[RBM, Tensor]:
    return copy.deepcopy(rbm).double(), rbm.checked(data).double()


def _all_conditionals(exact: RBM, rows: Tensor) -> Tensor:
    """Flip each unit in turn; the hidden inputs then move by one row of the weights, so no product is made anew."""
    x, bias = exact.hidden_input(rows), exact.hidden_bias.unsqueeze(-2)
    before = exact.hidden.log_partition(x, bias).sum(-1)
    total = torch.zeros_like(before)
    for i in range(exact.n_visible):
        step = 1 - 2 * rows[..., i]
        moved = x + step.unsqueeze(-1) * exact.weight[..., i, :].unsqueeze(-2)
        after = exact.hidden.log_partition(moved, bias).sum(-1)
        total += logsigmoid(before - after - step * exact.visible_bias[..., i].unsqueeze(-1))
    return total


def _flip_one(rbm: RBM, rows: Tensor, generator: Generators) -> Tensor:
    sources = as_generators(generator, rbm.n_machines)
    drawn = [torch.randint(rbm.n_visible, rows.shape[-2:-1], generator=g, device=rows.device) for g in sources]
    places = torch.stack(drawn) if rbm.seeds else drawn[0]
    flipped = rows.expand(*places.shape, rbm.n_visible).clone()
    return flipped.scatter_(-1, places.unsqueeze(-1), 1 - flipped.gather(-1, places.unsqueeze(-1)))


def _check_binary(rbm: RBM, data: Tensor) -> None:
    rows = rbm.checked(data)
    if rbm.visible.name != "bernoulli":
        raise InvalidInput("The pseudo-likelihood is defined for Bernoulli visible units", got=rbm.visible.name)
    other = rows[(rows != 0) & (rows != 1)]
    if other.numel():
        raise InvalidInput(
            "Data of the pseudo-likelihood must hold nothing but 0 and 1",
            got=Text(f"a value {other[0].item():g}"),
            cure="Threshold it, as in (data > 0.5).float().",
        )
