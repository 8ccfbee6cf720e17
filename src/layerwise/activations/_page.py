"""The page of the documentation about activations, written from the entries themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from layerwise.activations._activation import Activation
from layerwise.activations._facts import HEADINGS, facts, row
from layerwise.activations._table import ACTIVATIONS

_HEAD = """\
<!-- Written by `python -m layerwise.activations > docs/activations.md`; a test fails where it is stale. -->

# Activations

Every entry of `layerwise.activations.ACTIVATIONS`, by the name that recipes use. `layerwise activations` prints the
table, `layerwise activations gelu` one entry and its curves. Pre-activations `z` are unit Gaussian in all expectations,
which are quadratures in float64 (`layerwise.activations.moments`, for a function of yours too).

*Flat*: a smooth side where the slope stays under 5 % of its largest value. *Dead side*: where the slope is exactly 0.
*Gain*: `E[f^2]^(-1/2)`; weights of variance `gain^2 / fan_in` keep the second moment of the pre-activations.
Gain and largest slope of glu, geglu, swiglu and maxout are those for independent pre-activations.
"""

_TAIL = """
## CReLU

`layerwise.activations.CReLU` puts `relu(z)` and `relu(-z)` side by side. It doubles the width, so it is a module and no
entry of the table: a recipe's layers are as wide as they say. Shang, Sohn, Almeida, Lee 2016, Understanding and
improving convolutional neural networks via concatenated rectified linear units.
"""


def page() -> str:
    """Return the page in Markdown."""
    rows = [HEADINGS, tuple("---" for _ in HEADINGS), *map(row, ACTIVATIONS.values())]
    table = "".join(_line(cells) for cells in rows)
    return _HEAD + "\n" + table + "".join(map(_section, ACTIVATIONS.values())) + _TAIL


def _section(entry: Activation) -> str:
    return f"\n## {entry.name}\n\n" + "".join(_items(entry))


def _items(entry: Activation) -> Iterator[str]:
    for label, text in facts(entry).items():
        code = label in {"f(z)", "f'(z)", "module"}
        yield f"- {label}: " + (f"`{text}`" if code else _escaped(text)) + "\n"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(_escaped, cells)) + " |\n"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")  # else the end of a cell
