"""Where original files may lie, and what to say when they do not."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from layerwise._base import InvalidInput, Text
from layerwise.data._types import Array

T = TypeVar("T")

# Seconds to wait for a server that does not answer.
_PATIENCE = 20.0


def candidates(name: str, folder: str | os.PathLike[str] | None, nested: str) -> list[Path]:
    """Return the folders to look in, the likeliest first; `nested` is how torchvision lays the set out."""
    if folder is not None:
        root = Path(folder).expanduser()
        return [root, root / name, root / nested]
    roots = [Path(os.environ["LAYERWISE_DATA"]).expanduser()] if os.environ.get("LAYERWISE_DATA") else []
    roots += [Path("data"), Path("..") / "shared" / "data"]
    return [root / part for root in roots for part in (name, nested)]


def from_folders(folders: Iterable[Path], read: Callable[[Path], T | None]) -> T | None:
    """Return what `read` makes of the first folder that has the files; None if none has."""
    return next((found for folder in folders if (found := read(folder)) is not None), None)


def fetch(openml_name: str) -> tuple[Array, Array]:
    """Return bytes [row, feature] and labels from OpenML or scikit-learn's cache; `OSError` where that fails."""
    import socket
    from http.client import HTTPException

    from sklearn.datasets import fetch_openml

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_PATIENCE)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # "Retrying"; what comes of it is reported
            raw: Any = fetch_openml(openml_name, version=1, as_frame=False, n_retries=1, delay=0.5)
    except (OSError, EOFError, ValueError, HTTPException) as error:  # no network, no server, no such set any more
        raise OSError(str(error)) from error
    finally:
        socket.setdefaulttimeout(before)
    return raw.data.astype("uint8"), raw.target


def not_found(name: str, folders: Iterable[Path], wanted: str, why: str = "") -> InvalidInput:
    """Return the error that says where was looked and what for."""
    places = ", ".join(str(folder) for folder in folders)
    tried = f" OpenML did not help either: {why.rstrip('.')}." if why else ""
    return InvalidInput(
        f"The files of {name!r} must lie in a folder that is looked in",
        got=Text(f"nothing in {places}"),
        cure=f"Wanted: {wanted}. Pass their `folder`, or set LAYERWISE_DATA in the environment to a folder that has "
        f"them in {name}.{tried}",
    )
