"""Train many networks at once."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Iterable, Sequence
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

import torch

from layerwise._base import InvalidInput, at_least, positive_int
from layerwise.data import load
from layerwise.models import Recipe
from layerwise.population._layout import Member
from layerwise.population._observe import Observe
from layerwise.population._plan import Plan, plan
from layerwise.population._prepare import Prepare
from layerwise.population._progress import Bar, Listener, Meter
from layerwise.population._result import Fit
from layerwise.population._train import Outcome, train
from layerwise.population._workers import in_threads
from layerwise.records import Run

if TYPE_CHECKING:
    from layerwise.population._stack import Stack


def fit(
    recipe: Recipe | Iterable[Recipe],
    data: Any,
    seeds: int | Sequence[int] = 1,
    *,
    observe: Observe | None = None,
    prepare: Prepare | None = None,
    probe_every: int | None = None,
    shared_order: bool = False,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
    chunk_size: int | None = None,
    keep_models: bool = True,
    progress: Listener | bool = True,
) -> Fit:
    """Train every recipe with every seed, as batched networks in one loop, and return their runs and models.

    Recipes that share a structure share a batch; each member has its own learning rate, decay, initial weights, clip,
    and, by its seed, its own split of the data, data order, initial draw and dropout masks, which recipes of the same
    seed have in common. A member that diverges or stops never reaches another. Rows beyond the last full batch of an
    epoch wait for another epoch.

    The same seeds, device, thread count and layout give the same bits; the layout follows from the recipes and
    `chunk_size` alone.

    Args:
        recipe: one, or several.
        data: whatever `layerwise.data.load` takes: a name, a path, a pair of arrays, a Dataset, a DataLoader.
        seeds: how many (0, 1, ...), or which.
        observe: called with a `Snapshot` at every step that is read; may return further measures.
        prepare: called with a `Start` before the first step of every chunk; changes the networks in place, such as
            `layerwise.pretraining.prepare`, which recipes with a `pretraining` need.
        probe_every: steps between readings of the standard probes; None: about thirteen over the run; 0: never.
        shared_order: if True, all members use the split and the data order of the first seed, so that only the
            initial draw (and dropout) differs.
        device: "cpu", "cuda", "cuda:1", "mps" (the last is untested).
        dtype: of parameters and data.
        chunk_size: members trained as one batch; None: chosen from the recipe.
        keep_models: whether the trained networks are kept (they take memory).
        progress: True for a bar on stderr, False for none, or a function that gets `Progress` reports.

    Raises:
        InvalidInput: a value breaks a rule, or the members would not fit in memory.

    Example:
        >>> from layerwise.models import Recipe
        >>> tiny = Recipe().replace(depth=1, width=8, epochs=2)
        >>> fit(tiny, "circles", seeds=3, progress=False).frame()["status"].tolist()
        ['finished', 'finished', 'finished']
    """
    recipes = [recipe] if isinstance(recipe, Recipe) else list(recipe)
    members = [Member(r, seed) for r in _check_different(recipes) for seed in _seeds(seeds)]
    planned = plan(
        members,
        load(data),
        observe=observe,
        prepare=prepare,
        probe_every=probe_every,
        shared_order=shared_order,
        device=device,
        dtype=dtype,
        chunk_size=chunk_size,
        keep_models=keep_models,
    )
    start = time.perf_counter()
    bar = Bar() if progress is True else nullcontext(progress or None)
    with bar as listener:
        outcomes = _run(planned, listener)
    result = _collect(planned, outcomes, time.perf_counter() - start)
    if result.interrupted:
        warnings.warn(f"Interrupted: {len(result.runs)} of {len(members)} runs ended and are kept.", stacklevel=2)
    return result


def _run(planned: Plan, listener: Listener | None) -> dict[int, Outcome]:
    """Train every chunk, each in one worker thread whose operations run single-threaded."""
    meter = Meter(sum(map(planned.n_steps, planned.members)), listener)
    outcomes: dict[int, Outcome] = {}

    def work(k: int, stop: threading.Event) -> Outcome:
        return train(planned.of(k), planned.settings, meter, stop)

    with suppress(KeyboardInterrupt):
        outcomes.update(in_threads(work, range(len(planned.chunks)), planned.n_workers))  # what came before it stays
    return outcomes


def _collect(planned: Plan, outcomes: dict[int, Outcome], seconds: float) -> Fit:
    runs: dict[int, Run] = {}
    histograms = {}
    stacks: list[tuple[list[int], Stack]] = []
    for k, outcome in outcomes.items():
        if outcome.stack is not None:
            stacks.append((planned.chunks[k], outcome.stack))
        for s, place in enumerate(planned.chunks[k]):
            runs[place] = outcome.run(planned.members[place], s)
            histograms[place] = outcome.histograms[s]
    order = sorted(runs)
    return Fit(
        [runs[place] for place in order],
        n_planned=len(planned.members),
        seconds=seconds,
        device=str(planned.settings.device),
        histograms=[histograms[place] for place in order],
        stacks=stacks,
    )


def _seeds(seeds: int | Sequence[int]) -> list[int]:
    if isinstance(seeds, int):
        return list(range(positive_int("seeds", seeds)))
    found = [at_least("seeds", seed, 0) for seed in seeds]
    if not found or len(set(found)) < len(found):
        raise InvalidInput("`seeds` must be a positive int, or different ints of at least 0", got=list(seeds))
    return found


def _check_different(recipes: list[Recipe]) -> list[Recipe]:
    if not recipes or len(set(recipes)) < len(recipes):
        names = [recipe.name for recipe in recipes]
        raise InvalidInput("`recipe` must be one recipe, or several that differ, if only in their names", got=names)
    return recipes
