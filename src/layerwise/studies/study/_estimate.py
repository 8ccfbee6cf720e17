"""What a study will take, before it is run: sizes by arithmetic, time by a short calibration."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from layerwise.data import Data, load
from layerwise.models import Recipe
from layerwise.population import (
    Interrupted,
    Member,
    Meter,
    Progress,
    member_bytes,
    n_cores,
    n_parameters,
    train,
    workers,
)
from layerwise.report import columns_text
from layerwise.studies.study._design import Design, Phase, make_design
from layerwise.studies.study._duration import in_words
from layerwise.studies.study._study import Study

CALIBRATION = 2.0
"""Seconds for each structure that is tried; a chunk that has not come to its first evaluation by then may finish it."""

MOST_TRIED = 6
"""Structures that are tried; the time of others follows from their weights times updates."""


class Size(NamedTuple):
    """The members of one structure in one phase.

    Attributes:
        arms: names.
        n_members, n_chunks: of the design.
        chunk: members in its largest chunk.
        n_weights, n_steps: of a member.
        bytes: that training a chunk takes.
        seconds: of one core, all members together.
    """

    arms: tuple[str, ...]
    phase: str
    n_members: int
    n_chunks: int
    chunk: int
    n_weights: int
    n_steps: int
    bytes: int
    seconds: float


def estimate(study: Study) -> list[Size]:
    """Return what each structure of a study takes; trains for some seconds to find the speed, and keeps nothing."""
    source = study.data
    data = load(source.source, target=source.target, folder=source.folder, task=source.task)
    design = make_design(study, data)
    groups = [(phase, chunks) for phase in design.phases for chunks in _groups(phase)]
    sizes = [_size(design, phase, chunks, data) for phase, chunks in groups]
    costs = [size.n_weights * size.n_steps for size in sizes]
    tried = sorted(range(len(sizes)), key=costs.__getitem__)[:: max(1, -(-len(sizes) // MOST_TRIED))]
    of_member = {
        place: _seconds(groups[place][0], groups[place][1][0]) / len(groups[place][0].chunk(groups[place][1][0]))
        for place in tried
    }
    found = []
    for place, size in enumerate(sizes):
        near = min(tried, key=lambda other: abs(costs[other] - costs[place]))
        found.append(size._replace(seconds=size.n_members * of_member[near] * costs[place] / costs[near]))
    return found


def estimate_text(study: Study) -> str:
    """Return what `estimate` finds as text of 80 columns."""
    sizes = estimate(study)
    header = ["arms", "members", "chunks", "weights", "updates", "memory", "core time"]
    rows = [
        [
            f"{_listed(size.arms)}{f' ({size.phase})' if size.phase != 'final' else ''}",
            f"{size.n_members:,}",
            f"{size.n_chunks:,} x {size.chunk}",
            f"{size.n_weights:,}",
            f"{size.n_steps:,}",
            f"{size.bytes / 2**20:,.1f} MiB",
            in_words(size.seconds),
        ]
        for size in sizes
    ]
    n_cores_here = n_cores() if study.device == "cpu" else 1
    total, chunks = sum(size.seconds for size in sizes), sum(size.n_chunks for size in sizes)
    at_once = min(n_cores_here, chunks)
    memory = sum(sorted((size.bytes for size in sizes), reverse=True)[:1]) * at_once
    members = sum(size.n_members for size in sizes)
    said = (
        f"{members:,} members in {chunks:,} chunks: about {in_words(total / at_once)} on {at_once} cores here, "
        f"{in_words(total)} of one core; {memory / 2**20:,.0f} MiB at once for the chunks. "
        "Nothing was recorded. A chunk is trained as one batch, and recorded as one."
    )
    return columns_text(header, rows, said)


def _listed(arms: Sequence[str]) -> str:
    return arms[0] if len(arms) == 1 else f"{arms[0]} and {len(arms) - 1} more"


def _groups(phase: Phase) -> Iterator[list[int]]:
    """Yield the chunks of each structure."""
    groups: dict[Recipe, list[int]] = {}
    structures: dict[int, Recipe] = {}
    for number in phase.numbers:
        recipe = phase.chunk(number)[0].recipe
        structure = structures.setdefault(id(recipe), recipe.structure())
        groups.setdefault(structure, []).append(number)
    yield from groups.values()


def _size(design: Design, phase: Phase, chunks: Sequence[int], data: Data) -> Size:
    entries = [entry for number in chunks for entry in phase.chunk(number)]
    recipe, largest = entries[0].recipe, max(len(phase.chunk(number)) for number in chunks)
    return Size(
        arms=tuple(dict.fromkeys(design.arms[entry.arm].name for entry in entries)),
        phase=phase.name,
        n_members=len(entries),
        n_chunks=len(chunks),
        chunk=largest,
        n_weights=n_parameters(recipe, data.inputs, data.n_outputs),
        n_steps=phase.plan.n_steps(Member(recipe, entries[0].seed)),
        bytes=largest * member_bytes(recipe, data.inputs, data.n_outputs),
        seconds=0.0,
    )


def _seconds(phase: Phase, chunk: int) -> float:
    """Return the seconds of one thread for a chunk: measured if it is short, else put down from how it begins."""
    stop, start = threading.Event(), time.perf_counter()
    done: list[tuple[int, float]] = []

    def listen(told: Progress) -> None:
        done.append((told.done, time.perf_counter() - start))
        if time.perf_counter() - start > CALIBRATION:
            stop.set()

    members = [Member(entry.recipe, entry.seed) for entry in phase.chunk(chunk)]
    with workers(1) as pool, suppress(Interrupted):
        pool.submit(train, members, phase.plan.settings, Meter(1, listen), stop).result()
        return time.perf_counter() - start
    (first, begun), (n_steps, seconds) = done[0], done[-1]
    total = sum(map(phase.plan.n_steps, members))
    # The first evaluation comes with what a chunk takes to begin, and with most readings of the probes.
    return (
        begun + (total - first) * (seconds - begun) / (n_steps - first) if n_steps > first else seconds * total / first
    )
