"""The commands, each in a file of its own but those that show a table."""

from __future__ import annotations

from typing import Annotated

import typer

from layerwise.cli._compare import compare
from layerwise.cli._explain import explain
from layerwise.cli._ingredients import activations, initializers, normalizers
from layerwise.cli._lecture import lecture
from layerwise.cli._map import map_
from layerwise.cli._predict import predict
from layerwise.cli._presets import presets
from layerwise.cli._pretrain import pretrain
from layerwise.cli._report import report
from layerwise.cli._study import study
from layerwise.cli._theory import theory

app = typer.Typer(
    name="layerwise",
    help="Find out why a deep network does not train, make it train, and prove it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from layerwise import __version__

        typer.echo(f"layerwise {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Carry the options of the command itself."""


for command in (
    compare,
    map_,
    pretrain,
    lecture,
    report,
    explain,
    presets,
    activations,
    initializers,
    normalizers,
    theory,
    predict,
):
    app.command(command.__name__.rstrip("_"))(command)

app.add_typer(study)
