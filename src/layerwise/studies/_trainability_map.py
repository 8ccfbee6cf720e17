"""What `trainability_map` returns: a thin object around the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerwise.records import TrainabilityRecord
from layerwise.studies._result import Result

if TYPE_CHECKING:
    import pandas as pd


class TrainabilityMap(Result[TrainabilityRecord]):
    """The result of `trainability_map`."""

    def frame(self) -> pd.DataFrame:
        """Return one row for each network: depth, weight variance, seed, status, steps, seconds and every score."""
        import pandas as pd

        rows = [
            {
                "depth": cell.depth,
                "weight_variance": cell.weight_variance,
                "seed": run.seed,
                "status": run.status,
                "n_steps": run.n_steps,
                "seconds": run.seconds,
                **run.scores,
            }
            for cell in self.record.cells
            for run in cell.runs
        ]
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        record = self.record
        n = len(record.seeds)
        grid = f"{len(record.depths)} depths x {len(record.columns)} weight variances x {n} seed{'s' * (n > 1)}"
        variance = f"bias variance {record.bias_variance:g}"
        return f"TrainabilityMap({record.activation}, {variance}: {grid} on {record.data.name})"
