"""What a study returns: a thin object around its record."""

from __future__ import annotations

from pathlib import Path
from typing import Generic, TypeVar

from layerwise.records import Study

R = TypeVar("R", bound=Study)


class Result(Generic[R]):
    """`record` holds everything; the rest draws or saves it."""

    def __init__(self, record: R) -> None:
        self.record = record

    def save(self, folder: str | Path) -> Path:
        """Write the record (JSON) and its page (HTML) into `folder`, each whole or not at all; return the folder."""
        from layerwise.report import render_html
        from layerwise.store import check_writable, file_names, save, write_text

        check_writable(folder)
        page = render_html(self.record)  # drawn before anything is written: both files come, or none
        save(self.record, folder)
        write_text(Path(folder) / file_names(self.record)[1], page)
        return Path(folder)

    def _repr_html_(self) -> str:
        """Return the sentences and tables as a notebook shows them."""
        import html

        return f"<pre>{html.escape(str(self))}</pre>"

    def __str__(self) -> str:
        from layerwise.report import render_text

        return render_text(self.record)
