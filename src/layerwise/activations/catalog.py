"""How the table of activations is shown: by the command line and in the documentation."""

from __future__ import annotations

from layerwise import activations
from layerwise.activations._activation import FLAT_SHARE
from layerwise.activations._facts import facts, row
from layerwise.activations._table import ACTIVATIONS
from layerwise.report import Catalog, described_functions

CATALOG = Catalog(
    room="activations",
    entries=ACTIVATIONS,
    sample="gelu",
    row=row,
    facts=facts,
    legend={
        "flat": f"a smooth side where the slope stays under {FLAT_SHARE:.0%} of its largest value",
        "dead side": "where the slope is exactly 0",
        "gain": "E[f(z)^2]^(-1/2) for a unit Gaussian z: weights of variance gain^2 / fan_in keep the second moment",
    },
    introduction="""\
Pre-activations `z` are unit Gaussian in all expectations, which are quadratures in float64
(`layerwise.activations.moments`, for a function of yours too). Gain and largest slope of glu, geglu, swiglu and maxout
are those for independent pre-activations.
""",
    further=described_functions(activations),
    code=frozenset({"f(z)", "f'(z)", "module", "call"}),
)
