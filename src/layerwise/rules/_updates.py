"""UPD: how far the weights move in one update, and over all of them.

The quantity is `update_ratio` = ||after - before|| / ||before|| of a weight matrix.

What was measured to choose the limits stands in the pages UPD001.md and UPD002.md.
"""

from __future__ import annotations

import math

from layerwise.rules._loss import NO_BETTER_SHARE
from layerwise.rules._rule import Breach, Rule
from layerwise.rules._scan import worst
from layerwise.rules._view import Readings, View

LEAST_PATH = 0.05
MOST_UPDATE = 0.1
# Beside weights that are next to nothing every step is large, and does no harm: a ratio counts only where the weights
# have at least a fifth of the usual size, 1 / sqrt(width). The output layer of `sigmoid_1986` (weights of 0.01) moves
# by 20% in its first step at a learning rate of 0.1, where that of `tanh_glorot_2010` moves by 1%.
LEAST_WEIGHT = 0.2


def _too_small(view: View) -> Breach | None:
    paths = {layer: _path(view, layer) for layer in view.layers() if view.series("update_ratio", layer)}
    if not paths or view.run.status not in {"finished", "stopped_early"} or view.learned(view.run.n_steps):
        return None
    layer = max(paths, key=paths.__getitem__)
    sentence = (
        "The steps are too small: all updates of the training added up move the weights of layer {layer}, which moves "
        "most, by {value} of their size at most (limit {limit})."
    )
    if paths[layer] >= LEAST_PATH:
        return None
    step = view.series("update_ratio", layer)[0][0]
    return Breach(layer=layer, step=step, value=paths[layer], threshold=LEAST_PATH, sentence=sentence)


def _path(view: View, layer: str) -> float:
    """The length of the way: mean update times number of updates; no weights can have moved further from the start."""
    ratios = [abs(ratio) for _, ratio in view.series("update_ratio", layer)]
    return sum(ratios) / len(ratios) * view.run.n_steps  # not fmean, which raises where weights of 0 give infinities


def _too_large(view: View) -> Breach | None:
    spots = worst({layer: _sizeable(view, layer) for layer in view.layers()}, max)
    sentence = (
        "The steps are too large: {at} an update changes the weights of layer {layer} by {value} of their size "
        "(limit {limit}), and the loss is not lower afterwards."
    )
    for step, layer, value in spots:
        if value > MOST_UPDATE and not view.learned(step) and _harmed(view, step):
            return Breach(layer=layer, step=step, value=value, threshold=MOST_UPDATE, sentence=sentence)
    return None


def _sizeable(view: View, layer: str) -> Readings:
    least = LEAST_WEIGHT / math.sqrt(view.number("width", math.inf))
    rms = dict(view.series("weight_rms", layer))
    return tuple((step, ratio) for step, ratio in view.series("update_ratio", layer) if rms.get(step, 1.0) >= least)


def _harmed(view: View, step: int) -> bool:
    """Whether the loss at the end is no lower than before `step`; before the first step it is that of guessing."""
    before = view.loss_before(step)
    limit = NO_BETTER_SHARE * (view.chance if before is None else min(before, view.chance))
    return view.diverged or view.final_loss >= limit


UPD001 = Rule(
    code="UPD001",
    title="steps that are too small",
    threshold=LEAST_PATH,
    unit="percent",
    source="calibrated on digits: 5% over all updates (0.005% an update in 1000); published tools take 1e-5 to 1e-4 "
    "an update, however many there are (torchmortem, DeepDiagnosis, TheDeepChecker)",
    inspect=_too_small,
)
UPD002 = Rule(
    code="UPD002",
    title="steps that are too large",
    threshold=MOST_UPDATE,
    unit="percent",
    source="TheDeepChecker (Ben Braiek and Khomh 2023), DeepDiagnosis (Wardat et al. 2022) and torchmortem take 0.1 "
    "too; here only where the loss is not lower afterwards",
    inspect=_too_large,
)
