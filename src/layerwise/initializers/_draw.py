"""How the weights of a layer are drawn once it is known how large they are to be."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from layerwise._base import InvalidInput
from layerwise.initializers._delta_orthogonal import delta_orthogonal_
from layerwise.initializers._orthogonal import orthogonal_
from layerwise.initializers._plain import normal_
from layerwise.initializers._scope import fans
from layerwise.initializers._table import INITIALIZERS
from layerwise.tracing import Weight

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from layerwise.initializers._initializer import Initializer
    from layerwise.initializers._setting import Setting


@dataclass(frozen=True, slots=True)
class Draw:
    """A way to draw the weights of a layer.

    Attributes:
        fill: Fills a weight, of that layout, as the setting says.
        words: What it is called, before the variance.
        by_setting: Whether the variance is the setting's, and so are the reasons for it.
    """

    fill: Callable[[Tensor, Weight, Setting], None]
    words: str = ""
    by_setting: bool = True

    def why(self, weight: Weight, setting: Setting) -> str:
        """Return how a weight is drawn, and why."""
        if not self.by_setting:
            return f"{self.words}, fan_in {weight.fan_in}, fan_out {weight.fan_out}"
        return f"{setting.why} ({self.words}variance {setting.weight_variance:.4g} / fan_in {weight.fan_in})"


def draw_of(scheme: str, options: Mapping[str, float], generator: torch.Generator | None) -> Draw:
    """Return what draws weights by the initializer `scheme`, or by a normal where it is none."""
    if scheme in INITIALIZERS:
        entry = INITIALIZERS[scheme]
        entry.checked(options)
        return orthogonal(generator) if scheme == "orthogonal" and not options else _named(entry, options, generator)
    if options:
        raise InvalidInput(f"The scheme {scheme!r} takes no option {next(iter(options))!r}", cure="It takes: none.")
    return normal(generator)


def normal(generator: torch.Generator | None) -> Draw:
    """Return what draws weights from N(0, weight_variance / fan_in), less each unit's mean where they are centered."""

    def fill(tensor: Tensor, weight: Weight, setting: Setting) -> None:
        normal_(tensor, math.sqrt(setting.weight_variance / weight.fan_in), generator=generator)
        if setting.centered and weight.fan_in > 1:
            _center(tensor, weight)

    return Draw(fill)


def orthogonal(generator: torch.Generator | None) -> Draw:
    """Return what draws (delta-)orthogonal weights that make as much of the signal as normal ones do.

    Convolutions with an odd kernel and no fewer outputs than inputs are delta-orthogonal.
    """

    def fill(tensor: Tensor, weight: Weight, setting: Setting) -> None:
        view, variance = _outputs_first(tensor, weight), setting.weight_variance
        kernel = view.shape[2:]
        is_delta = len(kernel) > 0 and all(side % 2 for side in kernel) and weight.n_groups == 1 and not weight.out_axis
        if is_delta and view.shape[0] >= view.shape[1]:
            delta_orthogonal_(view, math.sqrt(variance * view.shape[0] / view.shape[1]), generator=generator)
        else:
            larger = max(view.shape[0], view[0].numel())
            orthogonal_(view, math.sqrt(variance * larger / weight.fan_in), generator=generator)

    return Draw(fill, "orthogonal, ")


def _named(entry: Initializer, options: Mapping[str, float], generator: torch.Generator | None) -> Draw:
    def fill(tensor: Tensor, weight: Weight, setting: Setting) -> None:
        gain: dict[str, Any] = {"gain": math.sqrt(setting.weight_variance)} if "gain" in entry.options else {}
        view, chosen = _outputs_first(tensor, weight), gain | dict(options)
        entry.fill(view, generator=generator, **chosen)
        if weight.out_axis and tensor.ndim > 2:
            seen, meant = (
                entry.expected(*both, **chosen).square for both in (fans(view), (weight.fan_in, weight.fan_out))
            )
            tensor.mul_(math.sqrt(meant / seen) if seen else 1.0)

    if "gain" in entry.options and "gain" not in options:
        return Draw(fill, f"{entry.name}, gain^2 for ")
    return Draw(fill, entry.name, by_setting=False)


def _outputs_first(tensor: Tensor, weight: Weight) -> Tensor:
    return tensor.transpose(0, weight.out_axis)


def _center(tensor: Tensor, weight: Weight) -> None:
    """Take each unit's mean away, and put the variance back that goes with it."""
    units = tensor.unflatten(0, (weight.n_groups, -1)) if weight.out_axis else tensor
    axes = [axis for axis in range(1, units.ndim) if axis != (2 if weight.out_axis else 0)]
    n = math.prod(units.shape[axis] for axis in axes)
    units.sub_(units.mean(axes, keepdim=True)).mul_(math.sqrt(n / max(n - 1, 1)))
