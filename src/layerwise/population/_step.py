"""One update of every member: forward, loss, back-propagation with the optimizer inside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from layerwise.population._criteria import Criterion
from layerwise.population._noise import InputNoise
from layerwise.population._stack import Stack
from layerwise.population._stages import Dropout

if TYPE_CHECKING:
    from layerwise.population._batches import Batches
    from layerwise.population._updates import Clipped, Method


class Step:
    """One update of a whole stack, with noise on its inputs if there is to be some."""

    def __init__(
        self, stack: Stack, criterion: Criterion, method: Method | Clipped, noise: InputNoise | None = None
    ) -> None:
        self.stack = stack
        self.noise = noise
        self.stages = stack.stages
        self._criterion = criterion
        self._method = method

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        """Make one update from a batch; return each member's loss before it."""
        return self.traced(x, y, keep=False)[0]

    def traced(self, x: Tensor, y: Tensor, *, keep: bool = True) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """Make one update; return the losses, every stage's input and the last output, the gradients at outputs."""
        h = self.stack.spread(x)
        if self.noise is not None:
            h = self.noise(h)
        inputs, tapes = [h], []
        for stage in self.stages:
            h, tape = stage.record(h)
            tapes.append(tape)
            if keep:
                inputs.append(h)
        loss, delta = self._criterion(h, y.expand(len(h), *y.shape[1:]))
        deltas: list[Tensor] = []
        for place in range(len(self.stages) - 1, -1, -1):
            if keep:
                deltas.append(delta)
            delta = self.stages[place].backprop(delta, tapes[place], self._method, first=place == 0)
        self._method.finish()
        return loss, inputs, deltas[::-1]


def captured(step: Step, batches: Batches) -> Callable[[Tensor], Tensor]:
    """Return a function from row numbers to losses that makes one update; on CUDA it replays a captured graph.

    A graph is captured where nothing in the step draws random numbers; its first calls run as they are and warm up.
    """

    def eager(rows: Tensor) -> Tensor:
        return step(*batches.take(rows))

    device = next(step.stack.parameters()).device
    random = step.noise is not None or any(isinstance(stage, Dropout) for stage in step.stages)
    if device.type != "cuda" or random:
        return eager
    return _Graph(eager)


class _Graph:
    """Captures a function of row numbers at its fourth call, and replays it from then on."""

    WARM_UP = 3

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        self._function = function
        self._calls = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        self._rows = self._loss = torch.empty(0)

    def __call__(self, rows: Tensor) -> Tensor:
        self._calls += 1
        if self._calls <= self.WARM_UP:
            stream = torch.cuda.Stream()
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                loss = self._function(rows)
            torch.cuda.current_stream().wait_stream(stream)
            return loss
        graph = self._graph or self._capture(rows)
        self._rows.copy_(rows)
        graph.replay()
        return self._loss

    def _capture(self, rows: Tensor) -> torch.cuda.CUDAGraph:
        self._rows = rows.clone()
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):  # records, does not run
            self._loss = self._function(self._rows)
        return self._graph
