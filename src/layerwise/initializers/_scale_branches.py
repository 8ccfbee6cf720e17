"""Residual branches that add less the more of them there are."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from layerwise._base import positive
from layerwise.initializers._blocks import measured, require_branches, targets_of
from layerwise.initializers._network import look
from layerwise.initializers._task import Task, carry_out

if TYPE_CHECKING:
    from torch import Tensor, nn

    from layerwise.records import Change


def scale_branches_(model: nn.Module, batch: Any, *, factor: float | None = None) -> tuple[Change, ...]:
    """Multiply the last layer of each residual branch in place, by 1 / sqrt(number of branches) unless told otherwise.

    Of L branches that add as much as comes past them, each makes a stream's mean square `1 + 1 / L` times what it was,
    all together e times at most, instead of 2^L. (GPT-2 has two branches in each of its n layers: 1 / sqrt(2 n).)
    Weight and bias are multiplied (gain and offset, if a normalizer comes last); every call does so again.

    Args:
        model: A residual network; its sums are found in a run.
        batch: Some of its inputs.
        factor: What to multiply by, above 0.

    Returns:
        A `Change` for each tensor, and for each block with what its branch adds before and after.

    Raises:
        InvalidInput: If `model` has no residual branches, one ends in no layer, or `factor` is not positive. The model
            is then as it was.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True, norm_first=True)
        >>> changes = scale_branches_(nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), torch.randn(2, 3, 8))
        >>> changes[0].target, changes[0].reason
        ('layers.0.self_attn.out_proj.weight', 'last layer of a branch, one of 4: times 0.5')

    References:
        Radford, Wu, Child, Luan, Amodei, Sutskever 2019, Language models are unsupervised multitask learners.
    """
    network = look(model, batch)
    model, found = network.model, require_branches(network)
    share = len(found) ** -0.5 if factor is None else positive("factor", factor)
    names = dict.fromkeys(".".join(place).lstrip(".") for branch in found for place in targets_of(branch))
    why = f"last layer of a branch, one of {len(found)}: times {share:.4g}"
    before = measured(model, batch, found)
    changes = carry_out(model, [Task(name, why, partial(_multiply, share)) for name in names], "scale_branches")
    after = measured(model, batch, found)
    return (*changes, *(new.change_from(old, "scale_branches") for old, new in zip(before, after, strict=True)))


def _multiply(factor: float, tensor: Tensor) -> None:
    tensor.mul_(factor)
