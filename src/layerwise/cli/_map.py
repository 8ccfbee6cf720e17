"""`layerwise map`: which depths train at which weight variance, next to what theory says."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from layerwise.cli._numbers import numbers
from layerwise.cli._show import show

if TYPE_CHECKING:
    from layerwise.studies import TrainabilityMap


def map_(
    activation: Annotated[str, typer.Option(help="Activation function: tanh, relu, gelu, ...")] = "tanh",
    bias_variance: Annotated[float, typer.Option(help="Variance of the biases at the start.")] = 0.05,
    data: Annotated[str, typer.Option(help="mnist, digits, ... or a CSV, Parquet or NPZ file.")] = "mnist",
    folder: Annotated[Path | None, typer.Option(help="Where the files of mnist, fashion-mnist, cifar10 are.")] = None,
    depths: Annotated[
        str | None, typer.Option(help="Hidden layers, commas between [8 depths from 8 to 91].", show_default=False)
    ] = None,
    weight_variances: Annotated[
        str | None, typer.Option(help="Times fan_in, commas between [1 to 4 by 0.25].", show_default=False)
    ] = None,
    width: Annotated[int | None, typer.Option(help="Units of each hidden layer [100].", show_default=False)] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Rate of all networks, which is the width's [0.01].", show_default=False)
    ] = None,
    steps: Annotated[int, typer.Option(help="Updates of each network.")] = 200,
    batch_size: Annotated[int | None, typer.Option(help="Rows of an update [100].", show_default=False)] = None,
    seeds: Annotated[int, typer.Option(help="Networks in each cell of the map.")] = 1,
    full: Annotated[
        bool,
        typer.Option(
            "--full", help="The size of the paper: width 300, depths to 300, batch 256, rate 0.001; an hour or more."
        ),
    ] = False,
    device: Annotated[str, typer.Option(help="cpu, cuda, mps.")] = "cpu",
    output: Annotated[Path | None, typer.Option(help="Folder for report.html and result.json.")] = None,
    json_out: Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress on the screen.")] = False,
) -> None:
    """Map which depths train at which weight variance, next to theory's 6 xi_c.

    Trains a network for each depth and weight variance on real data, and draws theory's boundary over the accuracies:
    some minutes on two cores.
    """
    choices: dict[str, Any] = {"depths": depths and numbers("depths", depths, int)}
    choices["weight_variances"] = weight_variances and numbers("weight_variances", weight_variances, float)
    choices |= {"width": width, "learning_rate": learning_rate, "batch_size": batch_size}
    if not (quiet or json_out):
        print(f"layerwise maps which depths of {activation} networks train on {data} ...", file=sys.stderr, flush=True)
    if output is not None:
        from layerwise.store import check_writable

        check_writable(output)
    from layerwise.data import load
    from layerwise.studies import PAPER

    given = {name: value for name, value in choices.items() if value is not None}
    options = {**(PAPER if full else {}), **given} | {"steps": steps, "seeds": seeds, "device": device}
    result = _run(activation, bias_variance, load(data, folder=folder), options, live=not (quiet or json_out))
    show(result, output, json_out=json_out)


def _run(activation: str, bias_variance: float, ground: Any, options: dict[str, Any], *, live: bool) -> TrainabilityMap:
    from layerwise.studies import trainability_map

    command = shlex.join(["layerwise", *sys.argv[1:]])
    try:
        return trainability_map(activation, bias_variance, ground, progress=live, command=command, **options)
    except KeyboardInterrupt:
        print("Interrupted before any network had been trained: nothing to show.", file=sys.stderr)
        raise typer.Exit(130) from None
