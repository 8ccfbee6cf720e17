"""Matrix products and convolutions in bfloat16, all else in float32."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from layerwise._base import InvalidInput, Text, one_of

AUTOCASTS = (None, "bfloat16")
"""What products may be rounded to. float16 is not among them: its gradients vanish unless the loss is scaled."""


def autocast(kind: str | None, like: Tensor) -> AbstractContextManager[Any]:
    """Return a context in which products of what lies where `like` lies are made in `kind`; None changes nothing."""
    return nullcontext() if kind is None else torch.autocast(like.device.type, getattr(torch, kind))


def check_autocast(kind: str | None, like: Tensor) -> str | None:
    """Return `kind` if weights such as `like` can be multiplied in it.

    Raises:
        InvalidInput: If they are not float32, or their device does not know bfloat16.
    """
    if one_of("autocast", kind, AUTOCASTS) is None:
        return None
    if like.dtype != torch.float32:
        raise InvalidInput(
            f"With `autocast={kind!r}`, weights must be float32",
            got=Text(str(like.dtype).removeprefix("torch.")),
            cure="Call model.float() first, or leave `autocast` out.",
        )
    if not _knows_bfloat16(like.device):
        raise InvalidInput(
            f"With `autocast={kind!r}`, the device must multiply in bfloat16: a CPU, or CUDA from Ampere on",
            got=Text(str(like.device)),
            cure="Leave `autocast` out.",
        )
    return kind


def _knows_bfloat16(device: torch.device) -> bool:
    if device.type != "cuda":
        return device.type == "cpu"
    return bool(torch.cuda.is_bf16_supported(including_emulation=False))
