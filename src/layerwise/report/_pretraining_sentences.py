"""What a pre-training says, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from layerwise.records import LayerOutcome, PretrainingRecord, VerdictRecord
from layerwise.report import _numbers as numbers
from layerwise.report._summary import listed
from layerwise.report._verdict_sentences import verdict_summary

ERRORS = {
    "cross_entropy": "cross-entropy, nats",
    "squared_error": "squared error",
    "label_cross_entropy": "cross-entropy of the labels, nats",
    "label_squared_error": "squared error of the targets, of variance 1",
}
VERSIONS = {
    "original": "original",
    "fine_tuned": "then all layers together",
    "pretrained": "layer by layer alone",
    "pca": "PCA",
}


TIMES = 1.995
"""From here on an error is so many times another, rather than so many per cent more."""

SMALLEST = 0.0005
"""Errors below it are those of rounding, where nothing is lost."""

_CURE = "more epochs (--epochs, --fine-tune) may bring it down."


def pretraining_sentences(record: PretrainingRecord) -> list[str]:
    """Return what codes keep beside PCA, what each step brought, if it helped, what was trained, what the error is."""
    helped = [] if record.verdict is None else [helped_sentence(record, record.verdict)]
    if learned_labels(record):
        return [_labels(record), *helped, _trained(record)]
    return [_finding(record), _steps(record), *helped, _trained(record), _means(record)]


def learned_labels(record: PretrainingRecord) -> bool:
    """Return whether layers were trained for labels, so that there is no way back to the input."""
    return record.error is None


def helped_sentence(record: PretrainingRecord, verdict: VerdictRecord) -> str:
    """Return whether it helped, and what pre-training was told that the others were not."""
    said = verdict_summary(verdict)
    if not learned_labels(record):
        return said
    n, what = record.data.n_train, thing(record)
    return f"{said} (Pre-training had read the labels of {n:,} other {what}s, which the other starts never saw.)"


def _labels(record: PretrainingRecord) -> str:
    """Return what layers learned that were trained for labels."""
    last = record.layers[-1]
    return (
        "Each layer learned the labels through an output layer of its own, which was then thrown away. At the last "
        f"one, the error on training rows kept back ({ERRORS[last.reconstruction]}) went from {own_error(last)}. Such "
        "layers have no way back to the input, so nothing is reconstructed here."
    )


def sizes(record: PretrainingRecord) -> str:
    """Return the widths from input to code: "784-1000-500-250-30"."""
    return "-".join(map(str, (record.data.n_features, *record.widths)))


def thing(record: PretrainingRecord) -> str:
    """Return what a row is: "image" or "row"."""
    return "image" if record.data.kind == "image" else "row"


def own_error(layer: LayerOutcome) -> str:
    """Return a layer's own error before and after its training: "206 to 61.8"."""
    return f"{numbers.significant(layer.own_error[0])} to {numbers.significant(layer.own_error[-1])}"


def error(value: float | None) -> str:
    """Return an error, its decimals by its size.

    Example:
        >>> error(52.91), error(3.0), error(0.0387), error(1.1e-6), error(None)
        ('52.9', '3.00', '0.039', '0', '-')
    """
    if value is None:
        return "-"
    if value < SMALLEST:
        return "0"
    return f"{value:,.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def _finding(record: PretrainingRecord) -> str:
    n, what = record.widths[-1], thing(record)
    code = "1 number" if n == 1 else f"{n} numbers"
    return (
        f"{code} per {what}: squared error {error(record.error)} per {what} on {record.data.n_test:,} test {what}s; "
        f"PCA with {_components(n)}: {error(record.pca_error)}; the mean {what}: {error(record.mean_error)}."
    )


def _components(n: int) -> str:
    return "1 component" if n == 1 else f"{n} components"


def _steps(record: PretrainingRecord) -> str:
    if record.fine_tuned_error is None:
        return (
            f"The layers were trained one after the other and never together. {_beside_pca(record)} Training them "
            "together afterwards (--fine-tune) brings the error down further."
        )
    epochs = _epochs([len(record.fine_tuning[0].steps)])
    return (
        f"Trained one after the other, the layers reach {error(record.pretrained_error)}; {epochs} of training all of "
        f"them together then lead to {error(record.fine_tuned_error)}. {_beside_pca(record)}"
    )


def _beside_pca(record: PretrainingRecord) -> str:
    """Return how the error lies beside PCA's: no linear code of that size beats it on the rows it is fitted to."""
    if record.pca_error < SMALLEST or record.error is None:
        return "PCA of that size loses nothing."
    ratio = record.error / record.pca_error
    if ratio >= TIMES:
        return f"That is {ratio:.1f} times the error of PCA, the best linear code of that size: {_CURE}"
    if ratio < 1:
        return f"That is {numbers.share(1 - ratio)} less than PCA, the best linear code of that size."
    return f"That is {numbers.share(ratio - 1)} more than PCA, the best linear code of that size: {_CURE}"


def _trained(record: PretrainingRecord) -> str:
    n = record.data.n_train
    objectives = listed(list(dict.fromkeys(layer.objective for layer in record.layers)))
    rates = listed(list(dict.fromkeys(f"{layer.learning_rate:g}" for layer in record.layers)))
    code = ", the code linear" if record.linear_code else ""
    return (
        f"The encoder is {sizes(record)} with {record.activation} units{code}. Each layer was pre-trained "
        f"({objectives}) on what the layers below make of {n:,} training {thing(record)}s, for "
        f"{_epochs([layer.epochs for layer in record.layers])} at rate {rates}, in batches of "
        f"{record.layers[0].batch_size}."
    )


def _epochs(given: list[int]) -> str:
    each = listed([str(n) for n in dict.fromkeys(given)])
    return "1 epoch" if each == "1" else f"{each} epochs"


def _means(record: PretrainingRecord) -> str:
    parts = "".join(_what_is_summed(record))
    return f"Squared error: (input - reconstruction) squared, summed over {parts}, mean over test {thing(record)}s."


def _what_is_summed(record: PretrainingRecord) -> Iterator[str]:
    yield f"the {record.data.n_features:,} "
    yield "pixels from 0 (black) to 1 (white)" if record.image else "features, which lie in [0, 1] on training rows"
