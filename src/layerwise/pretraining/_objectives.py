"""What a layer is trained for: pure losses, one a member."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from layerwise._base import Registry
from layerwise.pretraining._coder import Coder
from layerwise.pretraining._corruption import CORRUPTIONS
from layerwise.pretraining._settings import LayerSettings

Loss = Callable[..., Tensor]
"""From a coder, a batch of its input, the settings, a generator for each member, and where the objective is `labelled`
the labels of the batch, to the loss of each member."""


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What a layer is trained for.

    Attributes:
        name: The name in `OBJECTIVES`.
        loss: Differentiable, a sum over features and a mean over rows; with members, one entry each.
        options: Settings that belong to it.
        labelled: Whether it reads labels; what the coder's decoder gives is then an output layer's.
        summary: What it does, in a sentence.
        citation: Author, year and title of the source.
    """

    name: str
    loss: Loss
    options: tuple[str, ...] = ()
    labelled: bool = False
    summary: str
    citation: str


def reconstruction_error(coder: Coder, x: Tensor, decoded: Tensor, kind: str, weight: Tensor | None = None) -> Tensor:
    """Return the error of a reconstruction: summed over features, mean over rows, for each member.

    Args:
        coder: Says which axes are features.
        x: What should have come out, of the whole batch.
        decoded: What the decoder gave, of the coder's own rows: for `cross_entropy` before the sigmoid.
        kind: `squared_error`, or `cross_entropy` (of x in [0, 1] as probabilities).
        weight: Of each entry, if they do not all count alike.
    """
    x, weight = coder.mine(x), None if weight is None else coder.mine(weight)
    if kind == "cross_entropy":
        error = functional.binary_cross_entropy_with_logits(decoded, x, reduction="none")
    else:
        error = (decoded - x).square()
    return coder.flat(error if weight is None else error * weight).sum(-1).mean(-1)


def label_error(outputs: Tensor, y: Tensor) -> Tensor:
    """Return the error of an output layer, mean over rows, for each member.

    Args:
        outputs: [..., row, output].
        y: Classes, int64 [..., row, 1], of which it is the cross-entropy in nats; or targets, [..., row, output], of
            which it is the squared error, summed over outputs.
    """
    if y.is_floating_point():
        return (outputs - y).square().sum(-1).mean(-1)
    errors = functional.cross_entropy(outputs.flatten(0, -2), y.flatten(), reduction="none")
    return errors.view(y.shape[:-1]).mean(-1)


def autoencoder(coder: Coder, x: Tensor, settings: LayerSettings, _: Sequence[torch.Generator]) -> Tensor:
    """Return the error of the reconstruction of `x` from its code."""
    return reconstruction_error(coder, x, coder.decode(coder.encode(x).activation), settings.reconstruction)


def denoising(coder: Coder, x: Tensor, settings: LayerSettings, sources: Sequence[torch.Generator]) -> Tensor:
    """Return the error of the reconstruction of `x` from the code of a corrupted `x`."""
    corrupted, touched = CORRUPTIONS[settings.corruption].apply(x, settings.corruption_level, sources)
    decoded = coder.decode(coder.encode(corrupted).activation)
    weight = None
    if touched is not None and settings.emphasis != (1.0, 1.0):
        weight = torch.where(touched, *settings.emphasis).to(x.dtype)
    return reconstruction_error(coder, x, decoded, settings.reconstruction, weight)


def contractive(coder: Coder, x: Tensor, settings: LayerSettings, _: Sequence[torch.Generator]) -> Tensor:
    """Return the error of the reconstruction plus `penalty` times the squared norm of the code's Jacobian.

    In closed form: the Jacobian of an elementwise activation of a linear map has the squared norm
    sum_j f'(z_j)^2 |W_j|^2.
    """
    code = coder.encode(x)
    (slope,) = torch.autograd.grad(code.activation.sum(), code.preactivation, create_graph=True)
    norm = coder.flat(slope.square() * coder.squared_norms(x)).sum(-1).mean(-1)
    return _error(coder, x, code.activation, settings) + settings.penalty * norm


