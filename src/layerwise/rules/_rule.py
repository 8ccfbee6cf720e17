"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

from layerwise.rules._view import View

Unit = Literal["number", "percent"]


@dataclass(frozen=True, kw_only=True)
class Breach:
    """One rule broken in one run: where it is worst at the step at which it was first seen.

    Attributes:
        layer: the layer's name, or None for the whole network.
        step: number of updates made when it was first seen.
        value: the measured value.
        threshold: the limit that `value` crosses; it may depend on the facts (width, activation).
        sentence: what a reader is told, with the fields {layer}, {value}, {limit}, {since} and {at}.
    """

    layer: str | None
    step: int
    value: float
    threshold: float
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A question put to one run, with its limit, where the limit comes from, and a page that explains it.

    Attributes:
        code: three letters and three digits, never used again for anything else.
        title: a short phrase, in lower case, that completes "this network has ...".
        threshold: the usual limit; the limit in force for a run stands in its `Breach`.
        unit: how values and limits are printed.
        source: one line: where the limit comes from.
        inspect: returns the breach in the run that the view shows, or None.
    """

    code: str
    title: str
    threshold: float
    unit: Unit
    source: str
    inspect: Callable[[View], Breach | None]

    @property
    def page(self) -> str:
        """The rule's page, in Markdown: what it sees, why it matters, limits, what helps, source."""
        return (files("layerwise.rules") / "pages" / f"{self.code}.md").read_text(encoding="utf-8")
