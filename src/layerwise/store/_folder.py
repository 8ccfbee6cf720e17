"""A folder that can be written to, known before any work is done."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from layerwise.store._atomic import not_writable, replace_whole


def check_writable(folder: str | os.PathLike[str]) -> Path:
    """Return `folder` if files can be written in it; one that is missing must be possible to create.

    It is tried, not asked: permission bits say nothing about a full disk, a read-only mount or the administrator. The
    probe file is removed again, and so are the folders made for it.

    Raises:
        InvalidInput: it is a file, lies below a file, or the operating system refuses.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as here:
        ...     check_writable(f"{here}/a/b").name, list(Path(here).iterdir())
        ('b', [])
    """
    path = Path(folder)
    missing: list[Path] = []
    try:
        missing += (one for one in (path, *path.parents) if not os.path.lexists(one))
        _probe(path)
    except (OSError, ValueError) as error:
        raise not_writable(path, error) from error
    finally:
        for made in missing:
            with contextlib.suppress(OSError, ValueError):
                made.rmdir()  # which leaves a folder that something is in
    return path


def _probe(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / ".layerwise-probe"
    replace_whole(probe, b"")
    probe.unlink()
