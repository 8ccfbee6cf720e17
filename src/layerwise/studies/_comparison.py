"""What `compare` returns: a thin object around the record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from layerwise.records import ComparisonRecord

if TYPE_CHECKING:
    import pandas as pd


class Comparison:
    """The result of `compare`. `record` holds everything; the rest draws or saves it."""

    def __init__(self, record: ComparisonRecord) -> None:
        self.record = record

    def frame(self) -> pd.DataFrame:
        """Return one row for each final run: arm, seed, learning rate, status, steps, seconds and every score."""
        import pandas as pd

        rows = [
            {
                "arm": arm.name,
                "seed": run.seed,
                "learning_rate": run.learning_rate,
                "status": run.status,
                "n_steps": run.n_steps,
                "seconds": run.seconds,
                **run.scores,
            }
            for arm in self.record.arms
            for run in arm.runs
        ]
        return pd.DataFrame(rows)

    def save(self, folder: str | Path) -> Path:
        """Write `result.json` and `report.html` into `folder`, each whole or not at all; return the folder."""
        from layerwise.report import render_html
        from layerwise.store import check_writable, save, write_text

        check_writable(folder)
        page = render_html(self.record)  # drawn before anything is written: both files come, or none
        save(self.record, folder)
        write_text(Path(folder) / "report.html", page)
        return Path(folder)

    def _repr_html_(self) -> str:
        """Return the sentences and tables as a notebook shows them."""
        import html

        return f"<pre>{html.escape(str(self))}</pre>"

    def __str__(self) -> str:
        from layerwise.report import render_text

        return render_text(self.record)

    def __repr__(self) -> str:
        arms = ", ".join(arm.name for arm in self.record.arms)
        return f"Comparison({arms}; {len(self.record.seeds)} seeds on {self.record.data.name})"
