"""`layerwise compare`: the main job."""

from __future__ import annotations

import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from layerwise.cli import _options as o
from layerwise.cli._numbers import numbers
from layerwise.cli._show import show

if TYPE_CHECKING:
    from layerwise.data import Data
    from layerwise.models import Recipe
    from layerwise.studies import Comparison


class TaskName(StrEnum):
    """What the target is."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"
    MULTILABEL = "multilabel"


_NOT_CHOICES = frozenset(
    {"recipe", "data", "target", "folder", "task", "seeds", "search_seeds", "learning_rate"}
    | {"device", "chunk_size", "output", "json_out", "quiet"}
)


def compare(
    recipe: Annotated[
        list[str] | None, typer.Option(help="Preset or recipe file; repeat it. [default: the eight of the lecture]")
    ] = None,
    data: Annotated[str, typer.Option(help="digits, mnist, circles, ... or a CSV, Parquet or NPZ file.")] = "digits",
    target: Annotated[
        str | None, typer.Option(help="Column with the answer, in a table: its name or position.")
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="Where the files of mnist, fashion-mnist, cifar10 are.")] = None,
    task: Annotated[
        TaskName | None, typer.Option(help="classification or regression [what the target looks like].")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Final runs of each arm.")] = 30,
    search_seeds: Annotated[int, typer.Option(help="Runs of each arm in the search; half of them try every rate.")] = 4,
    learning_rate: Annotated[
        list[float] | None, typer.Option(help="Rates to choose from; repeat it [five a decade-pair].")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, mps.")] = "cpu",
    chunk_size: Annotated[int | None, typer.Option(help="Networks trained as one batch [by their size].")] = None,
    output: Annotated[Path | None, typer.Option(help="Folder for report.html and result.json.")] = None,
    json_out: Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress on the screen.")] = False,
    kind: o.Kind = None,
    depth: o.Depth = None,
    width: o.Width = None,
    channels: o.Channels = None,
    kernel: o.Kernel = None,
    pool: o.Pool = None,
    dense: o.Dense = None,
    activation: o.ActivationName = None,
    pieces: o.Pieces = None,
    initializer: o.InitializerName = None,
    scale: o.Scale = None,
    bias: o.Bias = None,
    bias_std: o.BiasStd = None,
    normalizer: o.NormalizerName = None,
    normalizer_place: o.NormalizerPlace = None,
    dropout: o.DropoutShare = None,
    method: o.MethodName = None,
    schedule: o.Schedule = None,
    warmup: o.Warmup = None,
    momentum: o.MomentumValue = None,
    beta1: o.Beta1 = None,
    beta2: o.Beta2 = None,
    epsilon: o.Epsilon = None,
    l2: o.L2 = None,
    l1: o.L1 = None,
    batch_size: o.BatchSize = None,
    epochs: o.Epochs = None,
    loss: o.Loss = None,
    clip_norm: o.ClipNorm = None,
    patience: o.Patience = None,
    input_noise: o.InputNoise = None,
    pretraining: o.PretrainingName = None,
    pretraining_epochs: o.PretrainingEpochs = None,
    pretraining_rate: o.PretrainingRate = None,
    corruption: o.Corruption = None,
) -> None:
    """Train deep networks side by side on real data, many seeds at once.

    Each arm trains at its own best learning rate; for arms that fail, the layer and the reason are named.
    """
    choices = {name: value for name, value in locals().items() if name not in _NOT_CHOICES and value is not None}
    choices |= {name: _sizes(name, choices[name]) for name in ("width", "channels", "dense") if name in choices}
    if not (quiet or json_out):
        _first_words(recipe, data)
    if output is not None:
        from layerwise.store import check_writable

        check_writable(output)
    from layerwise.data import load

    ground = load(data, target=target, folder=folder, task=task.value if task else None)
    arms = _arms(recipe, choices)
    options = {"seeds": seeds, "search_seeds": search_seeds, "learning_rates": learning_rate, "device": device}
    result = _run(arms, ground, options | {"chunk_size": chunk_size}, live=not (quiet or json_out))
    show(result, output, json_out=json_out)


def _sizes(name: str, text: str) -> str | int | list[int]:
    if (name, text) == ("dense", "none"):
        return text
    sizes = numbers(name, text, int)
    return sizes if len(sizes) > 1 else sizes[0]


def _first_words(recipe: list[str] | None, data: str) -> None:
    """Said before torch is loaded, which takes seconds."""
    arms = f"{len(recipe)} recipe{'s' * (len(recipe) > 1)}" if recipe else "eight ways to train a deep network"
    print(f"layerwise compares {arms} on {data} ...", file=sys.stderr, flush=True)


def _arms(names: list[str] | None, choices: dict[str, Any]) -> list[Recipe]:
    from layerwise.cli._recipes import named_recipe
    from layerwise.studies import DEFAULT_ARMS

    return [named_recipe(name).replace(**choices) for name in names or DEFAULT_ARMS]


def _run(arms: list[Recipe], ground: Data, options: dict[str, Any], *, live: bool) -> Comparison:
    from contextlib import nullcontext

    from layerwise.cli._live import Live
    from layerwise.studies import compare as run

    try:
        with Live(arms, ground) if live else nullcontext(False) as listener:
            command = shlex.join(["layerwise", *sys.argv[1:]])
            return run(arms, ground, progress=listener, command=command, **options)
    except KeyboardInterrupt:
        print("Interrupted before any final run had ended: nothing to show.", file=sys.stderr)
        raise typer.Exit(130) from None
