"""Which run a checkpoint belongs to."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor

from layerwise.pretraining._checkpoint import Checkpoint
from layerwise.pretraining._processes import Processes


def checkpoint_at(
    path: str | os.PathLike[str] | None,
    together: Processes,
    initial: Mapping[str, Tensor],
    inputs: Callable[[], Iterable[Tensor]],
    told: Iterable[str],
) -> Checkpoint | None:
    """Return the checkpoint of this very run, None without a path; processes that train together must agree on it.

    Raises:
        InvalidInput: If another process was given something else.
    """
    if path is None and together.n == 1:
        return None
    purpose = fingerprint(initial, inputs(), told)
    together.agree(purpose)
    return None if path is None else Checkpoint(path, purpose)


def fingerprint(initial: Mapping[str, Tensor], inputs: Iterable[Tensor], told: Iterable[str]) -> str:
    """Return what tells one run from another: the network at its start, the data, and all that was asked for."""
    digest = hashlib.sha256()
    for name, tensor in initial.items():
        digest.update(name.encode())
        digest.update(_bytes(tensor))
    for tensor in inputs:
        digest.update(_bytes(tensor))
    for words in told:
        digest.update(words.encode())
    return digest.hexdigest()[:16]


def _bytes(tensor: Tensor) -> bytes:
    flat = tensor.detach().cpu().contiguous().view(-1)
    return str(tensor.shape).encode() + (flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b"")
