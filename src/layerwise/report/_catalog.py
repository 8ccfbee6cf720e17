"""A table of ingredients as people read it: side by side, one by itself, and as a page of the documentation."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
WIDTH = 80
_GAP = "  "


@dataclass(frozen=True, kw_only=True)
class Catalog(Generic[T]):
    """How a table of named entries is shown; all that it says comes from the entries.

    Attributes:
        room: The room that holds the table, which is the name of the command and of the page too.
        entries: The table.
        sample: One of its names, for the hints.
        row: From an entry to its cells, heading to text, with the same headings for all.
        facts: From an entry to all that is known of it, label to text. What has no text is left out.
        legend: What those headings mean that do not speak for themselves.
        introduction: What the page says first, in Markdown.
        further: What has no place in the table but belongs to it: name to facts.
        code: Labels whose text is code.

    Example:
        >>> shades = Catalog(
        ...     room="shades",
        ...     entries={"grey": 0.5},
        ...     sample="grey",
        ...     row=lambda value: {"name": "grey", "light": f"{value:g}"},
        ...     facts=lambda value: {"light": f"{value:g} of white", "hue": ""},
        ...     legend={"light": "1 is white"},
        ... )
        >>> shades.one("grey")
        ['grey', 'light  0.5 of white']
        >>> print(*shades.listing(), sep="|")
        name  light|-----------|grey  0.5||light: 1 is white. `layerwise shades grey` says more of one.
    """

    room: str
    entries: Mapping[str, T]
    sample: str
    row: Callable[[T], Mapping[str, str]]
    facts: Callable[[T], Mapping[str, str]]
    legend: Mapping[str, str]
    introduction: str = ""
    further: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    code: frozenset[str] = frozenset()

    def listing(self) -> list[str]:
        """Return all entries as lines of at most 80 characters, and what the headings mean."""
        rows = [self.row(entry) for entry in self.entries.values()]
        columns = [_column(heading, [row[heading] for row in rows]) for heading in rows[0]]
        n_above = max(len(column) for column in columns) - len(rows)
        padded = [[""] * (len(rows) + n_above - len(column)) + column for column in columns]
        widths = [max(map(len, column)) for column in padded]
        lines = [_joined(cells, widths) for cells in zip(*padded, strict=True)]
        lines.insert(n_above, "-" * len(_GAP.join("-" * width for width in widths)))
        meant = "; ".join(f"{heading}: {meaning}" for heading, meaning in self.legend.items())
        hint = f"{meant}. `layerwise {self.room} {self.sample}` says more of one."
        beside = _wrapped(f"Beside the table: {', '.join(self.further)}.") if self.further else []
        return [*lines, "", *_wrapped(hint), *beside]

    def one(self, name: str) -> list[str]:
        """Return all that is known of one entry, or of what stands beside the table, as such lines.

        Raises:
            UnknownName: If there is none of that name.
        """
        title, facts = self._named(name)
        indent = max(map(len, facts)) + len(_GAP)
        return [title, *(line for label, text in facts.items() for line in _wrapped(text, label, indent))]

    def page(self) -> str:
        """Return the page of the documentation, in Markdown."""
        rows = [self.row(entry) for entry in self.entries.values()]
        table = [tuple(rows[0]), tuple("---" for _ in rows[0]), *(tuple(row.values()) for row in rows)]
        sections = (line for name in (*self.entries, *self.further) for line in self._section(name))
        return "\n".join([*self._head(), *map(_cells, table), *sections])

    def print_page(self) -> None:
        """Write the page to standard output, the same bytes on every system."""
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
        sys.stdout.write(self.page() + "\n")

    def _named(self, name: str) -> tuple[str, dict[str, str]]:
        if name in self.further:
            title, facts = name, self.further[name]
        else:
            entry = self.entries[name]
            title, facts = next(known for known, other in self.entries.items() if other is entry), self.facts(entry)
        return title, {label: text for label, text in facts.items() if text}

    def _head(self) -> Iterator[str]:
        command = f"python -m layerwise.{self.room} > docs/{self.room}.md"
        yield f"<!-- Written by `{command}`; a test fails where it is stale. -->"
        yield f"\n# {self.room.capitalize()}\n"
        yield f"Every entry of `layerwise.{self.room}.{self.room.upper()}`, by the name that recipes use."
        yield f"`layerwise {self.room}` prints the table, `layerwise {self.room} {self.sample}` one entry."
        yield f"\n{self.introduction}" if self.introduction else ""
        yield from (f"- *{heading}*: {meaning}" for heading, meaning in self.legend.items())
        yield ""

    def _section(self, name: str) -> Iterator[str]:
        title, facts = self._named(name)
        yield f"\n## {title}\n"
        for label, text in facts.items():
            yield f"- {label}: " + (f"`{text}`" if label in self.code else text)


def _column(heading: str, cells: list[str]) -> list[str]:
    """Return a column's lines, its heading broken so that it is hardly wider than the cells."""
    longest = max(map(len, (*cells, *heading.replace("-", "- ").split())))
    return [*textwrap.wrap(heading, longest), *cells]


def _joined(cells: Iterable[str], widths: Iterable[int]) -> str:
    return _GAP.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _wrapped(text: str, label: str = "", indent: int = 0) -> list[str]:
    wrapper = textwrap.TextWrapper(WIDTH, break_on_hyphens=False, break_long_words=False)
    wrapper.initial_indent, wrapper.subsequent_indent = label.ljust(indent), " " * indent
    return wrapper.wrap(text)


def _cells(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"  # else the end of a cell
