"""Whether the members fit in memory, said before anything is trained."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from layerwise._base import InvalidInput, Text
from layerwise.population._layout import Member, member_bytes, n_parameters

if TYPE_CHECKING:
    from layerwise.data import Data
    from layerwise.models import Recipe


def check_memory(
    members: Sequence[Member],
    places: list[list[int]],
    data: Data,
    device: torch.device,
    *,
    keep_models: bool,
    chunk_asked: bool,
) -> None:
    """Raise `InvalidInput` with the size needed where the largest chunks, and what is kept, exceed the memory."""
    at_once = min(len(places), os.cpu_count() or 1) if device.type == "cpu" else 1
    count = Counter(id(member.recipe) for member in members)
    recipes = {id(member.recipe): member.recipe for member in members}
    size = {key: _bytes(recipe, data) for key, recipe in recipes.items()}
    per_chunk = sorted(sum(size[id(members[i].recipe)] for i in chunk) for chunk in places)
    needed = data.features.nbytes + sum(per_chunk[-at_once:])
    if keep_models:
        needed += sum(4 * n * n_parameters(recipes[key], data.inputs, data.n_outputs) for key, n in count.items())
    free = free_bytes(device)
    if needed <= free:
        return
    largest = max(map(len, places))
    cure = "Use a smaller network, a smaller batch, or fewer epochs."
    if largest > 1:
        leave = ", or leave it out" if chunk_asked else ""
        cure = f"Train fewer as one batch: `chunk_size={max(1, largest // 2)}` or less{leave}."
    elif keep_models:
        cure = "Use `keep_models=False`, or fewer seeds."
    raise InvalidInput(
        f"{len(members)} networks must fit in memory: {_gib(needed)} are needed",
        got=Text(f"{_gib(free)} free"),
        cure=cure,
    )


def _bytes(recipe: Recipe, data: Data) -> int:
    """What a member takes in training, with its batch no larger than the data, and the loss of each of its updates; in
    pre-training its inputs, and the codes below and above the layer at work.
    """
    n_rows, training = len(data.features), recipe.training
    batch = min(training.batch_size, n_rows)
    updates = training.n_epochs(max(1, n_rows // batch)) * max(1, n_rows // batch)
    codes = n_rows * (data.n_features + 2 * max(recipe.architecture.widths)) if recipe.pretraining.wanted else 0
    return member_bytes(recipe.replace(batch_size=batch), data.inputs, data.n_outputs) + 4 * (updates + codes)


def free_bytes(device: torch.device) -> int:
    """Return the bytes that can still be taken on `device`."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        pass
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 2**62


def _gib(n: int) -> str:
    return f"{n / 2**30:.2g} GiB"
