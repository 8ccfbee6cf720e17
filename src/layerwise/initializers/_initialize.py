"""A whole model initialized: each layer by what it reads and what follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layerwise._base import Registry
from layerwise.activations import ACTIVATIONS
from layerwise.initializers._draw import Draw, draw_of
from layerwise.initializers._network import Network, look
from layerwise.initializers._plain import normal_
from layerwise.initializers._point import Point, gain_point, held_point
from layerwise.initializers._roles import Roles
from layerwise.initializers._setting import PointOf, Settings
from layerwise.initializers._table import INITIALIZERS
from layerwise.initializers._task import Task, carry_out

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from layerwise.records import Change
    from layerwise.tracing import Function

SHALLOW = 5
"""Up to so many layers of weights one after the other the forward gain is enough: over four steps back, gradients of
tanh grow by 1.178^(4/2) = 1.4, those of softsign by 1.5."""


def initialize_(
    model: nn.Module,
    batch: Any = None,
    scheme: str = "auto",
    *,
    activation: str | Function = "auto",
    generator: torch.Generator | None = None,
    **options: float,
) -> tuple[Change, ...]:
    """Initialize all of `model` in place, so that it keeps signal and gradient, and return what was done and why.

    One run shows which layers follow one another, in the order of execution, and which activation stands between them,
    as a module or as a functional call. Weights that read an activation f, whose pre-activations have mean square q,
    are drawn from N(0, sigma_w^2 / fan_in), biases from N(0, sigma_b^2), on the critical line:

        sigma_w^2 = 1 / E f'^2,  sigma_b^2 = q - sigma_w^2 E f^2

    at the q that layers hold: 1 for tanh, relu, elu, selu, softsign, ...; 2 for mish, 4 for gelu, 8 for hardswish, 16
    for silu, since at q = 1 theirs runs away. Where the line does not reach q = 1 (sigmoid, softplus), the weights of
    each unit are made to sum to 0. Without biases q is smaller, so that it lasts. The first layer brings the inputs'
    mean square to q; the last gives outputs of mean square 1, so that a softmax starts near even and every layer has a
    gradient.

    Embeddings become N(0, 1) (1 / width where the table is the output layer too), gains of normalizers 1, offsets 0,
    each projection of `nn.MultiheadAttention` N(0, 1 / fan_in) with biases 0. Tied weights are set where they are used
    first. Left alone, with the reason in the `Change`: what is frozen, not read, recurrent, computed by a
    parametrization that takes no weight (weight normalization does), or no layer's weight or bias. Buffers stay as they
    are. Dropout is left out of account; signals that meet in a sum are taken to have mean square 1.

    Args:
        model: Any module.
        batch: Some of its inputs; may be left out for an `nn.Sequential` that starts with an `nn.Linear`, whose inputs
            are then taken to have mean square 1.
        scheme: `critical`; `gain`, which keeps the signal alone (sigma_w^2 = 1 / E f^2 at q = 1, no biases); `auto`,
            which is `gain` up to 5 layers of weights one after the other and `critical` beyond; or a name in
            `INITIALIZERS`, with biases 0, and with `gain = sqrt(sigma_w^2)` of the scheme `gain` where it takes one.
        activation: `auto`, or what to take for the activation of every layer that another layer reads.
        generator: Where random numbers come from; torch's default generator if None.
        options: Those of the initializer `scheme`.

    Returns:
        A `Change` for each parameter, in the order of execution, with what it was, what it is, and why.

    Raises:
        UnknownName: If there is no such scheme or activation.
        InvalidInput: If `model` runs no weights, or a batch is needed, or the initializer can't fill a weight. The
            model is then as it was.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))
        >>> for change in initialize_(model, generator=torch.Generator().manual_seed(0)):
        ...     print(change.target, change.reason)
        0.weight brings the input's mean square of 1 to q = 1 for relu (variance 1 / fan_in 8)
        0.bias biases start at 0 where they are not needed
        2.weight brings what relu gives to mean square 1 at the outputs (variance 2 / fan_in 16)
        2.bias biases start at 0 where they are not needed

    References:
        Schoenholz, Gilmer, Ganguli, Sohl-Dickstein 2017, Deep information propagation. Hayou, Doucet, Rousseau 2019, On
        the impact of the activation function on deep neural networks training.
    """
    rule = SCHEMES[scheme]
    given = None if activation == "auto" else ACTIVATIONS[activation] if isinstance(activation, str) else activation
    draw = draw_of(scheme, options, generator)
    network = look(model, batch)
    settings = Settings(network, rule, given)
    return carry_out(network.model, tasks(network, settings, draw, generator), "initialize")


def tasks(network: Network, settings: Settings, draw: Draw, generator: torch.Generator | None) -> tuple[Task, ...]:
    """Return what is to happen to every parameter of `network`."""

    def vary(tensor: Tensor, std: float) -> None:
        normal_(tensor, std, generator=generator)

    return tuple(Roles(network, settings, draw, vary).tasks())


def _auto(activation: Function, depth: int, with_biases: bool) -> Point:  # noqa: FBT001
    return gain_point(activation) if depth <= SHALLOW else held_point(activation, depth, with_biases)


_GAIN: PointOf = lambda activation, depth, with_biases: gain_point(activation)  # noqa: E731  # it needs the one of three

SCHEMES: Registry[PointOf] = Registry(
    "scheme", {"auto": _auto, "critical": held_point, "gain": _GAIN} | dict.fromkeys(INITIALIZERS, _GAIN)
)
"""Where the layers of each activation are to work; by an initializer's name, with the forward gain."""
