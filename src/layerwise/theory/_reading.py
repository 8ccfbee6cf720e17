"""A live layer as theory wants to know it, or why theory does not apply to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from layerwise._base import InvalidInput
from layerwise.activations import Activation
from layerwise.theory._chain import ChainLayer
from layerwise.theory._live import LayerReading
from layerwise.theory._resolve import resolve
from layerwise.tracing import Call, Link, own_tensors

if TYPE_CHECKING:
    from torch import nn

RANDOM = 1.25
"""Random weights of variance v have a largest singular value of sqrt(v) (sqrt(rows) + sqrt(columns)); over 1,000 draws
of 16 x 16 and larger it passed that by 14 % at most. Trained ones pass it by far."""

CENTERED = 5.0
"""So many standard errors may the mean of random weights be off 0."""

_NORMALIZERS = {"batch_norm": "batch", "layer_norm": "layer", "rms_norm": "rms", "group_norm": "group"}
_PASSED = frozenset({"dropout", "shape"})


@dataclass(frozen=True, slots=True)
class Part:
    """A layer of the chain, or the problem that keeps theory from it."""

    layer: ChainLayer | None
    problem: str = ""


class Reader:
    """Reads the layers of one model."""

    def __init__(self, model: nn.Module) -> None:
        self._own = own_tensors(model)

    def read(self, reading: LayerReading) -> Part:
        """Return what theory needs to know of a layer, from its weights as they are."""
        link, weight = reading.link, reading.link.weights.weight
        if weight is None or not weight.name or not weight.fan_in:
            return Part(None, "its weight is computed from other parameters")
        values = self._own[weight.name].detach()
        problem = not_random(values) or _between_problem(link) or self._normalizer_problem(link)
        if problem:
            return Part(None, problem)
        bias = self._own[weight.bias].detach() if weight.bias else values.new_zeros(1)
        return Part(
            ChainLayer(
                fan_in=weight.fan_in,
                fan_out=_fan_out(reading, weight.fan_in),
                weight_variance=weight.fan_in * _square(values),
                bias_variance=_square(bias),
                normalizer=None if link.normalizer is None else _NORMALIZERS[link.normalizer.operation],
                activation=link.activation if _has_mean_field(link) else None,
                keep=_kept(link),
            )
        )

    def leads_to(self, below: LayerReading, above: LayerReading, part: Part) -> bool:
        """Whether theory can go on from one layer to the next."""
        return not self.why_apart(below, above, part)

    def why_apart(self, below: LayerReading, above: LayerReading, part: Part) -> str:
        """Return why theory starts anew at a layer, or an empty string."""
        link = below.link
        strange = [call.operation for call in link.after if not _is_known(call)]
        why = ""
        if part.layer is None:
            why = "theory does not apply to the layer before"
        elif link.next != (above.link.weights.index,):
            why = "what it reads is not the output of the layer before alone"
        elif strange:
            why = f"{strange[0]} comes before it"
        elif not _has_mean_field(link):
            why = f"theory has no mean field for {link.activation_name}"
        return why and f"starts anew from the measured signal: {why}"

    def _normalizer_problem(self, link: Link) -> str:
        call = link.normalizer
        if call is None:
            return ""
        if call.operation not in _NORMALIZERS:
            return f"theory does not know {call.operation}"
        if call.operation == "batch_norm" and not call.keywords.get("training", True):
            return "batch normalization divides by its running statistics in eval mode: use training mode"
        learned = [self._own[held.name] for held in call.held if held.name in self._own]
        if any(not _at_start(one) for one in learned if one.requires_grad):
            return "its normalizer has learned gains"
        return ""


def not_random(weight: Tensor) -> str:
    """Return what shows that a weight was not drawn independently around 0, or an empty string."""
    matrix = weight.detach().flatten(1).double()
    spread = matrix.square().mean().sqrt()
    if not spread > 0:
        return "its weights are all 0"
    if matrix.numel() > 1 and matrix.std() < 1e-6 * spread:
        return "its weights are all equal"
    if matrix.mean().abs() > CENTERED * spread / matrix.numel() ** 0.5:
        return "the mean of its weights is not 0"
    edge = spread * (matrix.shape[0] ** 0.5 + matrix.shape[1] ** 0.5)
    share = float(torch.linalg.matrix_norm(matrix, 2) / edge)
    if share > RANDOM:
        return f"its weights are not random: their largest singular value is {share:.3g} times that of random ones"
    return ""


def _at_start(parameter: Tensor) -> bool:
    """Whether a normalizer's gain or offset is still 1 or 0."""
    values = parameter.detach().unique()
    return len(values) == 1 and values.item() in {0.0, 1.0}


def _between_problem(link: Link) -> str:
    """Return what stands between the weights and their activation that theory does not know, or an empty string."""
    if link.joined is not None:
        return "its output is joined with another signal before its activation"
    strange = [call.operation for call in link.before if not _is_known(call)]
    return f"{strange[0]} stands between its weights and its activation" if strange else ""


def _is_known(call: Call) -> bool:
    return call.kind in _PASSED or (call.kind == "normalizer" and call.operation in _NORMALIZERS)


def _has_mean_field(link: Link) -> bool:
    if link.activation is None:
        return True
    if isinstance(link.activation, Activation):
        return link.activation.pieces_default == 1
    try:
        resolve(link.activation)
    except InvalidInput:
        return False
    return True


def _fan_out(reading: LayerReading, fan_in: int) -> int:
    """Return to how many outputs an input goes on average: each product counts once on either side."""
    n_out = torch.Size(reading.link.weights.shape[1:]).numel()
    n_in = torch.Size(reading.input_shape[1:]).numel()
    return max(1, round(fan_in * n_out / n_in))


def _kept(link: Link) -> float:
    """Return the share of outputs that dropout keeps: all in eval mode."""
    keep = 1.0
    for call in link.after:
        if call.kind == "dropout" and call.keywords.get("training", False):
            keep *= 1 - float(call.keywords.get("p", 0.5))
    return keep


def _square(values: Tensor) -> float:
    return float(values.double().square().mean())
