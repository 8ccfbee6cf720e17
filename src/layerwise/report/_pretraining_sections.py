"""The sections on the page of a pre-training, in their order."""

from __future__ import annotations

from collections.abc import Iterator

from layerwise.records import PretrainingRecord
from layerwise.report import _charts
from layerwise.report._page import Section
from layerwise.report._pretraining_sentences import helped_sentence, learned_labels, thing

PICTURES = "Test images that no training has seen, and below them what the codes give back."
LAYERS = "Each layer learns to give back what it reads, which is the code of the layer below."
LABELS = "Each layer learns to tell the labels from its code, through an output layer that is then thrown away."
CURVES = (
    "The layer's own error on training rows kept back, by epoch. Layers read different things, so their errors do not "
    "compare with each other."
)
LABEL_CURVES = "The error of each layer's output layer on training rows kept back, by epoch: all of the same labels."
FILTERS = (
    "as pre-training left them. Bright pixels switch a unit on, dark ones off, grey ones do not matter; each unit has "
    "a scale of its own."
)
VERDICT = (
    "The same network learned from labels three times: from the pre-trained weights, from random ones, and from the "
    "pre-trained ones shuffled, which keeps their histogram and nothing else."
)
LEARNING = (
    "Scores on validation rows by epoch, each start at its own best learning rate. Lines are medians over seeds, bands "
    "their 95% intervals. A line ends where no seed had become better for some time; each seed keeps its best epoch, "
    "and that is what the test scores above are of."
)


def pretraining_sections(record: PretrainingRecord) -> Iterator[Section]:
    """Yield the sections, each with its words and its charts."""
    what = thing(record)
    squeezed = f"Each {what} is squeezed into the code and drawn again from it. What differs is squared and summed."
    if not learned_labels(record):
        yield Section("errors", "What is lost", squeezed, (_charts.error_figure(record),), layout="one")
    if record.pictures:
        yield Section("pictures", "Reconstructions", PICTURES, table="pictures")
    alike = f"Each point is a test {what}. Similar ones should lie together."
    yield Section("codes", "The codes", alike, (_charts.code_figure(record),), layout="one")
    depth = () if learned_labels(record) else (_charts.depth_figure(record), *_charts.tuning_figures(record))
    yield Section("layers", "Layer by layer", LABELS if learned_labels(record) else LAYERS, depth, table="layers")
    if curves := _charts.layer_curve_figures(record):
        lead = LABEL_CURVES if learned_labels(record) else CURVES
        yield Section("curves", "While each layer trained", lead, curves, layout="cards")
    if record.filters:
        n, units = len(record.filters), record.widths[0]
        which = f"the first {n:,} of its" if n < units else "all its"
        shown = f"The weights of {which} {units:,} units"
        yield Section("filters", "What the first layer looks for", f"{shown}, {FILTERS}", table="filters")
    if record.verdict is not None:
        answer = f"{helped_sentence(record, record.verdict)} {VERDICT}"
        yield Section("verdict", "Did it help?", answer, table="verdict")
        if learned := _charts.label_curve_figures(record.verdict):
            yield Section("learning", "While the labels were learned", LEARNING, learned)
    yield Section("ground", "What this stands on", "", table="ground")
