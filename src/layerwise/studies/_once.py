"""Pre-training paid for once, where the same network is trained at several learning rates afterwards."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from layerwise.models import Recipe, Training
from layerwise.population import Prepare, Start, stack
from layerwise.records import Curve

if TYPE_CHECKING:
    from torch import Tensor

MOST_BYTES = 256 * 2**20
"""Of pre-trained networks that are kept; beyond, the oldest go, and are trained anew where they are wanted again."""

Key: TypeAlias = tuple[int, Recipe]
"""The seed, and all of the recipe that pre-training depends on."""


class _Found(NamedTuple):
    state: dict[str, Tensor]
    curves: Sequence[tuple[Curve, ...]]
    n_ticks: int

    def n_bytes(self) -> int:
        return sum(value.nbytes for value in self.state.values())


class Once:
    """A `prepare` that pre-trains each different network of a chunk once, and keeps it for the chunks to come.

    The different networks of a chunk are pre-trained as one batch, in an order of their own. So what comes of them
    depends on which they are, to the last bit, and not on which chunk came first or what was still kept. For one `fit`:
    it takes data, device and dtype to be the same.
    """

    def __init__(self, prepare: Prepare, most_bytes: int = MOST_BYTES) -> None:
        self._prepare, self._most = prepare, most_bytes
        self._lock = threading.Lock()
        self._kept: dict[tuple[Key, ...], Future[_Found]] = {}

    def __call__(self, start: Start) -> Sequence[tuple[Curve, ...]]:
        """Prepare a chunk; a worker that wants what another is at waits for it."""
        if not start.recipes[0].pretraining.wanted:
            return self._prepare(start)
        keys = [*map(_key, start.seeds, start.recipes)]
        group = tuple(sorted(set(keys), key=lambda key: (key[0], key[1].model_dump_json())))
        with self._lock:
            known = group in self._kept
            future = self._kept.setdefault(group, Future())
        if known:
            start.tick(future.result().n_ticks)
        else:
            self._fill(future, start, [keys.index(key) for key in group])
        found = future.result()
        places = [group.index(key) for key in keys]
        for name, value in start.stack.state_dict().items():
            value.copy_(found.state[name][places])
        return [found.curves[place] for place in places]

    def _fill(self, future: Future[_Found], start: Start, places: list[int]) -> None:
        try:
            future.set_result(_prepared(self._prepare, start, places))
        except BaseException as error:
            future.set_exception(error)  # for those who wait for it
            raise
        with self._lock:
            done = {group: one.result().n_bytes() for group, one in self._kept.items() if one.done()}
            total = sum(done.values())
            for group, n_bytes in done.items():
                if total > self._most:
                    total -= n_bytes
                    del self._kept[group]


def _key(seed: int, recipe: Recipe) -> Key:
    training = Training(batch_size=recipe.training.batch_size, loss=recipe.training.loss)  # which labels are told
    return seed, Recipe(architecture=recipe.architecture, pretraining=recipe.pretraining, training=training)


def _prepared(prepare: Prepare, start: Start, places: list[int]) -> _Found:
    """Prepare copies of the members at `places`."""
    networks = start.stack.networks()
    some = stack([networks[place] for place in places])
    ticks: list[int] = []

    def inputs() -> Tensor:
        return _own(start.inputs(), places)

    def targets() -> Tensor:
        return _own(start.targets(), places)

    def tick(n_steps: int) -> None:
        ticks.append(n_steps)
        start.tick(n_steps)

    recipes, seeds = tuple(start.recipes[place] for place in places), tuple(start.seeds[place] for place in places)
    curves = prepare(Start(some, recipes, seeds, inputs, targets, tick))
    return _Found({name: value.detach() for name, value in some.state_dict().items()}, curves, sum(ticks))


def _own(values: Tensor, places: list[int]) -> Tensor:
    """Return the values of the members at `places`, or those that all members share."""
    return values if len(values) == 1 else values[places]
