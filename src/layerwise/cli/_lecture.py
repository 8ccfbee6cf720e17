"""`layerwise lecture`: every claim of the lecture, shown."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from layerwise.cli._compare import TaskName
from layerwise.cli._show import show

if TYPE_CHECKING:
    from layerwise.lecture import Lecture


def lecture(
    claims: Annotated[
        list[str] | None, typer.Argument(help="Such as C3.10, or C3 for a whole module [all].", show_default=False)
    ] = None,
    data: Annotated[str, typer.Option(help="digits, mnist, ... or a CSV, Parquet or NPZ file.")] = "digits",
    target: Annotated[str | None, typer.Option(help="Column to predict, of a table.", show_default=False)] = None,
    folder: Annotated[Path | None, typer.Option(help="Where the files of mnist, fashion-mnist, cifar10 are.")] = None,
    task: Annotated[
        TaskName | None, typer.Option(help="classification, regression or multilabel [what the target looks like].")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(help="For each experiment [each claim's own, 20 or more].", show_default=False)
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Sizes of the papers: for a GPU, or many hours.")] = False,
    device: Annotated[str, typer.Option(help="cpu, cuda, mps.")] = "cpu",
    output: Annotated[
        Path | None, typer.Option(help="Folder for lecture.html and lecture.json; what has ended is kept there.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Print the claims, and run nothing.")] = False,
    json_out: Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress on the screen.")] = False,
) -> None:
    """Show the lecture's claims one by one, on data: each holds, holds under a condition, or does not.

    With --output, a run that was stopped goes on where it was when the same command is given again, and what claims
    train stands there as studies: `layerwise study list DIR`. On a regression an error is the share of the variance
    that is left unexplained; claims about classes are then shown on digits.
    """
    if list_:
        _list()
        return
    chosen = {"data": data, "target": target, "folder": folder, "task": task.value if task else None}
    if output is not None:
        from layerwise.store import check_writable

        check_writable(output)
    result = _run(claims, chosen, seeds, full, device, output, live=not (quiet or json_out))
    if not result.record.claims:
        print("Interrupted before any claim had been shown.", file=sys.stderr)
        raise typer.Exit(130)
    show(result, output, json_out=json_out)
    if result.record.interrupted:
        raise typer.Exit(130)


def _options(chosen: dict[str, Any]) -> str:
    """Return the options that choose the data, those that are usual left out."""
    given = {name: value for name, value in chosen.items() if value not in (None, "digits")}
    return shlex.join([word for name, value in given.items() for word in (f"--{name}", str(value))])


def _list() -> None:
    from layerwise.lecture import CLAIMS

    for claim in CLAIMS.values():
        print(f"{claim.id:<6}{claim.kind:<22}{claim.title}")


def _run(
    claims: list[str] | None,
    chosen: dict[str, Any],
    seeds: int | None,
    full: bool,
    device: str,
    output: Path | None,
    *,
    live: bool,
) -> Lecture:
    if live:
        print("layerwise goes through the lecture, claim by claim ...", file=sys.stderr, flush=True)
    from contextlib import nullcontext

    from layerwise.cli._claim_bars import ClaimBars
    from layerwise.data import load
    from layerwise.lecture import run_lecture

    with ClaimBars() if live else nullcontext() as listener:
        return run_lecture(
            claims or None,
            load(chosen["data"], **{name: value for name, value in chosen.items() if name != "data"}),
            seeds=seeds,
            full=full,
            device=device,
            folder=output,
            progress=listener,
            command=shlex.join(["layerwise", *sys.argv[1:]]),
            options=_options(chosen),
        )
