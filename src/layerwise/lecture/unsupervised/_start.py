"""C2.7: whether it is the weights that pre-training leads to, or only their sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import nn

from layerwise._base import child_seed
from layerwise.lecture._arms import Arms, arms_picture, arms_table, differences, one_test
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._errors import errors
from layerwise.lecture._ground import Ground
from layerwise.lecture._search import at_own_rates
from layerwise.lecture.unsupervised._arms import RATES, at_depths, sigmoid_recipe
from layerwise.lecture.unsupervised._tiles import filter_picture
from layerwise.models import Recipe
from layerwise.population import Start
from layerwise.pretraining import prepare
from layerwise.records import Axis, ClaimVerdict, Curve, Picture, Run
from layerwise.stats import Paired

DEPTHS = (1, 2, 3)
PRETRAINED, HISTOGRAM, UNIFORM = "pre-trained", "same histogram", "uniform"
STARTS = (UNIFORM, HISTOGRAM, PRETRAINED)
LEVEL = 0.05


@claim(
    "C2.7",
    "A better start is why",
    kind="experiment",
    statement="An accepted reason why pre-training helps is that it gives better first weights: the layers have "
    "captured the characteristics of the input.",
    prediction="Networks that start from pre-trained weights err less than those that start from uniform ones, and "
    "less than those that start from the very same numbers in another order: these have the right sizes and know "
    "nothing of the input.",
    decision_rule="Differences of test errors, paired by seed, p < 0.05 after Holm's correction for all "
    "comparisons. The claim holds if the pre-trained start beats both others at every depth from 1 to 3, under a "
    "condition if at some depths only; it does not hold if it beats both nowhere.",
    source="CS7015, lecture 9.2. Erhan, Bengio, Courville, Manzagol, Vincent and Bengio 2010, Why does unsupervised "
    "pre-training help deep learning?, table 1 (MNIST, 2 layers: 1.77, 1.69 and 1.37%).",
)
def start(ground: Ground) -> Outcome:
    """Train the same networks from three starts."""
    runs = _train(ground)
    arms = {name: errors(runs, name) for name in dict.fromkeys(run.recipe for run in runs)}
    pairs = [(_name(other, d), _name(PRETRAINED, d)) for d in DEPTHS for other in (HISTOGRAM, UNIFORM)]
    found = differences(ground, arms, pairs)
    won = _won(found)
    deepest = found[pairs[-2]]
    shuffled, uniform = (", ".join(_more(found, other, d) for d in DEPTHS) for other in (HISTOGRAM, UNIFORM))
    return Outcome(
        verdict=decide(won),
        condition=f"The pre-trained start beats both others {at_depths(won)}; of depths 1, 2 and 3.",
        finding="With one, two and three hidden layers, networks that start from the same numbers shuffled err by "
        f"{shuffled} percentage points more than pre-trained ones, and those that start from uniform weights by "
        f"{uniform} (means over seeds).",
        metric=f"test error, same histogram minus pre-trained, depth {DEPTHS[-1]}, percentage points",
        value=deepest.difference,
        low=deepest.low,
        high=deepest.high,
        n_seeds=deepest.n,
        tables=(arms_table("Test error from three starts", arms, "error, %"),),
        pictures=tuple(_pictures(ground, runs, arms)),
    )


def decide(won: Sequence[int]) -> ClaimVerdict:
    """Return the verdict from the depths at which pre-training beats both other starts."""
    if len(won) == len(DEPTHS):
        return "holds"
    return "holds if" if won else "does not hold"


def _won(found: dict[tuple[str, str], Paired]) -> list[int]:
    def better(depth: int, other: str) -> bool:
        one = found[_name(other, depth), _name(PRETRAINED, depth)]
        return one.difference > 0 and one.p_value < LEVEL

    return [depth for depth in DEPTHS if better(depth, HISTOGRAM) and better(depth, UNIFORM)]


def _more(found: dict[tuple[str, str], Paired], other: str, depth: int) -> str:
    return f"{found[_name(other, depth), _name(PRETRAINED, depth)].difference:+.2f}"


def _name(begin: str, depth: int) -> str:
    return f"{begin}, depth {depth}"


def _recipes(ground: Ground) -> list[Recipe]:
    return [
        sigmoid_recipe(ground, depth, pretrained=begin != UNIFORM, name=_name(begin, depth))
        for depth in DEPTHS
        for begin in STARTS
    ]


def _train(ground: Ground) -> Sequence[Run]:
    data = one_test(ground.data)
    return at_own_rates(ground, _recipes(ground), RATES, ground.n_seeds(), data=data, prepare=start_from).runs


def _shallow(ground: Ground, runs: Sequence[Run]) -> list[nn.Module]:
    """Return one trained network of the least depth from every start, trained once more to be looked at."""
    rates = {run.recipe: run.learning_rate for run in runs}
    some = [one.replace(learning_rate=rates[one.name]) for one in _recipes(ground)[: len(STARTS)]]
    data = one_test(ground.data)
    return ground.fit(some, 1, data=data, prepare=start_from, keep_models=True, part=(1.0, 1.0)).models


@torch.no_grad()
def start_from(begin: Start) -> Sequence[tuple[Curve, ...]]:
    """Pre-train as `layerwise.pretraining.prepare` does; then shuffle hidden layers where the recipe's name says so.

    Every tensor of a hidden layer keeps its numbers and so its histogram, in an order drawn by the seed.
    """
    curves = prepare(begin)
    shuffled = [s for s, recipe in enumerate(begin.recipes) if recipe.name.startswith(HISTOGRAM)]
    stages = [begin.stack.stages[layer.linear] for layer in begin.stack.layers if layer.name != "output"]
    for s in shuffled:
        generator = torch.Generator().manual_seed(child_seed(begin.seeds[s], HISTOGRAM))
        for parameter in (parameter for stage in stages for parameter in stage.parameters()):
            own = parameter[s]
            order = torch.randperm(own.numel(), generator=generator).to(own.device)
            own.copy_(own.flatten()[order].view_as(own))
    return curves


def _pictures(ground: Ground, runs: Sequence[Run], arms: Arms) -> Iterator[Picture]:
    axis = Axis(title="test error, percent")
    yield arms_picture("Test error from three starts", arms, axis)
    said = {
        UNIFORM: "Units of uniform weights, after training",
        HISTOGRAM: "Shuffled pre-trained weights, after training",
        PRETRAINED: "Units of pre-trained weights, after training",
    }
    for network, begin in zip(_shallow(ground, runs), STARTS, strict=True):
        picture = filter_picture(said[begin], network, ground.data)
        if picture is not None:
            yield picture
