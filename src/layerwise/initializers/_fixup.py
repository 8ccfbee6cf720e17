"""Fixup: residual networks without normalizers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from layerwise._base import InvalidInput, Text
from layerwise.initializers._blocks import measured, places_of, require_branches, require_nothing_added, targets_of
from layerwise.initializers._draw import draw_of
from layerwise.initializers._initialize import SCHEMES, tasks
from layerwise.initializers._measuring import kept_on_error
from layerwise.initializers._multiplier import multiplied
from layerwise.initializers._network import Network, look
from layerwise.initializers._setting import Settings
from layerwise.initializers._task import Task, carry_out
from layerwise.tracing import Branch, Call

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from layerwise.records import Change

_NAME = "fixup"


def fixup_(
    model: nn.Module, batch: Any, *, multiplier: bool = True, generator: torch.Generator | None = None
) -> tuple[Change, ...]:
    """Initialize a residual network without normalizers in place so that it trains, and return what was done and why.

    Of L residual branches, the last layer of each becomes 0 and its m - 1 other layers are drawn from
    N(0, 2 / fan_in) times `L^(-1 / (2m - 2))` (m = 2: L^-1/2; m = 3: L^-1/4). The output layers become 0; all others
    are N(0, 2 / fan_in), biases 0. So every block is the identity at the start, up to its projection and the activation
    after its sum, the outputs are 0, and an update changes the function by as much as the learning rate says, whatever
    the depth.

    The paper's scalar multiplier of each branch is put around the weight of its last layer as a parametrization
    (`torch.nn.utils.parametrize`); it starts at 1 and is a parameter that an optimizer made before knows nothing of.
    The paper's scalar biases are left out: layers keep the biases that they have.

    Args:
        model: A residual network; its sums are found in a run.
        batch: Some of its inputs.
        multiplier: Whether branches get a multiplier.
        generator: Where random numbers come from; torch's default generator if None.

    Returns:
        A `Change` for each parameter in the order of execution, then one for each block with what a run showed, and its
        multiplier.

    Raises:
        InvalidInput: If `model` has no residual branches, or has normalizers or attention in them. The model is then as
            it was.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> class Block(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.one, self.two = nn.Linear(4, 4), nn.Linear(4, 4)
        ...     def forward(self, x):
        ...         return x + self.two(torch.relu(self.one(x)))
        >>> model = nn.Sequential(Block(), Block(), nn.Linear(4, 3))
        >>> changes = fixup_(model, torch.randn(8, 4), generator=torch.Generator().manual_seed(0))
        >>> changes[-1].target, changes[-1].reason
        ('1', 'in this run the branch added exactly 0: the block was the identity')
        >>> model(torch.ones(1, 4)).tolist()
        [[0.0, 0.0, 0.0]]

    References:
        Zhang, Dauphin, Ma 2019, Fixup initialization: Residual learning without normalization.
    """
    network = look(model, batch)
    found = _checked(network)
    before = measured(network.model, batch, found)
    drawn = tasks(network, Settings(network, SCHEMES["he_normal"]), draw_of("he_normal", {}, generator), generator)
    factors = _factors(network, found)
    with kept_on_error(network.model.parameters()):
        changes = carry_out(network.model, [_scaled(task, factors) for task in drawn], _NAME)
        after = require_nothing_added(measured(network.model, batch, found))
    if multiplier:
        ends = dict.fromkeys(targets_of(branch)[:1] for branch in found)
        changes += tuple(multiplied(network.model, end, 1.0, _NAME) for end in ends)
    return (*changes, *(new.change_from(old, _NAME) for old, new in zip(before, after, strict=True)))


def _checked(network: Network) -> tuple[Branch, ...]:
    found = require_branches(network)
    for branch in found:
        other = [*branch.normalizers, *(call for call in branch.layers if call.kind != "weights")]
        if other:
            raise InvalidInput(
                "`model` must have residual branches of weights alone: fixup takes the place of normalizers",
                got=Text(f"`{other[0].operation}` at {other[0].name}"),
                cure="Use `skip_init_`, `re_zero_` or `scale_branches_`.",
            )
    return found


def _factors(network: Network, found: tuple[Branch, ...]) -> Mapping[str, tuple[float, str]]:
    """Return by what weights and biases are multiplied, and why."""
    last = {
        name: (0.0, "an output layer starts at 0")
        for link in network.links
        if not link.next
        for name in _own(link.weights)
    }
    for branch in found:
        m = len(branch.layers)
        inner = len(found) ** (-1 / (2 * m - 2)) if m > 1 else 1.0
        words = f"layer of a branch of {m}, one of {len(found)} branches"
        for call in branch.layers[:-1]:
            last |= dict.fromkeys(_own(call), (inner, f"inner {words}"))
        last |= dict.fromkeys(_own(branch.layers[-1]), (0.0, f"last {words}"))
    return last


def _own(call: Call) -> tuple[str, ...]:
    return tuple(".".join(place).lstrip(".") for place in places_of(call))


def _scaled(task: Task, factors: Mapping[str, tuple[float, str]]) -> Task:
    fill, (factor, words) = task.fill, factors.get(task.target, (1.0, ""))
    if fill is None or not words:
        return task

    def scaled(tensor: Tensor) -> None:
        fill(tensor)
        tensor.mul_(factor)

    return Task(task.target, f"{words}: {factor:.4g} times N(0, 2 / fan_in)" if factor else words, scaled)
