"""Chains of layers that differ: by hand, against the propagation of equal layers, against random networks."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise._base import InvalidInput
from layerwise.activations import ACTIVATIONS
from layerwise.records import dump, load
from layerwise.theory import Chain, ChainLayer, Prediction, batch_norm_gradient_growth, predict_chain, propagate

WIDTHS = (500, 300, 600, 400, 300)
SEEDS = 12
# settings, and how many inputs
DRAWN = [
    ({"activation": "tanh", "weight_variance": 2.0, "bias_variance": 0.05}, 2),
    ({"activation": "relu", "weight_variance": 2.0, "keep": 0.8}, 2),
    ({"activation": "tanh", "weight_variance": 2.0, "bias_variance": 0.1, "normalizer": "layer"}, 2),
    ({"activation": "relu", "weight_variance": 2.0, "normalizer": "rms"}, 2),
    ({"activation": "relu", "weight_variance": 2.0, "normalizer": "batch"}, 128),
    ({"activation": "gelu", "weight_variance": 1.5, "normalizer": "batch", "keep": 0.8}, 128),
]
NORMALIZED = {
    None: lambda h: h,
    "layer": lambda h: torch.nn.functional.layer_norm(h, h.shape[1:]),
    "rms": lambda h: torch.nn.functional.rms_norm(h, h.shape[1:], eps=1e-5),
    "batch": lambda h: (h - h.mean(0)) / (h.var(0, unbiased=False) + 1e-5).sqrt(),
}


def simulate(chain, seed, n_inputs):
    """Second moments of weights' results, pre-activations, activations; correlation; gradients: `[layer, 5]`."""
    generator = torch.Generator().manual_seed(seed)
    a, rows, places = _inputs(chain, n_inputs, generator), [], []
    for layer in chain.layers:
        weights = torch.randn(layer.fan_out, layer.fan_in, generator=generator)
        biases = torch.randn(layer.fan_out, generator=generator) * math.sqrt(layer.bias_variance)
        h = a @ (weights * math.sqrt(layer.weight_variance / layer.fan_in)).T + biases
        z = NORMALIZED[layer.normalizer](h)
        z = z if z.requires_grad else z.requires_grad_()
        z.retain_grad()
        a = ACTIVATIONS[layer.activation or "linear"].function(z)
        rows.append([_square(h), _square(z), _square(a), _correlation(z.detach())])
        places.append(z)
        if layer.keep < 1:
            a = a * (torch.rand(a.shape, generator=generator) < layer.keep) / layer.keep
    (z * torch.randn(z.shape, generator=generator)).sum().backward()
    return torch.tensor(
        [[*row, _square(z.grad) / _square(places[-1].grad)] for row, z in zip(rows, places, strict=True)]
    )


def _inputs(chain, n_inputs, generator):
    """Inputs that all have the chain's mean square and correlation, exactly."""
    width, c = chain.layers[0].fan_in, chain.input_correlation
    basis = torch.linalg.qr(torch.randn(width, n_inputs + 1, generator=generator))[0].T
    return math.sqrt(width * chain.input_square) * (math.sqrt(c) * basis[0] + math.sqrt(1 - c) * basis[1:])


def _square(values):
    return values.detach().square().mean().item()


def _correlation(z):
    unit = torch.nn.functional.normalize(z, dim=1)
    return ((unit @ unit.T).sum() - len(z)).item() / (len(z) * (len(z) - 1))


def expected(chain):
    return torch.tensor(
        [
            [
                layer.weights_rms**2,
                layer.preactivation_rms**2,
                layer.activation_rms**2,
                math.nan if layer.correlation is None else layer.correlation,
                layer.preactivation_gradient_rms**2,
            ]
            for layer in predict_chain(chain).layers
        ]
    )


def agree(chain, n_inputs):
    """Within four standard errors and one in a hundred: by that much widths of 300 and batches of 128 are finite."""
    runs = torch.stack([simulate(chain, seed, n_inputs) for seed in range(SEEDS)])
    made = expected(chain)
    made = torch.where(made.isnan(), runs.mean(0), made)
    allowed = 4 * runs.std(0) / math.sqrt(SEEDS) + 0.012
    return ((runs.mean(0) - made).abs() <= allowed * made.abs().clamp(min=1)).all()


@pytest.mark.parametrize(("settings", "n_inputs"), DRAWN)
def test_networks_drawn_at_random(settings, n_inputs):
    assert agree(Chain.dense(WIDTHS, input_square=0.7, input_correlation=0.4, **settings), n_inputs)


