"""Singular values of Jacobians, batch-normalized networks and residual blocks: exact values and simulation."""

from __future__ import annotations

import math

import pytest
import torch
from random_networks import draw

from layerwise._base import InvalidInput, UnknownName
from layerwise.activations import ACTIVATIONS
from layerwise.theory import (
    BLOCKS,
    batch_norm_gradient_growth,
    critical_point,
    fixed_point,
    jacobian,
    largest_squared_singular_value,
    propagate_residual,
)


@pytest.mark.parametrize(
    ("name", "weight_variance", "weights", "variance"),
    [
        ("linear", 1.0, "gaussian", 7.0),
        ("linear", 1.0, "orthogonal", 0.0),
        ("relu", 2.0, "gaussian", 14.0),
        ("relu", 2.0, "orthogonal", 7.0),
    ],
)
def test_straight_pieces_at_criticality(name, weight_variance, weights, variance):
    found = jacobian(name, weight_variance, 0.0, 7, weights=weights)
    assert (found.mean, found.variance) == pytest.approx((1.0, variance), abs=1e-12)


@pytest.mark.parametrize(("weights", "variance"), [("orthogonal", 0.3971), ("gaussian", 10.397)])
def test_tanh_of_ten_layers(weights, variance):
    point = critical_point("tanh", q=0.1)
    found = jacobian("tanh", point.weight_variance, point.bias_variance, 10, weights=weights)
    assert found.mean == pytest.approx(1.0)
    assert found.variance == pytest.approx(variance, rel=2e-4)


@pytest.mark.parametrize("weights", ["gaussian", "orthogonal"])
def test_off_the_critical_line_by_simulation(weights):
    expected = jacobian("tanh", 2.0, 0.3, 4, weights=weights)
    q = fixed_point("tanh", 2.0, 0.3).q
    seen = [_squared_singular_values(2.0, q, weights, seed) for seed in range(12)]
    assert sum(values.mean().item() for values in seen) / 12 == pytest.approx(expected.mean, rel=0.08)
    assert sum(values.var().item() for values in seen) / 12 == pytest.approx(expected.variance, rel=0.15)


def _squared_singular_values(weight_variance, q, weights, seed, depth=4, width=300):
    generator, product = torch.Generator().manual_seed(seed), torch.eye(width)
    for _ in range(depth):
        z = torch.randn(width, generator=generator) * math.sqrt(q)
        matrix = draw(width, width, 1.0, generator)
        if weights == "orthogonal":
            matrix = torch.linalg.qr(matrix)[0]
        product = math.sqrt(weight_variance) * (1 - z.tanh().square())[:, None] * (matrix @ product)
    return torch.linalg.svdvals(product).square()


@pytest.mark.parametrize(("weights", "seen", "n_seeds"), [("orthogonal", 0.392, 3), ("gaussian", 10.41, 6)])
def test_tanh_of_ten_layers_by_simulation(weights, seen, n_seeds):
    point = critical_point("tanh", q=0.1)
    runs = [
        _squared_singular_values(point.weight_variance, 0.1, weights, seed, depth=10, width=600)
        for seed in range(n_seeds)
    ]
    # one network: 0.02 of the mean, 0.02 and 0.07 of the variance
    assert sum(values.mean().item() for values in runs) / n_seeds == pytest.approx(1.0, rel=0.05)
    assert sum(values.var().item() for values in runs) / n_seeds == pytest.approx(seen, rel=0.1)


def test_the_largest_singular_value_of_a_linear_network_of_width_600():
    tops = []
    for seed in range(4):
        generator, product = torch.Generator().manual_seed(seed), torch.eye(600)
        for _ in range(10):
            product = draw(600, 600, 1.0, generator) @ product
        tops.append(torch.linalg.matrix_norm(product, 2).item() ** 2)
    assert sum(tops) / 4 == pytest.approx(26, abs=2.5)  # one network: 1.4


def test_the_largest_singular_value():
    assert largest_squared_singular_value(1) == 4.0
    assert largest_squared_singular_value(10) == pytest.approx(28.53, abs=0.005)


def test_jacobians_need_a_finite_q():
    with pytest.raises(InvalidInput, match=r"^q must have a finite fixed point. Got q runs to infinity instead"):
        jacobian("relu", 2.5, 0.0, 3)


def test_jacobians_know_two_kinds_of_weights():
    with pytest.raises(InvalidInput, match=r"`weights` must be one of 'gaussian', 'orthogonal'\. Got 'sparse' instead"):
        jacobian("relu", 2.0, 0.0, 3, weights="sparse")


def test_batch_norm_growth():
    assert batch_norm_gradient_growth("relu") == pytest.approx(math.pi / (math.pi - 1), rel=1e-13)
    assert batch_norm_gradient_growth("linear") == pytest.approx(1.0)
    assert batch_norm_gradient_growth("linear", batch_size=8) == 1.2
    assert batch_norm_gradient_growth(lambda z: 3 * z - 1, batch_size=8) == 1.2


