"""Dead shares by arm and learning rate, and how they are shown."""

from __future__ import annotations

from typing import Any, NamedTuple

from layerwise.lecture.units._marks import intervals, line
from layerwise.records import Axis, Picture, Table
from layerwise.stats import Interval, Paired

RATES = (0.03, 0.1, 0.3, 0.6, 1.0)
LARGE = 0.2
FEW = 3
"""So many networks must be left to say something about a rate."""

ARMS: dict[str, dict[str, Any]] = {
    "ReLU": {"activation": "relu"},
    "ReLU, bias 0.01": {"activation": "relu", "bias": 0.01},
    "Leaky ReLU": {"activation": "leaky_relu"},
    "PReLU": {"activation": "prelu"},
    "ELU": {"activation": "elu"},
    "Maxout": {"activation": "maxout", "initializer": "lecun_normal"},
}
"""All with He's weights but Maxout, whose larger piece keeps the whole variance."""

VARIANTS = ("Leaky ReLU", "PReLU", "ELU", "Maxout")
Shares = dict[str, list[Interval | None]]


class Found(NamedTuple):
    """By arm and rate: dead units, dead pieces, diverged networks; what the bias of 0.01 saves at the worst rate."""

    units: Shares
    pieces: Shares
    lost: dict[str, list[float]]
    worst: int
    saved: Paired | None


def dying_table(found: Found) -> Table:
    """Return the dead shares, and in parentheses what diverged."""
    rows = tuple(
        (arm, *(_cell(one, gone) for one, gone in zip(found.units[arm], found.lost[arm], strict=True))) for arm in ARMS
    )
    pieces = ("Maxout, pieces", *(_cell(one, 0.0) for one in found.pieces["Maxout"]))
    return Table(
        title="Dead share of hidden units, by learning rate",
        columns=("unit", *(f"{rate:g}" for rate in RATES)),
        rows=(*rows, pieces),
        note="Mean over networks that did not diverge; in parentheses the share that diverged. None: fewer than "
        "three are left.",
    )


def _cell(one: Interval | None, gone: float) -> str:
    share = "none" if one is None else f"{one.estimate:.1%}"
    return f"{share} ({gone:.0%})" if gone else share


def dying_picture(found: Found) -> Picture:
    """Return the dead shares against the learning rate."""
    named = {**found.units, "Maxout, single pieces": found.pieces["Maxout"]}
    marks = []
    for name, several in named.items():
        kept = [(rate, one) for rate, one in zip(RATES, several, strict=True) if one is not None]
        marks.append(intervals([rate for rate, _ in kept], [one for _, one in kept], name))
    return Picture(
        title="Dead units against the learning rate",
        x=Axis(title="learning rate", scale="log"),
        y=Axis(title="share of dead hidden units", low=0.0, high=1.0),
        marks=tuple(marks),
        note="Means over the networks that did not diverge, with 95% intervals. A line ends where fewer than three are "
        "left. Dead: a slope below 1e-6 for every training input.",
        size="full",
    )


def lost_picture(found: Found) -> Picture:
    """Return the diverged networks against the learning rate."""
    marks = [line(RATES, gone, arm) for arm, gone in found.lost.items()]
    return Picture(
        title="Networks that diverged, against the learning rate",
        x=Axis(title="learning rate", scale="log"),
        y=Axis(title="share of networks that diverged", low=0.0, high=1.0),
        marks=tuple(marks),
        note="Diverged: the loss is no longer a finite number.",
        size="full",
    )
