"""What a map of trainability consists of: cells, the theory's depths, and how well the two agree."""

from __future__ import annotations

from dataclasses import field
from statistics import fmean
from typing import Any, Literal

from layerwise.records._comparison import DataSummary
from layerwise.records._record import record
from layerwise.records._run import Run

MAP_SCHEMA_VERSION = 1


@record
class MapCell:
    """Networks of one depth and one weight variance, one run for each seed."""

    depth: int
    weight_variance: float
    runs: tuple[Run, ...] = field(repr=False)

    @property
    def train_accuracy(self) -> float:
        """Mean over seeds, after training."""
        return fmean(run.scores["train_accuracy"] for run in self.runs)

    @property
    def test_accuracy(self) -> float:
        """Mean over seeds, after training."""
        return fmean(run.scores["test_accuracy"] for run in self.runs)


@record
class MapColumn:
    """One weight variance: what theory says of it, and how deep networks trained.

    Attributes:
        weight_variance: of the weights, times fan_in.
        phase: ordered, critical or chaotic.
        xi_c: layers over which differences between inputs fade by a factor e; infinite where they do not.
        predicted: the depth to which networks should train, about 6 xi_c.
        measured: the depth at which the training accuracy falls through `TrainabilityRecord.trained_at`, between the
            depths tried by straight lines over log depth; infinite if it never does, 0 if no depth reaches it.
        lost: the same for `TrainabilityRecord.lost_at`, from where on next to nothing is learnt.
    """

    weight_variance: float
    phase: Literal["ordered", "critical", "chaotic"]
    xi_c: float
    predicted: float
    measured: float
    lost: float


@record
class Agreement:
    """How the measured depths of one level of accuracy follow xi_c.

    Attributes:
        factor: k in measured = k xi_c, the geometric mean over columns.
        low, high: its 95% BCa bootstrap interval, columns resampled.
        n: columns behind it: those whose predicted depth is no deeper than the map, and where a depth was measured.
        rank_correlation: Spearman's, between xi_c and the measured depth, over all `n_ranked` columns.
    """

    factor: float
    low: float
    high: float
    n: int
    rank_correlation: float
    n_ranked: int


@record
class TrainabilityRecord:
    """The whole of a map of trainability; its `result.json` is this record.

    Attributes:
        recipe: the choices that all networks share, nested as in `Recipe`; depth and scale are each cell's own.
        n_steps: updates that each network made.
        critical: the weight variance of the critical line at this bias variance; None if there is none.
        curve: pairs (weight variance, 6 xi_c), closer together than the columns.
        trained_at: halfway from `chance` to the best cell's training accuracy; `lost_at` a tenth of that way.
        trained: how `MapColumn.measured` follows xi_c, None where too few columns are measured; `lost` likewise.
        interrupted: True if it was stopped before all runs had ended.
    """

    kind: Literal["trainability_map"] = "trainability_map"
    activation: str
    bias_variance: float
    recipe: dict[str, Any]
    n_steps: int
    critical: float | None
    columns: tuple[MapColumn, ...]
    cells: tuple[MapCell, ...]
    curve: tuple[tuple[float, float], ...]
    chance: float
    trained_at: float
    lost_at: float
    trained: Agreement | None
    lost: Agreement | None
    data: DataSummary
    seeds: tuple[int, ...]
    device: str
    versions: dict[str, str]
    command: str
    seconds: float
    interrupted: bool = False
    schema_version: int = MAP_SCHEMA_VERSION

    @property
    def depths(self) -> tuple[int, ...]:
        """The depths tried, the shallowest first."""
        return tuple(sorted({cell.depth for cell in self.cells}))

    @property
    def best(self) -> float:
        """The best cell's training accuracy."""
        return max(cell.train_accuracy for cell in self.cells)
