"""Layers whose channels are normalized on the data, and that learn at one rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from layerwise._base import finite, one_of, positive, positive_int
from layerwise.initializers._filters import fill_with_filters
from layerwise.initializers._goal import Goal
from layerwise.initializers._gradient_rates import equalize as equalized
from layerwise.initializers._in_flight import Fill, bring, measured
from layerwise.initializers._lsuv import parameters_of
from layerwise.initializers._measuring import inputs_of, kept_on_error
from layerwise.initializers._plain import normal_
from layerwise.initializers._scaled_change import left_alone, scaled
from layerwise.initializers._uses import Layer, Uses
from layerwise.records import Change

_OPERATIONS = frozenset({"linear", "conv1d", "conv2d", "conv3d"})


def data_dependent_(
    model: nn.Module,
    data: Any,
    *,
    weights: str = "gaussian",
    mean: float = 0.0,
    equalize: bool = True,
    tolerance: float = 0.01,
    max_steps: int = 10,
    generator: torch.Generator | None = None,
) -> tuple[Change, ...]:
    """Draw linear layers and convolutions anew in place, with normalized channels and one relative rate of learning.

    Within each layer, in the order of execution, every channel's output on `data` gets standard deviation 1 and mean
    beta = `mean`: W_i <- W_i / sigma_i, b_i <- beta - mu_i / sigma_i. As in `lsuv_`, one sweep does it for all layers.

    Between layers, C_k = sqrt(E ||dl/dW_k||^2) / ||W_k|| is made equal, where l is a random linear function of the
    output: the share of a layer's weights that a step of gradient descent changes. A layer is multiplied by
    sqrt(C_k / C), C being the geometric mean, and the layers above undo that, so the network stays the same function;
    hidden outputs then have another standard deviation, the same in all channels of a layer. This is exact along chains
    with nothing but relu, leaky relu, pooling, dropout and reshaping between the layers (or what else is found to be
    positively homogeneous), and one step does it. Elsewhere (tanh, gelu, a normalizer, a sum, a layer that runs twice)
    it can't be done without changing the function, and is not done: each chain is made equal in itself. In deep chains
    outputs can get large on the way: to a standard deviation of 1e10 in the middle of 50 convolutions with relu, whose
    gradients grow towards the input as under batch normalization. `equalize=False` leaves that out.

    Args:
        model: Its parameters change, in place.
        data: As for `lsuv_`.
        weights: "gaussian" draws from N(0, 1); "pca" takes the whitening components of the layer's own input patches,
            and random mixtures of them where a layer has more channels than components; "kmeans" takes the centers of
            whitened patches of length 1. The latter two see up to 4096 patches of the first batch, or ten a channel.
        mean: Each channel's mean; a layer without a bias has the mean that comes.
        equalize: Whether gradient rates are made equal.
        tolerance: By how much standard deviations and means may be off.
        max_steps: After how many rounds it is an error if one still is.
        generator: Where all draws come from; torch's default generator if None.

    Returns:
        One `Change` for each weight in the order of execution, with the reason where it was left alone.

    Raises:
        InvalidInput: As `lsuv_`; also if k-means has fewer patches than a layer has channels. All parameters are as
            before then.

    Example:
        >>> model = nn.Sequential(nn.Linear(20, 50), nn.ReLU(), nn.Linear(50, 10))
        >>> x = torch.randn(100, 20, generator=torch.Generator().manual_seed(0))
        >>> changes = data_dependent_(model, x, generator=torch.Generator().manual_seed(0))
        >>> changes[-1].after
        'output std 1, mean 0'
        >>> torch.allclose(model(x).std(0, correction=0), torch.ones(10), atol=1e-3)
        True

    References:
        Krähenbühl, Doersch, Donahue, Darrell 2016, Data-dependent initializations of convolutional neural networks.
    """
    one_of("weights", weights, ("gaussian", "pca", "kmeans"))
    goal = Goal(
        std=1.0,
        mean=finite("mean", mean),
        per="channel",
        tolerance=positive("tolerance", tolerance),
        max_steps=positive_int("max_steps", max_steps),
    )
    model, inputs = inputs_of(model, data)
    uses = Uses(model)
    before = measured(model, inputs, uses, survey=True)
    layers, reasons = uses.layers("channel", _OPERATIONS)
    own = torch.Generator().manual_seed(int(torch.randint(2**63 - 1, (), generator=generator)))
    after, risen = before, dict[str, float]()
    with kept_on_error(parameters_of(layers)):
        if layers:
            after = bring(model, inputs, uses, layers, goal, fill=_filler(weights, layers, own))
        if layers and equalize:
            risen = equalized(model, inputs, layers, own)

    def change(name: str) -> Change:
        spreads = before[name].pooled, after[name].pooled.times(risen.get(name, 1.0))
        done = f"{weights} filters, scaled and shifted channel by channel; {_rate(name, risen, equalize=equalize)}"
        return scaled("data_dependent", name, spreads, goal, done)

    return tuple(
        left_alone("data_dependent", name, reason) if reason else change(name) for name, reason in reasons.items()
    )


def _rate(name: str, risen: Mapping[str, float], *, equalize: bool) -> str:
    if not equalize:
        return "gradient rates not looked at"
    if name not in risen:
        return "gradient rate left as it is: no layer next to it can undo a change of scale"
    return f"output times {risen[name]:.3g}, for one gradient rate along its chain of layers"


@torch.no_grad()
def _filler(kind: str, layers: Mapping[str, Layer], generator: torch.Generator) -> Fill | None:
    """Return what finds filters in a layer's input; Gaussian ones need no input, and are drawn at once."""
    if kind != "gaussian":
        return lambda operation, layer: fill_with_filters(kind, operation, layer, generator)
    for layer in layers.values():
        normal_(layer.weight, 1.0, generator=generator)
        if layer.bias is not None:
            layer.bias.zero_()
    return None