def sparse(coder: Coder, x: Tensor, settings: LayerSettings, _: Sequence[torch.Generator]) -> Tensor:
    """Return the error of the reconstruction plus `penalty` times how far units are from being on rarely.

    `kl`: the divergence of Bernoulli(sparsity) from Bernoulli(mean of the unit over the batch), summed over units; for
    codes in (0, 1). `l1`: the sum of |code|, mean over rows.
    """
    code = coder.encode(x).activation
    flat = coder.flat(code)
    if settings.sparsity_penalty == "l1":
        off = flat.abs().sum(-1).mean(-1)
    else:
        off = _kl(settings.sparsity, coder.batch_mean(flat, x.shape[coder.row_axis])).sum(-1)
    return _error(coder, x, code, settings) + settings.penalty * off


def supervised(coder: Coder, x: Tensor, _: LayerSettings, __: Sequence[torch.Generator], y: Tensor) -> Tensor:
    """Return the error of what an output layer on the code of `x` makes of its labels `y`."""
    return label_error(coder.decode(coder.encode(x).activation), coder.mine(y))


def _error(coder: Coder, x: Tensor, code: Tensor, settings: LayerSettings) -> Tensor:
    return reconstruction_error(coder, x, coder.decode(code), settings.reconstruction)


def _kl(wanted: float, share: Tensor) -> Tensor:
    tiny = torch.finfo(share.dtype).eps
    share = share.clamp(tiny, 1 - tiny)
    target = torch.as_tensor(wanted, dtype=share.dtype, device=share.device)
    return target * (target / share).log() + (1 - target) * ((1 - target) / (1 - share)).log()


_ALL = (
    Objective(
        name="autoencoder",
        loss=autoencoder,
        summary="Give the input back.",
        citation="Bengio, Lamblin, Popovici, Larochelle 2007, Greedy layer-wise training of deep networks",
    ),
    Objective(
        name="denoising",
        loss=denoising,
        options=("corruption", "corruption_level", "emphasis"),
        summary="Give the input back from a corrupted one.",
        citation="Vincent, Larochelle, Lajoie, Bengio, Manzagol 2010, Stacked denoising autoencoders",
    ),
    Objective(
        name="contractive",
        loss=contractive,
        options=("penalty",),
        summary="Give the input back, from a code that hardly moves when the input does.",
        citation="Rifai, Vincent, Muller, Glorot, Bengio 2011, Contractive auto-encoders: explicit invariance during "
        "feature extraction",
    ),
    Objective(
        name="sparse",
        loss=sparse,
        options=("penalty", "sparsity", "sparsity_penalty"),
        summary="Give the input back, from units that are rarely on.",
        citation="Lee, Ekanadham, Ng 2008, Sparse deep belief net model for visual area V2",
    ),
    Objective(
        name="supervised",
        loss=supervised,
        options=("n_classes",),
        labelled=True,
        summary="Tell the labels, through an output layer that is thrown away afterwards.",
        citation="Bengio, Lamblin, Popovici, Larochelle 2007, Greedy layer-wise training of deep networks",
    ),
)

OBJECTIVES: Registry[Objective] = Registry("objective", {one.name: one for one in _ALL})
"""Objectives that are a loss of encoder and decoder alone."""


def _no_loss(*_: object) -> Tensor:
    raise NotImplementedError("a restricted Boltzmann machine is trained by sampling, not by a loss")


RBM_OBJECTIVE = Objective(
    name="rbm",
    loss=_no_loss,
    summary="Be the hidden units of a restricted Boltzmann machine whose visible units are the input.",
    citation="Hinton, Osindero, Teh 2006, A fast learning algorithm for deep belief nets",
)
"""The objective that is no loss: see `layerwise.pretraining.rbm`."""
