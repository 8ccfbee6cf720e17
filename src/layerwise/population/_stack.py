"""Many networks of one structure as one module, and back."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, cast

import torch
from torch import Tensor, nn

from layerwise.population._stage import Affine, Stage, check_same
from layerwise.population._stages import Pointwise, PReLU, stage_kind
from layerwise.population._vmapped import Vmapped

if TYPE_CHECKING:
    from layerwise.activations import Activation


class LayerPlan(NamedTuple):
    """Where a layer's parts stand among the stages: its linear map, and its activation if it has one."""

    name: str
    linear: int
    activation: int | None


class Stack(nn.Module):
    """S networks as one: [seed, batch, in] to [seed, batch, out]; a chain takes a shared [batch, in] too, and images.

    An ordinary module: it differentiates, moves between devices and saves. `stages` are its layers in order.
    """

    def __init__(self, stages: Sequence[Stage], rebuild: nn.Module, n_seeds: int) -> None:
        super().__init__()
        self._stages = nn.ModuleList(stages)
        self.n_seeds = n_seeds
        self._template = (rebuild,)
        self.layers = _plan(list(stages))
        self._n_axes = stages[0].n_axes

    def forward(self, x: Tensor) -> Tensor:
        x = self.spread(x)
        for stage in self.stages:
            x = stage(x)
        return x

    @property
    def stages(self) -> list[Stage]:
        """The layers in order."""
        return [stage for stage in self._stages if isinstance(stage, Stage)]

    def networks(self) -> list[nn.Module]:
        """Return the networks as ordinary modules, with copies of their parameters."""
        if isinstance(self.stages[0], Vmapped):
            return list(self.stages[0].unstack())
        modules = [copy.deepcopy(self._template[0]) for _ in range(self.n_seeds)]
        for stage, places in zip(self.stages, zip(*map(_leaves, modules), strict=True), strict=True):
            for source, target in zip(stage.unstack(), places, strict=False):  # a stage without state holds none
                target.load_state_dict(source.state_dict())
        device = next((p.device for p in self.parameters()), torch.device("cpu"))
        return [module.to(device).train(self.training) for module in modules]

    def spread(self, x: Tensor) -> Tensor:
        """Give `x` a seed axis, or one for all seeds, its full seed axis."""
        if x.dim() == self._n_axes:
            x = x.unsqueeze(0)
        return x.expand(self.n_seeds, *x.shape[1:]) if len(x) == 1 else x

    def affine(self, layer: LayerPlan) -> Affine:
        """Return a layer's linear map."""
        return cast("Affine", self.stages[layer.linear])

    def activation(self, layer: LayerPlan) -> Activation | None:
        """Return the table's entry of a layer's activation, if it has one there."""
        stage = None if layer.activation is None else self.stages[layer.activation]
        return stage.activation if isinstance(stage, Pointwise) else None


def stack(modules: Sequence[nn.Module]) -> Stack:
    """Return one module that runs all of `modules`, which must have one structure.

    A (nested) `nn.Sequential` of linear layers, convolutions with their pooling, the activations of
    `layerwise.activations`, the normalizers of `layerwise.normalizers` and dropout runs on batched products. Anything
    else runs through `torch.func.vmap`,
    or the error says why it cannot. The parameters are copies: `modules` stay as they are.

    Example:
        >>> import torch
        >>> both = stack([nn.Linear(4, 2), nn.Linear(4, 2)])
        >>> both(torch.zeros(3, 4)).shape
        torch.Size([2, 3, 2])
    """
    check_same(modules)
    chains = [list(_leaves(module)) for module in modules]
    kinds = [stage_kind(leaf) for leaf in chains[0]]
    stages: list[Stage]
    if None in kinds or not kinds:
        stages = [Vmapped(modules)]
    else:
        stages = [kind(layer) for kind, layer in zip(kinds, zip(*chains, strict=True), strict=True) if kind]
    return Stack(stages, modules[0], len(modules)).train(modules[0].training)


def unstack(stacked: Stack) -> list[nn.Module]:
    """Return the networks of `stacked` as ordinary modules, with copies of their parameters.

    Example:
        >>> import torch
        >>> one, two = unstack(stack([nn.Linear(4, 2), nn.Linear(4, 2)]))
        >>> one
        Linear(in_features=4, out_features=2, bias=True)
    """
    return stacked.networks()


def _leaves(module: nn.Module) -> Iterator[nn.Module]:
    if type(module) is nn.Sequential:
        for child in module:
            yield from _leaves(child)
    elif not isinstance(module, nn.Identity):
        yield module


def _plan(stages: list[Stage]) -> tuple[LayerPlan, ...]:
    """Each linear map, a convolution too, opens a layer; the first activation before the next one is that layer's."""
    linear = [i for i, stage in enumerate(stages) if isinstance(stage, Affine)]
    plans = []
    for k, (start, end) in enumerate(pairwise([*linear, len(stages)]), start=1):
        found = next((i for i in range(start, end) if isinstance(stages[i], Pointwise | PReLU)), None)
        last = end == len(stages) and found is None
        plans.append(LayerPlan("output" if last else f"hidden{k}", start, found))
    return tuple(plans)
