"""Figures of C2.6: ways in function space, and the loss on planes through parameter space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor, nn

from layerwise.lecture.unsupervised._surface import Parameters, filter_normalized, loss_of, on_plane
from layerwise.lecture.unsupervised._trajectories import Trajectories
from layerwise.records import Axis, Marks, Picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_CELLS = 29
N_DRAWN = 10
"""Networks of each arm whose ways are drawn."""


def hill_picture(lines: Mapping[str, Sequence[NDArray[np.float64]]]) -> Picture:
    """Return the loss on the straight lines between trained networks: median, and the middle 80% of the lines."""
    marks = []
    for arm, some in lines.items():
        low, middle, high = (tuple(row.tolist()) for row in np.quantile(np.stack(some), (0.1, 0.5, 0.9), axis=0))
        x, series = tuple(np.linspace(0, 1, len(middle)).tolist()), (arm,) * len(middle)
        marks.append(Marks(kind="band", columns={"x": x, "low": low, "high": high, "series": series}))
        marks.append(Marks(kind="path", columns={"x": x, "y": middle, "series": series}))
    return Picture(
        title="The loss on straight lines between trained networks",
        x=Axis(title="share of the straight line from one trained network to another"),
        y=Axis(title="loss on test images", low=0.0),
        marks=tuple(marks),
        note="Lines: medians over pairs; bands: the middle 80% of the pairs. At 0 and 1 is a trained network. "
        "The units of the two stand in the order that they have: none are matched.",
        size="full",
    )


def function_space(ways: Trajectories, arms: Sequence[str], method: Literal["pca", "t-sne"]) -> Picture:
    """Return the ways of some networks, by what they say about fixed rows, in the plane."""
    who = [(arm, seed) for arm in arms for seed in sorted(s for a, s in ways.outputs if a == arm)[:N_DRAWN]]
    paths = [ways.path(one) for one in who]
    plane = _plane(np.concatenate(paths), method)
    ends = np.cumsum([len(path) for path in paths])
    marks = []
    for (arm, _), way in zip(who, np.split(plane, ends[:-1]), strict=True):
        marks.append(_marks("path", way, arm))
    marks += [_marks("points", plane[ends[np.array([a == arm for a, _ in who])] - 1], arm) for arm in arms]
    names = {"pca": ("first principal component", "second"), "t-sne": ("first coordinate of t-SNE", "second")}
    first, second = names[method]
    return Picture(
        title=f"Ways in function space ({method.upper() if method == 'pca' else 't-SNE'})",
        x=Axis(title=f"what networks say about {ways.n_rows} fixed images: {first}"),
        y=Axis(title=second),
        marks=tuple(marks),
        note="A line is the way of one network from before its first update with labels to its end, a point. "
        "Networks that say the same about all images are at one place, whatever their weights.",
        size="full",
    )


def _plane(rows: NDArray[np.float64], method: str) -> NDArray[np.float64]:
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    shown = PCA(2) if method == "pca" else TSNE(init="pca", random_state=0)
    found: NDArray[np.float64] = shown.fit_transform(rows).astype(np.float64)
    return found


def path_picture(title: str, network: nn.Module, path: Sequence[Parameters], x: Tensor, y: Tensor) -> Picture:
    """Return the loss in the plane in which the path of the parameters varies most, with the path."""
    from sklearn.decomposition import PCA

    shapes = [parameter.shape for parameter in path[-1]]
    flat = torch.stack([torch.cat([one.flatten() for one in point]) for point in path]).double().numpy()
    fitted = PCA(2, svd_solver="full").fit(flat - flat[-1])
    way = (flat - flat[-1]) @ fitted.components_.T
    directions = tuple(_parts(component, shapes) for component in fitted.components_)
    across, up = (_grid(column.min(), column.max()) for column in way.T)
    losses = on_plane(loss_of(network, x, y), path[-1], (directions[0], directions[1]), _middles(across), _middles(up))
    share = float(fitted.explained_variance_ratio_.sum())
    return Picture(
        title=title,
        x=Axis(title="first direction of the way"),
        y=Axis(title="second direction"),
        marks=(
            _cells(across, up, losses),
            _marks("path", way, "way of the parameters"),
            _marks("points", way[-1:], "end"),
        ),
        value=Axis(title="loss on test images", scale="log"),
        note=f"The plane holds {share:.0%} of the way's variance.",
    )


def slice_picture(title: str, network: nn.Module, x: Tensor, y: Tensor, generator: torch.Generator) -> Picture:
    """Return the loss in a plane through the parameters, along two random filter-normalized directions."""
    center = [parameter.detach() for parameter in network.parameters()]
    first, second = (filter_normalized(center, generator) for _ in range(2))
    grid = np.linspace(-1.5, 1.5, N_CELLS + 1)
    losses = on_plane(loss_of(network, x, y), center, (first, second), _middles(grid), _middles(grid))
    return Picture(
        title=title,
        x=Axis(title="first random direction"),
        y=Axis(title="second random direction"),
        marks=(_cells(grid, grid, losses), _marks("points", np.zeros((1, 2)), "the trained network")),
        value=Axis(title="loss on test images", scale="log"),
        note="At 1, every unit's weights are changed by as much as they are long (filter normalization).",
    )


def _parts(flat: NDArray[np.float64], shapes: Sequence[torch.Size]) -> list[Tensor]:
    parts = torch.from_numpy(flat).float().split([shape.numel() for shape in shapes])
    return [part.view(shape) for part, shape in zip(parts, shapes, strict=True)]


def _grid(low: float, high: float) -> NDArray[np.float64]:
    margin = 0.2 * (high - low)
    return np.linspace(low - margin, high + margin, N_CELLS + 1)


def _middles(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    return (edges[1:] + edges[:-1]) / 2


def _cells(across: NDArray[np.float64], up: NDArray[np.float64], values: NDArray[np.float64]) -> Marks:
    row, column = (grid.ravel() for grid in np.indices(values.shape))
    columns = {"x": across[column], "x2": across[column + 1], "y": up[row], "y2": up[row + 1], "value": values.ravel()}
    return Marks(kind="cells", columns={name: tuple(float(f"{v:.4g}") for v in some) for name, some in columns.items()})


def _marks(kind: Literal["path", "points"], points: NDArray[np.float64], series: str) -> Marks:
    x, y = (tuple(float(f"{value:.4g}") for value in column) for column in points.T)
    return Marks(kind=kind, columns={"x": x, "y": y, "series": (series,) * len(x)})
