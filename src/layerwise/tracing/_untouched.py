"""A user's model can be run without a trace left in it or in the random generators."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Put buffers, train and eval modes and all random generators back as they were, also after an exception.

    Parameters and their gradients are the caller's to leave alone: a forward pass changes none.

    Example:
        >>> norm = nn.BatchNorm1d(2)
        >>> with untouched(norm):
        ...     _ = norm.train()(torch.randn(8, 2))
        >>> norm.running_mean, norm.num_batches_tracked
        (tensor([0., 0.]), tensor(0))
    """
    modes = [(module, module.training) for module in model.modules()]
    buffers = [(module, *own) for module in model.modules() for own in module.named_buffers(recurse=False)]
    values = [(buffer, buffer.detach().clone()) for *_, buffer in buffers]
    with _generators_kept(model):
        try:
            yield
        finally:
            with torch.no_grad():
                for buffer, value in values:
                    buffer.copy_(value)
            for module, name, buffer in buffers:
                if not isinstance(module, torch.jit.ScriptModule):  # its buffers are views made anew at every look
                    setattr(module, name, buffer)  # some modules assign new tensors instead of writing
            for module, mode in modes:
                module.training = mode


@contextmanager
def _generators_kept(model: nn.Module) -> Iterator[None]:
    ours, numpys = random.getstate(), np.random.get_state()  # noqa: NPY002  # a user's model may draw from the old one
    devices = {tensor.device for tensor in model.state_dict().values() if tensor.device.type == "cuda"}
    try:
        with torch.random.fork_rng(devices=list(devices)):
            yield
    finally:
        random.setstate(ours)
        np.random.set_state(numpys)  # noqa: NPY002
