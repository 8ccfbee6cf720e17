"""Module 9.4 of the lecture: the signal beside a numpy twin and theory, and decisions on made-up numbers."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
import torch

from layerwise.data import circles, load
from layerwise.initializers import he_normal_, lecun_normal_, normal_
from layerwise.lecture import CLAIMS
from layerwise.lecture._decided import Sided, sided, verdict
from layerwise.lecture._ground import Ground
from layerwise.lecture.weights import _constant, _large, _relu, _scaled, _signal, _signs, _small, _theory, _variance
from layerwise.records import Marks
from layerwise.report._charts import picture_figure
from layerwise.stats import Interval, Paired

SMALL = _signal.Size(points=100, width=60)
QUICK = {"C4.1": "holds if", "C4.2": "holds if", "C4.3": "holds if", "C4.4": "holds if", "C4.5": "holds if",
         "C4.6": "holds"}  # fmt: skip


@pytest.fixture(scope="module")
def ground():
    return Ground(circles(n=200), seeds=6)


@pytest.fixture(scope="module")
def spread(ground):
    return _signal.read_both(ground, lecun_normal_, SMALL)


def twin(ground, seed):
    """The lecture's program with tanh and z / sqrt(n), in numpy and by autograd."""
    generator = ground.generator(f"points and weights {seed}")
    x = torch.randn(SMALL.points, SMALL.width, generator=generator)
    weights = [torch.randn(SMALL.width, SMALL.width, generator=generator) / math.sqrt(SMALL.width)
               for _ in range(_signal.DEPTH)]  # fmt: skip
    h, layers = x, []
    for weight in weights:
        z = (h @ weight.T).requires_grad_() if not layers else h @ weight.T
        z.retain_grad()
        h = torch.tanh(z)
        layers.append((z, h))
    few = min(SMALL.points, _signal.N_FEW)
    (h[:few] * torch.randn(few, SMALL.width, generator=generator)).sum().backward()
    return [(z.grad[:few].numpy(), h.detach().numpy()) for z, h in layers]


def test_a_reading_beside_a_twin(ground, spread):
    tanh = spread[0]
    for layer, (gradient, h) in enumerate(twin(ground, 1)):
        assert tanh.pooled[1, layer].item() == pytest.approx(h.std(), rel=1e-4)
        assert tanh.between[1, layer].item() == pytest.approx(np.sqrt(h.var(axis=0).mean()), rel=1e-4)
        assert tanh.gradient[1, layer].item() == pytest.approx(np.sqrt((gradient**2).mean()), rel=1e-3)
        assert tanh.histogram[1, layer].sum() == h.size


def test_the_weight_gradient_of_the_last_layer_by_hand(ground):
    generator = torch.Generator().manual_seed(0)
    fields = _signal._one("linear", normal_, generator, (-1, 1), _signal.Size(1, 1))
    reading = dict(zip(_signal.Reading._fields, fields, strict=True))
    again = torch.Generator().manual_seed(0)
    x = torch.randn(1, 1, generator=again)
    weights = [normal_(torch.empty(1, 1), generator=again) for _ in range(_signal.DEPTH)]
    upstream = torch.randn(1, 1, generator=again).item()
    into = x.item() * math.prod(weight.item() for weight in weights[:-1])
    assert reading["weight_gradient"][-1].item() == pytest.approx(abs(upstream * into), rel=1e-5)


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_theory_of_linear_layers_is_the_formula(scale):
    found = _theory.expected("linear", scale)
    assert found.preactivation == pytest.approx([scale**k for k in range(1, 11)])
    assert found.gradient == pytest.approx([scale ** ((10 - k) / 2) for k in range(1, 11)])
    assert found.between == pytest.approx([scale ** (k / 2) for k in range(1, 11)])


def test_theory_of_relu_with_the_factor():
    found = _theory.expected("relu", 2.0)
    assert found.preactivation == pytest.approx([2.0] * 10)
    assert found.pooled == pytest.approx([math.sqrt(1 - 1 / math.pi)] * 10)
    assert found.gradient == pytest.approx([math.sqrt(0.5)] * 10)


