"""The final score of every seed, one strip per arm, with the median and its interval."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from layerwise.records import Arm, ComparisonRecord
from layerwise.report import _numbers as numbers
from layerwise.report._charts._figure import Figure, Row, draw, words
from layerwise.report._charts._palette import arm_color, faded, focus
from layerwise.report._charts._scales import padded
from layerwise.report._verdict import learns, ranked, score_of

if TYPE_CHECKING:
    import altair as alt

    from layerwise.report._charts._figure import Layered

LANE = 62  # pixels for one arm
N_COLUMNS = 90  # points nearer than one of so many columns stand one above the other
LOWEST_R2 = -1.0


def accuracy_figures(record: ComparisonRecord) -> tuple[Figure, ...]:
    """Return the strips of all arms, and of those that learn alone if the others leave them no room."""
    arms = [arm for arm in ranked(record) if _drawn(arm)]
    if not arms:
        return ()
    name = numbers.metric_of(record).name
    everything = _figure(record, arms, "scores", f"Final {name}, every seed a point", _marks(record))
    winners = [arm for arm in arms if learns(record, arm)]
    if not 0 < len(winners) < len(arms):
        return (everything,)
    return everything, _figure(record, winners, "scores-close", f"Final {name} of the arms that train", [])


def _figure(record: ComparisonRecord, arms: Sequence[Arm], name: str, title: str, marks: list[Row]) -> Figure:
    metric = numbers.metric_of(record)
    scores = [score for arm in arms for score in arm.score.values if math.isfinite(score)]
    ends = [*scores, *(float(str(mark["x"])) for mark in marks)]
    lowest = max(min(ends), LOWEST_R2)
    domain = padded(lowest, max(ends))
    rows = [row for lane, arm in enumerate(arms) for row in _rows(record, arm, lane, domain[1] - domain[0])] + marks
    chart = _chart(record, [metric.factor * end for end in domain], len(arms))
    scaled = [{key: _scale(key, value, metric.factor) for key, value in row.items()} for row in rows]
    note = "Point: one seed. Bar: the 95% interval of the median. Upright line: the median."
    below = f"Seeds below {LOWEST_R2:g} are not drawn." if min(ends) < lowest else ""
    return Figure(name=name, title=title, spec=draw(chart, title, scaled), note=words(note, below))


def _scale(key: str, value: object, factor: float) -> object:
    return factor * value if key in ("x", "low", "high") and isinstance(value, float) else value


def _drawn(arm: Arm) -> bool:
    score = score_of(arm)
    return score is not None and math.isfinite(score.median)


def _rows(record: ComparisonRecord, arm: Arm, lane: int, width: float) -> list[Row]:
    metric, score = numbers.metric_of(record), arm.score
    seeds = [run.seed for run in arm.runs] if len(arm.runs) == len(score.values) else [None] * len(score.values)
    offsets = swarm(score.values, width)
    points: list[Row] = [
        {"arm": arm.name, "kind": "seed", "x": value, "y": lane + 0.68 + offset, "seed": seed}
        for value, offset, seed in zip(score.values, offsets, seeds, strict=True)
        if math.isfinite(value)
    ]
    label = f"{metric.full(score.median)} [{metric.value(score.low)}, {metric.value(score.high)}]"
    middle = {"arm": arm.name, "kind": "median", "x": score.median, "low": score.low, "high": score.high}
    return [*points, {**middle, "y": lane + 0.68, "label": label}]


def swarm(values: Sequence[float], width: float) -> list[float]:
    """Return offsets in a lane that part the points of one column of `width`: 0, 1, -1, 2 ... steps off the middle."""
    seen: defaultdict[int, int] = defaultdict(int)
    places = []
    for value in values:
        column = round(value / width * N_COLUMNS) if math.isfinite(value) else 0
        seen[column] += 1
        places.append(seen[column] // 2 * (1 if seen[column] % 2 else -1))
    step = min(0.085, 0.24 / max([1, *map(abs, places)]))
    return [step * place for place in places]


def _marks(record: ComparisonRecord) -> list[Row]:
    metric = numbers.metric_of(record)
    return [
        {"kind": "mark", "x": record.chance, "label": f"guessing {metric.full(record.chance)}"},
        {"kind": "mark", "x": record.trained_at, "label": f"trained from {metric.full(record.trained_at)}"},
    ]


def _chart(record: ComparisonRecord, domain: list[float], n_lanes: int) -> Layered:
    import altair as alt

    metric = numbers.metric_of(record)
    unit = f" ({metric.unit})" if metric.unit else ""
    axis = alt.Axis(title=f"{metric.name}{unit}", tickCount=8)
    x = alt.X("x:Q", scale=alt.Scale(domain=domain, nice=False), axis=axis)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[-0.4, n_lanes], reverse=True, nice=False), axis=None)
    color, base = arm_color(record), alt.Chart(alt.NamedData(name="rows"))
    points = base.transform_filter("datum.kind === 'seed'").encode(x, y, color, opacity=faded(0.7))
    medians = base.transform_filter("datum.kind === 'median'").encode(y=y, opacity=faded(1.0))
    marks = base.transform_filter("datum.kind === 'mark'").encode(x)
    middle = [alt.Tooltip("arm:N", title="arm"), alt.Tooltip("label:N", title="median [95% interval]")]
    room = alt.ExprRef("width - 130")  # what the numbers at the right leave
    words_left: dict[str, Any] = {"align": "left", "dy": -28, "fontWeight": 600, "strokeJoin": "round", "limit": room}
    return alt.layer(
        marks.mark_rule(strokeDash=[3, 3]),
        marks.mark_text(align="left", dx=4, color="var(--muted)").encode(text="label:N", y=alt.value(8)),
        medians.mark_rule(strokeWidth=2, color="var(--ink)", clip=True).encode(x=alt.X("low:Q"), x2="high:Q"),
        points.mark_circle(size=46, clip=True).encode(tooltip=_tips(metric)),
        medians.mark_tick(thickness=2.5, size=26, color="var(--ink)").encode(x=alt.X("x:Q"), tooltip=middle),
        medians.mark_text(stroke="var(--panel)", strokeWidth=5, **words_left).encode(x=alt.value(2), text="arm:N"),
        medians.mark_text(**words_left).encode(x=alt.value(2), text="arm:N"),
        medians.mark_text(align="right", dy=-28, color="var(--muted)").encode(x=alt.value("width"), text="label:N"),
    ).add_params(focus()).properties(height=LANE * n_lanes + 24)  # fmt: skip


def _tips(metric: numbers.Metric) -> list[alt.Tooltip]:
    import altair as alt

    score = alt.Tooltip("x:Q", title=metric.name + (f" ({metric.unit})" if metric.unit else ""), format=".4~g")
    return [alt.Tooltip("arm:N", title="arm"), alt.Tooltip("seed:N", title="seed"), score]
