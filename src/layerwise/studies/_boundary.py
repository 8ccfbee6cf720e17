"""Where training stops working, and how that depth follows the theory's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from layerwise import stats
from layerwise._base import child_seed
from layerwise.records import Agreement, MapColumn

LEAST_COLUMNS = 4
"""With fewer measured columns an interval over columns says nothing."""


def boundary(depths: Sequence[int], accuracies: Sequence[float], level: float) -> float:
    """Return the depth at which the accuracy, once it has reached `level`, first falls below it, going deeper.

    Between two depths the accuracy is taken as a straight line over log depth. Infinite if it never falls below, 0 if
    it never gets there. Shallow networks below the level are passed over: they learn more slowly than deeper ones.

    Example:
        >>> round(boundary([5, 10, 40], [0.4, 0.9, 0.1], 0.5), 9)
        20.0
        >>> boundary([10, 40], [0.9, 0.8], 0.5), boundary([10, 40], [0.1, 0.1], 0.5)
        (inf, 0.0)
    """
    if max(accuracies) < level:
        return 0.0
    for (shallow, above), (deep, below) in pairwise(zip(depths, accuracies, strict=True)):
        if above >= level > below:
            share = (above - level) / (above - below)
            return math.exp((1 - share) * math.log(shallow) + share * math.log(deep))
    return math.inf


def agreement(columns: Sequence[MapColumn], depths: Sequence[float], deepest: int) -> Agreement | None:
    """Return how `depths`, one for each column, follow xi_c; None where fewer than four columns are measured.

    A column counts for the factor if theory puts its boundary inside the map: beyond its edge there is nothing to
    compare, and near the critical line, where xi_c has no end, other limits than xi_c take over.
    """
    pairs = [(column.xi_c, depth) for column, depth in zip(columns, depths, strict=True) if not math.isnan(depth)]
    inside = [
        math.log(depth / column.xi_c)
        for column, depth in zip(columns, depths, strict=True)
        if 0 < depth < math.inf and column.predicted <= deepest
    ]
    if len(inside) < LEAST_COLUMNS:
        return None
    found = stats.bootstrap_interval(inside, generator=np.random.default_rng(child_seed(0, "map factor")))
    factor, low, high = (math.exp(end) for end in (found.estimate, found.low, found.high))
    return Agreement(
        factor=factor, low=low, high=high, n=len(inside), rank_correlation=_rank(pairs), n_ranked=len(pairs)
    )


def _rank(pairs: Sequence[tuple[float, float]]) -> float:
    """Return Spearman's correlation: Pearson's of the ranks, where ties share theirs. NaN if one side is all ties."""
    from scipy.stats import rankdata

    ranks = [rankdata(side) for side in zip(*pairs, strict=True)]
    if any(np.ptp(rank) == 0 for rank in ranks):
        return math.nan
    return float(np.corrcoef(ranks)[0, 1])