@pytest.mark.parametrize("name", [n for n, entry in ACTIVATIONS.items() if entry.pieces_default == 1])
def test_batch_norm_never_shrinks_gradients(name):
    assert batch_norm_gradient_growth(name) >= 1 - 1e-12  # Poincare: Var f <= E f'^2


@pytest.mark.parametrize(("name", "batch_size", "expected"), [("relu", 128, 1.467), ("linear", 8, 1.2)])
def test_batch_norm_by_simulation(name, batch_size, expected):
    # The rate is that of deep layers, where the batch has forgotten the input.
    function, width, depth, rates = ACTIVATIONS[name].function, 512, 24, []
    for seed in range(4):
        generator = torch.Generator().manual_seed(seed)
        z, layers = torch.randn(batch_size, width, generator=generator).requires_grad_(), []
        for _ in range(depth):
            layers.append(z)
            z = function((z - z.mean(0)) / z.std(0, unbiased=False)) @ draw(width, width, 1.0, generator).T
        early, late = torch.autograd.grad(
            (z * torch.randn(z.shape, generator=generator)).sum(), [layers[8], layers[20]]
        )
        ratio = (early.square().sum() / late.square().sum()).item()
        sizes = (layers[8].var(0).mean() / layers[20].var(0).mean()).item()
        rates.append((ratio * sizes) ** (1 / 12))
    assert sum(rates) / len(rates) == pytest.approx(expected, rel=0.025)


def test_batch_sizes_are_for_linear_layers():
    with pytest.raises(InvalidInput) as caught:
        batch_norm_gradient_growth("relu", batch_size=8)
    assert str(caught.value) == (
        "`batch_size` must be left out where layers are not linear. Got 8 instead. Without it the growth in large "
        "batches comes back."
    )
    with pytest.raises(InvalidInput, match=r"`batch_size` must be an int of at least 4\. Got 3 instead"):
        batch_norm_gradient_growth("linear", batch_size=3)


@pytest.mark.parametrize(("block", "growth"), [("x + W f(x)", 2), ("x + W2 f(W1 f(x))", 2), ("x + W2 f(W1 x)", 3)])
def test_hes_residual_blocks(block, growth):
    made = propagate_residual("relu", 2.0, 0.0, 4, block=block)
    assert made.growth == pytest.approx([growth] * 4)
    assert made.q == pytest.approx([growth**n for n in (1, 2, 3, 4)])
    assert made.gradient == pytest.approx([growth**n for n in (4, 3, 2, 1)])


@pytest.mark.parametrize("block", list(BLOCKS))
@pytest.mark.parametrize("name", ["relu", "tanh"])
def test_residual_blocks_by_simulation(block, name):
    made = propagate_residual(name, 1.8, 0.09, 3, block=block, branch_scale=0.8)
    runs = [_residual_network(ACTIVATIONS[name].function, block, seed) for seed in range(8)]
    stream, gradients = (torch.tensor(part).mean(0).tolist() for part in zip(*runs, strict=True))
    assert stream == pytest.approx(made.q, rel=0.08)
    assert gradients == pytest.approx(made.gradient, rel=0.08)


def _residual_network(function, block, seed, width=512):
    generator = torch.Generator().manual_seed(seed)

    def layer(x):  # a new draw each time
        return x @ draw(width, width, 1.8, generator).T + 0.3 * torch.randn(width, generator=generator)

    branch = {
        "x + W f(x)": lambda x: layer(function(x)),
        "x + W2 f(W1 f(x))": lambda x: layer(function(layer(function(x)))),
        "x + W2 f(W1 x)": lambda x: layer(function(layer(x))),
    }[block]
    stream = [torch.randn(8, width, generator=generator).requires_grad_()]
    for _ in range(3):
        stream.append(stream[-1] + 0.8 * branch(stream[-1]))
    gradients = torch.autograd.grad((stream[-1] * torch.randn(8, width, generator=generator)).sum(), stream)
    sizes = [gradient.square().mean().item() for gradient in gradients]
    return [x.square().mean().item() for x in stream[1:]], [size / sizes[-1] for size in sizes[:-1]]


def test_scaled_branches_hold_the_stream():
    made = propagate_residual("relu", 2.0, 0.0, 100, block="x + W f(x)", branch_scale=0.1)
    assert made.q[-1] == pytest.approx(1.01**100)


def test_a_block_must_be_named():
    with pytest.raises(UnknownName, match=r"There is no residual block 'x \+ f\(x\)'. Did you mean 'x \+ W f\(x\)'"):
        propagate_residual("relu", 2.0, 0.0, 3, block="x + f(x)")
