"""Tensors by name in a safetensors file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from layerwise._base import InvalidInput, Text
from layerwise.store import write_bytes


def save_tensors(path: str | Path, tensors: Mapping[str, Tensor]) -> None:
    """Write `tensors` to a file, whole or not at all."""
    from safetensors.torch import save

    # copies: tied parameters share memory, which the format does not hold
    write_bytes(path, save({name: value.detach().cpu().clone() for name, value in tensors.items()}))


@torch.no_grad()
def load_tensors_(path: str | Path, wanted: Mapping[str, Tensor]) -> None:
    """Fill the tensors `wanted` from a file that holds exactly these; if it does not, none is changed.

    Raises:
        InvalidInput: If the file was cut short, or a name, a shape or a dtype differs.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        found = load_file(path)
    except SafetensorError as error:
        raise InvalidInput(
            f"{Path(path).name} must be a whole safetensors file; it says: {error}",
            cure="It may have been cut short while it was copied: take another copy.",
        ) from error
    wrong = sorted(name for name in found.keys() | wanted.keys() if not _fits(found.get(name), wanted.get(name)))
    if wrong:
        raise InvalidInput(
            "The file must hold the tensors of this network and its decoders",
            got=Text(f"{Path(path).name}, where {', '.join(wrong[:3])} differ"),
            cure="Pre-train a network of the same make, with `epochs=0`, and load into that.",
        )
    for name, value in wanted.items():
        value.copy_(found[name])


def _fits(found: Tensor | None, wanted: Tensor | None) -> bool:
    return found is not None and wanted is not None and (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
