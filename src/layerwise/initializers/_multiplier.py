"""A learned scalar at the end of a residual branch, put into a model whose code knows nothing of it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from layerwise.records import Change


class Multiplier(nn.Module):
    """Computes `scale * tensor`, with a learned scalar `scale`; used as a parametrization.

    Example:
        >>> layer = nn.Linear(2, 2)
        >>> _ = parametrize.register_parametrization(layer, "weight", Multiplier(0.0, layer.weight))
        >>> layer.weight.abs().max().item()
        0.0
    """

    def __init__(self, value: float, like: Tensor) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((), value, dtype=like.dtype, device=like.device))

    def forward(self, tensor: Tensor) -> Tensor:
        """Return `scale * tensor`."""
        return self.scale * tensor


Targets = tuple[tuple[str, str], ...]
"""Tensors of a model, by module and name."""


def multiplied(model: nn.Module, targets: Targets, value: float, treatment: str) -> Change:
    """Multiply tensors of a model by one new scalar, and return the record."""
    found = _found(model, targets)
    scalar = Multiplier(value, getattr(*found[0]))
    for module, own in found:
        parametrize.register_parametrization(module, own, scalar)
    names = " and ".join(".".join(target).lstrip(".") for target in targets)
    (module, own), (name, _) = found[0], targets[0]
    place = len(held_by(module, own)) - 1
    return Change(
        treatment=treatment,
        target=f"{name}.parametrizations.{own}.{place}.scale".lstrip("."),
        before="none",
        after=f"{value:g}",
        reason=f"a new learned scalar that multiplies {names}",
    )


def take_out(model: nn.Module, targets: Targets) -> None:
    """Undo `multiplied`."""
    for module, own in _found(model, targets):
        held = held_by(module, own)
        if len(held) > 1:
            del held[-1]
        else:
            parametrize.remove_parametrizations(module, own, leave_parametrized=False)


def held_by(module: nn.Module, own: str) -> parametrize.ParametrizationList:
    """Return the parametrizations of a module's tensor."""
    held: parametrize.ParametrizationList = module.parametrizations[own]  # type: ignore[index,assignment]
    return held


def _found(model: nn.Module, targets: Targets) -> list[tuple[nn.Module, str]]:
    return [(model.get_submodule(name), own) for name, own in targets]
