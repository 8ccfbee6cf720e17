"""What stands on the page of a pre-training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from layerwise.records import LayerOutcome, Pictures, PretrainingRecord
from layerwise.report._page import Section
from layerwise.report._png import image_address
from layerwise.report._pretraining_sections import pretraining_sections
from layerwise.report._pretraining_sentences import (
    ERRORS,
    VERSIONS,
    error,
    learned_labels,
    own_error,
    pretraining_sentences,
    sizes,
)
from layerwise.report._tables import study_rows
from layerwise.report._verdict_table import HEADINGS, verdict_legend, verdict_rows


@dataclass(frozen=True)
class Strip:
    """Images in a row: what they are, and their addresses."""

    title: str
    images: Sequence[str]


@dataclass(frozen=True)
class PretrainingPage:
    """Everything the template of a pre-training needs, as text that is ready to be escaped."""

    title: str
    summary: Sequence[str]
    sections: Sequence[Section]
    layers: Sequence[dict[str, str]]
    strips: Sequence[Strip]
    filters: Strip
    headings: Sequence[str]
    verdict: Sequence[dict[str, str]]
    verdict_notes: Sequence[str]
    has_way_back: bool
    layers_note: str
    ground: Sequence[tuple[str, Sequence[str]]]
    names: Sequence[str] = ()
    left_out: Sequence[str] = ()


def pretraining_page(record: PretrainingRecord) -> PretrainingPage:
    """Return the page that shows `record`."""
    verdict = record.verdict
    outputs = "classes" if record.codes.labels else "classes or targets"
    return PretrainingPage(
        title=f"{sizes(record)} on {record.data.name}, pre-trained layer by layer",
        summary=pretraining_sentences(record),
        sections=list(pretraining_sections(record)),
        layers=[_layer(layer) for layer in record.layers],
        strips=[Strip(_title(record, one), _images(record, one.rows)) for one in record.pictures],
        filters=Strip("first layer", _images(record, record.filters)),
        headings=HEADINGS,
        verdict=[] if verdict is None else verdict_rows(verdict),
        verdict_notes=[] if verdict is None else [verdict_legend(verdict), GREY, *verdict.notes],
        has_way_back=not learned_labels(record),
        layers_note=LABELS_NOTE if learned_labels(record) else LAYERS_NOTE,
        ground=study_rows(record, outputs, str(record.seed)),
    )


LAYERS_NOTE = (
    "Own error: of what the layer itself reads, on training rows kept back, before and after its training. To here and "
    "back: squared error of test rows through this layer and those below and back, before all layers were trained "
    "together. PCA: the same with as many components as the layer has units."
)
LABELS_NOTE = (
    "Own error: of the labels, by the layer's own output layer, on training rows kept back, before and after its "
    "training."
)
GREY = "Grey: the two cannot be told apart, p is 0.05 or more."


def _layer(layer: LayerOutcome) -> dict[str, str]:
    return {
        "name": layer.name,
        "units": f"{layer.n_inputs:,} to {layer.n_units:,}",
        "objective": layer.objective,
        "epochs": str(layer.epochs),
        "rate": f"{layer.learning_rate:g}",
        "own": own_error(layer),
        "kind": ERRORS[layer.reconstruction],
        "error": error(layer.test_error),
        "pca": error(layer.pca_error),
    }


def _title(record: PretrainingRecord, pictures: Pictures) -> str:
    n = record.widths[-1]
    errors = {
        "fine_tuned": record.fine_tuned_error,
        "pretrained": record.pretrained_error,
        "pca": record.pca_error,
    }
    reached = errors.get(pictures.version)
    name = VERSIONS[pictures.version]
    return (
        name
        if reached is None
        else f"{name}, {n} number{'s' * (n > 1)}: squared error {error(reached)} over all test images"
    )


def _images(record: PretrainingRecord, rows: Sequence[Sequence[int]]) -> list[str]:
    return [] if record.image is None else [image_address(row, record.image) for row in rows]
