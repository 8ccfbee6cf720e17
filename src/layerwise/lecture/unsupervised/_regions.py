"""The regions that L1 and L2 keep two weights in, and the best weights within."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from layerwise.records import Axis, Marks, Picture

CENTER = np.array([0.8, 2.0])
"""The weights of least loss, outside of both regions."""

SHAPE = np.array([[1.0, -0.4], [-0.4, 1.2]])
"""Of the bowl around them."""

N_ANGLES, STEP = 7201, 40
"""Points of an edge, and every how many one is drawn."""

Norm = Callable[[NDArray[np.float64]], NDArray[np.float64]]
L1: Norm = lambda w: np.abs(w).sum(-1)  # noqa: E731  its type is what it is for
L2: Norm = lambda w: np.sqrt((w**2).sum(-1))  # noqa: E731


def edge(norm: Norm) -> NDArray[np.float64]:
    """Return the points of norm 1, [angle, 2]; each quarter of the circle of angles begins at one of them."""
    angle = np.linspace(0, 2 * np.pi, N_ANGLES)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    circle[np.abs(circle) < 1e-12] = 0.0
    return circle / norm(circle)[:, None]


def best_on(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the point with the least loss."""
    found: NDArray[np.float64] = points[np.argmin(loss(points))]
    return found


def loss(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the quadratic loss at `points`, [..., 2]."""
    away = points - CENTER
    found: NDArray[np.float64] = np.einsum("...i,ij,...j", away, SHAPE, away)
    return found


def region_picture(name: str, norm: Norm) -> Picture:
    """Return the region, lines of equal loss, and the best point of the region."""
    rim = edge(norm)
    best = best_on(rim)
    marks = [_marks("path", rim[::STEP], f"weights of {name} norm 1")]
    half = np.linalg.cholesky(np.linalg.inv(SHAPE))
    around = np.sqrt(loss(best)) * edge(L2)[::STEP] @ half.T
    marks += [_marks("path", CENTER + size * around, "equal loss") for size in (0.5, 1.0, 1.4)]
    marks.append(_marks("points", best[None], "best weights within"))
    zero = "w1 is exactly 0" if best[0] == 0 else f"w1 is small, {best[0]:.2f}, but not 0"
    return Picture(
        title=f"{name}: {zero}",
        x=Axis(title="w1", low=-2.8, high=4.8),
        y=Axis(title="w2", low=-1.5, high=3.6),
        marks=tuple(marks),
        note="Of all weights within the region, the best are where a line of equal loss just touches it.",
    )


def _marks(kind: Literal["path", "points"], points: NDArray[np.float64], series: str) -> Marks:
    x, y = (tuple(column.tolist()) for column in points.T)
    return Marks(kind=kind, columns={"x": x, "y": y, "series": (series,) * len(x)})
