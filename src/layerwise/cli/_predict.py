"""`layerwise predict`: a recipe's signal and gradient before training, as theory has them and as one run shows them."""

from __future__ import annotations

import textwrap
from typing import Annotated

import typer


def predict(
    recipe: Annotated[str, typer.Argument(help="A preset, or a YAML or JSON file of a recipe.")],
    data: Annotated[str, typer.Option(help="A named data set, or a file.")] = "digits",
    seed: Annotated[int, typer.Option(help="Of the split and the initial draw.")] = 0,
) -> None:
    """Say what theory expects of each layer of a recipe's network before training, beside what one run shows.

    The gradient is that of a random one at the output; theory knows how it changes from layer to layer.
    """
    from layerwise.cli._recipes import named_recipe
    from layerwise.models import predict as predicted

    found = named_recipe(recipe)
    print(textwrap.fill(str(found), 80, subsequent_indent="    ", break_on_hyphens=False))
    print(predicted(found, data, seed=seed))
