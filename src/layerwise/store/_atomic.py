"""One file, written whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from layerwise._base import InvalidInput, Text


def write_text(path: str | os.PathLike[str], text: str) -> Path:
    """Return `path` after writing `text` to it as UTF-8, creating its folder.

    The text goes to a temporary file in the same folder, reaches the disk, and only then takes the name: a reader finds
    the old file or the new one, never a part. What UTF-8 cannot say (half a surrogate pair) becomes "?".

    Raises:
        InvalidInput: the file cannot be written; nothing is left behind.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_text(f"{folder}/new/note.txt", "kept").read_text()
        'kept'
    """
    return write_bytes(path, text.encode("utf-8", errors="replace"))


def write_bytes(path: str | os.PathLike[str], content: bytes) -> Path:
    """Return `path` after writing `content` to it in the same way.

    Raises:
        InvalidInput: the file cannot be written; nothing is left behind.
    """
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_whole(target, content)
    except (OSError, ValueError) as error:
        raise not_writable(target, error) from error
    return target


def not_writable(path: Path, error: Exception) -> InvalidInput:
    """Return the error for a `path` that the operating system refused."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return InvalidInput(
        f"`{path}` must be a place that can be written to",
        got=Text(f'"{reason}" from the operating system'),
        cure="Choose another folder, or free or unlock this one.",
    )


def replace_whole(target: Path, content: bytes) -> None:
    """Put `content` under the name `target` in one step; `OSError` if the operating system refuses."""
    # Not `tempfile`: its files are closed to everybody but their owner, and would stay so under the final name.
    part = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
