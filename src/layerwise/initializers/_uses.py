"""Which weights of a live model can be given another scale, and which have to be left alone, and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from layerwise._base import InvalidInput
from layerwise.tracing import Kind, Operation, Weight

_INSIDE = "it works inside one operation of torch, `{}`, where its outputs can't be seen"
_NO_MAPS: dict[Kind, str] = {
    "attention": _INSIDE,
    "recurrent": _INSIDE,
    "embedding": "its rows are looked up by `{}`, not multiplied",
}
_ATTENTION = "multi_head_attention_forward"


@dataclass(frozen=True, eq=False)
class Layer:
    """A weight that may be changed, with its bias."""

    name: str
    map: Weight
    weight: Tensor
    bias: Tensor | None

    @torch.no_grad()
    def rescale(self, factor: Tensor, shift: Tensor) -> None:
        """Change weight and bias so that the output z becomes `factor z + shift`, both [1] or [channel].

        Without a bias the shift is left out.
        """
        self.weight.mul_(self._along(precise(factor, self.weight)))
        if self.bias is not None:
            self.bias.mul_(precise(factor, self.bias)).add_(precise(shift, self.bias))

    def _along(self, factor: Tensor) -> Tensor:
        shape = self.weight.shape
        if len(factor) > 1 and self.map.out_axis == 1:  # [in, out / groups, ...], the inputs group by group
            groups = factor.view(self.map.n_groups, 1, -1)
            factor = groups.expand(-1, shape[0] // len(groups), -1).reshape(shape[:2])
        return factor.view(*factor.shape, *[1] * (len(shape) - factor.ndim))


def precise(value: Tensor, like: Tensor) -> Tensor:
    """Return `value` on the device of `like`, in its precision or float32's."""
    return value.to(like.device, torch.promote_types(like.dtype, torch.float32))


@dataclass
class Use:
    """How one operation uses a weight: as a linear map, or otherwise (`map` is None)."""

    operation: str
    kind: Kind
    map: Weight | None


class Uses:
    """How the weights of a model are used, gathered from its operations; entries in the order of execution."""

    def __init__(self, model: nn.Module) -> None:
        self._parameters = dict(model.named_parameters())
        self._names = {parameter: name for name, parameter in self._parameters.items()}
        self._found: dict[str, list[Use]] = {}
        self._elsewhere: dict[str, str] = {}

    def weight_of(self, operation: Operation) -> Weight | None:
        """Return the weight that made the (first) tensor of the result: of attention, its output projection."""
        if operation.call.operation != _ATTENTION:
            return operation.call.weight
        weight, bias = [*operation.arguments[11:13], None, None][:2]
        name = self._names.get(weight, "")
        if not name:
            return None
        return Weight(name, (name,), self._names.get(bias, ""), fan_in=weight.shape[1], fan_out=weight.shape[0])

    def see(self, operation: Operation) -> None:
        """Remember what `operation` does with which parameter."""
        call, weight = operation.call, self.weight_of(operation)
        inside = [] if weight is None else [weight.name, weight.bias]
        for name in call.parameters:
            if name not in inside:
                self._elsewhere[name] = call.operation
                if call.kind in _NO_MAPS and self._parameters[name].ndim > 1:
                    self._found.setdefault(name, []).append(Use(call.operation, call.kind, None))
        if weight is not None:
            self._found.setdefault(weight.name or call.name, []).append(Use(call.operation, call.kind, weight))

    def layers(self, per: str, operations: Collection[str] = ()) -> tuple[dict[str, Layer], dict[str, str]]:
        """Return the layers that may be changed and, for all weights, the reason to leave it alone or an empty string.

        Args:
            per: "channel" if channels are to be scaled each by itself.
            operations: Which linear maps are asked for; all if empty.
        """
        if not self._found:
            raise InvalidInput("`model` must have at least one layer of weights that runs")
        reasons = {name: self._reason(uses, per, operations) for name, uses in self._found.items()}
        return {name: self._layer(name) for name, reason in reasons.items() if not reason}, reasons

    def _layer(self, name: str) -> Layer:
        found = next(use.map for use in self._found[name] if use.map is not None)
        return Layer(name, found, self._parameters[name], self._parameters.get(found.bias))

    def _reason(self, uses: list[Use], per: str, operations: Collection[str]) -> str:
        maps = [use.map for use in uses if use.map is not None]
        if not maps:
            return _NO_MAPS[uses[0].kind].format(uses[0].operation)
        if not maps[0].name:
            return f"it is computed from {', '.join(maps[0].parameters)} whenever it is used"
        for name in dict.fromkeys([maps[0].name, *(one.bias for one in maps if one.bias)]):
            owner = "it" if name == maps[0].name else f"its bias {name}"
            if not self._parameters[name].requires_grad:
                return f"{owner} is frozen (requires_grad is False)"
            if name in self._elsewhere:
                return f"{owner} is also used by `{self._elsewhere[name]}`"
        return self._shape_reason(uses, maps, per, operations)

    def _shape_reason(self, uses: list[Use], maps: list[Weight], per: str, operations: Collection[str]) -> str:
        weight = self._parameters[maps[0].name]
        if weight.ndim < 2 or not weight.is_floating_point():
            return "it is no matrix of real numbers"
        if len({one.bias for one in maps}) > 1:
            return "it is used with several biases"
        other = [use.operation for use in uses if operations and use.operation not in operations]
        if other or (operations and maps[0].out_axis):
            return f"it is used by `{(other or [uses[0].operation])[0]}` in a layout of its own"
        if per == "channel" and not all(one.fan_in and one.out_axis == maps[0].out_axis for one in maps):
            return "its outputs lie along no one axis, so there are no channels"
        return ""
