"""What `compare` returns: a thin object around the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerwise.records import ComparisonRecord
from layerwise.studies._result import Result

if TYPE_CHECKING:
    import pandas as pd


class Comparison(Result[ComparisonRecord]):
    """The result of `compare`."""

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

    def __repr__(self) -> str:
        arms = ", ".join(arm.name for arm in self.record.arms)
        return f"Comparison({arms}; {len(self.record.seeds)} seeds on {self.record.data.name})"
