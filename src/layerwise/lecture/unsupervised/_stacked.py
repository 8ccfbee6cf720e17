"""C2.1: one layer after the other learns to reconstruct what the layer below gives; then all are fine-tuned."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from layerwise._base import child_seed
from layerwise.lecture._arms import Arms, arms_picture, arms_table, differences, one_test
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._decided import verdict
from layerwise.lecture._errors import errors
from layerwise.lecture._ground import Ground
from layerwise.lecture._search import at_own_rates
from layerwise.lecture.unsupervised._arms import RATES, WITH, WITHOUT, sigmoid_recipe
from layerwise.models import Recipe, build
from layerwise.pretraining import Progress, pretrain
from layerwise.records import Axis, Marks, Picture
from layerwise.stats import Paired, paired_difference

DEPTH = 3
LABELS = 10
"""For each class, of the linear classifier that reads the codes: few, so that good codes show."""


@claim(
    "C2.1",
    "Autoencoders stacked layer by layer",
    kind="experiment",
    statement="The first layer learns to reconstruct x, min 1/m sum (x^ - x)^2, and is then fixed; each layer up "
    "to the last hidden one learns to reconstruct the layer below, a more abstract representation each time; then "
    "an output layer is added and the whole network is fine-tuned.",
    prediction="While a layer learns, those below stay the same to the last bit; every layer's reconstruction "
    "error falls; a linear classifier with few labels reads higher layers better than pixels; the fine-tuned "
    "network errs less than one that was not pre-trained.",
    decision_rule="The claim needs: no bit of a lower layer changes, every layer's error falls in every seed, and "
    "the fine-tuned test error is lower than without pre-training (paired 95% interval above 0). It holds under a "
    "condition if the top layer's codes are not read better than pixels (paired 95% interval above 0).",
    source="CS7015, lecture 9.2. Bengio, Lamblin, Popovici and Larochelle 2007, Greedy layer-wise training of deep "
    "networks.",
    tasks=("classification",),
)
def stacked(ground: Ground) -> Outcome:
    """Pre-train stacks of autoencoders, look at every layer on the way, and fine-tune."""
    n_seeds = ground.n_seeds()
    stacks = []
    for seed in range(n_seeds):
        stacks.append(_stack(ground, seed))
        ground.tell(0.6 * (seed + 1) / n_seeds)
    tuned, gain = _fine_tuned(ground, n_seeds)
    reads: Arms = {name: [one.reads[k] for one in stacks] for k, name in enumerate(_places())}
    top = _places()[-1]
    rise = paired_difference(reads[top], reads["pixels"], generator=ground.rng("C2.1"))
    n_moved = sum(one.n_moved for one in stacks)
    fell = all(errors[-1] < errors[0] for one in stacks for errors in one.errors)
    relative = np.array([[errors[-1] / errors[0] for errors in one.errors] for one in stacks])
    return Outcome(
        verdict=verdict([n_moved == 0, fell, side(gain)], [side(rise)]),
        condition=f"{_abstract(rise)} if easier to classify is what more abstract means: with {LABELS} labels a "
        f"class, a linear classifier gets {_worded(rise)} from the codes of layer {DEPTH} than from pixels.",
        finding=f"{n_moved} weights of lower layers changed while an upper one learned. Reconstruction errors fell "
        f"to {', '.join(f'{one:.1%}' for one in np.median(relative, axis=0))} of their first value in layers 1, 2 "
        f"and 3 (medians). Fine-tuned, networks with pre-training err {gain.difference:.2f} points less (95% "
        f"interval {gain.low:.2f} to {gain.high:.2f}).",
        metric=f"accuracy from codes of layer {DEPTH} minus from pixels, percentage points",
        value=rise.difference,
        low=rise.low,
        high=rise.high,
        n_seeds=n_seeds,
        tables=(
            arms_table(f"A linear classifier with {LABELS} labels a class", reads, "accuracy, %"),
            arms_table("Test error after fine-tuning", tuned, "error, %"),
        ),
        pictures=(_curves(stacks), arms_picture("How well a linear classifier reads each layer", reads,
                                                Axis(title="accuracy on test images, percent"))),
    )  # fmt: skip


@dataclass(frozen=True)
class Stacked:
    """What one stack of autoencoders showed.

    Attributes:
        n_moved: weights and biases of lower layers that changed while an upper one learned.
        errors: the reconstruction error of each layer before its first epoch and after each.
        reads: accuracy in percent of a linear classifier on pixels and on each layer's codes.
    """

    n_moved: int
    errors: tuple[tuple[float, ...], ...] = field(repr=False)
    reads: tuple[float, ...]


class Watch:
    """Counts the numbers of layers that should be fixed that are not what they were when their own training ended."""

    def __init__(self, network: nn.Module) -> None:
        self._layers = [module for module in network.modules() if isinstance(module, nn.Linear)]
        self._ended: dict[int, list[Tensor]] = {}
        self.n_moved = 0

    def __call__(self, told: Progress) -> None:
        for below, kept in self._ended.items():
            if below < told.place:
                now = self._layers[below].parameters()
                self.n_moved += sum(int((a != b).sum()) for a, b in zip(now, kept, strict=True))
        if told.epoch == told.n_epochs:
            self._ended[told.place] = [p.detach().clone() for p in self._layers[told.place].parameters()]


def side(found: Paired) -> bool | None:
    """Return whether a difference is above 0; None if its interval holds 0."""
    return None if found.low <= 0 <= found.high else found.difference > 0


def _stack(ground: Ground, seed: int) -> Stacked:
    data, split = ground.data, ground.data.split(seed)
    low, high = data.features.min(), data.features.max()
    train, test = (torch.from_numpy((data.features[rows] - low) / (high - low)) for rows in (split.train, split.test))
    width, epochs = (800, 50) if ground.full else (64, 20)
    recipe = Recipe().replace(depth=DEPTH, width=width, activation="sigmoid", initializer="glorot_uniform")
    generator = torch.Generator().manual_seed(child_seed(seed, "weights"))
    network = build(recipe, data.n_features, data.n_outputs, generator).to(ground.device)
    watch = Watch(network)
    found = pretrain(network, train.to(ground.device), "autoencoder", reconstruction="squared_error", epochs=epochs,
                     batch_size=50, learning_rate=3e-3, seed=seed, inplace=True, progress=watch)  # fmt: skip
    curves = [next(c.values for c in layer.curves if c.name == "reconstruction_error") for layer in found.layers]
    codes = [_codes(network, rows.to(ground.device)) for rows in (train, test)]
    labels = data.targets[split.train], data.targets[split.test]
    reads = [_read(a, labels[0], b, labels[1], seed) for a, b in zip(*codes, strict=True)]
    return Stacked(watch.n_moved, tuple(curves), tuple(reads))


@torch.no_grad()
def _codes(network: nn.Sequential, rows: Tensor) -> list[np.ndarray]:
    """Return the rows and what each hidden layer makes of them."""
    found = [rows]
    for name, module in network.named_children():
        rows = module(rows)
        if name.startswith("activation"):
            found.append(rows)
    return [one.double().cpu().numpy() for one in found]


def _read(x: np.ndarray, y: np.ndarray, test: np.ndarray, labels: np.ndarray, seed: int) -> float:
    """Return the accuracy in percent of a linear classifier that was given a few labels of each class."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    order = np.random.default_rng(child_seed(seed, "labels")).permutation(len(y))
    rows = np.concatenate([order[y[order] == one][:LABELS] for one in np.unique(y)])
    reader = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
    return 100 * float(reader.fit(x[rows], y[rows]).score(test, labels))


