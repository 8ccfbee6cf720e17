"""C5.2: with the right gain and offset batch normalization gives its input back."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import batch_norm

from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._exact import ROUNDING, Sides, sides_table
from layerwise.lecture._ground import Ground
from layerwise.normalizers import recovering
from layerwise.records import Axis, ClaimVerdict, Marks, Picture

EPS, N_ROWS = 1e-5, 64
POWERS = tuple(range(-9, 4))
"""Each unit has a variance near ten to one of these."""


class Errors(NamedTuple):
    """By how much a unit's deviation from its mean misses the input's, relative; all [unit].

    `right`: with eps in the gain; `lecture`: without; `theory`: what it should be without.
    """

    variance: Tensor
    right: Tensor
    lecture: Tensor
    theory: Tensor


def measured(generator: torch.Generator, eps: float = EPS) -> Errors:
    """Return the errors of recovery for units of many variances."""
    x = torch.randn(N_ROWS, len(POWERS), generator=generator, dtype=torch.float64)
    x = x * torch.tensor([10.0 ** (power / 2) for power in POWERS], dtype=torch.float64)
    variance = x.var(0, correction=0)

    def error(eps_in_gain: float) -> Tensor:
        gamma, beta = recovering(x, eps_in_gain)
        back = batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
        shares: Tensor = torch.linalg.vector_norm(back - x, dim=0) / torch.linalg.vector_norm(x - x.mean(0), dim=0)
        return shares

    return Errors(variance, error(eps), error(0.0), 1 - (variance / (variance + eps)).sqrt())


def judged(right: float, lecture: float) -> ClaimVerdict:
    """Return the verdict on the largest error with eps in the gain, and with the lecture's gain."""
    if lecture <= ROUNDING:
        return "holds"
    return "holds if" if right <= ROUNDING else "does not hold"


@claim(
    "C5.2",
    "Gain and offset can undo the normalization",
    kind="exact",
    statement="With a learned gain gamma and offset beta after the normalization, a network can recover what went in: "
    "by gamma = sqrt(var) and beta = mean.",
    prediction="A layer divides by sqrt(var + eps), so gamma must be sqrt(var + eps). With sqrt(var) a unit loses the "
    "share 1 - sqrt(var / (var + eps)): nothing where its variance is large, 29% where it is as small as eps, almost "
    "all below.",
    decision_rule="With gamma = sqrt(var + eps) each unit comes back to 1e-12, relative to its deviation from its "
    "mean, in float64 with the statistics of the batch. Holds if so with gamma = sqrt(var) too; under a condition if "
    "only with eps.",
    source="CS7015, lecture 9.5. Ioffe and Szegedy 2015, Batch normalization.",
)
def recovers(ground: Ground) -> Outcome:
    """Normalize units of many variances, and take it back."""
    found = measured(ground.generator("C5.2"))
    right, lecture = float(found.right.max()), float(found.lecture.max())
    near = int((found.variance / EPS).log().abs().argmin())
    verdict = judged(right, lecture)
    zero = torch.zeros(len(POWERS), dtype=torch.float64)
    table = sides_table(
        f"Share of a unit's deviation that is lost, eps = {EPS:g}",
        [
            Sides("gamma = sqrt(var + eps)", found.right, zero),
            Sides("gamma = sqrt(var)", found.lecture, found.theory),
            *(
                Sides(f"the same, var = {float(found.variance[k]):.2g}", found.lecture[k], found.theory[k])
                for k in range(0, len(POWERS), 2)
            ),
        ],
        ("measured", "theory"),
        f"{len(POWERS)} units, a batch of {N_ROWS}.",
    )
    return Outcome(
        verdict=verdict,
        finding=f"With gamma = sqrt(var + eps) every unit comes back to {right:.1e}. With gamma = sqrt(var) a unit "
        f"loses {float(found.lecture[near]):.0%} where its variance is near eps, {lecture:.0%} at the smallest "
        f"variance here and {float(found.lecture.min()):.1e} at the largest.",
        condition="gamma must be sqrt(var + eps): with sqrt(var), the input comes back only where the variance is far "
        "above eps. And the statistics must be those of the batch."
        if verdict == "holds if"
        else "",
        metric="largest relative error with sqrt(var + eps)",
        value=right,
        tables=(table,),
        pictures=(_picture(found),),
    )


def _picture(found: Errors) -> Picture:
    x = tuple(found.variance.tolist())
    return Picture(
        title="With sqrt(var) as gain, units of small variance do not come back",
        x=Axis(title="variance of the unit over the batch", scale="log"),
        y=Axis(title="share of the deviation that is lost", low=0.0, high=1.0),
        marks=(
            Marks(
                kind="line",
                columns={
                    "x": x * 2,
                    "y": (*found.lecture.tolist(), *found.right.tolist()),
                    "series": ("gamma = sqrt(var)",) * len(x) + ("gamma = sqrt(var + eps)",) * len(x),
                },
            ),
            Marks(kind="rule", columns={"x": (EPS,)}),
        ),
        note="Dashed: eps.",
    )
