"""Filters that are found in the data: principal components, and centers of clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from layerwise._base import InvalidInput, Text
from layerwise.initializers._patches import patches
from layerwise.initializers._uses import Layer

if TYPE_CHECKING:
    from layerwise.tracing import Operation

N_PATCHES = 4096
"""How many patches filters are found in, and at least `_PER_FILTER` for each filter."""

_PER_FILTER = 10
_EXACT = 1000
"""Up to this many entries a patch's covariance is decomposed as it is; beyond, scikit-learn may approximate."""

_LEAST = 1e-6
"""Directions with less than this share of the largest variance are noise, which whitening would blow up."""


def fill_with_filters(kind: str, operation: Operation, layer: Layer, generator: torch.Generator) -> None:
    """Fill a layer's weight with `pca` or `kmeans` filters of its own input, and its bias with 0.

    Each group of a convolution gets filters of its own channels. Lengths mean nothing: the layer is scaled afterwards.
    """
    groups = patches(operation, max(N_PATCHES, _PER_FILTER * len(layer.weight)), generator)
    n_filters = len(layer.weight) // len(groups)
    found = [_FILTERS[kind](group.cpu().double(), n_filters, layer.name, generator) for group in groups]
    layer.weight.copy_(torch.cat(found).view_as(layer.weight))
    if layer.bias is not None:
        layer.bias.zero_()


def _pca(rows: Tensor, n_filters: int, name: str, generator: torch.Generator) -> Tensor:
    """Return whitening components, the largest variance first; where they run out, random mixtures of them all."""
    components = _whitening(rows, n_filters, name, generator)
    n_more = n_filters - len(components)
    mixed = torch.randn(n_more, len(components), dtype=torch.float64, generator=generator) @ components
    return torch.cat([components, mixed])


def _kmeans(rows: Tensor, n_filters: int, name: str, generator: torch.Generator) -> Tensor:
    """Return centers of whitened patches of length 1, as filters of the patches themselves."""
    from sklearn.cluster import MiniBatchKMeans

    if len(rows) < n_filters:
        raise InvalidInput(
            f"There must be at least as many patches as the {n_filters} channels of `{name}` for k-means",
            got=len(rows),
            cure='Give a larger batch, or use weights="pca".',
        )
    components = _whitening(rows, n_filters, name, generator)
    white = torch.nn.functional.normalize((rows - rows.mean(0)) @ components.T)
    means = MiniBatchKMeans(n_filters, n_init=1, random_state=_seed(generator)).fit(white.numpy())
    centers: Any = means.cluster_centers_
    return torch.from_numpy(centers) @ components


_FILTERS = {"pca": _pca, "kmeans": _kmeans}


def _whitening(rows: Tensor, n_most: int, name: str, generator: torch.Generator) -> Tensor:
    """Return up to `n_most` principal components, each divided by the standard deviation along it."""
    from sklearn.decomposition import PCA

    if not bool(rows.isfinite().all()):
        raise InvalidInput(f"The input of `{name}` must be finite", got=Text("NaN or infinity"))
    if bool((rows == rows[0]).all()):
        raise InvalidInput(
            f"The input of `{name}` must vary over the batch for filters to be found in it",
            got=Text(f"{len(rows)} equal patches"),
            cure="Give a batch of several different examples, and look for dead units before this layer.",
        )
    solver = "covariance_eigh" if rows.shape[1] <= _EXACT else "auto"
    found = PCA(min(n_most, *rows.shape), svd_solver=solver, random_state=_seed(generator)).fit(rows.numpy())
    variance, components = torch.from_numpy(found.explained_variance_), torch.from_numpy(found.components_)
    kept = variance > _LEAST * variance[0]
    return components[kept] / variance[kept].sqrt()[:, None]


def _seed(generator: torch.Generator) -> int:
    return int(torch.randint(2**31 - 1, (), generator=generator))
