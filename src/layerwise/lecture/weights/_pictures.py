"""The lecture's pictures of a signal on its way: a histogram for each layer, and a number for each layer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from layerwise.lecture._intervals import interval_columns
from layerwise.lecture.weights._signal import N_BINS, Reading
from layerwise.lecture.weights._theory import expected
from layerwise.records import Axis, Marks, Picture, Values

if TYPE_CHECKING:
    from torch import Tensor

SHOWN = (1, 2, 3, 4, 6, 10)
"""Layers with a histogram of their own."""


ROUNDED, FLOOR = 2e-7, " Below 1e-7 only the rounding of single precision is left."


def cards(
    title: str,
    counts: Mapping[str, Tensor],
    axis: Axis,
    *,
    layers: Sequence[int] = SHOWN,
    ends: tuple[float, float] = (-1.0, 1.0),
) -> tuple[Picture, ...]:
    """Return a small histogram for each of `layers`, over all seeds, each curve relative to its fullest bin.

    `counts` are [seed, layer, bin] by name.
    """
    edges = [ends[0] + (ends[1] - ends[0]) * k / N_BINS for k in range(N_BINS + 1)]
    return tuple(
        Picture(
            title=f"{title}layer {layer}",
            x=axis,
            y=Axis(title="relative to fullest bin", low=0.0, high=1.05),
            marks=(Marks(kind="steps", columns=_outline(counts, layer - 1, edges)),),
            size="card",
        )
        for layer in layers
    )


def _outline(counts: Mapping[str, Tensor], layer: int, edges: Sequence[float]) -> dict[str, Values]:
    """Return the columns of filled outlines: each bin's left edge, and once more the last bin's right one."""
    x: list[float] = []
    y: list[float] = []
    series: list[str] = []
    for name, values in counts.items():
        total = values[:, layer].sum(0).double()
        shares = (total / total.max().clamp(min=1)).tolist()
        x += edges
        y += [*shares, shares[-1]]
        series += [name] * len(edges)
    return {"x": tuple(x), "y": tuple(y), "series": tuple(series)}


def by_layer(
    title: str,
    axis: Axis,
    measured: Mapping[str, Tensor],
    theory: Mapping[str, Sequence[float]],
    note: str = "",
) -> Picture:
    """Return dots with intervals for what was measured, [seed, layer] by name, and lines for theory."""
    dots = interval_columns(
        (float(layer), name, column)
        for name, values in measured.items()
        for layer, column in enumerate(values.T.double().tolist(), 1)
    )
    lines = [
        (float(layer), None if math.isnan(value) else value, name)
        for name, values in theory.items()
        for layer, value in enumerate(values, 1)
    ]
    x, y, series = zip(*lines, strict=True)
    return Picture(
        title=title,
        x=Axis(title="layer"),
        y=axis,
        marks=(
            Marks(kind="path", columns={"x": x, "y": y, "series": series}),
            Marks(kind="points", columns=dots),
        ),
        note=f"Dots: measured, medians over seeds with 95% intervals. Lines: mean-field theory. {note}".strip(),
    )


def of_both(tanh: Reading, sigmoid: Reading, weight_variance: float, *, spread: str, back: str) -> tuple[Picture, ...]:
    """Return the spread and the gradient of tanh and sigmoid layers, each under its title."""
    theory = {name: expected(name, weight_variance) for name in ("tanh", "sigmoid")}
    return (
        by_layer(
            spread,
            Axis(title="standard deviation of activations", scale="log"),
            {
                "tanh, all": tanh.pooled,
                "sigmoid, all": sigmoid.pooled,
                "tanh, between": tanh.between,
                "sigmoid, between": sigmoid.between,
            },
            {
                "tanh, all": theory["tanh"].pooled,
                "sigmoid, all": theory["sigmoid"].pooled,
                "tanh, between": theory["tanh"].between,
                "sigmoid, between": theory["sigmoid"].between,
            },
            "All: of a layer's activations together. Between: between inputs, around each unit's own mean; with tanh "
            f"the same.{FLOOR if float(sigmoid.between.min()) < ROUNDED else ''}",
        ),
        by_layer(
            back,
            Axis(title="rms gradient at pre-activations", scale="log"),
            {"tanh": tanh.gradient, "sigmoid": sigmoid.gradient},
            {name: one.gradient for name, one in theory.items()},
            "A unit Gaussian gradient is sent back from the last activations; read from right to left.",
        ),
    )
