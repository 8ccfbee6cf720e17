"""Filling one tensor of a live model, with a record of what it was and what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import _WeightNorm

from layerwise.initializers._measuring import kept_on_error
from layerwise.initializers._multiplier import held_by
from layerwise.records import Change
from layerwise.tracing import untouched

Fill = Callable[[Tensor], object]


@dataclass(frozen=True, slots=True)
class Task:
    """What is to happen to one tensor.

    Attributes:
        target: Name of the parameter, or of a tensor that a parametrization computes.
        reason: Why, in words.
        fill: Fills it in place; None leaves it alone.
    """

    target: str
    reason: str
    fill: Fill | None = None


def carry_out(model: nn.Module, tasks: Iterable[Task], treatment: str) -> tuple[Change, ...]:
    """Do `tasks` in order and return their records; after an error the model is as before."""
    with kept_on_error(model.parameters()), torch.no_grad():
        return tuple(_done(model, task, treatment) for task in tasks)


def described(tensor: Tensor) -> str:
    """Return the values of `tensor` in words: their standard deviation, or the value that all have.

    Example:
        >>> described(torch.zeros(3)), described(torch.tensor([1.0, 3.0]))
        ('all 0', 'mean 2, std 1')
    """
    values = tensor.detach().double()
    if values.numel() == 0:
        return "empty"
    if bool((values == values.flatten()[0]).all()):
        return f"all {values.flatten()[0].item():.4g}"
    mean, std = values.mean().item(), values.std(correction=0).item()
    return f"mean {mean:.4g}, std {std:.4g}" if abs(mean) > std / 2 else f"std {std:.4g}"


def place_of(name: str) -> tuple[str, str]:
    """Return module and name of the tensor that the parameter `name` is, or that a parametrization makes of it.

    Example:
        >>> place_of("head.bias"), place_of("head.parametrizations.weight.original0")
        (('head', 'bias'), ('head', 'weight'))
    """
    module, mark, inside = f".{name}".partition(".parametrizations.")
    if mark:
        return module.lstrip("."), inside.partition(".")[0]
    module, _, own = name.rpartition(".")
    return module, own


def _done(model: nn.Module, task: Task, treatment: str) -> Change:
    name, own = place_of(task.target)
    module = model.get_submodule(name)
    before = described(_value(module, own))
    fault = "" if task.fill is None else _fill(module, own, task.fill)
    reason = f"left alone: {fault or task.reason}" if task.fill is None or fault else task.reason
    after = described(_value(module, own))
    return Change(treatment=treatment, target=task.target, before=before, after=after, reason=reason)


def _value(module: nn.Module, own: str) -> Tensor:
    with untouched(module):  # spectral normalization counts how often it is read in training
        module.eval()
        value: Tensor = getattr(module, own)
        return value


def _fill(module: nn.Module, own: str, fill: Fill) -> str:
    """Fill the tensor, and return why it could not be done, or an empty string."""
    if not parametrize.is_parametrized(module, own):
        fill(getattr(module, own))
        return ""
    kinds = [type(one) for one in held_by(module, own)]
    if kinds != [_WeightNorm]:
        return f"it is computed by {', '.join(kind.__name__.lstrip('_') for kind in kinds)}"
    wanted = _value(module, own).clone()
    fill(wanted)
    if not bool(wanted.flatten(1).any(1).all()):
        return "weight normalization has no direction for a unit whose weights are 0"
    setattr(module, own, wanted)
    return ""
