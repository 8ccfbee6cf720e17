"""One color for each arm in every chart, told apart by color-blind eyes; one arm brought forward on request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt

    from layerwise.records import ComparisonRecord, StudyRecord

# The style sheet holds the colors themselves (--arm-0 ...), after M. Okabe and K. Ito (2008), Color Universal Design.
N_COLORS = 8
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3])


def arm_color(record: ComparisonRecord | StudyRecord) -> alt.Color:
    """Return the encoding of an arm as its color; legends stand on the page, above the charts."""
    import altair as alt

    colors = [color(place) for place in range(len(record.arms))]
    return alt.Color("arm:N", scale=alt.Scale(domain=_names(record), range=colors), legend=None)


def arm_dash(record: ComparisonRecord | StudyRecord) -> alt.StrokeDash:
    """Return the encoding of an arm as dashes, which begin when the colors are used up."""
    import altair as alt

    dashes = [DASHES[place // N_COLORS % len(DASHES)] for place in range(len(record.arms))]
    return alt.StrokeDash("arm:N", scale=alt.Scale(domain=_names(record), range=dashes), legend=None)


def color(place: int) -> str:
    """Return the color of the arm at `place`, as the style sheet names it."""
    return f"var(--arm-{place % N_COLORS})"


def focus() -> alt.Parameter:
    """Return the parameter that the page's legends set: the arm to bring forward, or null."""
    import altair as alt

    return alt.param(name="focus", value=None)


def faded(strong: float, weak: float = 0.08) -> Any:
    """Return an opacity: `strong`, or `weak` while another arm is brought forward."""
    import altair as alt

    return alt.condition("focus === null || focus === datum.arm", alt.value(strong), alt.value(weak))


def _names(record: ComparisonRecord | StudyRecord) -> list[str]:
    return [arm.name for arm in record.arms]
