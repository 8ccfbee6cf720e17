"""What was seen of one network: `Measure` and `Curve` are computed, a `Fact` is read."""

from __future__ import annotations

from layerwise.records._record import record


@record
class Measure:
    """One quantity at one layer of one network, at each step where it was read.

    Attributes:
        quantity: named for exactly what is computed, with its reduction (`gradient_rms`, `dead_fraction`).
        layer: the layer's name, `hidden3` or `output` in networks of ours, `input` for what goes in.
        steps: number of updates made before each reading, ascending.
        values: the readings, as many as `steps`.
    """

    quantity: str
    layer: str
    steps: tuple[int, ...]
    values: tuple[float, ...]


@record
class Curve:
    """A number about the whole network over training: `train_loss`, `validation_accuracy`."""

    name: str
    steps: tuple[int, ...]
    values: tuple[float, ...]


@record
class Fact:
    """Something read, not computed: the activation of a layer, the loss, a batch size.

    `place` is the layer, or the file and line, that it was read from; empty for the whole network.
    """

    name: str
    value: str | int | float | bool
    place: str = ""


@record
class Histogram:
    """Counts of one layer's activations at one step, in equal bins from `low` to `high`.

    What lies outside is counted in the first and the last bin; not-a-number is not counted.
    """

    layer: str
    step: int
    low: float
    high: float
    counts: tuple[int, ...]
