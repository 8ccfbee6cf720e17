"""A map of trainability as plain text of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from layerwise.records import MapColumn, TrainabilityRecord
from layerwise.report._columns import WIDTH
from layerwise.report._map_sentences import map_sentences, measured
from layerwise.report._printable import printable

LABEL, CELL = 15, 5
LEGEND = (
    "Training accuracy in %, mean of a cell. *: the deepest tried that 6 xi_c allows. Weight var.: variance of the "
    "weights times fan_in. Lost: depths at which half and nine tenths of what the best cell learns, above guessing, "
    "are lost."
)
MOST_COLUMNS = (WIDTH - LABEL) // CELL


def map_text(record: TrainabilityRecord) -> str:
    """Return the sentences and the map: training accuracy in per cent, the deepest networks on top.

    A "*" stands at the deepest network tried that theory's 6 xi_c allows. Of more than thirteen weight variances
    thirteen are shown, evenly spaced.
    """
    lines = [line for sentence in map_sentences(record) for line in textwrap.wrap(printable(sentence), WIDTH)]
    return "\n".join([*lines, "", *_map(record, _shown(record.columns)), "", *textwrap.wrap(LEGEND, WIDTH)])


def _shown(columns: Sequence[MapColumn]) -> Sequence[MapColumn]:
    if len(columns) <= MOST_COLUMNS:
        return columns
    last = len(columns) - 1
    return [columns[round(place * last / (MOST_COLUMNS - 1))] for place in range(MOST_COLUMNS)]


def _map(record: TrainabilityRecord, columns: Sequence[MapColumn]) -> list[str]:
    accuracy = {(cell.depth, cell.weight_variance): cell.train_accuracy for cell in record.cells}
    rows = [
        _line(f"depth {deep}", [_cell(record, deep, column, accuracy) for column in columns])
        for deep in reversed(record.depths)
    ]
    return [
        *rows,
        "-" * (LABEL + CELL * len(columns)),
        _line("weight var.", [f"{column.weight_variance:g} " for column in columns]),
        _line("6 xi_c", [f"{_short(column.predicted)} " for column in columns]),
        _line("half lost at", [f"{_end(record, column.measured)} " for column in columns]),
        _line("nine tenths at", [f"{_end(record, column.lost)} " for column in columns]),
    ]


def _cell(record: TrainabilityRecord, deep: int, column: MapColumn, accuracy: dict[tuple[int, float], float]) -> str:
    found = accuracy.get((deep, column.weight_variance))
    reached = max((d for d in record.depths if d <= column.predicted), default=0)
    return ("-" if found is None else f"{100 * found:.0f}") + ("*" if deep == reached else " ")


def _end(record: TrainabilityRecord, value: float) -> str:
    return measured(record, value).replace("over ", ">")


def _short(predicted: float) -> str:
    return "inf" if predicted >= 9999.5 else f"{predicted:.0f}"


def _line(label: str, cells: Sequence[str]) -> str:
    return f"{label:<{LABEL}}{''.join(f'{cell:>{CELL}}' for cell in cells)}".rstrip()
