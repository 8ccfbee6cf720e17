"""What experiments that compare arms have in common: differences with Holm's correction, a table, a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from layerwise.data import Data
from layerwise.lecture._ground import Ground
from layerwise.records import Axis, Marks, Picture, Table
from layerwise.stats import Paired, holm, median_interval, paired_difference

Arms: TypeAlias = Mapping[str, Sequence[float]]
"""One number for each seed, by the name of the arm; seeds stand in one order in all."""

DIVERGED = "A network whose training diverged counts as 100%."


def one_test(data: Data, share: float = 0.2) -> Data:
    """Return the data with a test part that is the same for all seeds, so that it adds nothing to their spread.

    Data with an official one is left as it is; otherwise it is `share` of the rows, those that seed 0 draws.
    """
    if data.n_fixed_test:
        return data
    test = data.split(0, validation=(1 - share) / 2, test=share).test
    order = np.concatenate([np.setdiff1d(np.arange(len(data.features)), test), test])
    return replace(data, features=data.features[order], targets=data.targets[order], n_fixed_test=len(test))


def differences(ground: Ground, arms: Arms, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Paired]:
    """Return the mean of first - second for each pair, by seed, with p-values corrected for their number by Holm."""
    found = [paired_difference(arms[a], arms[b], generator=ground.rng(f"{a} - {b}")) for a, b in pairs]
    corrected = holm([one.p_value for one in found])
    return {
        pair: replace(one, p_value=float(p_value)) for pair, one, p_value in zip(pairs, found, corrected, strict=True)
    }


def arms_table(title: str, arms: Arms, quantity: str, note: str = "", digits: int = 2) -> Table:
    """Return a table of each arm's median with its interval, and its smallest and largest value."""

    def row(name: str, values: Sequence[float]) -> tuple[str, ...]:
        middle = median_interval(values)
        ends = f"{middle.low:.{digits}f} to {middle.high:.{digits}f}"
        return name, f"{middle.estimate:.{digits}f}", ends, f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"

    columns = ("compared", f"median {quantity}", "95% interval", "least", "most")
    return Table(title=title, columns=columns, rows=tuple(row(*one) for one in arms.items()), note=note)


def arms_picture(title: str, arms: Arms, axis: Axis, note: str = "") -> Picture:
    """Return every seed of every arm as a point on a line of its own, and each arm's median with its interval."""
    middles = {name: median_interval(values) for name, values in arms.items()}
    seeds = [(value, name) for name, values in arms.items() for value in values]
    return Picture(
        title=title,
        x=axis,
        y=Axis(title="", scale="names"),
        marks=(
            Marks(
                kind="dots",
                columns={
                    "x": tuple(value for value, _ in seeds),
                    "y": tuple(name for _, name in seeds),
                    "series": ("one seed",) * len(seeds),
                },
            ),
            Marks(
                kind="points",
                columns={
                    "x": tuple(middle.estimate for middle in middles.values()),
                    "y": tuple(middles),
                    "low": tuple(middle.low for middle in middles.values()),
                    "high": tuple(middle.high for middle in middles.values()),
                    "series": ("median, 95% interval",) * len(middles),
                },
            ),
        ),
        note=note,
    )
