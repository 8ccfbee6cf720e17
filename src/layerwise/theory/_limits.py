"""What theory takes for granted about a chain, where it does not apply, and how deep such chains train."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean

from layerwise._base import InvalidInput
from layerwise.activations import Activation
from layerwise.theory._chain import Chain, ChainLayer
from layerwise.theory._depth import scale_at
from layerwise.theory._fixed_points import reached_from
from layerwise.theory._layer import Layer
from layerwise.theory._normalization import NORMALIZATIONS
from layerwise.theory._passed import entry_of, passed
from layerwise.theory._propagate import enter
from layerwise.theory._resolve import resolve

SAME_WITHIN = 0.1
"""Hidden layers are alike where weight and bias variances are within 10 % of the mean weight variance of their means:
drawn weights have variances that differ by some percent."""

_AS_AT_THE_START = {"prelu": "with the left slope 0.25 that it starts with", "rrelu": "as in eval mode"}


def limits(chain: Chain) -> Iterator[str]:
    """Yield, in words, what the numbers take for granted and where there are none."""
    found: dict[str, list[int]] = {}
    for number, layer in enumerate(chain.layers, 1):
        for text in filter(None, (_of_normalizer(layer), _of_activation(layer), _of_unknown(layer))):
            found.setdefault(text, []).append(number)
    for text, numbers in found.items():
        yield f"Layer{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}: {text}"


def _of_normalizer(layer: ChainLayer) -> str:
    if layer.normalizer is None:
        return ""
    if layer.normalizer not in NORMALIZATIONS:
        return _none_behind(f"the normalizer {layer.normalizer!r}")
    if layer.normalizer == "batch":
        return "batch normalization as in large batches, of inputs that all correlate alike."
    return f"{layer.normalizer} normalization as over many units."


def _of_activation(layer: ChainLayer) -> str:
    entry = entry_of(layer.activation)
    if isinstance(entry, Activation):
        if entry.pieces_default != 1:
            return f"the pre-activations of {entry.name} are taken as independent; no correlation behind it."
        return f"{entry.name} {_AS_AT_THE_START[entry.name]}." if entry.name in _AS_AT_THE_START else ""
    try:
        resolve(entry)
    except InvalidInput as error:
        return f"{_none_behind('its activation')} {error}"
    return ""


def _of_unknown(layer: ChainLayer) -> str:
    return _none_behind(layer.unknown) if layer.unknown is not None else ""


def _none_behind(what: str) -> str:
    return f"theory does not pass {what}: no signal from there to the next normalizer, no gradient up to there."


def trainable_depth(chain: Chain) -> tuple[float | None, str]:
    """Return about `6 xi_c` for hidden layers that are all alike; or None, and the reason."""
    hidden, first = chain.layers[:-1], chain.layers[0]
    reason = _no_repetition(hidden)
    if reason:
        return None, f"No trainable depth: {reason}."
    weights, biases = map(fmean, _variances(hidden))
    start, _ = enter(first.weight_variance, first.bias_variance, chain.input_square, chain.input_correlation)
    layer = Layer(resolve(entry_of(first.activation)), weights, biases, first.keep)
    return scale_at(reached_from(layer, start)).trainable_depth, ""


def _no_repetition(hidden: Sequence[ChainLayer]) -> str:
    """Return why hidden layers are not one layer that theory has, over and over; nothing if they are."""
    if len(hidden) < 2:
        return "no hidden layer follows another"
    if any(layer.normalizer for layer in hidden):
        return "6 xi_c is for chains without normalizers"
    if any(layer.unknown or not _has_two_inputs(layer) for layer in hidden):
        return "theory does not pass two inputs through all of the hidden layers"
    settings = [(entry_of(layer.activation), layer.keep) for layer in hidden]
    if any(one != settings[0] for one in settings) or not _alike(*_variances(hidden)):
        return "the hidden layers are not all alike"
    return ""


def _has_two_inputs(layer: ChainLayer) -> bool:
    through = passed(layer.activation, 1.0)
    return through is not None and through.function is not None


def _variances(hidden: Sequence[ChainLayer]) -> tuple[list[float], list[float]]:
    """Return those of the weights and biases between hidden layers."""
    between = hidden[1:]
    return [layer.weight_variance for layer in between], [layer.bias_variance for layer in between]


def _alike(weights: list[float], biases: list[float]) -> bool:
    allowed = SAME_WITHIN * fmean(weights)
    return allowed > 0 and all(abs(one - fmean(values)) <= allowed for values in (weights, biases) for one in values)
