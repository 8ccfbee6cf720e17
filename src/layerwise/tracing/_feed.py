"""A model is called with what people have: a tensor, several, or a batch of a loader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from layerwise._base import InvalidInput


def feed(model: nn.Module, batch: Any) -> Any:
    """Return `model` applied to `batch`: a tensor, a tuple of positional inputs, or a mapping of keywords.

    Tensors are brought to the model's device. A compiled model is run uncompiled, so that it can be looked at.

    Raises:
        InvalidInput: If `batch` is none of these.

    Example:
        >>> feed(nn.Bilinear(2, 3, 1), (torch.ones(4, 2), torch.ones(4, 3))).shape
        torch.Size([4, 1])
    """
    batch = moved(batch, _device(model))
    model = getattr(model, "_orig_mod", model)
    if isinstance(batch, Tensor):
        return model(batch)
    if isinstance(batch, tuple):
        return model(*batch)
    if isinstance(batch, Mapping):
        return model(**batch)
    raise InvalidInput(
        "`batch` must be a tensor, a tuple of positional inputs, or a mapping of keyword inputs",
        got=type(batch).__name__,
    )


def batches(data: Any) -> list[Any]:
    """Return the inputs in `data`, batch by batch: one batch as `feed` takes it, or an iterable of batches.

    Of a batch from an iterable (a DataLoader, a list) that is a list or a tuple, the first entry is the input and the
    others are targets.

    Raises:
        InvalidInput: If there is no batch.

    Example:
        >>> [len(batch) for batch in batches([(torch.ones(4, 2), torch.zeros(4)), (torch.ones(3, 2), torch.zeros(3))])]
        [4, 3]
    """
    if isinstance(data, Tensor | tuple | Mapping):
        return [data]
    if not isinstance(data, Iterable):
        raise InvalidInput("`data` must be a batch, or an iterable of batches", got=type(data).__name__)
    found = [input_of(batch) for batch in data]
    if not found:
        raise InvalidInput("`data` must have at least one batch")
    return found


def input_of(batch: Any) -> Any:
    """Return the input in what a loader gives: its first entry, if it is a list or a tuple; the rest are targets."""
    return batch[0] if isinstance(batch, list | tuple) else batch


def moved(value: Any, device: torch.device | None) -> Any:
    """Return `value` with all its tensors on `device`."""
    if isinstance(value, Tensor):
        return value if device is None else value.to(device)
    if isinstance(value, tuple | list) and type(value) in {tuple, list}:
        return type(value)(moved(item, device) for item in value)
    if isinstance(value, Mapping):
        return {key: moved(item, device) for key, item in value.items()}
    return value


def _device(model: nn.Module) -> torch.device | None:
    return next((tensor.device for tensor in model.state_dict().values()), None)
