"""How many groups a layer's units are split into."""

from __future__ import annotations

from torch import nn

from layerwise._base import positive_int

GROUP_SIZE = 16
"""Units of a group, at least: the 16 channels a group of Wu and He 2018."""


def group_count(n_units: int) -> int:
    """Return the largest number of equal groups of `n_units` that leaves each at least 16 units; 1 where none does.

    A group of one unit would always be 0 on a dense layer, and a group of two always +-1.

    Raises:
        InvalidInput: If `n_units` is not a positive int.

    Example:
        >>> [group_count(n) for n in (10, 31, 32, 100, 512)]
        [1, 1, 2, 5, 32]
    """
    most = positive_int("n_units", n_units) // GROUP_SIZE
    return next((groups for groups in range(most, 1, -1) if n_units % groups == 0), 1)


def group_norm(n_units: int) -> nn.GroupNorm:
    """Return torch's group normalization of `n_units` units in `group_count(n_units)` groups.

    Example:
        >>> group_norm(64).num_groups
        4
    """
    return nn.GroupNorm(group_count(n_units), n_units)
