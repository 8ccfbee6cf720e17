"""A table of named things that answers an unknown name with near misses and the whole list."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import TypeVar

from layerwise._base._errors import UnknownName

T = TypeVar("T")


class Registry(Mapping[str, T]):
    """Names to values of one type, in the order they were added; read like a dict.

    `aliases` are further names of entries: they are found, but neither listed nor counted.

    Example:
        >>> shades = Registry("shade", {"grey": 1, "green": 2})
        >>> shades["green"]
        2
        >>> shades["gray"]
        Traceback (most recent call last):
            ...
        layerwise._base._errors.UnknownName: There is no shade 'gray'. Did you mean 'grey'? Known: grey, green.
    """

    def __init__(self, noun: str, entries: Mapping[str, T], aliases: Mapping[str, str] | None = None) -> None:
        self.noun = noun
        self._aliases = dict(aliases or {})
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> T:
        try:
            return self._entries[self._aliases.get(name, name)]
        except (KeyError, TypeError):
            raise self._unknown(name) from None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._aliases.get(name, name) in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"Registry({self.noun!r}: {', '.join(self)})"

    def _unknown(self, name: object) -> UnknownName:
        folded = {known.lower(): known for known in self}
        close = difflib.get_close_matches(str(name).lower(), list(folded), n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(repr(folded[near]) for near in close)}?" if close else ""
        return UnknownName(f"There is no {self.noun} {name!r}.{hint} Known: {', '.join(self)}.")
