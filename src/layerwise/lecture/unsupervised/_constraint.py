"""C2.4: whether pre-training works as a regularizer does, and how it compares with those that are called so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from layerwise.lecture._arms import arms_table, differences, one_test
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._decided import verdict
from layerwise.lecture._ground import Ground
from layerwise.lecture.unsupervised._arms import modern, sigmoid_recipe
from layerwise.lecture.unsupervised._equal_loss import at_level, common_level, equal_loss_picture
from layerwise.lecture.unsupervised._joint import train_jointly
from layerwise.lecture.unsupervised._kept import Kept, kept_of, weight_picture
from layerwise.lecture.unsupervised._regions import L1, L2, region_picture
from layerwise.lecture.unsupervised._stacked import side
from layerwise.models import Recipe
from layerwise.population import Fit
from layerwise.records import Run, Table
from layerwise.stats import Paired, median_interval, paired_difference

if TYPE_CHECKING:
    from torch import nn

PLAIN, PRETRAINED, JOINT = "plain", "pre-trained", "jointly with Omega"
WITH_L1, WITH_L2 = "L1", "L2"
TODAY, TODAY_PRETRAINED = "ReLU, He, Adam", "ReLU, He, Adam, pre-trained"
DEPTH, JOINT_WEIGHT = 2, 0.003
"""Omega is about 10 where cross-entropy is about 1, so that it weighs a few percent."""


@claim(
    "C2.4",
    "Better regularization: Omega as a constraint",
    kind="experiment",
    statement="Pre-training regularizes: its unsupervised objective Omega is a constraint that keeps the weights "
    "in regions where the characteristics of the data are captured, as L1 drives weights to 0 and L2 keeps them "
    "small.",
    prediction="At the same training loss, pre-trained networks have a lower loss on other rows; after fine-tuning "
    "their codes still hold more of the input; L1 gives weights that are exactly 0, L2 smaller ones, without zeros.",
    decision_rule="It needs: at the lowest training loss that all seeds reach, the loss on rows not trained on is "
    "lower with pre-training, and after training a linear map of the top layer's code restores more of the input "
    "(paired 95% intervals above 0); some weights are 0 under L1 and none under L2, and L2's are smaller than plain "
    "ones in every seed. It holds under a condition where the loss is not lower with ReLU, He's initialization and "
    "Adam.",
    source="CS7015, lecture 9.2. Erhan et al. 2009, The difficulty of training deep architectures and the effect "
    "of unsupervised pre-training. The regions: Hastie, Tibshirani and Friedman, The elements of statistical "
    "learning, p. 71.",
    tasks=("classification", "regression"),
)
def constraint(ground: Ground) -> Outcome:
    """Compare pre-training with regularizers: what each does to losses, codes and weights."""
    data, n_seeds = one_test(ground.data), ground.n_seeds()
    recipes = _recipes(ground)
    fitted = ground.fit(list(recipes.values()), n_seeds, data=data, keep_models=True, part=(0.0, 0.7))
    joint = train_jointly(ground, data, recipes[PLAIN], JOINT_WEIGHT, n_seeds)
    ground.tell(0.9)
    networks = {name: _of(fitted, name) for name in (PLAIN, WITH_L1, WITH_L2, PRETRAINED)} | {JOINT: joint}
    kept = {name: [kept_of(one, data, seed) for seed, one in enumerate(some)] for name, some in networks.items()}
    then, now = _gain(ground, fitted, PLAIN, PRETRAINED), _gain(ground, fitted, TODAY, TODAY_PRETRAINED)
    held, held_plain = ([one.restored for one in kept[arm]] for arm in (PRETRAINED, PLAIN))
    restored = paired_difference(held, held_plain, generator=ground.rng("C2.4 restored"))
    test = {name: [one.test_error for one in some] for name, some in kept.items()}
    against = differences(ground, test, [(PLAIN, other) for other in test if other != PLAIN])
    return Outcome(
        verdict=verdict([side(then), side(restored), shrunk(kept)], [side(now)]),
        condition="L1 and L2 have one strength each, 0.0003, which was not searched for: this is about what they do to "
        "weights, and C6.2 about what they are worth. With ReLU, He's initialization and Adam pre-training makes the "
        f"loss on other rows {now.difference:.3f} lower (95% interval {now.low:.3f} to {now.high:.3f}).",
        finding=f"At the same training loss the loss on other rows is {then.difference:.3f} lower with pre-training "
        f"(95% interval {then.low:.3f} to {then.high:.3f}). After training, a linear map of the top code restores "
        f"{_middle(kept, PRETRAINED):.0%} of the variance of test rows with pre-training, {_middle(kept, PLAIN):.0%} "
        f"without, {_middle(kept, JOINT):.0%} where Omega was minimized jointly. Against plain networks, test errors "
        f"change by {_changes(against)} points. L1 leaves {np.median([one.zeros for one in kept[WITH_L1]]):.0%} of "
        f"the first layer's weights at exactly 0, L2 {np.median([one.zeros for one in kept[WITH_L2]]):.0%}.",
        metric="loss on other rows at equal training loss, plain minus pre-trained",
        value=then.difference,
        low=then.low,
        high=then.high,
        n_seeds=n_seeds,
        tables=(_table(kept), arms_table("Test error", test, "error, %")),
        pictures=(
            equal_loss_picture("The loss on other rows at the same training loss",
                               {name: _runs(fitted, name) for name in (PLAIN, PRETRAINED)}),
            weight_picture("What L1, L2 and pre-training make of the weights", kept),
            region_picture("L1", L1),
            region_picture("L2", L2),
        ),
    )  # fmt: skip


def shrunk(kept: dict[str, list[Kept]]) -> bool:
    """Whether L1 gives zeros and L2 none, and L2's weights are smaller than plain ones, in every seed."""
    zeros = all(one.zeros > 0 for one in kept[WITH_L1]) and all(one.zeros == 0 for one in kept[WITH_L2])
    return zeros and all(a.rms < b.rms for a, b in zip(kept[WITH_L2], kept[PLAIN], strict=True))


