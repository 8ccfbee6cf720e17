"""Classifiers of MNIST from several starts, trained the same way: what four of the published rows share.

Each seed draws its own images, validation images, first weights and order; all arms of a seed have them in common, so
differences are paired. Pixels are left in [0, 1]. Pre-training sees all training images and no label. Each arm takes
the learning rate with the least mean validation error on screening seeds, which are not used again; test images (all
10,000) choose nothing. Errors are those of the weights with the best validation accuracy (on 1,000 images) where there
is patience, of the last ones else.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field, fields
from itertools import product

import numpy as np
import torch
from _rows import Results, head, options

import layerwise as lw
from layerwise import stats
from layerwise.data import Data, mnist
from layerwise.data._split import Split

N_TEST = 10_000
SCREENING_SEED = 1_000_000
SIGMOID = {"activation": "sigmoid", "initializer": "torch_default", "method": "sgd"}
"""Weights uniform within 1 / sqrt(fan_in), biases 0: the usual start of the period (Glorot and Bengio 2010)."""
MODERN = {"activation": "relu", "initializer": "he_normal", "normalizer": "batch", "method": "adam", "batch_size": 100}


@dataclass(frozen=True)
class Arm:
    """One way to start: choices of a recipe, what the layers are pre-trained for, and the published error.

    `shuffled` weights are the pre-trained ones in random order within each tensor: their histogram and nothing else.
    """

    choices: dict
    objective: str = ""
    shuffled: bool = False
    width: tuple[int, ...] = ()
    published: str = ""


@dataclass(frozen=True)
class Settings:
    """How large, how long."""

    width: tuple[int, ...] = (300, 300, 300)
    n_images: int = 10_000
    n_labels: int = 10_000
    n_validation: int = 5_000
    pretraining_epochs: int = 15
    epochs: int = 20
    patience: int | None = 8
    batch_size: int = 20
    rates: dict = field(default_factory=lambda: {"sgd": (0.1, 0.3, 1.0), "adam": (3e-4, 1e-3, 3e-3)})
    n_screening: int = 1


@dataclass(frozen=True, eq=False)
class Pixels(Data):
    """MNIST as it is, unscaled; each seed draws its rows from the first 60,000."""

    n_labels: int = 0
    n_validation: int = 0

    @classmethod
    def read(cls, settings, folder):
        found = mnist(folder)
        own = {one.name: getattr(found, one.name) for one in fields(found)}
        return cls(**own, n_labels=settings.n_labels, n_validation=settings.n_validation)

    def split(self, seed, validation=0.0, test=0.0):
        order, n, zero = self.order(seed), self.n_labels, np.zeros(1, np.float32)
        end = len(order)
        return Split(order[:n], order[end - self.n_validation :], end + np.arange(N_TEST), zero, zero + 1, None, None)

    def order(self, seed):
        return np.random.default_rng(seed).permutation(len(self.features) - N_TEST)


class Trainer:
    """Trains one arm with one seed at one rate."""

    def __init__(self, settings, given):
        self.settings, self.given = settings, given
        self.data = Pixels.read(settings, given.data)

    def __call__(self, arm, seed, rate):
        fitted = lw.fit(
            self.recipe(arm).replace(learning_rate=rate),
            self.data,
            [seed],
            prepare=lambda start: self.prepare(start, arm),
            probe_every=0,
            device=self.given.device,
            progress=False,
        )
        (run,), (network,) = fitted.runs, fitted.models
        right = {part: run.scores[f"{part}_accuracy"] for part in ("validation", "test")}
        right["train"] = self.accuracy(network, self.data.split(seed).train)
        return {part: round(100 - 100 * share, 3) for part, share in right.items()} | {"n_updates": run.n_steps}

    @torch.no_grad()
    def accuracy(self, network, rows):
        x, y = (torch.from_numpy(part[rows]).to(self.given.device) for part in (self.data.features, self.data.targets))
        return float((torch.cat([network(part).argmax(1) for part in x.split(1000)]) == y).double().mean())

    def recipe(self, arm):
        one = self.settings
        length = {"batch_size": one.batch_size, "epochs": one.epochs, "patience": one.patience}
        return lw.Recipe().replace(width=arm.width or one.width, **(length | arm.choices))

    def prepare(self, start, arm):
        """Put the networks of `start` to where `arm` begins."""
        networks = [self.network(arm, seed) for seed in start.seeds]
        start.stack.load_state_dict(lw.stack(networks).state_dict())
        return [()] * len(networks)

    def network(self, arm, seed):
        source = torch.Generator().manual_seed(seed)
        network = lw.build(self.recipe(arm), 784, 10, source).to(self.given.device)
        if not arm.objective:
            return network
        rows = torch.from_numpy(self.data.features[self.data.order(seed)[: self.settings.n_images]])
        kept = "_".join(map(str, (arm.objective, *self.recipe(arm).architecture.widths, len(rows), seed)))
        model = lw.pretrain(
            network,
            rows,
            arm.objective,
            validation=0.0,
            epochs=self.settings.pretraining_epochs,
            seed=seed,
            checkpoint=self.given.state / f"{kept}.{arm.choices['activation']}",
        ).model
        if arm.shuffled:
            shuffle_(model[:-1], source)
        return model


@torch.no_grad()
def shuffle_(model, source):
    for parameter in model.parameters():
        order = torch.randperm(parameter.numel(), generator=source).to(parameter.device)
        parameter.copy_(parameter.flatten()[order].view_as(parameter))


def main(doc, *, name, title, arms, pairs, protocols, seeds):
    """Do what is missing of a row and write its report.

    Args:
        doc: The script's.
        name: Of the results, after `published_`.
        title: Of the report.
        arms: Name to `Arm`.
        pairs: (arm, arm, train or test, published difference of their errors in points) to compare.
        protocols: quick, reduced and full to `Settings`.
        seeds: How many for each arm.
    """
    given = options(doc, seeds=seeds, arms=arms, protocols=protocols)
    settings, results = protocols[given.protocol], Results(name, given)
    train = None if given.report else Trainer(settings, given)

    def once(arm, seed, rate):
        key = {"settings": str(settings), "arm": arm, "seed": seed, "rate": rate}
        return results.once(train, arms[arm], seed, rate, key=key)

    def best_rate(arm):
        rates = settings.rates[arms[arm].choices["method"]]
        errors = {
            rate: [once(arm, SCREENING_SEED + k, rate)["validation"] for k in range(settings.n_screening)]
            for rate in (rates if len(rates) > 1 else ())
        }
        return min(rates, key=lambda rate: statistics.fmean(errors.get(rate, [0.0])))

    if not given.report:
        rates = {arm: best_rate(arm) for arm in given.arms}
        for seed, arm in product(given.own_seeds, given.arms):
            once(arm, seed, rates[arm])
    results.report(table(title, arms, pairs, results, settings, given))


def table(title, arms, pairs, results, settings, given):
    runs = [run for run in results.where(settings=str(settings)) if run["seed"] < SCREENING_SEED]
    by_arm = {arm: {run["seed"]: run for run in runs if run["arm"] == arm} for arm in arms}
    yield f"# {title}\n"
    yield from head(results, settings, given)
    yield "Errors in per cent: mean (95 % interval of the mean). Seconds are the processor's."
    yield "\n| arm | published | test error | training error | seeds | rate | updates | seconds a seed |"
    yield "|---|---|---|---|---|---|---|---|"
    for arm, own in by_arm.items():
        if own:
            cells = [interval([run[part] for run in own.values()]) for part in ("test", "train")]
            ends = [f"{statistics.median(run[one] for run in own.values()):.0f}" for one in ("n_updates", "seconds")]
            rate = " / ".join(sorted({f"{run['rate']:g}" for run in own.values()}))
            row = [arm, arms[arm].published, *cells, str(len(own)), rate, *ends]
            yield f"| {' | '.join(row)} |"
    yield "\nDifferences of errors in points, paired by seed (95 % interval), p of a sign-flip test, after Holm:\n"
    yield "| | published | ours | p | pairs |\n|---|---|---|---|---|"
    yield from differences(by_arm, pairs)


def differences(by_arm, pairs):
    found = []
    for ours, other, part, published in pairs:
        both = sorted(by_arm[ours].keys() & by_arm[other].keys())
        if len(both) > 1:
            a, b = ([by_arm[arm][seed][part] for seed in both] for arm in (ours, other))
            paired = stats.paired_difference(a, b, generator=np.random.default_rng(0))
            found.append((f"{ours} − {other}, {part}", published, paired))
    corrected = stats.holm([paired.p_value for *_, paired in found]) if found else []
    for (names, published, paired), p in zip(found, corrected, strict=True):
        ours = f"{paired.difference:+.2f} ({paired.low:+.2f} to {paired.high:+.2f})"
        yield f"| {names} | {published} | {ours} | {p:.2g} | {paired.n} |"


def interval(values):
    if len(values) < 2:
        return f"{values[0]:.2f}"
    found = stats.bootstrap_interval(values, np.mean, generator=np.random.default_rng(0))
    return f"{found.estimate:.2f} ({found.low:.2f} to {found.high:.2f})"
