"""Every seed of a study: a point each, or, of very many, a bin of all that lie together."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from layerwise.records import StudyArm, StudyRecord
from layerwise.report import _numbers as numbers
from layerwise.report._charts._accuracy import swarm
from layerwise.report._charts._figure import Figure, Row, draw, words
from layerwise.report._charts._palette import arm_color, faded, focus
from layerwise.report._charts._scales import padded

if TYPE_CHECKING:
    from layerwise.report._charts._figure import Layered

LANE = 48  # pixels for one arm
MOST_POINTS = 6000
MOST_LANES = 60
N_BINS = 120


def seed_figures(record: StudyRecord, arms: Sequence[StudyArm]) -> tuple[Figure, ...]:
    """Return the values of all seeds of `arms`, in their order, each arm in a lane of its own."""
    drawn = [arm for arm in arms if math.isfinite(arm.mean)][:MOST_LANES]
    if not drawn:
        return ()
    metric = numbers.metric_of(record)
    values = [metric.factor * value for arm in drawn for value in arm.values if math.isfinite(value)]
    domain = padded(min(values), max(values))
    binned = len(values) > MOST_POINTS
    rows = [row for lane, arm in enumerate(drawn) for row in _rows(record, arm, lane, domain, binned=binned)]
    title = f"{metric.name[0].upper()}{metric.name[1:]}, every seed"
    note = "Bar: the 95% interval of the mean. Upright line: the mean."
    seeds = "Each bin counts the seeds in it; the darker, the more." if binned else "Point: one seed."
    left = len([arm for arm in arms if math.isfinite(arm.mean)]) - len(drawn)
    more = f"Of {len(drawn) + left} arms the first {len(drawn)} are drawn." if left else ""
    spec = draw(_chart(record, domain, len(drawn)), title, rows)
    return (Figure(name="seeds", title=title, spec=spec, note=words(seeds, note, more)),)


def _rows(record: StudyRecord, arm: StudyArm, lane: int, domain: Sequence[float], *, binned: bool) -> list[Row]:
    metric = numbers.metric_of(record)
    finite = [(seed, metric.factor * v) for seed, v in zip(arm.seeds, arm.values, strict=True) if math.isfinite(v)]
    mean, low, high = (metric.factor * value for value in (arm.mean, arm.low, arm.high))
    label = f"{metric.full(arm.mean)} [{metric.value(arm.low)}, {metric.value(arm.high)}]"
    middle: Row = {"arm": arm.name, "kind": "mean", "x": mean, "low": low, "high": high, "y": lane + 0.68,
                   "label": label}  # fmt: skip
    width = domain[1] - domain[0]
    if binned:
        return [*_bins(arm.name, [value for _, value in finite], lane, domain[0], width / N_BINS), middle]
    offsets = swarm([value for _, value in finite], width)
    points = zip(finite, offsets, strict=True)
    return [*({"arm": arm.name, "kind": "seed", "x": value, "y": lane + 0.68 + offset, "seed": seed}
              for (seed, value), offset in points), middle]  # fmt: skip


def _bins(arm: str, values: Sequence[float], lane: int, low: float, width: float) -> list[Row]:
    counts = Counter(min(N_BINS - 1, int((value - low) / width)) for value in values)
    most = max(counts.values())
    return [
        {"arm": arm, "kind": "bin", "x": low + place * width, "x2": low + (place + 1) * width, "y": lane + 0.45,
         "y2": lane + 0.9, "n": n, "share": math.sqrt(n / most)}
        for place, n in sorted(counts.items())
    ]  # fmt: skip


def _chart(record: StudyRecord, domain: list[float], n_lanes: int) -> Layered:
    import altair as alt

    metric = numbers.metric_of(record)
    unit = f" ({metric.unit})" if metric.unit else ""
    x = alt.X("x:Q", scale=alt.Scale(domain=domain, nice=False), axis=alt.Axis(title=f"{metric.name}{unit}"))
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, n_lanes], reverse=True, nice=False), axis=None)
    color, base = arm_color(record), alt.Chart(alt.NamedData(name="rows"))
    points = base.transform_filter("datum.kind === 'seed'").encode(x, y, color, opacity=faded(0.7))
    bins = base.transform_filter("datum.kind === 'bin'").encode(x, y, color, x2="x2:Q", y2="y2:Q")
    means = base.transform_filter("datum.kind === 'mean'").encode(y=y, opacity=faded(1.0))
    tips = [alt.Tooltip("arm:N", title="arm"), alt.Tooltip("seed:N", title="seed"),
            alt.Tooltip("x:Q", title=metric.name, format=".4~g")]  # fmt: skip
    of_bin = [alt.Tooltip("arm:N", title="arm"), alt.Tooltip("n:Q", title="seeds")]
    room = alt.ExprRef("width - 150")  # what the numbers at the right leave
    return alt.layer(
        bins.mark_rect().encode(opacity=alt.Opacity("share:Q", scale=None), tooltip=of_bin),
        points.mark_circle(size=40, clip=True).encode(tooltip=tips),
        means.mark_rule(strokeWidth=2, color="var(--ink)", clip=True).encode(x=alt.X("low:Q"), x2="high:Q"),
        means.mark_tick(thickness=2.5, size=20, color="var(--ink)").encode(x=alt.X("x:Q")),
        means.mark_text(align="left", dy=-21, fontWeight=600, limit=room).encode(x=alt.value(2), text="arm:N"),
        means.mark_text(align="right", dy=-21, color="var(--muted)").encode(x=alt.value("width"), text="label:N"),
    ).add_params(focus()).properties(height=LANE * n_lanes)  # fmt: skip
