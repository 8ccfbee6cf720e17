"""The lecture as plain text of 80 columns: a line for each claim; everything of a single one."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import groupby

from layerwise.records import ClaimRecord, LectureRecord, Table
from layerwise.report._columns import WIDTH
from layerwise.report._lecture_sentences import lecture_sentences, measured, module_of
from layerwise.report._printable import printable

LABEL = 15


def lecture_text(record: LectureRecord) -> str:
    """Return the sentences and a line for each claim; of one claim alone, all that was found."""
    if len(record.claims) == 1:
        return "\n".join(map(printable, _alone(record.claims[0])))
    lines = [line for sentence in lecture_sentences(record) for line in textwrap.wrap(sentence, WIDTH)]
    for (number, title, _), claims in groupby(record.claims, key=lambda claim: module_of(claim.id)):
        lines += ["", f"{number} {title}", *map(claim_line, claims)]
    return "\n".join(map(printable, lines))


def claim_line(claim: ClaimRecord) -> str:
    """Return one claim in one line: id, verdict, title, seconds."""
    title = textwrap.shorten(claim.title, 46, placeholder=" ...")
    return f"  {claim.id:<6}{claim.verdict:<15}{title:<46}{claim.seconds:>7.1f} s"


def _alone(claim: ClaimRecord) -> Iterator[str]:
    yield f"{claim.id} {claim.title}: {claim.verdict}"
    rows = {
        "Lecture": claim.statement,
        "Prediction": claim.prediction,
        "Decision rule": claim.decision_rule,
        "Found": claim.finding,
        "Measured": measured(claim),
        "Condition" if claim.verdict == "holds if" else "Note": claim.condition,
        "Source": claim.source,
    }
    for name, text in rows.items():
        if text:
            yield ""
            yield from textwrap.wrap(text, WIDTH, initial_indent=f"{name:<{LABEL}}", subsequent_indent=" " * LABEL)
    for table in claim.tables:
        yield ""
        yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    """Lay out a table: the first column as wide as its longest cell or what is left, the others to the right."""
    columns = list(zip(table.columns, *table.rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    first = max(min(widths[0], WIDTH - sum(widths[1:]) - 2 * len(widths[1:])), 8)
    yield from textwrap.wrap(f"{table.title}.", WIDTH)
    for row in (table.columns, *table.rows):
        head, *further = textwrap.wrap(row[0], first) or [""]
        cells = "".join(f"  {cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))
        yield f"{head:<{first}}{cells}".rstrip()
        yield from further
    if table.note:
        yield from textwrap.wrap(table.note, WIDTH)
