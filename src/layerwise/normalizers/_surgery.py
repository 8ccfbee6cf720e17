"""Normalizers put into a chain of layers, or exchanged for others, so that it goes on computing nearly the same."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from layerwise._base import InvalidInput, Registry, one_of
from layerwise.activations import ACTIVATIONS
from layerwise.normalizers._calibrate import calibrated
from layerwise.normalizers._dyt import DyT
from layerwise.normalizers._ghost import GhostBatchNorm
from layerwise.normalizers._renorm import BatchRenorm

KINDS: Registry[tuple[type[nn.Module], ...]] = Registry(
    "normalizer to convert",
    {
        "batch": (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d),
        "ghost_batch": (GhostBatchNorm,),
        "batch_renorm": (BatchRenorm,),
        "layer": (nn.LayerNorm,),
        "rms": (nn.RMSNorm,),
        "group": (nn.GroupNorm,),
        "instance": (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d),
        "dyt": (DyT,),
    },
)
_NORMALIZERS = tuple(kind for kinds in KINDS.values() for kind in kinds)
_ACTIVATIONS = tuple({type(entry.module()) for entry in ACTIVATIONS.values()} - {nn.Identity})


class Calibrated(NamedTuple):
    """A changed copy of a model, and how far it is from the model.

    Attributes:
        model: The copy, in the mode that the model was in.
        distance: ||copy(batch) - model(batch)|| / ||model(batch)||, both in eval mode: 0 is the same function.
        n_changed: How many normalizers are new.
    """

    model: nn.Sequential
    distance: float
    n_changed: int


def insert(model: nn.Sequential, kind: str, where: str = "before_activation", *, batch: Tensor) -> Calibrated:
    """Return a copy of the chain `model` with a normalizer at every activation, and its distance from `model`.

    Gains and offsets are fitted on `batch`, layer after layer, so that each new normalizer gives what stood there
    before. Batch normalization can do that exactly (gamma = sqrt(var + eps), beta = mean); the kinds that normalize
    each example by itself can't, because they take the example's own scale away, and the distance says by how much.
    Where a normalizer stands already, none is added.

    Args:
        model: A (nested) `nn.Sequential`; stays as it is.
        kind: A name of `NORMALIZERS`; for convolutions `batch`, `group` or `instance`.
        where: `before_activation` or `after_activation`.
        batch: Inputs of the model; a few hundred are enough.

    Raises:
        InvalidInput: If `model` is no `nn.Sequential` or has no activation, or `kind` does not suit a signal.

    Example:
        >>> model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))
        >>> changed, distance, _ = insert(model, "batch", batch=torch.randn(64, 3))
        >>> [type(layer).__name__ for layer in changed], distance < 1e-5
        (['Linear', 'BatchNorm1d', 'Tanh', 'Linear'], True)

    References:
        Ioffe, Szegedy 2015, Batch normalization: Accelerating deep network training by reducing internal covariate
        shift.
    """
    one_of("where", where, ("before_activation", "after_activation"))

    def edit(layer: nn.Module, near: nn.Module | None, old: Tensor, new: Tensor) -> list[nn.Module] | None:
        if not isinstance(layer, _ACTIVATIONS) or isinstance(near, _NORMALIZERS):
            return None
        if where == "before_activation":
            return [calibrated(kind, new, old), layer]
        return [layer, calibrated(kind, _run(layer, new), _run(layer, old))]

    return _edited(model, edit, batch, 1 if where == "after_activation" else -1, "an activation")


def convert(model: nn.Sequential, old: str, new: str, *, batch: Tensor) -> Calibrated:
    """Return a copy of the chain `model` with every normalizer of the kind `old` exchanged for one of the kind `new`.

    Gains and offsets are fitted on `batch`, layer after layer, so that each new normalizer gives what the old one gave
    in eval mode there. From `batch` to a kind that normalizes each example by itself, that is not exact; the distance
    says how far the copy is from `model`.

    Args:
        model: A (nested) `nn.Sequential`; stays as it is.
        old: Which normalizers go, by their names in `NORMALIZERS`, or `instance`.
        new: What takes their places; for convolutions `batch`, `group` or `instance`.
        batch: Inputs of the model; a few hundred are enough.

    Raises:
        InvalidInput: If `model` is no `nn.Sequential` or has no such normalizer, or `new` does not suit a signal.

    Example:
        >>> model = nn.Sequential(nn.Linear(3, 64), nn.BatchNorm1d(64), nn.Tanh(), nn.Linear(64, 2))
        >>> type(convert(model, "batch", "group", batch=torch.randn(64, 3)).model[1]).__name__
        'GroupNorm'

    References:
        Wu, He 2018, Group normalization.
    """
    kinds = KINDS[old]

    def edit(layer: nn.Module, _: nn.Module | None, before: Tensor, now: Tensor) -> list[nn.Module] | None:
        return [calibrated(new, now, _run(layer, before))] if type(layer) in kinds else None

    return _edited(model, edit, batch, 1, f"a normalizer of the kind {old!r}")


Edit = Callable[[nn.Module, nn.Module | None, Tensor, Tensor], list[nn.Module] | None]
"""From a layer, its neighbor, the signal before it as it was and as it is now: what takes its place, or None."""


@torch.no_grad()
def _edited(model: nn.Sequential, edit: Edit, batch: Tensor, side: int, wanted: str) -> Calibrated:
    if type(model) is not nn.Sequential:
        raise InvalidInput("`model` must be an nn.Sequential", got=type(model).__name__)
    own = copy.deepcopy(model).eval()
    walk = _Walk(own, edit, batch, side)
    changed = walk.rebuild(own)
    if not walk.n_changed:
        raise InvalidInput(f"`model` must have {wanted} where a normalizer can go in")
    distance = (walk.new - walk.old).norm() / walk.old.norm().clamp_min(torch.finfo(walk.old.dtype).tiny)
    return Calibrated(changed.train(model.training), distance.item(), walk.n_changed)


class _Walk:
    """Goes along a chain with the signal as it was and as it is now."""

    def __init__(self, chain: nn.Sequential, edit: Edit, batch: Tensor, side: int) -> None:
        self.old = self.new = batch
        self.n_changed = self._place = 0
        self._edit, self._side = edit, side
        self._leaves = list(_leaves(chain))

    def rebuild(self, chain: nn.Sequential) -> nn.Sequential:
        """Return `chain` with the edits made, and leave the signals at its end."""
        rows: list[tuple[str, nn.Module]] = []
        for name, layer in _children(chain):
            if type(layer) is nn.Sequential:
                rows.append((name, self.rebuild(layer)))
                continue
            found = self._step(layer)
            rows += [(name if m is layer or len(found) == 1 else _beside(name), m) for m in found]
        if all(name.isdigit() for name, _ in _children(chain)):
            return nn.Sequential(*(layer for _, layer in rows))
        return nn.Sequential(OrderedDict(rows))

    def _step(self, layer: nn.Module) -> list[nn.Module]:
        near = self._place + self._side
        neighbor = self._leaves[near] if 0 <= near < len(self._leaves) else None
        found = self._edit(layer, neighbor, self.old, self.new)
        self._place += 1
        self.n_changed += found is not None
        self.old = _run(layer, self.old)
        for module in found or [layer]:
            self.new = _run(module, self.new)
        return found or [layer]


def _run(layer: nn.Module, x: Tensor) -> Tensor:
    y: Tensor = layer(x.clone())  # it may work in place, and the signal is needed again
    return y


def _children(chain: nn.Sequential) -> list[tuple[str, nn.Module]]:
    """Return names and layers in order; `named_children` leaves out a layer that stands there twice."""
    names = chain.named_modules(remove_duplicate=False)
    return [(name, layer) for name, layer in names if name and "." not in name]


def _leaves(chain: nn.Sequential) -> list[nn.Module]:
    return [leaf for layer in chain for leaf in (_leaves(layer) if type(layer) is nn.Sequential else [layer])]


def _beside(name: str) -> str:
    """Return the name of a new normalizer at the layer `name`, as recipes have them."""
    return f"normalizer{name.removeprefix('activation')}" if name.startswith("activation") else f"{name}_normalizer"
