"""What theory expects of each layer of a chain, and where it has no number."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from layerwise.records import record
from layerwise.theory._chain import Chain, ChainLayer
from layerwise.theory._layer import Layer
from layerwise.theory._limits import limits, trainable_depth
from layerwise.theory._normalization import Signal, normalized
from layerwise.theory._passed import Passed, passed
from layerwise.theory._propagate import enter, gap_after


@record
class LayerPrediction:
    """What theory expects at one layer of weights, as the network starts; None where it has no number.

    Attributes:
        weights_rms: Root mean square of what the weights and biases give.
        preactivation_rms: Of what the activation gets: behind the normalizer, if there is one.
        activation_rms: Of what the activation gives, before dropout; the same where there is no activation.
        correlation: Between the pre-activations of two inputs.
        preactivation_gradient_rms: Of the gradient at the pre-activations, relative to that at the last layer.
    """

    weights_rms: float | None
    preactivation_rms: float | None
    activation_rms: float | None
    correlation: float | None
    preactivation_gradient_rms: float | None


@record
class Prediction:
    """What theory expects of a chain.

    Attributes:
        layers: One entry for each layer of weights.
        trainable_depth: About `6 xi_c`: to how many layers with these settings a network trains; infinite where
            nothing fades. None where there is no such number; `notes` say why.
        notes: What the numbers take for granted, and where and why there are none.
    """

    layers: tuple[LayerPrediction, ...]
    trainable_depth: float | None
    notes: tuple[str, ...]


def predict_chain(chain: Chain) -> Prediction:
    """Return signal, correlation and gradient at each layer of a wide random chain whose layers may differ.

    Mean field, exact as the widths go to infinity. With `v = sigma_w^2 / fan_in`, primes for the next layer, and `d`
    for the second moment that a normalizer divides by (1 without one),

        q' = (sigma_w'^2 / keep E f^2 + sigma_b'^2) / d'
        E[delta^2] = fan_out' v' / keep / d' E[f'^2] E[delta'^2]

    for the second moment of one entry of the gradient. Widths matter for gradients alone: they shrink where layers get
    narrower towards the output, unless weights make up for it. Layer, rms and group normalization set q to 1 and keep
    the correlation; batch normalization takes what inputs share away, so that q is 1 and c is 0.

    Example:
        >>> chain = Chain.dense([784, 400, 100, 10], activation="relu", weight_variance=2.0, input_square=0.5)
        >>> made = predict_chain(chain)
        >>> [round(layer.preactivation_rms, 12) for layer in made.layers], made.trainable_depth
        ([1.0, 1.0, 1.0], inf)
        >>> [round(layer.preactivation_gradient_rms**2, 12) for layer in made.layers]  # 100 / 400 10 / 100, 10 / 100, 1
        [0.025, 0.1, 1.0]

    References:
        Schoenholz, Gilmer, Ganguli, Sohl-Dickstein 2017, Deep information propagation. Yang, Pennington, Rao,
        Sohl-Dickstein, Schoenholz 2019, A mean field theory of batch normalization.
    """
    steps = list(_steps(chain))
    gradients: list[float | None] = [1.0]
    for here, after in reversed(list(pairwise(steps))):
        gradients.append(_sent_back(gradients[-1], here, after))
    depth, why = trainable_depth(chain)
    return Prediction(
        layers=tuple(_described(step, gradient) for step, gradient in zip(steps, reversed(gradients), strict=True)),
        trainable_depth=depth,
        notes=(*limits(chain), *filter(None, [why])),
    )


@dataclass(frozen=True, slots=True)
class _Step:
    layer: ChainLayer
    weights_q: float | None
    signal: Signal
    passed: Passed | None


def _steps(chain: Chain) -> Iterator[_Step]:
    first = chain.layers[0]
    q: float | None
    gap: float | None
    q, gap = enter(first.weight_variance, first.bias_variance, chain.input_square, chain.input_correlation)
    for layer, after in zip_longest(chain.layers, chain.layers[1:]):
        signal = normalized(layer.normalizer, q, gap)
        step = _Step(layer, q, signal, None if signal.q is None else passed(layer.activation, signal.q))
        yield step
        if after is not None:
            q, gap = _onward(step, after)


def _onward(step: _Step, after: ChainLayer) -> tuple[float | None, float | None]:
    layer, signal, through = step.layer, step.signal, step.passed
    if through is None or signal.q is None or layer.unknown is not None:
        return None, None
    q = after.weight_variance / layer.keep * through.square + after.bias_variance
    if signal.gap is None or through.function is None:
        return q, None
    weights = Layer(through.function, after.weight_variance, after.bias_variance, layer.keep)
    return q, gap_after(weights, signal.q, signal.gap, q)


def _sent_back(gradient: float | None, here: _Step, after: _Step) -> float | None:
    if gradient is None or here.passed is None or here.layer.unknown is not None or after.signal.divided_by is None:
        return None
    weights = after.layer.fan_out * after.layer.weight_variance / after.layer.fan_in
    return gradient * weights / here.layer.keep / after.signal.divided_by * here.passed.slope_square


def _described(step: _Step, gradient: float | None) -> LayerPrediction:
    return LayerPrediction(
        weights_rms=_root(step.weights_q),
        preactivation_rms=_root(step.signal.q),
        activation_rms=_root(None if step.passed is None else step.passed.square),
        correlation=None if step.signal.gap is None else 1 - step.signal.gap,
        preactivation_gradient_rms=_root(gradient),
    )


def _root(square: float | None) -> float | None:
    return None if square is None else math.sqrt(square)
