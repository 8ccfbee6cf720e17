"""Loss on rows that were not trained on, where the training loss is the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from layerwise.records import Axis, Marks, Picture, Run

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_LEVELS = 25


def path_of(run: Run) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return training and validation loss at every reading of a run, for falling training losses alone."""
    train, held_out = (np.array(run.curve(name).values) for name in ("train_loss", "validation_loss"))  # type: ignore[union-attr]
    least = np.fmin.accumulate(train)
    first = np.concatenate([[True], least[1:] < least[:-1]])
    return train[first], held_out[first]


def at_level(run: Run, level: float) -> float:
    """Return the validation loss where the training loss has fallen to `level`, between two readings by its logarithm.

    Example:
        >>> from layerwise.records import Curve
        >>> curves = [Curve(name=name, steps=(0, 1), values=values)
        ...           for name, values in (("train_loss", (1.0, 0.01)), ("validation_loss", (2.0, 1.0)))]
        >>> run = Run(recipe="a", seed=0, learning_rate=1.0, status="finished", n_steps=1, seconds=0.0, scores={},
        ...           curves=tuple(curves))
        >>> round(at_level(run, 0.1), 6)
        1.5
    """
    train, held_out = path_of(run)
    return float(np.interp(-np.log(level), -np.log(train), held_out))


def common_level(runs: Sequence[Run]) -> float:
    """Return the lowest training loss that every run reaches."""
    return max(float(path_of(run)[0][-1]) for run in runs)


def equal_loss_picture(title: str, arms: Mapping[str, Sequence[Run]]) -> Picture:
    """Return the validation loss against the training loss, for each arm the median and the middle 80% of the seeds."""
    every = [run for runs in arms.values() for run in runs]
    levels = np.geomspace(1.0, common_level(every), N_LEVELS)
    marks = []
    for name, runs in arms.items():
        table = np.array([[at_level(run, level) for level in levels] for run in runs])
        low, middle, high = (tuple(row.tolist()) for row in np.quantile(table, (0.1, 0.5, 0.9), axis=0))
        x, series = tuple(levels.tolist()), (name,) * N_LEVELS
        marks.append(Marks(kind="band", columns={"x": x, "low": low, "high": high, "series": series}))
        marks.append(Marks(kind="line", columns={"x": x, "y": middle, "series": series}))
    return Picture(
        title=title,
        x=Axis(title="training loss", scale="log"),
        y=Axis(title="loss on other rows", low=0.0),
        marks=tuple(marks),
        note="Training goes from right to left. Bands: the middle 80% of the seeds.",
    )
