"""Compare recipes: each at its own best learning rate, over many seeds, with the reason for those that fail."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from layerwise._base import InvalidInput, at_least, positive_int
from layerwise.data import Data, load
from layerwise.models import LOSSES, Recipe, preset, usual_loss
from layerwise.population import Fit
from layerwise.records import ComparisonRecord, Histogram, Trial
from layerwise.studies._comparison import Comparison
from layerwise.studies._search import candidates, choose, edge_note
from layerwise.studies._summarize import Scale, make_arm, make_pairs
from layerwise.studies._trainer import Progressive, Trainer, by_recipe
from layerwise.studies._versions import versions

if TYPE_CHECKING:
    import torch

DEFAULT_ARMS = (
    "sigmoid_1986",
    "autoencoder_2006",
    "rbm_2006",
    "tanh_large",
    "tanh_glorot_2010",
    "relu_torch_default",
    "relu_he_2015",
    "relu_he_batchnorm_2015",
)
"""The lecture's history of training the same deep network."""

SEARCH_SEED = 1_000_000
"""The search has seeds of its own, from here on, far from those of the final runs."""


def compare(
    recipes: Recipe | str | Iterable[Recipe | str] = DEFAULT_ARMS,
    data: Any = "digits",
    *,
    seeds: int | Sequence[int] = 30,
    learning_rates: float | Sequence[float] | None = None,
    search_seeds: int = 4,
    device: str | torch.device = "cpu",
    chunk_size: int | None = None,
    progress: Progressive = True,
    command: str = "",
) -> Comparison:
    """Train every recipe at its own best learning rate with every seed, and return the comparison.

    First each recipe is trained at each rate of one grid with half of the seeds of the search, two at least, and with
    the others at the better half of the rates; of these, the one with the best mean validation score is kept. Then
    fresh seeds train every recipe at its rate; only these are reported, on test data.
    A seed decides the split, the data order and the initial draw, and is shared by all arms, so differences are paired.

    Args:
        recipes: recipes, or names of presets; one or several.
        data: whatever `layerwise.data.load` takes.
        seeds: how many final seeds, or which.
        learning_rates: the grid; None: five rates around the optimizer's usual one; a single rate is used as it is.
        search_seeds: seeds for each of the better rates of the grid.
        device: where to train.
        chunk_size: members trained as one batch; None: chosen from the recipe.
        progress: True for a bar on stderr, False for none, or a function that gets a `Stage`.
        command: kept in the record: how this comparison was asked for.

    Raises:
        InvalidInput: a value breaks a rule.

    Example:
        >>> from layerwise.models import preset
        >>> arms = [preset(name).replace(depth=2, width=16, epochs=2) for name in ("tanh_large", "relu_he_2015")]
        >>> result = compare(arms, "circles", seeds=3, search_seeds=1, progress=False)
        >>> [arm.name for arm in result.record.arms]
        ['tanh_large', 'relu_he_2015']
    """
    started = time.perf_counter()
    ground = load(data)
    arms = suited(_recipes(recipes), ground)
    searching = tuple(range(SEARCH_SEED, SEARCH_SEED + positive_int("search_seeds", search_seeds)))
    final_seeds = fresh(seeds, searching)
    train = Trainer(ground, device, chunk_size, progress)
    chosen, searched = _search(arms, learning_rates, searching, train)
    final = train.final([choice.recipe for choice in chosen], final_seeds)
    record = _record(chosen, final, ground, searched)
    return Comparison(replace(record, command=command, device=final.device, seconds=time.perf_counter() - started))


class _Choice(NamedTuple):
    """An arm at its chosen learning rate, and what it was chosen from."""

    recipe: Recipe
    trials: list[Trial]


def _recipes(recipes: Recipe | str | Iterable[Recipe | str]) -> list[Recipe]:
    several = [recipes] if isinstance(recipes, Recipe | str) else list(recipes)
    for one in several:
        if not isinstance(one, Recipe | str):
            raise InvalidInput("`recipes` must be recipes or names of presets", got=one)
    return [preset(one) if isinstance(one, str) else one for one in several]


