"""What theory expects of a live network, beside what one run of it shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import fill
from typing import TYPE_CHECKING, Any

from layerwise.theory._chain import Chain, ChainLayer
from layerwise.theory._live import LayerReading, read_layers
from layerwise.theory._predict import LayerPrediction, Prediction, predict_chain
from layerwise.theory._reading import Reader

if TYPE_CHECKING:
    from torch import nn

NOTHING = LayerPrediction(
    weights_rms=None, preactivation_rms=None, activation_rms=None, correlation=None, preactivation_gradient_rms=None
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerForecast:
    """One layer of weights: predicted and measured, side by side.

    Attributes:
        name: The layer's name.
        activation: Its activation in words.
        place: File and line of the code that runs it, if that is not a chain of torch's own modules.
        predicted_rms: Of the pre-activations; None where theory has no number, and `note` says why.
        measured_rms: The same in one run.
        predicted_gradient_rms: Of the gradient at the pre-activations. Theory knows ratios: the last layer of each
            stretch is set to what was measured there.
        measured_gradient_rms: The same in one run, for a unit Gaussian gradient at the output.
        note: Why there is no prediction, or where it starts anew; may be empty.
    """

    name: str
    activation: str
    place: str
    predicted_rms: float | None
    measured_rms: float
    predicted_gradient_rms: float | None
    measured_gradient_rms: float
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What theory expects of a network, beside what it does.

    Attributes:
        layers: In the order of execution.
        trainable_depth: About `6 xi_c` for the longest stretch of layers that theory can follow, None if it has none.
        notes: What the numbers take for granted.
    """

    layers: tuple[LayerForecast, ...]
    trainable_depth: float | None
    notes: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(_table(self))


def forecast(model: nn.Module, batch: Any, *, seed: int = 0) -> Forecast:
    """Return signal and gradient at each layer of weights of a live network: predicted, and measured in one run.

    Layers are found by running the model. Theory follows them as long as one layer leads to the next through what it
    knows: an elementwise activation, a normalizer at its start, dropout. Where something else comes in between
    (attention, a sum of two signals, pooling) it starts anew from the measured signal and says so; for weights that are
    not random any more it gives no number.

    Args:
        model: Any module; run in the mode it is in, and left as it is.
        batch: A tensor, a tuple of positional inputs, or a mapping of keywords. Large enough for means: 100 rows.
        seed: Of the random gradient at the output.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> model = nn.Sequential(nn.Linear(50, 400), nn.ReLU(), nn.Linear(400, 10))
        >>> _ = [nn.init.kaiming_normal_(p) if p.ndim > 1 else nn.init.zeros_(p) for p in model.parameters()]
        >>> made = forecast(model, torch.randn(200, 50))
        >>> [layer.predicted_rms is not None and abs(layer.predicted_rms / layer.measured_rms - 1) < 0.2
        ...  for layer in made.layers]
        [True, True]

    References:
        Schoenholz, Gilmer, Ganguli, Sohl-Dickstein 2017, Deep information propagation.
    """
    _, readings = read_layers(model, batch, seed=seed)
    reader = Reader(model)
    parts = [reader.read(reading) for reading in readings]
    apart = ["", *(reader.why_apart(*pair, part) for pair, part in zip(pairwise(readings), parts, strict=False))]
    told = [part.problem or why for part, why in zip(parts, apart, strict=True)]
    starts = [k for k, why in enumerate(apart) if k == 0 or why or parts[k].problem]
    rows: list[LayerForecast] = []
    longest = 0, Prediction(layers=(), trainable_depth=None, notes=())
    for start, end in zip(starts, [*starts[1:], len(parts)], strict=True):
        made = _followed([part.layer for part in parts[start:end]], readings[start].input_rms)
        longest = max(longest, (end - start, made), key=lambda one: one[0])
        rows += _rows(readings[start:end], made.layers, told[start:end])
    return Forecast(layers=tuple(rows), trainable_depth=longest[1].trainable_depth, notes=longest[1].notes)


def _followed(layers: Sequence[ChainLayer | None], input_rms: float) -> Prediction:
    """Return the prediction for a stretch of layers; one without a number is a stretch of its own."""
    known = [layer for layer in layers if layer is not None]
    if not known or not math.isfinite(input_rms):
        return Prediction(layers=(NOTHING,) * len(layers), trainable_depth=None, notes=())
    return predict_chain(Chain(layers=tuple(known), input_square=input_rms**2))


def _rows(
    readings: Sequence[LayerReading], predicted: Sequence[LayerPrediction], notes: Sequence[str]
) -> list[LayerForecast]:
    anchor = readings[-1].gradient_rms
    return [
        LayerForecast(
            name=reading.link.name,
            activation=reading.link.activation_name,
            place=reading.link.weights.place,
            predicted_rms=one.preactivation_rms,
            measured_rms=reading.preactivation_rms,
            predicted_gradient_rms=_scaled(one.preactivation_gradient_rms, anchor),
            measured_gradient_rms=reading.gradient_rms,
            note=note,
        )
        for reading, one, note in zip(readings, predicted, notes, strict=True)
    ]


def _scaled(ratio: float | None, anchor: float) -> float | None:
    return None if ratio is None else ratio * anchor


def _table(made: Forecast) -> list[str]:
    """Return the forecast as text of at most 80 columns."""
    cells = [_HEADINGS, *(_cells(one) for one in made.layers)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [_line(row, widths) for row in cells]
    lines += [fill(f"{one.name}: {one.note}.", 80, subsequent_indent="  ") for one in made.layers if one.note]
    if made.trainable_depth is not None:
        depth = "not limited" if math.isinf(made.trainable_depth) else f"about {made.trainable_depth:.3g} layers"
        lines.append(f"Trainable depth with these settings: {depth} (6 xi_c).")
    return [*lines, *(fill(note, 80, subsequent_indent="  ") for note in made.notes)]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    words = [cell.ljust(width) for cell, width in zip(cells[:2], widths[:2], strict=True)]
    return "  ".join([*words, *(cell.rjust(width) for cell, width in zip(cells[2:], widths[2:], strict=True))])


_HEADINGS = ("layer", "activation", "rms predicted", "measured", "grad predicted", "measured")


def _cells(one: LayerForecast) -> tuple[str, ...]:
    numbers = one.predicted_rms, one.measured_rms, one.predicted_gradient_rms, one.measured_gradient_rms
    return one.name[-20:], one.activation[:12], *map(_number, numbers)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
