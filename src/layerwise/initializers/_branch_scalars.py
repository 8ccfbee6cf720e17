"""SkipInit and ReZero: branches that start at 0 behind one learned scalar each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layerwise.initializers._blocks import Block, measured, require_branches, require_nothing_added, targets_of
from layerwise.initializers._draw import draw_of
from layerwise.initializers._initialize import SCHEMES, tasks
from layerwise.initializers._measuring import kept_on_error
from layerwise.initializers._multiplier import multiplied, take_out
from layerwise.initializers._network import look
from layerwise.initializers._setting import Settings
from layerwise.initializers._task import carry_out
from layerwise.records import Change

if TYPE_CHECKING:
    import torch
    from torch import nn

    from layerwise.initializers._network import Network
    from layerwise.tracing import Branch


def skip_init_(model: nn.Module, batch: Any, *, generator: torch.Generator | None = None) -> tuple[Change, ...]:
    """Initialize a residual network in place with He's weights and a zero scalar at the end of each branch.

    Every block `x + F(x)` becomes `x + alpha F(x)` with a learned alpha of 0, so that it is the identity at the start,
    up to its projection and the activation after its sum, with normalizers in the branch or without. All weights are
    drawn from N(0, 2 / fan_in), biases become 0.

    The scalar multiplies weight and bias of the branch's last layer (gain and offset, if that is a normalizer) as a
    parametrization (`torch.nn.utils.parametrize`): a parameter that an optimizer made before knows nothing of.

    Args:
        model: A residual network; its sums are found in a run.
        batch: Some of its inputs.
        generator: Where random numbers come from; torch's default generator if None.

    Returns:
        A `Change` for each parameter in the order of execution, for each scalar, and for each block with what a run
        showed.

    Raises:
        InvalidInput: If `model` has no residual branches, or one does not end in a layer that can be 0. The model is
            then as it was.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> class Block(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.one, self.two = nn.Linear(4, 4), nn.Linear(4, 4)
        ...     def forward(self, x):
        ...         return x + self.two(torch.relu(self.one(x)))
        >>> model, x = nn.Sequential(Block(), Block()), torch.randn(8, 4)
        >>> changes = skip_init_(model, x, generator=torch.Generator().manual_seed(0))
        >>> changes[-1].reason, torch.equal(model(x), x)
        ('in this run the branch added exactly 0: the block was the identity', True)

    References:
        De, Smith 2020, Batch normalization biases residual blocks towards the identity function in deep networks.
    """
    network = look(model, batch)
    found = require_branches(network)
    with kept_on_error(network.model.parameters()):
        drawn = tasks(network, Settings(network, SCHEMES["he_normal"]), draw_of("he_normal", {}, generator), generator)
        before = measured(network.model, batch, found)
        changes = carry_out(network.model, drawn, "skip_init")
        return (*changes, *_closed(network, batch, found, before, "skip_init"))


def re_zero_(model: nn.Module, batch: Any) -> tuple[Change, ...]:
    """Put a zero scalar at the end of each residual branch in place; all else stays as it is.

    Every block `x + F(x)` becomes `x + alpha F(x)` with a learned alpha of 0, so that it is the identity at the start,
    up to its projection and the activation after its sum. (The paper gives both branches of a transformer's layer one
    alpha; here each has its own.) The scalar is put in as in `skip_init_`.

    Args:
        model: A residual network; its sums are found in a run.
        batch: Some of its inputs.

    Returns:
        A `Change` for each scalar, and for each block with what a run showed.

    Raises:
        InvalidInput: If `model` has no residual branches, or one does not end in a layer that can be 0. The model is
            then as it was.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True, norm_first=True)
        >>> x = torch.randn(2, 3, 8)
        >>> [change.target for change in re_zero_(layer, x)]
        ['self_attn.out_proj.parametrizations.weight.0.scale', 'linear2.parametrizations.weight.0.scale',
         'add#5', 'add#12']
        >>> torch.equal(layer(x), x)
        True

    References:
        Bachlechner, Majumder, Mao, Cottrell, McAuley 2021, ReZero is all you need: Fast convergence at large depth.
    """
    network = look(model, batch)
    found = require_branches(network)
    return _closed(network, batch, found, measured(network.model, batch, found), "re_zero")


def _closed(
    network: Network, batch: Any, found: tuple[Branch, ...], before: tuple[Block, ...], treatment: str
) -> tuple[Change, ...]:
    """Put a zero scalar at the end of each branch, and require that a run shows nothing added."""
    model = network.model
    ends = tuple(dict.fromkeys(targets_of(branch) for branch in found))
    changes = [multiplied(model, end, 0.0, treatment) for end in ends]
    try:
        after = require_nothing_added(measured(model, batch, found))
    except BaseException:
        for end in ends:
            take_out(model, end)
        raise
    return (*changes, *(new.change_from(old, treatment) for old, new in zip(before, after, strict=True)))
