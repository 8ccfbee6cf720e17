"""`layerwise report`: draw the page again from the records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    folder: Annotated[Path, typer.Argument(help="Folder with the records of a study, or the file itself.")],
) -> None:
    """Draw the page again from the records, and print what they say."""
    from layerwise.report import render_html, render_text
    from layerwise.store import check_writable, file_names, read, write_text

    record = read(folder)
    place = folder if folder.is_dir() else folder.parent
    check_writable(place)
    page = place / file_names(record)[1]
    write_text(page, render_html(record))
    print(render_text(record))
    print(f"\nReport: {page}")