def test_theory_says_nothing_where_inputs_look_the_same():
    assert math.isnan(_theory.expected("sigmoid", 0.05).between[-1])


def test_the_lecture_s_numbers(ground):
    # computed by an independent program: tanh keeps 0.23 at layer 10, sigmoid 0.12 and 5e-7 between inputs
    assert _theory.expected("tanh", 1.0).pooled[-1] == pytest.approx(0.2285, abs=1e-4)
    sigmoid = _theory.expected("sigmoid", 1.0)
    assert sigmoid.pooled[-1] == pytest.approx(0.1212, abs=1e-4)
    assert sigmoid.between[-1] == pytest.approx(4.71e-7, rel=1e-2)


@pytest.mark.parametrize(
    ("module", "fill", "expected"),
    [
        (_small, partial(normal_, std=0.01), "holds if"),
        (_small, lecun_normal_, "does not hold"),
        (_large, partial(normal_, std=3.0), "holds if"),
        (_large, lecun_normal_, "does not hold"),
    ],
)
def test_small_and_large_weights(ground, module, fill, expected):
    outcome = module.judged(ground, SMALL, *_signal.read_both(ground, fill, SMALL))
    assert outcome.verdict == expected
    assert outcome.n_seeds == 6
    assert len(outcome.pictures) == 8


def test_scaled_weights(ground, spread):
    assert _scaled.judged(ground, *spread).verdict == "holds if"
    tanh = spread[0]
    assert _scaled.judged(ground, tanh, tanh).verdict == "holds"
    dying = _signal.read(ground, "tanh", partial(normal_, std=0.01), 6, size=SMALL)
    assert _scaled.judged(ground, dying, spread[1]).verdict == "does not hold"


def test_outlines_end_with_the_last_bin(ground, spread):
    picture = _small.cards("", {"tanh": spread[0].histogram}, _small.Axis(title="activation"))[0]
    marks: Marks = picture.marks[0]
    assert len(marks.columns["x"]) == _signal.N_BINS + 1
    assert marks.columns["y"][-1] == marks.columns["y"][-2]
    assert max(marks.columns["y"]) == 1


def test_outlines_are_not_put_on_top_of_each_other(spread):
    outlines = {"tanh": spread[0].histogram, "sigmoid": spread[1].histogram}
    figure = picture_figure(_small.cards("", outlines, _small.Axis(title="activation"))[0], "card")
    (layer,) = figure.spec["layer"]
    assert layer["encoding"]["y"]["stack"] is None


def test_equal_weights(ground):
    outcome = CLAIMS["C4.1"].show(ground)
    assert outcome.verdict == "holds if"
    assert outcome.value <= 1e-12
    rows = {name: float(value) for name, value, _ in outcome.tables[0].rows}
    assert rows["relu, all 0"] == 0
    assert rows["tanh, random"] > 0.1


@pytest.mark.parametrize(
    ("worst", "parted", "expected"), [(1e-15, 0.1, "holds if"), (1e-15, 0.0, "holds"), (1e-3, 0.1, "does not hold")]
)
def test_symmetry_is_decided(worst, parted, expected):
    assert _constant.judged(worst, parted) == expected


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_enumerated_variance_by_hand(layers):
    # one unit a layer: s_k = +-2^k x
    assert _signs.Case(1, layers, 2.0).enumerated(torch.tensor([3.0], dtype=torch.float64)) == 4**layers * 9


def test_enumeration_beside_an_independent_sum():
    x = torch.tensor([1.0, 2.0], dtype=torch.float64)
    # (w_1 x_1 + w_2 x_2)^2 over signs of 0.5: (1.5^2 + 0.5^2) / 2
    assert _signs.Case(2, 1, 0.5).enumerated(x) == pytest.approx((2.25 + 0.25) / 2)
    assert _signs.Case(2, 1, 0.5).formula(x) == pytest.approx(1.25)