def _fine_tuned(ground: Ground, n_seeds: int) -> tuple[Arms, Paired]:
    """Return the test errors without and with pre-training, and the difference."""
    recipes = [
        sigmoid_recipe(ground, DEPTH, pretrained=arm == WITH, name=arm).replace(
            **({"pretraining": "autoencoder"} if arm == WITH else {})
        )
        for arm in (WITHOUT, WITH)
    ]
    fitted = at_own_rates(ground, recipes, RATES, n_seeds, data=one_test(ground.data), part=(0.6, 1.0))
    arms = {arm: errors(fitted.runs, arm) for arm in (WITHOUT, WITH)}
    return arms, differences(ground, arms, [(WITHOUT, WITH)])[WITHOUT, WITH]


def _places() -> tuple[str, ...]:
    return "pixels", *(f"codes of layer {k}" for k in range(1, DEPTH + 1))


def _abstract(rise: Paired) -> str:
    """Say whether higher layers are more abstract, as far as a classifier can tell."""
    said = {
        True: "Layers become more abstract",
        False: "Layers can be stacked so, but they do not become more abstract",
        None: "Layers can be stacked so; that they become more abstract is not shown",
    }
    return said[side(rise)]


def _worded(found: Paired) -> str:
    much = f"{abs(found.difference):.1f} points {'more' if found.difference > 0 else 'less'}"
    return f"{much} (95% interval of the difference {found.low:.2f} to {found.high:.2f})"


def _curves(stacks: list[Stacked]) -> Picture:
    marks = []
    for k in range(DEPTH):
        table = np.array([one.errors[k] for one in stacks])
        relative = 100 * table / table[:, :1]
        low, middle, high = (tuple(row.tolist()) for row in np.quantile(relative, (0.1, 0.5, 0.9), axis=0))
        x = tuple(float(epoch + k * (table.shape[1] - 1)) for epoch in range(table.shape[1]))
        series = (f"layer {k + 1}",) * len(x)
        marks.append(Marks(kind="band", columns={"x": x, "low": low, "high": high, "series": series}))
        marks.append(Marks(kind="path", columns={"x": x, "y": middle, "series": series}))
    return Picture(
        title="Each layer in its turn learns to give back its input",
        x=Axis(title="epochs of pre-training, one layer after the other"),
        y=Axis(title="reconstruction error, percent of its first value", low=0.0),
        marks=tuple(marks),
        note="Lines: medians over seeds; bands: the middle 80% of the seeds. Squared error on rows kept back.",
    )
