"""`layerwise study`: studies that say beforehand what they ask, and survive anything."""

from __future__ import annotations

import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from layerwise.studies.study import Study, StudyResult

study = typer.Typer(
    name="study",
    help="Run a study from a file, in pieces, on one machine or many; nothing is trained twice.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

CRASHED, OUT_OF_TIME, INTERRUPTED = 1, 3, 130


class EngineName(StrEnum):
    """Where chunks are trained."""

    LOCAL = "local"
    JOBLIB = "joblib"
    RAY = "ray"


class FormatName(StrEnum):
    """What members are written as."""

    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"


Folder = Annotated[Path, typer.Argument(help="Folder of a study, with its study.sqlite.")]
EngineOption = Annotated[EngineName, typer.Option(help="Threads of this process, joblib's workers, or Ray tasks.")]
Workers = Annotated[int | None, typer.Option(help="Threads or processes [one a core].", show_default=False, min=1)]
Address = Annotated[
    str | None, typer.Option(help="Of a Ray cluster: auto, or HOST:6379 [this machine].", show_default=False)
]
Cpus = Annotated[float, typer.Option(help="Cores that a Ray task takes.", min=0)]
Gpus = Annotated[float, typer.Option(help="GPUs that a Ray task takes: 0.25 lets four share one.", min=0)]
MaxTime = Annotated[
    str | None, typer.Option(help="Begin nothing later than that: 90s, 30m, 1h30m.", show_default=False)
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress on the screen.")]


@study.command()
def run(
    file: Annotated[Path, typer.Argument(help="Study file: YAML, JSON or Python.")],
    output: Annotated[Path | None, typer.Option(help="Folder of the study [studies/NAME].", show_default=False)] = None,
    engine: EngineOption = EngineName.LOCAL,
    workers: Workers = None,
    address: Address = None,
    num_cpus: Cpus = 1.0,
    num_gpus: Gpus = 0.0,
    max_time: MaxTime = None,
    halving: Annotated[
        bool, typer.Option("--halving", help="Drop arms that do worst on validation data on the way.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print arms, sizes, memory and time, and train nothing.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Run a study, or go on with it: the same command again trains what is left.

    Exit code 0: all members are recorded; 1: all are, and some crashed; 2: bad input; 3: the time was up; 130: Ctrl-C.
    """
    if not quiet:
        print(f"layerwise runs the study {file} ...", file=sys.stderr, flush=True)
    asked = _read(file, halving=halving)
    if dry_run:
        from layerwise.studies.study import estimate_text

        print(estimate_text(asked))
        return
    folder = output or Path("studies") / _folder_name(asked.name)
    _go(asked, folder, _engine(engine, workers, address, num_cpus, num_gpus), max_time, quiet=quiet)


@study.command()
def resume(
    folder: Folder,
    engine: EngineOption = EngineName.LOCAL,
    workers: Workers = None,
    address: Address = None,
    num_cpus: Cpus = 1.0,
    num_gpus: Gpus = 0.0,
    max_time: MaxTime = None,
    quiet: Quiet = False,
) -> None:
    """Go on with the study in a folder; its file says all that is needed."""
    from layerwise.store import StudyReader

    StudyReader(folder).close()  # says what is wrong before torch is loaded
    if not quiet:
        print(f"layerwise goes on with the study in {folder} ...", file=sys.stderr, flush=True)
    _go(None, folder, _engine(engine, workers, address, num_cpus, num_gpus), max_time, quiet=quiet)


@study.command(name="list")
def list_(
    folder: Annotated[Path, typer.Argument(help="Folder with folders of studies.")] = Path("studies"),
) -> None:
    """List studies: how far they are, and what became of their members."""
    from layerwise.report import studies_table
    from layerwise.store import StudyReader, find_studies

    found = []
    for place in find_studies(folder):
        with StudyReader(place) as reader:
            design = reader.design()
            found.append((design["study"]["name"], str(place), design["members"], reader.counts(), reader.created))
    print(studies_table(found) if found else f"There is no study in {folder}. `layerwise study run FILE` makes one.")


@study.command()
def show(
    folder: Folder, json_out: Annotated[bool, typer.Option("--json", help="Print the record as JSON.")] = False
) -> None:
    """Print a study as far as it is: verdict, arms, comparisons."""
    from layerwise.records import dump

    result = _result(folder)
    print(dump(result.record) if json_out else result)


@study.command()
def compare(first: Folder, second: Folder) -> None:
    """Compare two studies: what they were told, and the arms that both have."""
    from layerwise.studies.study import compare_text

    print(compare_text(first, second))


@study.command()
def export(
    folder: Folder,
    form: Annotated[FormatName, typer.Option("--format", help="csv, parquet or json.")] = FormatName.CSV,
) -> None:
    """Write every member's row to a file for other programs."""
    from layerwise.studies.study import export as write

    print(write(folder, form.value))


@study.command()
def schema() -> None:
    """Print the JSON schema of a study file, for editors."""
    import json

    from layerwise.studies.study import study_schema

    print(json.dumps(study_schema(), indent=2))


def _read(file: Path, *, halving: bool) -> Study:
    from layerwise.studies.study import Study, read_study

    asked = read_study(file)
    return Study(**(dict(asked) | {"halving": True})) if halving else asked


def _folder_name(name: str) -> str:
    """Return a name as one for a folder: words with hyphens between."""
    import re

    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "study"


def _engine(name: EngineName, workers: int | None, address: str | None, num_cpus: float, num_gpus: float) -> Any:
    from layerwise._base import InvalidInput
    from layerwise.studies.study.engines import Joblib, Local, Ray

    if address is not None and name is not EngineName.RAY:
        raise InvalidInput("`address` goes with `--engine ray` only", got=address, cure="Leave it out.")
    if name is EngineName.RAY:
        return Ray(address=address, num_cpus=num_cpus, num_gpus=num_gpus)
    return (Joblib if name is EngineName.JOBLIB else Local)(workers)


def _go(asked: Study | None, folder: Path, engine: Any, max_time: str | None, *, quiet: bool) -> None:
    from layerwise.studies.study import resume_study, run_study

    command = shlex.join(["layerwise", *sys.argv[1:]])
    options: dict[str, Any] = {"engine": engine, "max_time": max_time, "progress": not quiet, "command": command}
    try:
        result = resume_study(folder, **options) if asked is None else run_study(asked, folder, **options)
    except KeyboardInterrupt:
        print(f"Interrupted. What is recorded stays: {_again(folder)}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    result.save(folder)
    print(result)
    print(f"\nReport: {folder / 'report.html'}\nRecords: {folder / 'study.sqlite'}")
    if not result.complete:
        print(f"The time was up. Go on: {_again(folder)}")
        raise typer.Exit(OUT_OF_TIME)
    if any(arm.statuses.get("crashed") for arm in result.record.arms):
        raise typer.Exit(CRASHED)


def _again(folder: Path) -> str:
    return shlex.join(["layerwise", "study", "resume", str(folder)])


def _result(folder: Path) -> StudyResult:
    from layerwise.store import StudyReader

    StudyReader(folder).close()  # says what is wrong before torch is loaded
    from layerwise.studies.study import StudyResult

    return StudyResult(folder)
