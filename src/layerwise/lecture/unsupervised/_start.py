"""C2.7: whether it is the weights that pre-training leads to, or only their sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from layerwise._base import child_seed
from layerwise.lecture._arms import Arms, arms_picture, arms_table, at_own_rates, differences, errors, one_test
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._ground import Ground
from layerwise.lecture.unsupervised._arms import RATES, sigmoid_recipe
from layerwise.lecture.unsupervised._tiles import filter_picture
from layerwise.population import Fit, Start
from layerwise.pretraining import prepare
from layerwise.records import Axis, ClaimVerdict, Curve, Picture
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
    "comparisons. The claim holds if the pre-trained start beats both others at every depth from 1 to 3, it holds "
    "if ... at some depth; it does not if it beats both nowhere.",
    source="CS7015, lecture 9.2. Erhan, Bengio, Courville, Manzagol, Vincent and Bengio 2010, Why does unsupervised "
    "pre-training help deep learning?, table 1 (MNIST, 2 layers: 1.77, 1.69 and 1.37%).",
)
def start(ground: Ground) -> Outcome:
    """Train the same networks from three starts."""
    fitted = _train(ground)
    arms = {name: errors(fitted.runs, name) for name in dict.fromkeys(run.recipe for run in fitted.runs)}
    pairs = [(_name(other, d), _name(PRETRAINED, d)) for d in DEPTHS for other in (HISTOGRAM, UNIFORM)]
    found = differences(ground, arms, pairs)
    won = _won(found)
    deepest = found[pairs[-2]]
    told = "; ".join(
        f"depth {d}: {_more(found, HISTOGRAM, d)} from the same numbers shuffled, {_more(found, UNIFORM, d)} from "
        "uniform ones"
        for d in DEPTHS
    )
    return Outcome(
        verdict=decide(won),
        condition="Of depths 1, 2 and 3, the pre-trained start beats both others at "
        f"{', '.join(map(str, won)) or 'none'}.",
        finding=f"Points of test error more than from pre-trained weights, mean over seeds: {told}.",
        metric=f"test error, same histogram minus pre-trained, depth {DEPTHS[-1]}, percentage points",
        value=deepest.difference,
        low=deepest.low,
        high=deepest.high,
        n_seeds=deepest.n,
        tables=(arms_table("Test error from three starts", arms, "test error, %"),),
        pictures=tuple(_pictures(ground, fitted, arms)),
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


def _train(ground: Ground) -> Fit:
    recipes = [
        sigmoid_recipe(ground, depth, pretrained=begin != UNIFORM, name=_name(begin, depth))
        for depth in DEPTHS
        for begin in STARTS
    ]
    return at_own_rates(
        ground, recipes, RATES, ground.n_seeds(), data=one_test(ground.data), prepare=start_from, keep_models=True
    )


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


def _pictures(ground: Ground, fitted: Fit, arms: Arms) -> Iterator[Picture]:
    axis = Axis(title="test error, percent", low=0.0)
    yield arms_picture("Test error from three starts", arms, axis)
    said = {
        UNIFORM: "Units of uniform weights, after training",
        HISTOGRAM: "Shuffled pre-trained weights, after training",
        PRETRAINED: "Units of pre-trained weights, after training",
    }
    for begin, title in said.items():
        places = [k for k, run in enumerate(fitted.runs) if run.recipe == _name(begin, DEPTHS[0])]
        picture = filter_picture(title, fitted.models[places[0]], ground.data)
        if picture is not None:
            yield picture
