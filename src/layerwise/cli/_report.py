"""`layerwise report`: draw the page again from the records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(folder: Annotated[Path, typer.Argument(help="Folder with a result.json, or the file itself.")]) -> None:
    """Draw report.html again from result.json, and print the table."""
    from layerwise.report import render_html, render_text
    from layerwise.store import check_writable, read, write_text

    record = read(folder)
    place = folder if folder.is_dir() else folder.parent
    check_writable(place)
    write_text(place / "report.html", render_html(record))
    print(render_text(record))
    print(f"\nReport: {place / 'report.html'}")
