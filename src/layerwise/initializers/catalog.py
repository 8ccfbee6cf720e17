"""How the table of initializers is shown: by the command line and in the documentation."""

from __future__ import annotations

from layerwise import initializers
from layerwise.initializers._facts import DEPTH, FAN, facts, row
from layerwise.initializers._table import INITIALIZERS
from layerwise.report import Catalog, described_functions

CATALOG = Catalog(
    room="initializers",
    entries=INITIALIZERS,
    sample="he_normal",
    row=row,
    facts=facts,
    legend={
        "E w^2": "mean square of a dense layer's weights; it is their variance, but for constant and identity",
        "rms": f"its root with {FAN} inputs, {FAN} units and the options' defaults",
        "relu, tanh": f"rms of the pre-activations at layer {DEPTH} of such a network, from inputs of mean square 1",
    },
    introduction="""\
`layerwise.initializers.INITIALIZERS["he_normal"].fill(tensor, generator=...)` does what the function of the same name
does, `.expected(fan_in, fan_out)` gives the numbers for layers of other sizes. The numbers for depth are those of
`layerwise.theory.propagate`, exact as the width goes to infinity, without biases. In a convolution `fan_in` and
`fan_out` count the places of the kernel. Where signal or gradient vanish or explode in a row, deep networks need
another scale (an option, `scale` in a recipe) or a normalizer.
""",
    further=described_functions(initializers, without=[entry.function for entry in INITIALIZERS.values()]),
    code=frozenset({"call", "E w^2"}),
)
