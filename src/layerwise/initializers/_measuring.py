"""A user's model is run to be measured, and stays as it was if something goes wrong on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from layerwise._base import InvalidInput
from layerwise.tracing import Visit, batches, feed, untouched, watching


def inputs_of(model: nn.Module, data: Any) -> tuple[nn.Module, list[Any]]:
    """Return the module that can be looked into and the batches of `data`, which are the same in every sweep."""
    if not isinstance(model, nn.Module):
        raise InvalidInput("`model` must be a torch.nn.Module", got=model)
    model = getattr(model, "_orig_mod", model)
    with untouched(model):  # a DataLoader draws its order
        return model, batches(data)


@contextmanager
def measuring(model: nn.Module) -> Iterator[None]:
    """Evaluation mode, but normalizers work on each batch's own statistics: the running ones know nothing yet.

    Modes, buffers and random generators are as before afterwards. So every sweep draws the same noise, where a model
    draws some in evaluation mode too.
    """
    with untouched(model):
        model.eval()
        for module in model.modules():
            if isinstance(module, _NormBase):
                module.train()
        yield


def sweep(model: nn.Module, inputs: Iterable[Any], visit: Visit) -> None:
    """Show `visit` every operation of `model` on each of `inputs`, without gradients."""
    with measuring(model), torch.no_grad():
        for batch in inputs:
            with watching(model, visit):
                feed(model, batch)


@contextmanager
def kept_on_error(parameters: Iterable[Tensor]) -> Iterator[None]:
    """Put the values of `parameters` back if anything is raised inside."""
    values = [(parameter, parameter.detach().clone()) for parameter in parameters]
    try:
        yield
    except BaseException:
        with torch.no_grad():
            for parameter, value in values:
                parameter.copy_(value)
        raise
