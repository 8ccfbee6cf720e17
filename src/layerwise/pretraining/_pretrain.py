"""Greedy layer-wise pre-training of any module."""

from __future__ import annotations

import copy
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from layerwise._base import fraction, one_of
from layerwise.pretraining._asked import ObjectiveLike, asked_for
from layerwise.pretraining._climb import Climb, Listener
from layerwise.pretraining._pretrained import Pretrained
from layerwise.pretraining._settings import LayerSettings
from layerwise.pretraining._supply_of import supply_of

if TYPE_CHECKING:
    from torch import nn

BUDGET = 2 * 2**30
"""Bytes of codes that are kept in memory, unless asked otherwise; a larger one goes to a file."""


def pretrain(
    model: nn.Module,
    unlabelled: Any,
    objective: ObjectiveLike | Sequence[ObjectiveLike] = "autoencoder",
    *,
    layers: Sequence[str] | None = None,
    otherwise: Literal["go_on", "stop"] = "go_on",
    validation: float = 0.1,
    seed: int = 0,
    inplace: bool = False,
    memory: int = BUDGET,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: Listener | None = None,
    **options: Any,
) -> Pretrained:
    """Train the layers of `model` one after the other, each on the codes of the layers below; return what came of it.

    Layers are found by running the model: linear layers and convolutions in the order in which they run, each with the
    normalizer and the activation that follow it, whatever stands in between. While a layer trains, those below it stay
    as they are, to the last bit; what it reads is computed once.

    Called in every process of a `torch.distributed` group (`torchrun --nproc-per-node 2 my_program.py`), with the same
    network, rows and options, each process works on its part of every batch, and all return the same weights: those
    that one process makes, up to the rounding of sums. A loss of your own must then compare with `coder.mine(x)`. The
    first process alone tells `progress` and writes `checkpoint`; one that fails ends the others, too.

    Args:
        model: Any module of one tensor. It is copied, unless `inplace`.
        unlabelled: Inputs, one row an example: a tensor, an array, a Dataset. For the objective `supervised` with
            labels: a pair (x, y), a Dataset of pairs, or whatever else `layerwise.data.load` takes. Whole numbers are
            classes, other numbers targets of a regression; other objectives leave labels aside. Or a stream of batches
            that is too long to be kept, or has no end: a DataLoader, an IterableDataset of rows, a function that
            returns an iterator of batches, or another iterable (see below).
        objective: A name of `OBJECTIVES`, `rbm`, an `Objective`, a function of (coder, x, settings, generators) that
            returns a loss, or a list with one of these for each layer that is pre-trained.
        layers: Names of the layers to pre-train; None for all that have an activation.
        otherwise: What to do about a layer that can't be pre-trained: `go_on` with the next, or `stop`.
        validation: Share of the rows that is kept for the validation error; of a stream, its first batches: that share
            of the batches of an epoch, at least 1 and at most 20. 0: errors are read on rows that are trained on (see
            `PretrainedLayer.curves`).
        seed: Of all that is random.
        inplace: Whether `model` itself is trained. After an error it is as it was.
        memory: Bytes of codes that may be held in memory; larger ones lie in a file meanwhile.
        checkpoint: A file that is written after every epoch. Killed at any moment and called again with the same
            arguments, it goes on from there, to the same bits; when all is done, it gives the result at once.
        progress: Called after every epoch.
        options: Those of `LayerSettings`, each one value or a list with one for each layer: `epochs`, `learning_rate`,
            `batch_size`, `corruption`, ...

    A stream is read again from its start for every layer, and its batches are used once, in their order, and not kept,
    but for those held out: codes of the layers below are computed as they are read. Each layer is trained on `steps`
    batches, which are cut into `epochs` equal parts, after which errors are read; without `steps`, an epoch is a whole
    pass, if the stream has a length; where it ends early it begins anew. What it draws from the global generators of
    python, numpy and torch comes from `seed`, the same in every pass (so a DataLoader that shuffles has one order, and
    what is held out stays so), and leaves them as they were. A run that goes on from a checkpoint reads the stream
    again up to where it was; a stream that does not begin the same each time it is read is refused then. An RBM's
    batches all have as many rows as the stream's first one: others are cut anew, in their order.

    Raises:
        InvalidInput: If a value breaks its rule, labels are wanted and missing, no layer can be pre-trained, or the
            data does not fit the model.
        Diverged: If a layer's loss is not finite any more.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> model = nn.Sequential(nn.Linear(4, 3), nn.Sigmoid(), nn.Linear(3, 2), nn.Sigmoid(), nn.Linear(2, 2))
        >>> found = pretrain(model, torch.rand(50, 4), "denoising", epochs=2, corruption_level=0.3)
        >>> [layer.name for layer in found.layers], found.left_alone
        (['0', '2'], {'4': 'it has no activation: it is taken for the output layer'})

        >>> found = pretrain(model, lambda: (torch.rand(20, 4) for _ in range(9)), steps=30, epochs=3)
        >>> len(found.layers[1].curves[0].values)
        3

    References:
        Bengio, Lamblin, Popovici, Larochelle 2007, Greedy layer-wise training of deep networks. Erhan, Bengio,
        Courville, Manzagol, Vincent, Bengio 2010, Why does unsupervised pre-training help deep learning?
    """
    one_of("otherwise", otherwise, ("go_on", "stop"))
    wanted = asked_for(objective)
    own = model if inplace else copy.deepcopy(model)
    size = options.get("batch_size", LayerSettings.batch_size)
    supply = supply_of(
        unlabelled, own, wanted, share=fraction("validation", validation), seed=seed, memory=memory, batch_size=size
    )
    work = Climb(own, supply, seed=seed, checkpoint=checkpoint, progress=progress)
    try:
        return work.run(wanted, layers, otherwise, options)
    except BaseException:
        if inplace:
            own.load_state_dict(work.initial)
        raise
    finally:
        supply.close()
