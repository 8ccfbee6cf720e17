"""Training of a machine, or many in one, on rows at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerwise.pretraining.rbm._learn import Now, learn_
from layerwise.pretraining.rbm._settings import RBMTraining

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from layerwise.pretraining.rbm._history import RBMHistory
    from layerwise.pretraining.rbm._noise import Generators
    from layerwise.pretraining.rbm._rbm import RBM


def train_(
    rbm: RBM,
    data: Tensor,
    training: RBMTraining | None = None,
    *,
    generator: Generators,
    validation: Tensor | None = None,
    on_epoch: Callable[[int, RBM], bool | None] | None = None,
) -> RBMHistory:
    """Train `rbm` on `data` in place, and return the history. Nothing in it changes before all is done.

    Args:
        rbm: a machine, or many in one: each learns alone, from its own order of rows and its own draws.
        data: [row, visible], or [seed, row, visible] where each machine has its own.
        training: the settings; None: `RBMTraining()`.
        generator: where order and draws come from, one for each seed. The same generator gives the same bits.
        validation: rows kept apart, for the free-energy gap.
        on_epoch: called after each epoch with its number and the machine so far (read it, don't change it); stops where
            it returns True.

    Raises:
        InvalidInput: data that do not fit the units or the width or are not finite, or settings that don't suit the
            units.
        Diverged: every machine went to infinity.

    Example:
        >>> import torch
        >>> from layerwise.pretraining.rbm import RBM
        >>> source = torch.Generator().manual_seed(0)
        >>> machine = RBM(4, 2, generator=source)
        >>> rows = torch.tensor([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]).repeat(50, 1)
        >>> training = RBMTraining(epochs=300, batch_size=10, learning_rate=0.1)
        >>> history = train_(machine, rows, training, generator=source)
        >>> machine.reconstruct(rows[:2]).round().tolist()
        [[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]

    References:
        See `RBMTraining`.
    """

    def told(now: Now) -> bool | None:
        return on_epoch(now.epoch, now.rbm) if on_epoch else None

    return learn_(rbm, data, training or RBMTraining(), generator=generator, validation=validation, on_epoch=told)