def test_variance(ground):
    outcome = _variance.shown(Ground(ground.data, seeds=3), SMALL)
    assert outcome.verdict == "holds if"
    assert outcome.value <= 1e-12


def test_a_wrong_formula_is_found_out(ground, monkeypatch):
    monkeypatch.setattr(_signs.Case, "formula", lambda self, x: self.n * self.size**2 * float(x.square().mean()))
    assert _variance.shown(Ground(ground.data, seeds=1), _signal.Size(4, 4)).verdict == "does not hold"


@pytest.mark.parametrize(
    ("worst", "misses", "expected"),
    [(0.0, [0.5, 0.01], "holds if"), (0.0, [0.05], "holds"), (1e-3, [0.5], "does not hold")],
)
def test_variance_is_decided(worst, misses, expected):
    assert _variance.judged(worst, misses) == expected


def test_relu_in_theory():
    assert max(one.difference for one in _relu.exact_sides()) <= 1e-15


NOW, THEN = Sided(Interval(0.0, 0.0, 0.0), below=True), Sided(Interval(0.0, 0.0, 0.0), below=False)
OPEN = Sided(Interval(0.0, 0.0, 0.0), below=None)
BETTER, WORSE, EITHER = Paired(5, 1, 9, 0.01, 20), Paired(-5, -9, -1, 0.01, 20), Paired(1, -1, 3, 0.5, 20)


@pytest.mark.parametrize(
    ("exact", "lost", "kept", "gain", "expected"),
    [
        (0.0, NOW, THEN, BETTER, "holds"),
        (0.1, NOW, THEN, BETTER, "does not hold"),
        (0.0, THEN, THEN, BETTER, "does not hold"),
        (0.0, NOW, NOW, BETTER, "does not hold"),
        (0.0, NOW, THEN, WORSE, "does not hold"),
        (0.0, NOW, THEN, EITHER, "undecided"),
        (0.0, OPEN, THEN, BETTER, "undecided"),
    ],
)
def test_relu_is_decided(exact, lost, kept, gain, expected):
    assert _relu.decided(exact, lost, kept, gain) == expected


def test_relu_measured(ground):
    wide = _signal.Size(points=50, width=400)  # narrow layers stray too far from theory for six seeds
    without, with_factor = (
        _signal.read(ground, "relu", fill, 6, ends=_relu.ENDS, size=wide) for fill in (lecun_normal_, he_normal_)
    )
    wrong = {_relu.WITHOUT: [60.0, 62.0, 61.0, 63.0, 64.0, 61.0], _relu.WITH: [40.0, 41.0, 42.0, 40.0, 43.0, 41.0]}
    outcome = _relu.judged(ground, wide, without, with_factor, wrong)
    assert outcome.verdict == "holds"
    assert outcome.value == pytest.approx(np.mean(wrong[_relu.WITHOUT]) - np.mean(wrong[_relu.WITH]))
    swapped = {_relu.WITHOUT: wrong[_relu.WITH], _relu.WITH: wrong[_relu.WITHOUT]}
    assert _relu.judged(ground, wide, without, with_factor, swapped).verdict == "does not hold"


def test_sides_of_a_bound():
    values = [0.1, 0.2, 0.3, 0.2, 0.1, 0.2, 0.3]
    assert sided(values, 0.5).below
    assert sided(values, 0.05).above
    assert sided(values, 0.2).below is None
    assert sided(values, 0.2).above is None


@pytest.mark.parametrize(
    ("needed", "everywhere", "expected"),
    [
        ([True], [], "holds"),
        ([None], [], "undecided"),
        ([True, False, None], [True], "does not hold"),
        ([True], [None, False], "holds if"),
        ([True], [None, True], "undecided"),
    ],
)
def test_verdicts(needed, everywhere, expected):
    assert verdict(needed, everywhere) == expected


@pytest.mark.slow
@pytest.mark.parametrize(("claim", "expected"), QUICK.items())
def test_the_quick_run(claim, expected):
    assert CLAIMS[claim].show(Ground(load("digits"))).verdict == expected