def test_the_simulation_would_see_a_forgotten_width():
    chain = Chain.dense(WIDTHS, activation="tanh", weight_variance=2.0)
    wrong = replace(chain, layers=(*chain.layers[:-1], replace(chain.layers[-1], weight_variance=2.4)))
    runs = torch.stack([simulate(chain, seed, 2) for seed in range(SEEDS)]).mean(0)
    assert abs(runs[0, 4] / expected(chain)[0, 4] - 1) < 0.1 < abs(runs[0, 4] / expected(wrong)[0, 4] - 1)


@pytest.mark.parametrize("name", ["maxout", "swiglu", "crelu"])
def test_units_with_several_pre_activations(name):
    pieces, units = ACTIVATIONS[name].pieces_default, (400, 600, 300)
    fans_in = (500, *units)
    layers = [
        ChainLayer(fan_in=fan_in, fan_out=int(unit * pieces), weight_variance=1.3, bias_variance=0.1, activation=name)
        for fan_in, unit in zip(fans_in[:-1], units, strict=True)
    ]
    chain = Chain(layers=(*layers, ChainLayer(fan_in=300, fan_out=400, weight_variance=1.3)), input_square=0.8)
    assert agree(chain, 2)
    made = predict_chain(chain)
    assert [layer.correlation for layer in made.layers[1:]] == [None] * 3
    assert made.notes[0] == (
        f"Layers 1, 2, 3: the pre-activations of {name} are taken as independent; no correlation behind it."
    )
    assert made.trainable_depth is None


@settings(max_examples=40)
@given(
    weight_variance=st.floats(0.3, 4),
    bias_variance=st.floats(0, 1),
    name=st.sampled_from(["relu", "tanh", "gelu"]),
    keep=st.sampled_from([1.0, 0.7]),
    width=st.integers(1, 5000),
)
def test_equal_layers_are_a_propagation(weight_variance, bias_variance, name, keep, width):
    made = propagate(name, weight_variance, bias_variance, 4, q0=0.6, c0=0.3, keep=keep)
    options = {"weight_variance": weight_variance, "bias_variance": bias_variance, "keep": keep}
    chain = Chain.dense([width] * 5, activation=name, input_square=0.6, input_correlation=0.3, **options)
    layers = predict_chain(chain).layers
    assert [layer.preactivation_rms**2 for layer in layers] == pytest.approx(made.q, rel=1e-12)
    assert [layer.correlation for layer in layers] == pytest.approx(made.c, abs=1e-12)
    assert [layer.preactivation_gradient_rms**2 for layer in layers] == pytest.approx(made.gradient, rel=1e-12)


def test_relu_by_hand():
    layers = (
        ChainLayer(fan_in=10, fan_out=40, weight_variance=3.0, activation="relu"),
        ChainLayer(fan_in=40, fan_out=20, weight_variance=1.0, bias_variance=0.5, activation="relu", keep=0.5),
        ChainLayer(fan_in=20, fan_out=5, weight_variance=4.0),
    )
    made = predict_chain(Chain(layers=layers, input_square=2.0, input_correlation=1.0))
    # q: 3 2; 1 / 2 of it plus 0.5; half of that, over 0.5, times 4
    assert [layer.preactivation_rms**2 for layer in made.layers] == pytest.approx([6.0, 3.5, 14.0])
    assert [layer.activation_rms**2 for layer in made.layers] == pytest.approx([3.0, 1.75, 14.0])
    # 5 weights of variance 4 / 20, over 0.5, half of them behind an open relu; then 20 of variance 1 / 40, half
    assert [layer.preactivation_gradient_rms**2 for layer in made.layers] == pytest.approx([0.25, 1.0, 1.0])
    # copies of one input part by their masks alone, which halve what they share
    assert [layer.correlation for layer in made.layers] == pytest.approx([1.0, 1.0, 0.5])
    assert made.notes == ("No trainable depth: the hidden layers are not all alike.",)


@pytest.mark.parametrize("name", ["relu", "tanh", "linear"])
def test_batch_normalization_grows_gradients_as_it_is_known_to(name):
    chain = Chain.dense([100] * 6, activation=name, weight_variance=0.9, normalizer="batch")
    gradients = [layer.preactivation_gradient_rms**2 for layer in predict_chain(chain).layers]
    growth = batch_norm_gradient_growth(name)
    assert [a / b for a, b in pairwise(gradients[:4])] == pytest.approx([growth] * 3, rel=1e-4)


def test_a_normalizer_makes_up_for_any_weights():
    for kind in ("layer", "rms", "group", "batch"):
        small, large = (
            predict_chain(Chain.dense([50] * 4, activation="gelu", weight_variance=w, normalizer=kind)).layers
            for w in (0.5, 500.0)
        )
        assert small[1].preactivation_rms == pytest.approx(large[1].preactivation_rms, rel=1e-4)
        growth = [made[0].preactivation_gradient_rms / made[1].preactivation_gradient_rms for made in (small, large)]
        assert growth[0] == pytest.approx(growth[1], rel=1e-4)


