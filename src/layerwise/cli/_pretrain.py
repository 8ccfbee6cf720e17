"""`layerwise pretrain`: an encoder layer by layer, and what its codes keep of the data."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from layerwise.cli._numbers import numbers
from layerwise.cli._show import show

if TYPE_CHECKING:
    from layerwise.data import Data
    from layerwise.studies import PretrainingStudy

CHECKPOINT = "checkpoint"


def pretrain(
    data: Annotated[str, typer.Option(help="digits, mnist, ... or a CSV, Parquet or NPZ file.")] = "digits",
    target: Annotated[str | None, typer.Option(help="Column that is no input, in a table: the label.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Where the files of mnist, fashion-mnist, cifar10 are.")] = None,
    widths: Annotated[
        str, typer.Option(help="Units of each layer; the last are the code. For mnist: 1000,500,250,30.")
    ] = "200,100,10",
    objective: Annotated[
        str, typer.Option(help="rbm, autoencoder, denoising, contractive, sparse, supervised.")
    ] = "rbm",
    activation: Annotated[str, typer.Option(help="Activation function of the layers.")] = "sigmoid",
    linear_code: Annotated[bool, typer.Option("--linear-code", help="The last layer has no activation.")] = False,
    initializer: Annotated[
        str | None, typer.Option(help="How weights are drawn [normal 0.1 for rbm, else glorot_uniform].")
    ] = None,
    epochs: Annotated[
        str | None, typer.Option(help="Passes for each layer: 20, or 10,10,20 [10, more for few rows].")
    ] = None,
    learning_rate: Annotated[
        str | None, typer.Option(help="Of pre-training: 0.1, or one a layer [the objective's own].")
    ] = None,
    batch_size: Annotated[int | None, typer.Option(help="Rows of an update [100].", show_default=False)] = None,
    accumulate: Annotated[
        int | None,
        typer.Option(help="Batches whose mean gradient makes one update [1]; not for rbm.", show_default=False),
    ] = None,
    autocast: Annotated[
        str | None, typer.Option(help="bfloat16: what products are rounded to; all else stays float32.")
    ] = None,
    corruption_level: Annotated[
        float | None, typer.Option(help="Share of inputs that denoising sets to 0 [0.25].", show_default=False)
    ] = None,
    fine_tune: Annotated[
        int | None,
        typer.Option(help="Epochs in which all layers then train together; 0: none [10 or more; supervised: 0]."),
    ] = None,
    fine_tune_rate: Annotated[float, typer.Option(help="Learning rate of those, by Adam.")] = 0.001,
    verdict: Annotated[
        bool, typer.Option("--verdict", help="Find out if it helps a classifier: trains some 300.")
    ] = False,
    verdict_seeds: Annotated[int, typer.Option(help="For how many seeds.")] = 12,
    tsne: Annotated[
        bool, typer.Option("--tsne", help="Map the codes by t-SNE rather than PCA; a minute or more.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of all that is random.")] = 0,
    device: Annotated[str, typer.Option(help="cpu, cuda, mps.")] = "cpu",
    output: Annotated[
        Path | None, typer.Option(help="Folder for report, records, networks; while it runs, a checkpoint.")
    ] = None,
    json_out: Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress on the screen.")] = False,
) -> None:
    """Pre-train a deep encoder layer by layer, and hold it to PCA of the same size.

    With --output, a run that was stopped goes on where it was when the same command is given again.
    """
    options: dict[str, Any] = {
        "epochs": _one_or_each("epochs", epochs, int),
        "learning_rate": _one_or_each("learning_rate", learning_rate, float),
        "batch_size": batch_size,
        "accumulate": accumulate,
        "autocast": autocast,
        "corruption_level": corruption_level,
    }
    given = {name: value for name, value in options.items() if value is not None}
    given |= {
        "widths": numbers("widths", widths, int),
        "objective": objective, "activation": activation, "linear_code": linear_code, "initializer": initializer,
        "fine_tune": fine_tune, "fine_tune_rate": fine_tune_rate, "verdict": verdict, "verdict_seeds": verdict_seeds,
        "tsne": tsne, "seed": seed, "device": device,
    }  # fmt: skip
    if not (quiet or json_out):
        print(f"layerwise pre-trains {widths} units on {data}, layer by layer ...", file=sys.stderr, flush=True)
    if output is not None:
        from layerwise.store import check_writable

        check_writable(output)
    from layerwise.data import load

    result = _run(load(data, target=target, folder=folder), given, output, live=not (quiet or json_out))
    show(result, output, json_out=json_out)
    if output is not None:
        _tidy(output, result.files, said=not json_out)


def _one_or_each(name: str, text: str | None, kind: Any) -> Any:
    if text is None:
        return None
    found = numbers(name, text, kind)
    return found if len(found) > 1 else found[0]


def _run(ground: Data, given: dict[str, Any], output: Path | None, *, live: bool) -> PretrainingStudy:
    from contextlib import nullcontext

    from layerwise.cli._bars import Bars
    from layerwise.studies import study_pretraining

    place = None if output is None else output / CHECKPOINT
    try:
        with Bars() if live else nullcontext() as listener:
            command = shlex.join(["layerwise", *sys.argv[1:]])
            return study_pretraining(ground, checkpoint=place, progress=listener, command=command, **given)
    except KeyboardInterrupt:
        kept = "nothing was kept. With --output DIR, the same command could go on."
        if place is not None:
            kept = f"{place} holds what was trained: the same command goes on from there."
            if not place.exists():
                kept = "nothing was trained yet that could be kept. The same command begins anew."
        print(f"Interrupted: {kept}", file=sys.stderr)
        raise typer.Exit(130) from None


def _tidy(output: Path, files: tuple[str, ...], *, said: bool) -> None:
    """Remove the checkpoints, which would refuse any other run in this folder, and say where the networks are."""
    from layerwise.pretraining import Checkpoint
    from layerwise.studies import PretrainingStudy

    for place in PretrainingStudy.checkpoints(output / CHECKPOINT):
        Checkpoint(place, "").remove()
    if said:
        print(f"Networks: {', '.join(str(output / name) for name in files)}")
