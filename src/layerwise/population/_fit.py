"""Train many networks at once."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch

from layerwise._base import InvalidInput, at_least, positive_int
from layerwise.data import Data, load
from layerwise.models import Recipe
from layerwise.population._layout import Member, chunks
from layerwise.population._memory import check_memory
from layerwise.population._observe import Observe
from layerwise.population._prepare import Prepare
from layerwise.population._progress import Bar, Listener, Meter
from layerwise.population._result import Fit
from layerwise.population._train import Interrupted, Outcome, Settings, train
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
    loaded = load(data)
    _check_loss(recipes, loaded)
    _check_prepared(recipes, prepare)
    where = _device(device)
    places = chunks(members, loaded.n_features, loaded.n_outputs, where.type, chunk_size)
    check_memory(members, places, loaded, where, keep_models=keep_models, chunk_asked=chunk_size is not None)
    settings = Settings(
        data=loaded,
        splits={seed: loaded.split(seed) for seed in {member.seed for member in members}},
        device=where,
        dtype=dtype,
        shared_order=shared_order,
        probe_every=None if probe_every is None else at_least("probe_every", probe_every, 0),
        observe=observe,
        prepare=prepare,
        keep_models=keep_models,
    )
    start = time.perf_counter()
    bar = Bar() if progress is True else nullcontext(progress or None)
    with bar as listener:
        outcomes = _run(members, places, settings, listener)
    result = _collect(members, outcomes, time.perf_counter() - start, str(where))
    if result.interrupted:
        warnings.warn(f"Interrupted: {len(result.runs)} of {len(members)} runs ended and are kept.", stacklevel=2)
    return result


def _run(
    members: Sequence[Member], places: list[list[int]], settings: Settings, listener: Listener | None
) -> dict[int, tuple[list[int], Outcome]]:
    """Train every chunk, each in one worker thread whose operations run single-threaded."""
    stop = threading.Event()
    meter = Meter(sum(_n_steps(member, settings) for member in members), listener)
    n_threads = torch.get_num_threads()
    n_workers = min(len(places), _n_cores()) if settings.device.type == "cpu" else 1
    outcomes: dict[int, tuple[list[int], Outcome]] = {}
    pool = ThreadPoolExecutor(n_workers, "layerwise", initializer=_quiet_worker)
    futures: dict[Future[Outcome], int] = {
        pool.submit(train, [members[i] for i in chunk], settings, meter, stop): k for k, chunk in enumerate(places)
    }
    try:
        for future in as_completed(futures):
            outcomes[futures[future]] = (places[futures[future]], future.result())
    except KeyboardInterrupt:
        stop.set()
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        torch.set_num_threads(n_threads)  # what a worker set is the default of threads yet to come
    for future, k in futures.items():
        if k not in outcomes and not future.cancelled() and not isinstance(future.exception(), Interrupted):
            outcomes[k] = (places[k], future.result())
    return outcomes


def _quiet_worker() -> None:
    """One thread inside each operation, and no denormal numbers, which a vanished signal is made of and which cost a
    hundred times as much as others. Both settings belong to this thread.
    """
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


def _collect(
    members: Sequence[Member],
    outcomes: dict[int, tuple[list[int], Outcome]],
    seconds: float,
    device: str,
) -> Fit:
    runs: dict[int, Run] = {}
    histograms = {}
    stacks: list[tuple[list[int], Stack]] = []
    for chunk, outcome in outcomes.values():
        if outcome.stack is not None:
            stacks.append((chunk, outcome.stack))
        for s, place in enumerate(chunk):
            runs[place] = _run_record(members[place], outcome, s)
            histograms[place] = outcome.histograms[s]
    order = sorted(runs)
    return Fit(
        [runs[place] for place in order],
        n_planned=len(members),
        seconds=seconds,
        device=device,
        histograms=[histograms[place] for place in order],
        stacks=stacks,
    )


def _run_record(member: Member, outcome: Outcome, s: int) -> Run:
    return Run(
        recipe=member.recipe.name,
        seed=member.seed,
        learning_rate=member.recipe.optimizer.learning_rate,
        status=outcome.status[s],
        n_steps=outcome.n_steps[s],
        seconds=outcome.seconds / len(outcome.status),
        scores=outcome.scores[s],
        curves=outcome.curves[s],
        measures=outcome.measures[s],
    )


def _n_steps(member: Member, settings: Settings) -> int:
    training = member.recipe.training
    n_train = len(settings.splits[member.seed].train)
    n_batches = n_train // min(training.batch_size, n_train)
    return member.recipe.n_pretraining_steps(n_train) + training.n_epochs(n_batches) * n_batches


def _n_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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


def _check_loss(recipes: Sequence[Recipe], data: Data) -> None:
    for recipe in recipes:
        if data.task == "regression" and recipe.training.loss == "cross_entropy":
            raise InvalidInput(
                "`loss` must be 'squared_error' for regression", got="cross_entropy", cure=f"Recipe {recipe.name!r}."
            )


def _check_prepared(recipes: Sequence[Recipe], prepare: Prepare | None) -> None:
    for recipe in recipes:
        if recipe.pretraining.wanted and prepare is None:
            raise InvalidInput(
                f"`prepare` must be given where a recipe is pre-trained, as {recipe.name!r} is",
                cure="Use `prepare=layerwise.pretraining.prepare`, or `layerwise.compare`, which does.",
            )


def _device(device: str | torch.device) -> torch.device:
    try:
        found = torch.device(device)
    except RuntimeError:
        raise InvalidInput("`device` must be 'cpu', 'cuda', 'cuda:<number>' or 'mps'", got=device) from None
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not available.get(found.type, False):
        raise InvalidInput(f"`device` must be there: torch finds no {found.type} here", got=device, cure="Use 'cpu'.")
    return found
