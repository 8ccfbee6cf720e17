"""Plain residual networks: how signal and gradient grow from block to block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate, pairwise

from layerwise._base import Registry, non_negative, positive, positive_int
from layerwise.theory._layer import Layer
from layerwise.theory._resolve import ActivationLike

_Branch = Callable[[Layer, float], tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidualPropagation:
    """What plain residual blocks do, one entry for each block, from the first on.

    Attributes:
        q: Second moment of the stream `x` after the block.
        growth: q after the block over q before it.
        gradient: Second moment of the gradient at the stream *before* the block, relative to that after the last one.
    """

    q: tuple[float, ...]
    growth: tuple[float, ...]
    gradient: tuple[float, ...]


def _one_layer(layer: Layer, q: float) -> tuple[float, float]:
    return layer.q(q), layer.chi_1(q)


def _two_layers(layer: Layer, q: float) -> tuple[float, float]:
    hidden = layer.q(q)
    return layer.q(hidden), layer.chi_1(q) * layer.chi_1(hidden)


def _linear_first(layer: Layer, q: float) -> tuple[float, float]:
    hidden = layer.weight_variance * q + layer.bias_variance
    return layer.q(hidden), layer.weight_variance * layer.chi_1(hidden)


BLOCKS: Registry[_Branch] = Registry(
    "residual block",
    {"x + W f(x)": _one_layer, "x + W2 f(W1 f(x))": _two_layers, "x + W2 f(W1 x)": _linear_first},
)
"""The blocks, by their formulas; each maps q to the branch's own q and the factor of the gradient through it."""


def propagate_residual(
    activation: ActivationLike,
    weight_variance: float,
    bias_variance: float,
    n_blocks: int,
    *,
    block: str,
    branch_scale: float = 1.0,
    q0: float = 1.0,
) -> ResidualPropagation:
    """Return signal and gradient of a wide random residual network without normalization, block by block.

    With a branch of weights and biases as in `propagate`, drawn anew for each block,

        q' = q + branch_scale^2 q_branch,  gradient: times 1 + branch_scale^2 chi_branch

    so with He's weights relu doubles q in every block `x + W2 f(W1 f(x))` and triples it in `x + W2 f(W1 x)`: which
    block it is matters. A branch scale of `n_blocks^-1/2` bounds the growth at e.

    Args:
        activation: A name, an `Activation`, or a function of a tensor.
        weight_variance: `sigma_w^2` of every weight matrix.
        bias_variance: `sigma_b^2`.
        n_blocks: Number of blocks.
        block: Its formula, one of `BLOCKS`.
        branch_scale: What the branch is multiplied by.
        q0: Second moment of the stream at the start (Gaussian across units, as behind a first linear layer).

    Raises:
        UnknownName: If there is no such block.
        InvalidInput: If a number is out of its range, or the activation is none that theory can take.

    Example:
        >>> made = propagate_residual("relu", 2.0, 0.0, 3, block="x + W2 f(W1 x)")
        >>> [round(growth, 12) for growth in made.growth]
        [3.0, 3.0, 3.0]

    References:
        Yang, Schoenholz 2017, Mean field residual networks: on the edge of chaos. Zhang, Dauphin, Ma 2019, Fixup
        initialization: residual learning without normalization.
    """
    layer = Layer.checked(activation, weight_variance, bias_variance)
    branch, share = BLOCKS[block], non_negative("branch_scale", branch_scale) ** 2
    stream, factors = [positive("q0", q0)], []
    for _ in range(positive_int("n_blocks", n_blocks)):
        added, chi = branch(layer, stream[-1])
        stream.append(stream[-1] + share * added)
        factors.append(1 + share * chi)
    back = list(accumulate(reversed(factors), lambda total, one: total * one))
    return ResidualPropagation(
        q=tuple(stream[1:]),
        growth=tuple(after / before for before, after in pairwise(stream)),
        gradient=tuple(reversed(back)),
    )