def fresh(seeds: int | Sequence[int], searching: tuple[int, ...]) -> Sequence[int]:
    """Return the final seeds, checked before the search, which takes most of the time; none may be one of its own."""
    final = range(positive_int("seeds", seeds)) if isinstance(seeds, int) else different(seeds)
    if used := [seed for seed in searching if seed in final]:
        raise InvalidInput(
            "`seeds` must be fresh, and those of the search are not", got=used, cure=f"Stay below {SEARCH_SEED}."
        )
    return final


def different(seeds: Iterable[int]) -> list[int]:
    final = [at_least("seeds", seed, 0) for seed in seeds]
    if not final or len(set(final)) < len(final):
        raise InvalidInput("`seeds` must be a positive int, or different ints of at least 0", got=final)
    return final


def suited(recipes: Sequence[Recipe], data: Data) -> list[Recipe]:
    """Arms with names of their own, and with the usual loss where theirs is not for this kind of data."""
    names = [recipe.name for recipe in recipes]
    if not recipes or len(set(names)) < len(names):
        raise InvalidInput("`recipes` must be at least one, with different names", got=names)
    return with_loss_for(recipes, data)


def with_loss_for(recipes: Sequence[Recipe], data: Data) -> list[Recipe]:
    """Return the recipes, with the usual loss where theirs is not for this kind of data."""
    usual = usual_loss(data.task)
    fits = [data.task in LOSSES[recipe.training.loss] for recipe in recipes]
    return [recipe if fit else recipe.replace(loss=usual) for recipe, fit in zip(recipes, fits, strict=True)]


def _search(
    arms: Sequence[Recipe], rates: float | Sequence[float] | None, seeds: tuple[int, ...], train: Trainer
) -> tuple[list[_Choice], tuple[int, ...]]:
    grid = {arm.name: candidates(arm, rates) for arm in arms}
    if all(len(tried) == 1 for tried in grid.values()):
        chosen, seeds = [_Choice(tried[0], []) for tried in grid.values()], ()
    else:
        runs = train.search(grid, seeds)
        chosen = [_Choice(*choose(tried, runs[name])) for name, tried in grid.items()]
    train.rates = {choice.recipe.name: choice.recipe.optimizer.learning_rate for choice in chosen}
    return chosen, seeds


def _record(chosen: Sequence[_Choice], final: Fit, data: Data, searched: tuple[int, ...]) -> ComparisonRecord:
    runs = by_recipe(final)
    histograms: dict[str, list[tuple[Histogram, ...]]] = {}
    for run, found in zip(final.runs, final.histograms, strict=True):
        histograms.setdefault(run.recipe, []).append(found)
    ended = [choice for choice in chosen if choice.recipe.name in runs]
    if not ended:
        raise KeyboardInterrupt
    metric = "test_r2" if data.task == "regression" else "test_accuracy"
    best = max(statistics.median(run.scores[metric] for run in runs[choice.recipe.name]) for choice in ended)
    summary = data.split(min(run.seed for run in final.runs)).summary(data)
    scale = Scale(metric, data.chance, best, summary.n_test)
    arms = tuple(
        make_arm(c.recipe, runs[c.recipe.name], histograms[c.recipe.name], c.trials, data, scale) for c in ended
    )
    return ComparisonRecord(
        arms=arms,
        pairs=make_pairs(arms, metric),
        data=summary,
        metric=metric,
        chance=scale.chance,
        trained_at=scale.trained_at,
        target=scale.target,
        seeds=tuple(sorted({run.seed for run in final.runs})),
        search_seeds=searched,
        device=final.device,
        versions=versions(),
        command="",
        seconds=0.0,
        notes=tuple(_notes(ended, final, scale)),
        interrupted=final.interrupted,
    )


def _notes(chosen: Sequence[_Choice], final: Fit, scale: Scale) -> list[str]:
    notes = []
    if final.interrupted:
        notes.append(f"Interrupted: {len(final.runs)} of {final.n_planned} final runs ended and are reported.")
    if not scale.learnt:
        notes.append(
            f"No arm's median is above {scale.luck:.3g}, which guessing may reach by luck, so no run counts as trained."
        )
    edges = (edge_note(recipe.name, recipe.optimizer.learning_rate, trials) for recipe, trials in chosen)
    return [*notes, *filter(None, edges)]
