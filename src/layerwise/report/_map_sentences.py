"""What a map of trainability says, in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator

from layerwise.records import Agreement, MapColumn, TrainabilityRecord
from layerwise.report import _numbers as numbers

FOLLOWS = 0.7
"""A rank correlation from here on is called following: half of the variance of the ranks."""

XI_C = (
    "xi_c is the number of layers over which the difference between two inputs fades by a factor e. Theory gives it "
    "from the variances of weights and biases alone, before any training; its rule is that networks train to 6 xi_c."
)


def map_sentences(record: TrainabilityRecord) -> list[str]:
    """Return the finding first, then what xi_c is, what was trained, and what "trains" means."""
    return [_finding(record), XI_C, *_peak(record), _trained(record), _means(record), *_interrupted(record)]


def follows(agreement: Agreement | None) -> bool:
    """Return whether measured depths rise and fall with xi_c."""
    return agreement is not None and agreement.rank_correlation >= FOLLOWS


def depth(value: float) -> str:
    """Return a depth as it is written: whole layers, "no end" for infinite."""
    return "no end" if math.isinf(value) else f"{value:,.0f}"


def measured(record: TrainabilityRecord, value: float) -> str:
    """Return a measured depth: "37", "over 91" outside the map, "none" if none trains, "-" if it is unknown."""
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return f"over {record.depths[-1]}"
    return depth(value) if value else "none"


def ratio(column: MapColumn) -> str:
    """Return measured depth over xi_c, "-" where one of them is no number."""
    known = 0 < column.measured < math.inf and math.isfinite(column.xi_c)
    return f"{column.measured / column.xi_c:.1f}" if known else "-"


def _finding(record: TrainabilityRecord) -> str:
    found, what = record.trained, f"{record.activation} networks on {record.data.name}"
    if found is None:
        return f"Too few boundaries of {what} lie inside this map to say how they follow xi_c."
    does = "follows" if follows(found) else "does not follow"
    rank = f"rank correlation {found.rank_correlation:.2f} over {found.n_ranked} weight variances"
    lost = "" if record.lost is None else f", and nine tenths at {_interval(record.lost)}"
    return (
        f"The depth to which {what} train {does} xi_c ({rank}): half of what the best learn is lost at "
        f"{_interval(found)} xi_c{lost}."
    )


def _interval(found: Agreement) -> str:
    return f"{found.factor:.1f} [{found.low:.1f}, {found.high:.1f}]"


def _peak(record: TrainabilityRecord) -> Iterator[str]:
    deepest = max(column.measured for column in record.columns if not math.isnan(column.measured))
    peak = [f"{column.weight_variance:g}" for column in record.columns if column.measured == deepest]
    where = f"weight variance {peak[0]}" + (f" to {peak[-1]}" if len(peak) > 1 else "")
    line = "" if record.critical is None else f"; the critical line, where xi_c has no end, is at {record.critical:.3g}"
    yield f"They train deepest at {where} ({measured(record, deepest)} layers){line}."


def _trained(record: TrainabilityRecord) -> str:
    choices = {key: value for part in record.recipe.values() if isinstance(part, dict) for key, value in part.items()}
    n, found = len(record.seeds), record.trained
    inside = "" if found is None else f"the {found.n} weight variances whose 6 xi_c lies inside the map"
    over = f" Multiples of xi_c, with 95% intervals, are those of {inside}." if inside else ""
    return (
        f"Each network made {record.n_steps} updates of {choices['method']} at rate {choices['learning_rate']:g}, "
        f"batches of {choices['batch_size']}, {choices['width']} units wide, bias variance {record.bias_variance:g}; "
        f"{n} {'network' if n == 1 else 'networks'} in each cell.{over}"
    )


def _means(record: TrainabilityRecord) -> str:
    level, chance, best = map(numbers.share, (record.trained_at, record.chance, record.best))
    return (
        f"Half is a training accuracy of {level}: halfway from guessing ({chance}) to the best cell ({best}). From "
        "there on a network counts as trained."
    )


def _interrupted(record: TrainabilityRecord) -> Iterator[str]:
    if record.interrupted:
        yield "Interrupted: only the cells shown had ended."
