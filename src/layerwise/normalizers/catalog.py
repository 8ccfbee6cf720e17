"""How the table of normalizers is shown: by the command line and in the documentation."""

from __future__ import annotations

from layerwise import normalizers
from layerwise.normalizers._facts import facts, row
from layerwise.normalizers._table import NORMALIZERS, NOT_A_LAYER
from layerwise.report import Catalog, described_functions

CATALOG = Catalog(
    room="normalizers",
    entries=NORMALIZERS,
    sample="batch",
    row=row,
    facts=facts,
    legend={
        "statistics over": "examples, for each unit by itself, or units, for each example by itself",
        "batch": "whether an example's output depends on the others; then evaluation differs from training",
        "layers": "recipes have dense ones; `insert` and `convert` put some behind convolutions too",
    },
    introduction="""\
`gamma` and `beta` are the module's `weight` and `bias`; `mean`, `var` (the biased one) and `mean_square` are taken over
what the entry says. Growth is that of layers `z' = W f(normalized z)` that are wide and many, where it is known:
`E f'^2 / Var f` for batch normalization in large batches, `E f'^2 / E f^2` where each example is normalized by itself.
What follows the table's entries is no choice of a recipe: what acts on weights, and functions on whole models.
""",
    further={name: {"in short": reason} for name, reason in NOT_A_LAYER.items()} | described_functions(normalizers),
    code=frozenset({"call", "y", "module"}),
)