def test_where_theory_stops_and_starts_again():
    chain = Chain.dense([50] * 6, activation="relu", weight_variance=2.0)
    kinds = [None, "batch_renorm", None, "rms", None]
    layers = [replace(layer, normalizer=kind) for layer, kind in zip(chain.layers, kinds, strict=True)]
    made = predict_chain(replace(chain, layers=tuple(layers)))
    rms = [layer.preactivation_rms for layer in made.layers]
    assert rms == [1.4142135623730951, None, None, 1.0, pytest.approx(1.0)]
    assert [layer.preactivation_gradient_rms for layer in made.layers] == [None, None, None, pytest.approx(1.0), 1.0]
    assert [layer.correlation for layer in made.layers[1:]] == [None] * 4
    assert made.notes == (
        _none_behind(2, "the normalizer 'batch_renorm'"),
        "Layer 4: rms normalization as over many units.",
        "No trainable depth: 6 xi_c is for chains without normalizers.",
    )


def _none_behind(number, what):
    return (
        f"Layer {number}: theory does not pass {what}: no signal from there to the next normalizer, no gradient up to "
        "there."
    )


def test_what_is_unknown_and_what_jumps():
    chain = Chain.dense([50] * 4, activation="relu", weight_variance=2.0)
    first, second, last = chain.layers
    pooled = predict_chain(replace(chain, layers=(replace(first, unknown="max pooling"), second, last)))
    assert [layer.activation_rms for layer in pooled.layers] == [1.0, None, None]
    assert pooled.notes[0] == _none_behind(1, "max pooling")
    jumping = predict_chain(replace(chain, layers=(first, replace(second, activation=torch.sign), last)))
    assert [layer.preactivation_rms is None for layer in jumping.layers] == [False, False, True]
    assert "jumps at 0" in jumping.notes[0]
    assert jumping.trainable_depth is None


def test_values_at_the_start_are_named():
    made = predict_chain(Chain.dense([50] * 4, activation="prelu", weight_variance=2.0))
    assert made.notes == ("Layers 1, 2: prelu with the left slope 0.25 that it starts with.",)


def test_the_depth_that_trains():
    chain = Chain.dense([300] * 8, activation="tanh", weight_variance=2.5, bias_variance=0.05)
    assert predict_chain(chain).trainable_depth == pytest.approx(6 * 11.79560, rel=1e-5)
    # the output's weights do not matter, and small differences don't
    drawn = [replace(layer, weight_variance=2.5 + (-1) ** k * 0.1) for k, layer in enumerate(chain.layers)]
    drawn[-1] = replace(drawn[-1], weight_variance=0.1)
    assert predict_chain(replace(chain, layers=tuple(drawn))).trainable_depth == pytest.approx(6 * 11.8, rel=0.1)
    assert predict_chain(Chain.dense([300] * 3, activation="tanh", weight_variance=2.5)).notes == (
        "No trainable depth: no hidden layer follows another.",
    )


def test_weights_of_nothing():
    made = predict_chain(Chain.dense([20] * 4, activation="tanh", weight_variance=0.0))
    assert [layer.preactivation_rms for layer in made.layers] == [0.0] * 3
    assert [layer.preactivation_gradient_rms for layer in made.layers] == [0.0, 0.0, 1.0]
    assert made.trainable_depth is None


def test_it_survives_json():
    made = predict_chain(Chain.dense([20] * 4, activation="relu", weight_variance=2.0))
    assert made.trainable_depth == math.inf
    assert load(Prediction, dump(made)) == made


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fan_in": 0}, "`fan_in` must be a positive int. Got 0 instead."),
        ({"fan_out": 2.5}, "`fan_out` must be a positive int. Got 2.5 instead."),
        ({"weight_variance": -1.0}, "`weight_variance` must be a number of at least 0. Got -1.0 instead."),
        ({"keep": 0.0}, "`keep` must be a positive number. Got 0.0 instead."),
    ],
)
def test_layers_check_their_numbers(options, message):
    with pytest.raises(InvalidInput) as caught:
        ChainLayer(**{"fan_in": 3, "fan_out": 3, "weight_variance": 1.0} | options)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": ()}, "`layers` must be at least one `ChainLayer`. Got none instead."),
        ({"input_square": -1.0}, "`input_square` must be a number of at least 0. Got -1.0 instead."),
        ({"input_correlation": 2.0}, "`input_correlation` must be a number from -1 to 1. Got 2.0 instead."),
    ],
)
def test_chains_check_their_numbers(options, message):
    layer = ChainLayer(fan_in=3, fan_out=3, weight_variance=1.0)
    with pytest.raises(InvalidInput) as caught:
        Chain(**{"layers": (layer,)} | options)
    assert str(caught.value) == message
