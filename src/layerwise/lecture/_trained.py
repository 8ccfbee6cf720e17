"""What the claims train, kept chunk by chunk, so that a claim that was stopped goes on within itself."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layerwise._base import LayerwiseError
from layerwise.lecture._claim import Claim
from layerwise.population import Fit, Prepare, Start
from layerwise.pretraining import prepare as pretrain
from layerwise.studies import Study, run_study, versions
from layerwise.studies.study import digest

if TYPE_CHECKING:
    from layerwise.data import Data
    from layerwise.models import Recipe
    from layerwise.records import Curve

FOLDER = "studies"
OF_A_STUDY = frozenset({"probe_every", "device", "chunk_size"})
"""The options of a training that a study has too."""


class Trained:
    """Every training of a claim as a study in a folder of its own, under `folder`.

    A training is found again by what it is: its recipes, seeds, data and options, and the versions that it runs with.
    Its question, prediction and rule are those of the claim.
    """

    def __init__(self, folder: Path, claim: Claim, command: str) -> None:
        self._folder, self._claim, self._command = folder / FOLDER, claim, command

    def fit(
        self,
        recipes: Sequence[Recipe],
        data: Data,
        seeds: Sequence[int],
        options: dict[str, Any],
        *,
        stage: str,
        progress: Callable[[Any], None],
    ) -> Fit:
        """Return what `layerwise.fit` does with such options, records only; what is recorded is not trained again.

        Raises:
            LayerwiseError: a member's training has raised an error.
        """
        arms, prepare = told_apart(recipes), options["prepare"]
        study = self._study(arms, data, seeds, stage, {name: options[name] for name in OF_A_STUDY & options.keys()})
        folder = self._folder / f"{study.name.replace(', ', '-')}-{_digest(study, data, prepare)}"
        names = {arm.name: recipe.name for arm, recipe in zip(arms, recipes, strict=True)}
        prepared = prepare if prepare is pretrain else _named(prepare, names)
        result = run_study(study, folder, data=data, prepare=prepared, progress=progress, command=self._command)
        runs = [replace(run, recipe=names[run.recipe]) for run in result.runs()]
        if len(runs) < len(arms) * len(seeds):
            raise LayerwiseError(
                f"Some networks of claim {self._claim.id} could not be trained, as `layerwise study show {folder}` "
                "says. Remove that folder to try again."
            )
        seconds = sum(run.seconds for run in runs)
        return Fit(runs, n_planned=len(runs), seconds=seconds, device=study.device, histograms=[()] * len(runs))

    def _study(
        self, arms: Sequence[Recipe], data: Data, seeds: Sequence[int], stage: str, options: dict[str, Any]
    ) -> Study:
        claim = self._claim
        told: dict[str, Any] = {
            "name": f"{claim.id}, {stage}" if stage else claim.id,
            "question": claim.statement,
            "prediction": claim.prediction,
            "decision": {"words": claim.decision_rule},
            "arms": arms,
            "data": data.name,
            "seeds": seeds,
        }
        return Study(**told, **options)


def told_apart(recipes: Sequence[Recipe]) -> list[Recipe]:
    """Return the recipes with a number at names that several have.

    Example:
        >>> from layerwise.models import Recipe
        >>> same = Recipe(name="a")
        >>> [one.name for one in told_apart([same, Recipe(name="b"), same.replace(depth=2)])]
        ['a, 1 of 2', 'b', 'a, 2 of 2']
    """
    totals, seen = Counter(recipe.name for recipe in recipes), Counter[str]()

    def numbered() -> Iterator[Recipe]:
        for recipe in recipes:
            seen[recipe.name] += 1
            n, of = seen[recipe.name], totals[recipe.name]
            yield recipe if of == 1 else recipe.replace(name=f"{recipe.name}, {n} of {of}")

    return list(numbered())


def can_be_kept(options: dict[str, Any]) -> bool:
    """Return whether records are all that a training with these options leaves, and a study can say it all.

    A preparation must be a function of a module, which can be told by its name.
    """
    rest = {name: value for name, value in options.items() if name not in OF_A_STUDY}
    told_by_name = "<" not in getattr(rest.pop("prepare", pretrain), "__qualname__", "<unknown>")
    return told_by_name and not any(rest.values())


def _digest(study: Study, data: Data, prepare: Prepare) -> str:
    of_data = (data.source, data.n_fixed_test, data.task, digest(data))
    told = (study.model_dump_json(), of_data, prepare.__module__, prepare.__qualname__, versions())
    return hashlib.sha256(repr(told).encode()).hexdigest()[:8]


def _named(prepare: Prepare, names: dict[str, str]) -> Prepare:
    """Return `prepare`, called with recipes under their own names."""

    @wraps(prepare)
    def named(start: Start) -> Sequence[tuple[Curve, ...]]:
        recipes = tuple(recipe.replace(name=names[recipe.name]) for recipe in start.recipes)
        return prepare(start._replace(recipes=recipes))

    return named
