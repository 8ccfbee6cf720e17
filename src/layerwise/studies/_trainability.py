"""Which depths train at which weight variance, next to what theory says."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from layerwise._base import InvalidInput, Text, non_negative, positive_int
from layerwise.data import Data, load
from layerwise.models import Recipe
from layerwise.population import Fit, Progress, fit
from layerwise.records import MapCell, MapColumn, Run, TrainabilityRecord
from layerwise.studies._boundary import agreement, boundary
from layerwise.studies._map_grid import Grid, enough
from layerwise.studies._map_theory import critical, predicted_columns, predicted_curve
from layerwise.studies._trainability_map import TrainabilityMap
from layerwise.studies._versions import versions

if TYPE_CHECKING:
    import torch

Progressive = Callable[[Progress], None] | bool

SOURCE = "Schoenholz, Gilmer, Ganguli, Sohl-Dickstein 2017, Deep information propagation"
DEPTHS = (8, 11, 16, 23, 32, 45, 64, 91)
WEIGHT_VARIANCES = (1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0, 3.25, 3.5, 3.75, 4.0)

TRAINED, LOST = 0.5, 0.1
"""Shares of the way from guessing to the best cell: from the first on a network counts as trained, and below the second
next to nothing is learnt."""

PAPER: Mapping[str, Any] = {
    "depths": (10, 14, 20, 28, 40, 57, 80, 113, 160, 226, 300),
    "width": 300,
    "batch_size": 256,
    "learning_rate": 0.001,
}
"""Options for the size of the paper, with as many updates as the default. On two cores that is an hour or more."""


def trainability_map(
    activation: str = "tanh",
    bias_variance: float = 0.05,
    data: Any = "mnist",
    *,
    depths: Iterable[int] = DEPTHS,
    weight_variances: Iterable[float] = WEIGHT_VARIANCES,
    width: int = 100,
    learning_rate: float = 0.01,
    steps: int = 200,
    batch_size: int = 100,
    seeds: int | Sequence[int] = 1,
    device: str | torch.device = "cpu",
    chunk_size: int | None = None,
    progress: Progressive = True,
    command: str = "",
) -> TrainabilityMap:
    """Train a network for each depth and weight variance, and return the map of their accuracies next to the theory's.

    Weights are drawn from N(0, weight_variance / fan_in), biases from N(0, bias_variance), and every network is trained
    by plain gradient descent on cross-entropy. Theory says from the variances alone to which depth networks should
    train: about 6 xi_c (`layerwise.theory.depth_scale`), beyond which two inputs have become one, or strangers.

    The rate belongs to the width: what an update does to the outputs grows with rate times width, so the paper's 0.001
    at width 300 compares with 0.003 at 100. There 200 updates leave even shallow networks under 75 %; 0.01 takes them
    past 80 %; from 0.03 on networks of 64 layers fall apart at every variance, and the map shows the rate and not xi_c
    (measured on MNIST at width 100).

    Args:
        activation: a name that `layerwise.theory` can take.
        bias_variance: of the biases at the start.
        data: whatever `layerwise.data.load` takes, with classes.
        depths: hidden layers; steps of equal ratio suit the chart.
        weight_variances: times fan_in.
        width: units of each hidden layer.
        learning_rate: of all networks.
        steps: updates of each network. Rows are drawn so that each is seen at most once, where there are enough;
            otherwise as many whole passes as come nearest.
        batch_size: rows of an update.
        seeds: how many networks a cell, or which seeds; they decide split, order and initial draw.
        device: where to train.
        chunk_size: networks trained as one batch; None: chosen from their size.
        progress: True for a bar on stderr, False for none, or a function that gets `Progress` reports.
        command: kept in the record: how this map was asked for.

    Raises:
        InvalidInput: a value breaks a rule, or theory can't take the activation.

    Example:
        >>> small = {"depths": (1, 2), "weight_variances": (1.0, 2.0), "width": 8, "steps": 2, "batch_size": 150}
        >>> trainability_map(data="circles", progress=False, **small)
        TrainabilityMap(tanh, bias variance 0.05: 2 depths x 2 weight variances x 1 seed on circles)

    References:
        Schoenholz, Gilmer, Ganguli, Sohl-Dickstein 2017, Deep information propagation.
    """
    started = time.perf_counter()
    grid = Grid.checked(depths, weight_variances)
    shared = Recipe().replace(
        name="shared by all", activation=activation, width=width, initializer="lecun_normal",
        bias_std=math.sqrt(non_negative("bias_variance", bias_variance)), learning_rate=learning_rate,
        batch_size=batch_size, source=SOURCE,
    )  # fmt: skip
    columns = predicted_columns(activation, bias_variance, grid.weight_variances)
    ground = enough(_with_classes(load(data)), positive_int("steps", steps) * batch_size)
    shared = shared.replace(epochs=_epochs(ground, steps, batch_size))
    recipes = grid.recipes(shared)
    fitted = _fit(recipes.values(), ground, seeds, device, chunk_size, progress)
    record = _record(shared, float(bias_variance), columns, _cells(recipes, fitted.runs), fitted, ground)
    return TrainabilityMap(replace(record, command=command, seconds=time.perf_counter() - started))


def _record(
    shared: Recipe,
    bias_variance: float,
    columns: Sequence[MapColumn],
    cells: tuple[MapCell, ...],
    fitted: Fit,
    data: Data,
) -> TrainabilityRecord:
    activation = shared.architecture.activation
    trained_at, lost_at = (_level(data.chance, cells, share) for share in (TRAINED, LOST))
    columns = [
        replace(column, measured=_measured(column, cells, trained_at), lost=_measured(column, cells, lost_at))
        for column in columns
    ]
    deepest = max(cell.depth for cell in cells)
    return TrainabilityRecord(
        activation=activation,
        bias_variance=bias_variance,
        recipe=shared.model_dump(mode="json"),
        n_steps=max(run.n_steps for run in fitted.runs),
        critical=critical(activation, bias_variance),
        columns=tuple(columns),
        cells=cells,
        curve=predicted_curve(activation, bias_variance, [column.weight_variance for column in columns]),
        chance=data.chance,
        trained_at=trained_at,
        lost_at=lost_at,
        trained=agreement(columns, [column.measured for column in columns], deepest),
        lost=agreement(columns, [column.lost for column in columns], deepest),
        data=data.split(fitted.runs[0].seed).summary(data),
        seeds=tuple(sorted({run.seed for run in fitted.runs})),
        device=fitted.device,
        versions=versions(),
        command="",
        seconds=0.0,
        interrupted=fitted.interrupted,
    )


def _level(chance: float, cells: Sequence[MapCell], share: float) -> float:
    """Return the training accuracy that lies `share` of the way from guessing to the best cell."""
    return chance + share * (max(cell.train_accuracy for cell in cells) - chance)


def _with_classes(data: Data) -> Data:
    if data.task != "classification":
        raise InvalidInput("`data` must have classes for a map of accuracies", got=Text(f"{data.name!r}, a regression"))
    return data


def _epochs(data: Data, steps: int, batch_size: int) -> int:
    """Return the passes over the training part that come nearest to `steps` updates, at least one."""
    n_train = len(data.split(0).train)
    return max(1, round(steps / (n_train // min(batch_size, n_train))))


def _fit(
    recipes: Iterable[Recipe],
    data: Data,
    seeds: int | Sequence[int],
    device: str | torch.device,
    chunk_size: int | None,
    progress: Progressive,
) -> Fit:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # an interruption is in the record
        fitted = fit(
            recipes,
            data,
            seeds,
            probe_every=0,
            device=device,
            chunk_size=chunk_size,
            keep_models=False,
            progress=progress,
        )
    if not fitted.runs:
        raise KeyboardInterrupt
    return fitted


def _cells(recipes: Mapping[tuple[int, float], Recipe], runs: Sequence[Run]) -> tuple[MapCell, ...]:
    """Return the cells that have runs, the shallowest first; curves are left out, which no map shows."""
    by_name: dict[str, list[Run]] = {}
    for run in runs:
        by_name.setdefault(run.recipe, []).append(replace(run, curves=(), measures=()))
    return tuple(
        MapCell(depth=depth, weight_variance=variance, runs=tuple(by_name[recipe.name]))
        for (depth, variance), recipe in sorted(recipes.items(), key=lambda item: item[0])
        if recipe.name in by_name
    )


def _measured(column: MapColumn, cells: Sequence[MapCell], level: float) -> float:
    mine = [cell for cell in cells if cell.weight_variance == column.weight_variance]
    if not mine:
        return math.nan  # interrupted before any of them had ended
    return boundary([cell.depth for cell in mine], [cell.train_accuracy for cell in mine], level)
