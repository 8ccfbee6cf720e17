"""C2.6: the error surface, and the ways that training takes on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from layerwise.data import Data
from layerwise.lecture._arms import Arms, arms_table, one_test
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._decided import verdict
from layerwise.lecture._ground import Ground
from layerwise.lecture.unsupervised._arms import WITH, WITHOUT, sigmoid_recipe
from layerwise.lecture.unsupervised._landscape_figures import (
    function_space,
    hill_picture,
    path_picture,
    slice_picture,
)
from layerwise.lecture.unsupervised._stacked import side
from layerwise.lecture.unsupervised._surface import along_line, loss_of
from layerwise.lecture.unsupervised._trajectories import Trajectories, same_arm_share
from layerwise.population import Fit
from layerwise.records import Picture, Table
from layerwise.stats import Interval, paired_difference, wilson_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEPTH, N_READINGS, N_ROWS = 3, 20, 100
ARMS = (WITHOUT, WITH)


@claim(
    "C2.6",
    "The error surface and the ways over it",
    kind="experiment",
    statement="The error surface of a deep network is highly non-convex, with hills, plateaus and valleys; "
    "pre-training makes training begin, and end, in another region of it.",
    prediction="On the straight line between two trained networks the loss rises above both; from random weights "
    "training first crosses a plateau where the loss is that of guessing; seen by what they say about fixed "
    "images, pre-trained networks go other ways than others and end among themselves.",
    decision_rule="It needs: a hill (more than 0.1 above the higher end) between most pairs of trained networks, with "
    "pre-training and without, and most networks have their nearest neighbor in function space among their own kind "
    "(95% Wilson intervals above a half). It holds under a condition where the plateau (updates with at least 95% of "
    "the loss of guessing) is not longer without pre-training (paired 95% interval above 0).",
    source="CS7015, lecture 9.2. Erhan et al. 2010, Why does unsupervised pre-training help deep learning?, "
    "figures 5 and 6. Li, Xu, Taylor, Studer and Goldstein 2018, Visualizing the loss landscape of neural nets.",
    tasks=("classification",),
)
def landscape(ground: Ground) -> Outcome:
    """Follow networks over the surface, and look at it between and around them."""
    data, n_seeds = one_test(ground.data), ground.n_seeds()
    split = data.split(0)
    x, y = torch.from_numpy(split.scaled(data, split.test)), torch.from_numpy(data.targets[split.test])
    ways = Trajectories(x[:N_ROWS], whole=[0])
    fitted = _train(ground, data, ways, n_seeds)
    lines = {arm: _lines(_of(fitted, arm), x, y) for arm in ARMS}
    hills = {arm: [float(one.max() - max(one[0], one[-1])) for one in lines[arm]] for arm in ARMS}
    who = [(arm, seed) for arm in ARMS for seed in range(n_seeds)]
    own = wilson_interval(*same_arm_share(np.stack([ways.path(one)[-1] for one in who]), [arm for arm, _ in who]))
    flat: Arms = {arm: _plateaus(fitted, arm, data.n_outputs) for arm in ARMS}
    longer = paired_difference(flat[WITHOUT], flat[WITH], generator=ground.rng("C2.6"))
    shares = {arm: wilson_interval(sum(height > 0.1 for height in hills[arm]), len(hills[arm])) for arm in ARMS}
    return Outcome(
        verdict=verdict([most(one) for one in (*shares.values(), own)], [side(longer)]),
        condition=f"Without pre-training the plateau is {longer.difference:.0f} updates longer (mean; 95% interval "
        f"{longer.low:.0f} to {longer.high:.0f}).",
        finding=f"There is a hill between {shares[WITHOUT].estimate:.0%} of pairs of networks without pre-training "
        f"(its median height is {np.median(hills[WITHOUT]):.1f} above the higher end) and {shares[WITH].estimate:.0%} "
        f"of pairs with it ({np.median(hills[WITH]):.1f}). By what they say about fixed images, {own.estimate:.0%} of "
        "networks are nearest to one of their own kind, pre-trained or not. Training stays at the loss of guessing "
        f"for {np.median(flat[WITHOUT]):.0f} updates without pre-training, {np.median(flat[WITH]):.0f} with it "
        "(medians).",
        metric="share of networks whose nearest neighbor in function space is of their own kind",
        value=own.estimate,
        low=own.low,
        high=own.high,
        n_seeds=n_seeds,
        tables=(_table(shares, hills), arms_table("Updates at the loss of guessing", flat, "updates", digits=0)),
        pictures=(hill_picture(lines), *_pictures(ground, ways, _of(fitted, WITHOUT)[0], _of(fitted, WITH)[0], x, y)),
    )


def most(share: Interval) -> bool | None:
    """Whether a share is more than a half; None where its interval holds the half."""
    return True if share.low > 0.5 else False if share.high < 0.5 else None


def _train(ground: Ground, data: Data, ways: Trajectories, n_seeds: int) -> Fit:
    recipes = [sigmoid_recipe(ground, DEPTH, pretrained=arm == WITH, name=arm) for arm in ARMS]
    n_batches = max(1, len(data.split(0).train) // recipes[0].training.batch_size)
    every = max(1, recipes[0].training.n_epochs(n_batches) * n_batches // N_READINGS)
    return ground.fit(recipes, n_seeds, data=data, keep_models=True, prepare=ways.prepare, observe=ways.observe,
                      probe_every=every, part=(0.0, 0.8))  # fmt: skip


def _of(fitted: Fit, arm: str) -> list[nn.Module]:
    return [model.cpu() for run, model in zip(fitted.runs, fitted.models, strict=True) if run.recipe == arm]


def _lines(networks: Sequence[nn.Module], x: Tensor, y: Tensor) -> list[NDArray[np.float64]]:
    """Return the loss on the straight line from each network to the next."""
    loss = loss_of(networks[0], x, y)
    ends = [[parameter.detach() for parameter in network.parameters()] for network in networks]
    return [along_line(loss, a, b) for a, b in zip(ends, [*ends[1:], ends[0]], strict=True)]


def _plateaus(fitted: Fit, arm: str, n_classes: int) -> list[float]:
    """Return for each seed the updates after which the training loss was still at least 95% of that of guessing."""
    found = []
    for run in (run for run in fitted.runs if run.recipe == arm):
        curve = run.curve("train_loss")
        points = zip(curve.steps, curve.values, strict=True) if curve else ()
        found.append(float(max((step for step, loss in points if loss >= 0.95 * np.log(n_classes)), default=0)))
    return found


def _table(shares: dict[str, Interval], hills: Arms) -> Table:
    rows = tuple(
        (
            arm,
            f"{one.estimate:.0%}",
            f"{one.low:.0%} to {one.high:.0%}",
            f"{np.median(hills[arm]):.2f}",
            f"{min(hills[arm]):.2f}",
        )
        for arm, one in shares.items()
    )
    columns = ("pairs of networks", "with a hill between", "95% interval", "height, median", "least")
    return Table(title="Straight lines between trained networks", columns=columns, rows=rows,
                 note="Height: of the loss on test images, above the higher of the two ends.")  # fmt: skip


def _pictures(
    ground: Ground, ways: Trajectories, without: nn.Module, with_it: nn.Module, x: Tensor, y: Tensor
) -> Iterator[Picture]:
    yield function_space(ways, ARMS, method="pca")
    if ground.full:
        yield function_space(ways, ARMS, method="t-sne")
    yield path_picture("The way of one network, from random weights", without, ways.parameters[WITHOUT, 0], x, y)
    yield path_picture("The way of one network, pre-trained", with_it, ways.parameters[WITH, 0], x, y)
    for arm, network in ((WITHOUT, without), (WITH, with_it)):
        yield slice_picture(f"Around the end: {arm}", network, x, y, ground.generator(f"C2.6 {arm}"))
