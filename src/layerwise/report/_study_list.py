"""Plain tables about studies: which there are, and whatever else stands in columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from layerwise.report._columns import column_widths, lines, plainly, text, total_width

_ORDER = ("finished", "stopped_early", "diverged", "crashed", "dropped")


def studies_table(found: Sequence[tuple[str, str, int, Mapping[str, int], str]]) -> str:
    """Return a line for each study: name, folder, members planned, counts by status, when it began."""
    rows = []
    for name, folder, planned, counts, created in found:
        done = sum(counts.values())
        state = "complete" if done == planned else f"{100 * done // max(1, planned)}%"
        ended = ", ".join(f"{counts[status]:,} {status.replace('_', ' ')}" for status in _ORDER if counts.get(status))
        rows.append(([name, folder, f"{done:,}/{planned:,}", state, created[:16].replace("T", " ")], ended))
    header = ["study", "folder", "members", "state", "began (UTC)"]
    widths = column_widths([header, *(row for row, _ in rows)], n_names=2)
    parts = [lines([header], widths, n_names=2, style="bold"), text("-" * total_width(widths), "dim")]
    for row, ended in rows:
        parts += [lines([row], widths, n_names=2), text(f"    {ended}" if ended else "    nothing yet", "dim")]
    return plainly(*parts)


def columns_text(header: Sequence[str], rows: Sequence[Sequence[str]], said: str = "", n_names: int = 1) -> str:
    """Return rows under a header as text of 80 columns, and a sentence below.

    Example:
        >>> print(columns_text(["arm", "seeds"], [["a", "12"], ["bcd", "9"]]))
        arm  seeds
        ----------
        a       12
        bcd      9
    """
    widths = column_widths([header, *rows], n_names=n_names)
    parts = [lines([header], widths, n_names=n_names), text("-" * total_width(widths))]
    parts.append(lines(rows, widths, n_names=n_names))
    return plainly(*parts, *([text(""), text(said)] if said else []))