def _recipes(ground: Ground) -> dict[str, Recipe]:
    plain = sigmoid_recipe(ground, DEPTH, pretrained=False, name=PLAIN).replace(epochs=50 if ground.full else 40)
    pretrained = plain.replace(name=PRETRAINED, pretraining="denoising")
    penalized = [plain.replace(name=WITH_L1, l1=3e-4), plain.replace(name=WITH_L2, l2=3e-4)]
    today = [modern(plain, TODAY), modern(pretrained, TODAY_PRETRAINED)]
    return {recipe.name: recipe for recipe in (plain, pretrained, *penalized, *today)}


def _runs(fitted: Fit, arm: str) -> list[Run]:
    return [run for run in fitted.runs if run.recipe == arm]


def _of(fitted: Fit, arm: str) -> list[nn.Module]:
    return [model for run, model in zip(fitted.runs, fitted.models, strict=True) if run.recipe == arm]


def _gain(ground: Ground, fitted: Fit, plain: str, pretrained: str) -> Paired:
    """Return how much less other rows lose with pre-training, at the lowest training loss that all of both reach."""
    arms = [_runs(fitted, plain), _runs(fitted, pretrained)]
    level = common_level([run for runs in arms for run in runs])
    lost, lost_pretrained = ([at_level(run, level) for run in runs] for runs in arms)
    return paired_difference(lost, lost_pretrained, generator=ground.rng(f"C2.4 {plain}"))


def _middle(kept: dict[str, list[Kept]], arm: str) -> float:
    return float(np.median([one.restored for one in kept[arm]]))


def _changes(against: dict[tuple[str, str], Paired]) -> str:
    return ", ".join(f"{-one.difference:+.2f} ({other}, p = {one.p_value:.2g})" for (_, other), one in against.items())


def _table(kept: dict[str, list[Kept]]) -> Table:
    def row(name: str, some: list[Kept]) -> tuple[str, ...]:
        restored = median_interval([one.restored for one in some])
        zeros, rms = (float(np.median([getattr(one, what) for one in some])) for what in ("zeros", "rms"))
        return (
            name,
            f"{rms:.3f}",
            f"{zeros:.1%}",
            f"{restored.estimate:.1%}",
            f"{restored.low:.1%} to {restored.high:.1%}",
        )

    return Table(
        title="Weights of the first layer, and what the top code keeps of the input",
        columns=("compared", "rms weight", "exactly 0", "input restored", "95% interval"),
        rows=tuple(row(*one) for one in kept.items()),
        note="Restored: the share of the variance of test rows that a linear map of the code, fitted on training "
        "rows, gives.",
    )
