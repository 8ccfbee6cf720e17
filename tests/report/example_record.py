"""A comparison as it comes out of the main job: six arms, eight hidden layers, thirty seeds.

The numbers are invented.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from layerwise.records import (
    Arm,
    Band,
    ComparisonRecord,
    Curve,
    DataSummary,
    Fact,
    Finding,
    Histogram,
    Measure,
    Pair,
    Run,
    Summary,
    Trial,
)

DEPTH = 8
LAYERS = tuple(f"hidden{n}" for n in range(1, DEPTH + 1))
STEPS = tuple(range(0, 1001, 50))
READINGS = (0, 250, 500, 750, 1000)
RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
CHANCE = 0.1


@dataclass(frozen=True)
class Profile:
    """How one arm behaves: its final accuracy, and what a layer further back does to signal and gradient."""

    name: str
    activation: str
    accuracy: float
    spread: float
    rate: float
    speed: float
    signal: float
    backward: float
    fails: float = 0.0
    alarm: tuple[str, str, str, float, float] | None = None

    @property
    def saturates(self) -> bool:
        return self.alarm is not None and self.alarm[0] == "UNT001"


PROFILES = (
    Profile("sigmoid_1986", "sigmoid", 0.101, 0.004, 0.1, 0.0, 0.03, 0.025, 1.0,
            ("GRD001", "hidden1", "gradient at hidden1 is 2.7e-13 of the gradient at the output; the limit is 1e-06",
             2.7e-13, 1e-6)),
    Profile("tanh_large", "tanh", 0.352, 0.05, 0.003, 0.2, 0.99, 1.15, 1.0,
            ("UNT001", "hidden8", "81% of hidden8's slopes are nearly 0; the limit is 50%", 0.81, 0.5)),
    Profile("tanh_glorot_2010", "tanh", 0.962, 0.006, 0.1, 1.0, 0.86, 0.97),
    Profile("relu_torch_default", "relu", 0.112, 0.02, 0.3, 0.02, 0.41, 0.42, 0.9,
            ("SIG001", "hidden8", "hidden8 keeps 0.0009 of the input's variation; the limit is 0.01",
             9e-4, 0.01)),
    Profile("relu_he_2015", "relu", 0.969, 0.007, 0.03, 1.3, 0.97, 0.99, 0.07),
    Profile("relu_he_batchnorm_2015", "relu", 0.978, 0.005, 0.1, 2.0, 1.0, 1.08),
)  # fmt: skip


def make_record(
    names: Sequence[str] | None = None, *, n_seeds: int = 30, metric: str = "test_accuracy", histograms: bool = True
) -> ComparisonRecord:
    """Return the example, its first arms renamed to `names` if given (and only so many arms)."""
    profiles = PROFILES if names is None else [replace(p, name=n) for p, n in zip(PROFILES, names, strict=False)]
    seeds = tuple(range(100, 100 + n_seeds))
    arms = tuple(_arm(profile, seeds, metric, histograms) for profile in profiles)
    chance = CHANCE if metric == "test_accuracy" else 0.0
    trained_at = (chance + max(arm.score.median for arm in arms)) / 2
    return ComparisonRecord(
        arms=arms,
        pairs=tuple(_pair(a, b, metric) for a, b in combinations(arms, 2)),
        data=DataSummary(
            name="digits", kind="image" if metric == "test_accuracy" else "table", n_train=1149,
            n_validation=288, n_test=360, n_features=64, n_outputs=10,
            scaling="minus 4.884, over 6.017, the same for every feature",
            source="scikit-learn's load_digits: 1,797 images of 8 x 8 pixels (Alpaydin and Kaynak, 1998)",
        ),
        metric=metric, chance=chance, trained_at=trained_at, target=0.9, seeds=seeds, search_seeds=(7, 8, 9),
        device="cpu, 2 threads", versions={"layerwise": "0.1.0", "torch": "2.13.0", "python": "3.11.2"},
        command="layerwise compare", seconds=48.3, notes=("data order is shared by the arms, seed by seed",),
    )  # fmt: skip


def _arm(profile: Profile, seeds: tuple[int, ...], metric: str, histograms: bool) -> Arm:
    generator = np.random.default_rng(sum(map(ord, profile.activation)) + int(1000 * profile.accuracy))
    runs = tuple(_run(profile, seed, metric, generator) for seed in seeds)
    values = [run.scores[metric] for run in runs]
    n_trained = sum(value >= 0.539 for value in values)
    summary = _summary(values, generator)
    return Arm(
        name=profile.name,
        recipe={"architecture": {"activation": profile.activation, "depth": DEPTH, "width": 60}},
        learning_rate=profile.rate,
        trials=tuple(_trial(profile, rate) for rate in RATES),
        n_seeds=len(seeds),
        n_trained=n_trained,
        trained_low=max(0.0, n_trained / len(seeds) - 0.1),
        trained_high=min(1.0, n_trained / len(seeds) + 0.1),
        test_accuracy=summary if metric == "test_accuracy" else None,
        test_r2=summary if metric == "test_r2" else None,
        steps_to_target=_steps_to_target(profile, len(seeds), generator),
        seconds=6.0 + profile.speed,
        findings=_findings(profile),
        curves=tuple(_band(name, runs) for name in ("train_loss", metric.replace("test", "validation"))),
        facts=(Fact(name="activation", value=profile.activation), Fact(name="n_hidden_layers", value=DEPTH)),
        histograms=_histograms(profile, generator) if histograms else (),
        runs=runs,
    )


def _run(profile: Profile, seed: int, metric: str, generator: np.random.Generator) -> Run:
    failed = profile.accuracy > 0.5 and generator.random() < profile.fails
    best = CHANCE + 0.03 if failed else profile.accuracy
    final = float(np.clip(best + profile.spread * generator.standard_normal(), 0.05, 1.0))
    climb = [1 - math.exp(-step / 1000 * (1 + 3 * profile.speed)) for step in STEPS]
    wobble = 0.01 * generator.standard_normal(len(STEPS))
    accuracy = [CHANCE + (final - CHANCE) * part + float(w) for part, w in zip(climb, wobble, strict=True)]
    loss = [
        2.303 * (1 - part * (final - CHANCE)) ** 2 * float(math.exp(3 * w))
        for part, w in zip(climb, wobble, strict=True)
    ]
    return Run(
        recipe=profile.name, seed=seed, learning_rate=profile.rate, status="finished", n_steps=1000, seconds=0.2,
        scores={metric: final, metric.replace("test", "validation"): final, "train_loss": loss[-1]},
        curves=(
            Curve(name="train_loss", steps=STEPS, values=tuple(loss)),
            Curve(name=metric.replace("test", "validation"), steps=STEPS, values=tuple(accuracy)),
        ),
        measures=tuple(_measures(profile, generator)),
    )  # fmt: skip


def _measures(profile: Profile, generator: np.random.Generator) -> list[Measure]:
    found = [_measure("activation_std_between_inputs", "input", 1.0, generator)]
    for place, layer in enumerate(LAYERS, start=1):
        behind = DEPTH - place
        found += [
            _measure("activation_std_between_inputs", layer, profile.signal**place, generator),
            _measure("preactivation_gradient_rms", layer, 0.05 * profile.backward**behind, generator),
            _measure("weight_gradient_rms", layer, 0.01 * profile.backward**behind * profile.signal**place, generator),
        ]
        if profile.activation == "relu":
            found.append(_measure("dead_fraction", layer, 0.02 * place * profile.fails, generator))
        else:
            found.append(_measure("saturated_fraction", layer, 0.1 * place * float(profile.saturates), generator))
    return [*found, _measure("preactivation_gradient_rms", "output", 0.1, generator)]


def _measure(quantity: str, layer: str, level: float, generator: np.random.Generator) -> Measure:
    values = level * np.exp(0.25 * generator.standard_normal(len(READINGS)) - np.arange(len(READINGS)) / 5)
    if quantity.endswith("_fraction"):
        values = np.minimum(values, 1.0)
    return Measure(quantity=quantity, layer=layer, steps=READINGS, values=tuple(map(float, values)))


def _summary(values: list[float], generator: np.random.Generator) -> Summary:
    draws = np.median(generator.choice(values, size=(400, len(values))), axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return Summary(median=float(np.median(values)), low=float(low), high=float(high), values=tuple(values))


def _steps_to_target(profile: Profile, n: int, generator: np.random.Generator) -> Summary:
    if profile.accuracy < 0.9:
        return Summary(median=math.inf, low=math.inf, high=math.inf, values=(math.inf,) * n)
    values = [float(50 * round(20 / (1 + 2 * profile.speed) + 2 * abs(x))) for x in generator.standard_normal(n)]
    return Summary(median=float(np.median(values)), low=min(values), high=max(values), values=tuple(values))


def _trial(profile: Profile, rate: float) -> Trial:
    distance = abs(math.log10(rate / profile.rate))
    if rate > 10 * profile.rate:
        return Trial(learning_rate=rate, score=math.nan, n_diverged=3)
    return Trial(
        learning_rate=rate, score=CHANCE + (profile.accuracy - CHANCE) * math.exp(-(distance**2)), n_diverged=0
    )


def _findings(profile: Profile) -> tuple[Finding, ...]:
    if profile.alarm is None:
        return ()
    code, layer, text, value, threshold = profile.alarm
    first = Finding(
        code=code, severity="alarm", layer=layer, step=0, seed_fraction=1.0, value=value, threshold=threshold,
        text=text, source="Glorot and Bengio 2010, Understanding the difficulty of training deep networks",
    )  # fmt: skip
    second = Finding(
        code="LOS001", severity="alarm", layer=None, step=1000, seed_fraction=0.93, value=0.002, threshold=0.05,
        text="the training loss fell by 0.2% in 1,000 steps; the limit is 5%", source="a rule of thumb",
    )  # fmt: skip
    return first, second


def _band(name: str, runs: tuple[Run, ...]) -> Band:
    values = np.array([curve.values for run in runs if (curve := run.curve(name)) is not None])
    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9], axis=0)
    return Band(name=name, steps=STEPS, median=_floats(middle), low=_floats(low), high=_floats(high))


def _histograms(profile: Profile, generator: np.random.Generator) -> tuple[Histogram, ...]:
    return tuple(
        _histogram(profile, layer, place, step, generator)
        for step in (0, 1000)
        for place, layer in enumerate(LAYERS, start=1)
    )


def _histogram(profile: Profile, layer: str, place: int, step: int, generator: np.random.Generator) -> Histogram:
    grown = 1.0 if step == 0 else 1.6
    drive = generator.standard_normal(4000) * grown * profile.signal**place * (6 if profile.saturates else 1)
    activations = {
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "tanh": np.tanh,
        "relu": lambda x: np.maximum(x, 0.0),
    }[profile.activation](drive)
    counts, edges = np.histogram(activations, bins=60)
    return Histogram(
        layer=layer, step=step, low=float(edges[0]), high=float(edges[-1]), counts=tuple(int(count) for count in counts)
    )


def _pair(a: Arm, b: Arm, metric: str) -> Pair:
    difference = np.array(a.score.values) - np.array(b.score.values)
    error = float(difference.std()) / math.sqrt(len(difference))
    mean = float(difference.mean())
    return Pair(
        a=a.name, b=b.name, metric=metric, difference=mean, low=mean - 2 * error, high=mean + 2 * error,
        p_value=math.erfc(abs(mean) / (error + 1e-12) / math.sqrt(2)), n=len(difference),
    )  # fmt: skip


def _floats(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
