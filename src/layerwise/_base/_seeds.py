"""Independent child seeds, by name, from one root seed."""

from __future__ import annotations

import hashlib

from layerwise._base._checks import at_least


def child_seed(root: int, *path: str | int) -> int:
    """Return a 63-bit seed for the stream `path` under `root`.

    The same root and path give the same seed on every machine and Python version; any change in either gives an
    unrelated one. So a member's weights, its data order and its dropout each have a stream of their own, and adding a
    stream never moves another.

    Example:
        >>> child_seed(0, "order") == child_seed(0, "order")
        True
        >>> child_seed(0, "order") == child_seed(0, "dropout")
        False
    """
    at_least("root", root, 0)
    text = "/".join([str(int(root)), *map(_spell, path)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def _spell(part: str | int) -> str:
    """Return `part` with its kind, so that 1 and "1" differ; slashes doubled, so that "a/b" and "a", "b" differ."""
    return "str:" + part.replace("/", "//") if isinstance(part, str) else f"int:{int(part)}"
