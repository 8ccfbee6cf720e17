"""A state on disk that survives being killed at any moment."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import warnings
from pathlib import Path
from typing import Any

import torch

from layerwise._base import InvalidInput
from layerwise.store import write_bytes

_DIGEST = 32
"""Bytes of the SHA-256 that stands before the content."""


class Checkpoint:
    """A file with the latest state, and beside it the one before.

    Each is written whole or not at all, and says by its checksum whether it was changed since: one that was cut short
    is refused, and the one before it is used.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     place = Checkpoint(f"{folder}/state", "a question")
        ...     print(place.read())
        ...     place.write({"epoch": 3})
        ...     print(place.read())
        None
        {'epoch': 3}
    """

    def __init__(self, path: str | os.PathLike[str], purpose: str) -> None:
        """Name the file, and what it belongs to: a state of another purpose is refused."""
        self._path, self._purpose = Path(path), purpose
        self._before = self._path.with_name(self._path.name + ".before")

    def write(self, state: dict[str, Any]) -> None:
        """Write `state`: numbers, strings, tensors, and lists, tuples and dicts of these."""
        buffer = io.BytesIO()
        torch.save({"purpose": self._purpose, "state": state}, buffer)
        content = buffer.getvalue()
        if self._path.exists():
            self._path.replace(self._before)
        write_bytes(self._path, hashlib.sha256(content).digest() + content)

    def read(self) -> dict[str, Any] | None:
        """Return the latest whole state, None if there is none yet.

        Raises:
            InvalidInput: If there are files, but none is whole, or they belong to another purpose.
        """
        there = [path for path in (self._path, self._before) if path.exists()]
        for path in there:
            held = _whole(path)
            if held is None:
                warnings.warn(f"{path.name} is not a whole checkpoint; the one before it is used.", stacklevel=2)
                continue
            if held["purpose"] != self._purpose:
                raise InvalidInput(
                    f"The checkpoint {path} must be of this very run",
                    got=held["purpose"],
                    cure=f"This run is {self._purpose!r}. Give another file, or delete this one.",
                )
            state: dict[str, Any] = held["state"]
            return state
        if there:
            raise InvalidInput(
                f"The checkpoint {self._path} must be whole", got=there[0].name, cure="Delete it to start anew."
            )
        return None

    def remove(self) -> None:
        """Delete the files."""
        for path in (self._path, self._before):
            path.unlink(missing_ok=True)


def _whole(path: Path) -> dict[str, Any] | None:
    """Return what the file holds, or None if it was changed since it was written."""
    content = path.read_bytes()
    digest, body = content[:_DIGEST], content[_DIGEST:]
    if hashlib.sha256(body).digest() != digest:
        return None
    try:
        held: dict[str, Any] = torch.load(io.BytesIO(body), map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError):
        return None
    return held
