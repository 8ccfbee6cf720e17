"""What each layer showed, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from layerwise.lecture.weights._signal import DEPTH, Reading
from layerwise.records import Table

if TYPE_CHECKING:
    from torch import Tensor

LISTED = (1, 2, 5, DEPTH)
COLUMNS = {
    "mean": "mean",
    "pooled": "std, all",
    "between": "between",
    "saturated": "saturated",
    "gradient": "gradient",
}


def layer_table(readings: Mapping[str, Reading]) -> Table:
    """Return medians over seeds for some layers of each network."""
    rows = tuple(
        (f"{name}, {layer}", *(_said(getattr(reading, column)[:, layer - 1]) for column in COLUMNS))
        for name, reading in readings.items()
        for layer in LISTED
    )
    return Table(
        title="Activations layer by layer",
        columns=("network, layer", *COLUMNS.values()),
        rows=rows,
        note="Medians over seeds. Between: standard deviation around each unit's own mean over the inputs. Saturated: "
        "share of activations where the slope is under a twentieth of its largest. Gradient: rms at the "
        "pre-activations, of a unit Gaussian one at the last activations.",
    )


def _said(values: Tensor) -> str:
    middle = float(values.double().median())
    return "-" if middle != middle else f"{middle:.2g}"  # noqa: PLR0124 - not a number
