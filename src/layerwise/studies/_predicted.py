"""What theory expects of an arm before training, as measures that stand beside what was measured."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from layerwise.data import Data
from layerwise.models import Recipe, predict
from layerwise.records import Measure, Run

SIGNAL, GRADIENT = "preactivation_rms", "preactivation_gradient_rms"


def predicted(recipe: Recipe, data: Data, runs: Sequence[Run]) -> tuple[Measure, ...]:
    """Return the predicted signal and gradient at the start, layer by layer, for the first seed's initial draw.

    Theory knows gradients relative to one another: that at the output is set to the median of what the runs showed.
    Layers that theory does not apply to are left out; so are pre-trained networks, whose weights are not random.
    """
    if recipe.flat().get("pretraining", "none") != "none" or not any(run.measures for run in runs):
        return ()
    layers = predict(recipe, data, seed=runs[0].seed).layers
    names = [*(f"hidden{k}" for k in range(1, len(layers))), "output"]
    sent, shown = layers[-1].measured_gradient_rms, _at_output(runs)
    signal = [(SIGNAL, name, layer.predicted_rms) for name, layer in zip(names, layers, strict=True)]
    gradient = [
        (GRADIENT, name, None if layer.predicted_gradient_rms is None else layer.predicted_gradient_rms / sent * shown)
        for name, layer in zip(names, layers, strict=True)
    ]
    return tuple(
        Measure(quantity=quantity, layer=layer, steps=(0,), values=(value,))
        for quantity, layer, value in (*signal, *gradient)
        if value is not None
    )


def _at_output(runs: Sequence[Run]) -> float:
    first = [
        measure.values[0]
        for run in runs
        for measure in run.measures
        if (measure.quantity, measure.layer) == (GRADIENT, "output")
    ]
    return statistics.median(first)
