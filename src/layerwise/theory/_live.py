"""Signal and gradient in a live network, layer by layer, as one run with random gradients at the output shows them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from layerwise.tracing import Link, Operation, Trace, feed, links, tensors_in, trace, untouched, watching

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerReading:
    """What was measured at one layer of weights.

    Attributes:
        link: The layer.
        input_shape: Shape of what its weights get.
        input_rms: Root mean square of what its weights get.
        weights_rms: Of what the weights give, before any normalizer.
        preactivation_rms: Of what the activation gets; the same as `weights_rms` where nothing stands in between.
        activation_rms: Of what the activation gives; of the pre-activations where there is none.
        gradient_rms: Of the gradient at the pre-activations, for a unit Gaussian gradient at the model's output.
    """

    link: Link
    input_shape: tuple[int, ...]
    input_rms: float
    weights_rms: float
    preactivation_rms: float
    activation_rms: float
    gradient_rms: float


def read_layers(model: nn.Module, batch: Any, *, seed: int = 0) -> tuple[Trace, tuple[LayerReading, ...]]:
    """Run `model` forward and back once, and return what ran and what each layer of weights showed.

    The gradient sent back is drawn from a unit Gaussian, entry by entry, by `seed`. The mode is the model's own;
    parameters and their gradients, buffers and random generators are as before.

    Example:
        >>> from torch import nn
        >>> model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
        >>> traced, (first, last) = read_layers(model, torch.ones(5, 3))
        >>> first.input_rms, first.link.activation_name, round(last.gradient_rms, 1) > 0
        (1.0, 'relu', True)
    """
    traced = trace(model, batch)
    found = links(traced, model)
    run = _Run(wanted={place for link in found for place in _places(link)})
    with untouched(model), torch.enable_grad(), watching(model, run.see):
        output = feed(model, batch)
        run.send_back(output, model, seed)
    return traced, tuple(_reading(link, run) for link in found)


class _Run:
    """One run: root mean squares of inputs, results and gradients, by call."""

    def __init__(self, wanted: set[int]) -> None:
        self._wanted = wanted
        self._leaves: list[Tensor] = []
        self.inputs: dict[int, tuple[tuple[int, ...], float]] = {}
        self.results: dict[int, float] = {}
        self.gradients: defaultdict[int, float] = defaultdict(float)

    def see(self, operation: Operation) -> Tensor | None:
        """Read what is wanted of an operation; without a parameter to differentiate by, its result becomes one."""
        call = operation.call
        if call.index not in self._wanted:
            return None
        output = operation.output
        if call.weight is not None:
            signal = _signal(operation)
            self.inputs[call.index] = tuple(signal.shape), _rms(signal)
        self.results[call.index] = _rms(output)
        replaced = None
        if not output.requires_grad:
            self._leaves.append(output.detach().requires_grad_())
            output = replaced = self._leaves[-1].clone()  # what follows may work in place, and can't on a leaf
        output.register_hook(lambda gradient: self._see_gradient(call.index, gradient))
        return replaced

    def _see_gradient(self, index: int, gradient: Tensor) -> None:
        self.gradients[index] = _rms(gradient)

    def send_back(self, output: Any, model: nn.Module, seed: int) -> None:
        """Send a unit Gaussian gradient back from every floating-point tensor in the model's output."""
        generator = torch.Generator().manual_seed(seed)
        ends = [one for one in tensors_in(output) if one.requires_grad]
        starts = [*self._leaves, *(one for one in model.parameters() if one.requires_grad)]
        if ends and starts:
            drawn = [torch.randn(end.shape, generator=generator).to(end.device, end.dtype) for end in ends]
            torch.autograd.grad(ends, starts, drawn, allow_unused=True)


def _places(link: Link) -> tuple[int, int, int]:
    return link.weights.index, _preactivation(link), link.end


def _preactivation(link: Link) -> int:
    return link.before[-1].index if link.before else link.weights.index


def _reading(link: Link, run: _Run) -> LayerReading:
    weights, before, end = _places(link)
    shape, rms = run.inputs[weights]
    return LayerReading(
        link=link,
        input_shape=shape,
        input_rms=rms,
        weights_rms=run.results[weights],
        preactivation_rms=run.results[before],
        activation_rms=run.results[end],
        gradient_rms=run.gradients[before],
    )


def _signal(operation: Operation) -> Tensor:
    """Return the signal among a product's factors: the tensor that is neither weight nor bias."""
    tensors = [one for one in tensors_in((operation.arguments, operation.keywords)) if one.is_floating_point()]
    return next((one for one in tensors if not isinstance(one, torch.nn.Parameter)), tensors[0])


def _rms(tensor: Tensor) -> float:
    return float(tensor.detach().double().square().mean().sqrt())
