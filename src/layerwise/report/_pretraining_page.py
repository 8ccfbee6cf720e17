"""What stands on the page of a pre-training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layerwise.records import LayerOutcome, Pictures, PretrainingRecord
from layerwise.report import _charts
from layerwise.report._page import Section
from layerwise.report._png import image_address
from layerwise.report._pretraining_sentences import (
    ERRORS,
    VERSIONS,
    error,
    own_error,
    pretraining_sentences,
    sizes,
    thing,
)
from layerwise.report._tables import study_rows
from layerwise.report._verdict_sentences import verdict_sentences
from layerwise.report._verdict_table import HEADINGS, verdict_rows, verdict_unit


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
    verdict_sentences: Sequence[str]
    verdict_unit: str
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
        sections=list(_sections(record)),
        layers=[_layer(layer) for layer in record.layers],
        strips=[Strip(_title(record, one), _images(record, one.rows)) for one in record.pictures],
        filters=Strip("first layer", _images(record, record.filters)),
        headings=HEADINGS,
        verdict=[] if verdict is None else verdict_rows(verdict),
        verdict_sentences=[] if verdict is None else verdict_sentences(verdict),
        layers_note=LABELS_NOTE if record.error is None else LAYERS_NOTE,
        verdict_unit="" if verdict is None else verdict_unit(verdict),
        ground=study_rows(record, outputs, str(record.seed)),
    )


def _sections(record: PretrainingRecord) -> Iterator[Section]:
    what = thing(record)
    squeezed = f"Each {what} is squeezed into the code and drawn again from it. What differs is squared and summed."
    if record.error is not None:
        yield Section("errors", "What is lost", squeezed, (_charts.error_figure(record),), layout="one")
    if record.pictures:
        yield Section("pictures", "Reconstructions", PICTURES, table="pictures")
    alike = f"Each point is a test {what}. Similar ones should lie together."
    yield Section("codes", "The codes", alike, (_charts.code_figure(record),), layout="one")
    depth = () if record.error is None else (_charts.depth_figure(record), *_charts.tuning_figures(record))
    yield Section("layers", "Layer by layer", LABELS if record.error is None else LAYERS, depth, table="layers")
    if curves := _charts.layer_curve_figures(record):
        yield Section("curves", "While each layer trained", CURVES, curves, layout="cards")
    if record.filters:
        n, units = len(record.filters), record.widths[0]
        which = f"the first {n:,} of its" if n < units else "all its"
        shown = f"The weights of {which} {units:,} units"
        yield Section("filters", "What the first layer looks for", f"{shown}, {FILTERS}", table="filters")
    if record.verdict is not None:
        yield Section("verdict", "Did it help?", VERDICT, table="verdict")
    yield Section("ground", "What this stands on", "", table="ground")


PICTURES = "Test images that no training has seen, and below them what the codes give back."
LAYERS = "Each layer learns to give back what it reads, which is the code of the layer below."
LABELS = "Each layer learns to tell the labels from its code, through an output layer that is then thrown away."
CURVES = (
    "The layer's own error on training rows kept back, by epoch. Layers read different things, so their errors compare "
    "with each other only where they are of the same labels."
)
LAYERS_NOTE = (
    "Own error: of what the layer itself reads, on training rows kept back, before and after its training. To here and "
    "back: squared error of test rows through this layer and those below and back, before all layers were trained "
    "together. PCA: the same with as many components as the layer has units."
)
LABELS_NOTE = (
    "Own error: of the labels, by the layer's own output layer, on training rows kept back, before and after its "
    "training. There is no way back to the input. PCA: squared error of test rows with as many components as the layer "
    "has units."
)
FILTERS = (
    "as pre-training left them. Bright pixels switch a unit on, dark ones off, grey ones do not matter; each unit has "
    "a scale of its own."
)
VERDICT = (
    "The same network with labels: from the pre-trained weights, from random ones, and from the pre-trained ones "
    "shuffled, which keeps their histogram and nothing else."
)


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
