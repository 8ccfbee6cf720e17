"""What is to be trained: members, their chunks, and what all chunks share; checked before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch

from layerwise._base import InvalidInput, at_least
from layerwise.models import LOSSES
from layerwise.population._layout import Member, chunks
from layerwise.population._memory import check_memory
from layerwise.population._splits import Splits
from layerwise.population._train import Settings
from layerwise.population._workers import n_cores

if TYPE_CHECKING:
    from layerwise.data import Data
    from layerwise.models import Recipe
    from layerwise.population._observe import Observe
    from layerwise.population._prepare import Prepare


class Plan(NamedTuple):
    """Members, the places of those that are trained as one batch, and what is the same for all."""

    members: Sequence[Member]
    chunks: list[list[int]]
    settings: Settings

    def of(self, chunk: int) -> list[Member]:
        """Return the members of a chunk."""
        return [self.members[place] for place in self.chunks[chunk]]

    def n_steps(self, member: Member) -> int:
        """Return the updates that a member makes, those of pre-training included, if it runs to its end."""
        training = member.recipe.training
        n_train = len(self.settings.splits[self.members[0].seed].train)  # the same number for every seed
        n_batches = n_train // min(training.batch_size, n_train)
        return member.recipe.n_pretraining_steps(n_train) + training.n_epochs(n_batches) * n_batches

    @property
    def n_workers(self) -> int:
        """Threads that train at once."""
        return min(len(self.chunks), n_cores()) if self.settings.device.type == "cpu" else 1


def plan(
    members: Sequence[Member],
    data: Data,
    *,
    observe: Observe | None = None,
    prepare: Prepare | None = None,
    probe_every: int | None = None,
    shared_order: bool = False,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
    chunk_size: int | None = None,
    keep_models: bool = True,
    here: bool = True,
) -> Plan:
    """Return the plan that `fit` trains `members` by; it follows from the members and `chunk_size` alone.

    The arguments are those of `fit`; `here` is False where other machines are to train, whose devices and memory are
    not known.

    Raises:
        InvalidInput: a value breaks a rule, or the members would not fit in memory.

    Example:
        >>> from layerwise.data import circles
        >>> from layerwise.models import Recipe
        >>> small = Recipe().replace(depth=1, width=8)
        >>> plan([Member(small, seed) for seed in range(5)], circles(), chunk_size=3).chunks
        [[0, 1], [2, 3, 4]]
    """
    recipes = list({id(member.recipe): member.recipe for member in members}.values())
    _check_loss(recipes, data)
    _check_prepared(recipes, prepare)
    where = find_device(device) if here else torch.device(device)
    places = chunks(members, data.inputs, data.n_outputs, where.type, chunk_size)
    if here:
        check_memory(members, places, data, where, keep_models=keep_models, chunk_asked=chunk_size is not None)
    settings = Settings(
        data=data,
        splits=Splits(data),
        device=where,
        dtype=dtype,
        shared_seed=members[0].seed if shared_order else None,
        probe_every=None if probe_every is None else at_least("probe_every", probe_every, 0),
        observe=observe,
        prepare=prepare,
        keep_models=keep_models,
    )
    return Plan(members, places, settings)


def _check_loss(recipes: Sequence[Recipe], data: Data) -> None:
    for recipe in recipes:
        if data.task not in LOSSES[recipe.training.loss]:
            fit = " or ".join(repr(loss) for loss, tasks in LOSSES.items() if data.task in tasks)
            raise InvalidInput(
                f"`loss` must be {fit} for {data.task}", got=recipe.training.loss, cure=f"Recipe {recipe.name!r}."
            )


def _check_prepared(recipes: Sequence[Recipe], prepare: Prepare | None) -> None:
    for recipe in recipes:
        if recipe.pretraining.wanted and prepare is None:
            raise InvalidInput(
                f"`prepare` must be given where a recipe is pre-trained, as {recipe.name!r} is",
                cure="Use `prepare=layerwise.pretraining.prepare`, or `layerwise.compare`, which does.",
            )


def find_device(device: str | torch.device) -> torch.device:
    """Return the device of that name, if it is there."""
    try:
        found = torch.device(device)
    except RuntimeError:
        raise InvalidInput("`device` must be 'cpu', 'cuda', 'cuda:<number>' or 'mps'", got=device) from None
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not available.get(found.type, False):
        raise InvalidInput(f"`device` must be there: torch finds no {found.type} here", got=device, cure="Use 'cpu'.")
    return found
