"""A pre-training as plain text of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from layerwise.records import LayerOutcome, PretrainingRecord, VerdictRecord
from layerwise.report._columns import WIDTH
from layerwise.report._pretraining_sentences import ERRORS, error, learned_labels, own_error, pretraining_sentences
from layerwise.report._printable import printable
from layerwise.report._verdict_table import HEADINGS, verdict_legend, verdict_rows

_LAYERS = ("layer", "units", "objective", "epochs", "rate", "own error")
_BACK = ("to here", "PCA")
_LEGEND = (
    "Own error: of what the layer itself reads, on training rows kept back, before and after ({errors}). To here: "
    "squared error of test rows through this layer and those below, and back, layer by layer alone. PCA: the same with "
    "as many components as the layer has units."
)
_LABELS_LEGEND = (
    "Own error: of the labels, by the layer's own output layer, on training rows kept back, before and after "
    "({errors})."
)


def pretraining_text(record: PretrainingRecord) -> str:
    """Return sentences, a table of the layers, and if it was asked for whether pre-training helped."""
    lines = _wrapped(pretraining_sentences(record))
    lines += ["", *_table(list(_layers(record)), n_names=1), "", *_wrapped([_legend(record)])]
    if record.verdict is not None:
        lines += ["", *_verdict(record.verdict)]
    return "\n".join(lines)


def _layers(record: PretrainingRecord) -> Iterator[tuple[str, ...]]:
    """Yield the headings, and a row for each layer; errors by the way back only where there is one."""
    back = not learned_labels(record)
    yield _LAYERS + _BACK * back
    for layer in record.layers:
        yield _layer(layer) + (error(layer.test_error), error(layer.pca_error)) * back


def _layer(layer: LayerOutcome) -> tuple[str, ...]:
    return (
        layer.name,
        str(layer.n_units),
        layer.objective,
        str(layer.epochs),
        f"{layer.learning_rate:g}",
        own_error(layer),
    )


def _legend(record: PretrainingRecord) -> str:
    legend = _LABELS_LEGEND if learned_labels(record) else _LEGEND
    return legend.format(errors=" or ".join(dict.fromkeys(ERRORS[layer.reconstruction] for layer in record.layers)))


def _verdict(record: VerdictRecord) -> Iterator[str]:
    yield "Did pre-training help?"
    yield ""
    yield from _table([HEADINGS, *([row[name] for name in HEADINGS] for row in verdict_rows(record))], n_names=2)
    yield ""
    yield from _wrapped([f"{verdict_legend(record)} {' '.join(record.notes)}"])


def _wrapped(sentences: Sequence[str]) -> list[str]:
    return [line for sentence in sentences for line in textwrap.wrap(printable(sentence), WIDTH)]


def _table(rows: Sequence[Sequence[str]], *, n_names: int) -> list[str]:
    """Return rows in columns, the first `n_names` of them flush left, with a rule under the first row."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    gap = 2 if sum(widths) + 2 * (len(widths) - 1) <= WIDTH else 1
    lines = [
        (" " * gap)
        .join(
            cell.ljust(width) if place < n_names else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        .rstrip()
        for row in rows
    ]
    return [lines[0], "-" * max(map(len, lines)), *lines[1:]]
