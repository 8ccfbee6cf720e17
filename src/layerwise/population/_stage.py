"""One layer of many networks: parameters with a leading seed axis, and its own step of back-propagation."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Protocol, TypeVar

import torch
from torch import Tensor, nn

from layerwise._base import InvalidInput

M = TypeVar("M", bound=nn.Module)


class Updates(Protocol):
    """Takes gradients as back-propagation finds them; what it does with them is the optimizer's business."""

    def product(self, weight: Tensor, left: Tensor, right: Tensor) -> None:
        """Step `weight` [seed, out, in] along left^T right, of [seed, batch, out] and [seed, batch, in]."""

    def weight(self, parameter: Tensor, gradient: Tensor) -> None:
        """Step a parameter that weight decay applies to."""

    def other(self, parameter: Tensor, gradient: Tensor) -> None:
        """Step a parameter that weight decay does not apply to: biases, normalizers, slopes."""


class Stage(nn.Module):
    """One layer of S networks, from [seed, batch, in] to [seed, batch, out].

    A kind of layer is added by `forward` alone: `record` and `backprop` then use autograd on this one stage. Kinds for
    which a shorter way is known (no graph, no gradient written out before the update) say so by overriding them.
    Images are [seed, batch, channel, row, column].
    """

    n_axes: ClassVar[int] = 0
    """Axes of what one network reads, its batch among them, where the kind of layer decides that; else 0."""

    def __init__(self, modules: Sequence[nn.Module]) -> None:
        super().__init__()
        self._template = (modules[0],)  # in a tuple, so that it is no submodule
        for name in dict(modules[0].named_parameters()):
            values = torch.stack([module.get_parameter(name).detach() for module in modules])
            self.register_parameter(attribute(name), nn.Parameter(values))
        for name in dict(modules[0].named_buffers()):
            values = torch.stack([module.get_buffer(name) for module in modules])
            self.register_buffer(attribute(name), values)

    def record(self, x: Tensor) -> tuple[Tensor, Any]:
        """Return the output and whatever `backprop` will want."""
        with torch.enable_grad():
            leaf = x.detach().requires_grad_()
            y = self(leaf)
        return y.detach(), (leaf, y)

    def backprop(self, delta: Tensor, tape: Any, updates: Updates, *, first: bool = False) -> Tensor:
        """Hand this stage's gradients to `updates`; return the gradient at its input (anything where `first`)."""
        leaf, y = tape
        parameters = list(self.parameters())
        upstream, *gradients = torch.autograd.grad(y, [leaf, *parameters], delta)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            (updates.weight if self.is_weight(parameter) else updates.other)(parameter, gradient)
        return upstream

    def is_weight(self, parameter: Tensor) -> bool:
        """Whether weight decay applies to it."""
        return False

    def reseed(self, generators: Sequence[torch.Generator]) -> None:
        """Draw whatever is random in training from these, one for each network."""

    def unstack(self) -> Iterator[nn.Module]:
        """Yield each network's layer as an ordinary module."""
        template = self._template[0]
        names = [*dict(template.named_parameters()), *dict(template.named_buffers())]
        for s in range(self.n_seeds()):
            module = copy.deepcopy(template)
            state = {name: getattr(self, attribute(name))[s].detach().clone() for name in names}
            module.load_state_dict(state, strict=False)
            module.to(next(iter(state.values())).device if state else "cpu")
            yield module.train(self.training)

    def n_seeds(self) -> int:
        """Return how many networks this stage holds; 0 where it holds nothing of theirs."""
        return next((len(tensor) for tensor in [*self.parameters(), *self.buffers()]), 0)

    def extra_repr(self) -> str:
        return f"{self.n_seeds() or 'any number of'} networks of {self._template[0]!r}"


class Affine(Stage):
    """A linear map with weights [seed, out, ...] and biases [seed, out] or none: it opens a layer."""

    weight: Tensor
    bias: Tensor | None

    def __init__(self, modules: Sequence[nn.Linear] | Sequence[nn.Conv2d]) -> None:
        super().__init__(modules)
        if modules[0].bias is None:
            self.bias = None

    def weight_gradient(self, delta: Tensor, x: Tensor) -> Tensor:
        """Return the gradient [seed, out, in] from those at the outputs and the inputs."""
        raise NotImplementedError

    def is_weight(self, parameter: Tensor) -> bool:
        return parameter is self.weight


def along(values: Tensor, x: Tensor, axis: int) -> Tensor:
    """View [seed, unit] so that it broadcasts over `x` [seed, batch, ...], in which units lie along `axis`."""
    shape = [1] * x.dim()
    shape[0], shape[axis] = len(values), -1
    return values.view(shape)


def attribute(name: str) -> str:
    """Return a parameter's name as one attribute."""
    return name.replace(".", "__")


def check_same(modules: Sequence[M]) -> Sequence[M]:
    """Return `modules` if all have one structure: the same layers, settings, and shapes."""
    if not modules:
        raise InvalidInput("`modules` must hold at least one network", got=list(modules))
    first, *rest = map(_structure, modules)
    for place, other in enumerate(rest, start=1):
        if other != first:
            raise InvalidInput(
                "`modules` must have one structure: the same layers, settings, shapes and dtypes",
                cure=f"The network at place {place} differs from the first one.",
            )
    return modules


def _structure(module: nn.Module) -> tuple[str, list[tuple[str, torch.Size, torch.dtype]]]:
    state = [(name, tensor.shape, tensor.dtype) for name, tensor in module.state_dict(keep_vars=True).items()]
    return repr(module), state
