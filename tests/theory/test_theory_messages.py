"""What theory says to numbers and activations that it can't take."""

from __future__ import annotations

import pytest
import torch

from layerwise._base import InvalidInput, UnknownName
from layerwise.theory import depth_scale, fixed_points, phase, phase_diagram, propagate

NUMBERS = [
    ({"weight_variance": 0.0}, "`weight_variance` must be a positive number. Got 0.0 instead."),
    ({"weight_variance": float("nan")}, "`weight_variance` must be a positive number. Got nan instead."),
    ({"bias_variance": -1.0}, "`bias_variance` must be a number of at least 0. Got -1.0 instead."),
    ({"bias_variance": "much"}, "`bias_variance` must be a number of at least 0. Got 'much' instead."),
    ({"depth": 0}, "`depth` must be a positive int. Got 0 instead."),
    ({"depth": 2.5}, "`depth` must be a positive int. Got 2.5 instead."),
    ({"q0": -1.0}, "`q0` must be a number of at least 0. Got -1.0 instead."),
    ({"c0": 1.5}, "`c0` must be a number from -1 to 1. Got 1.5 instead."),
    ({"keep": 0.0}, "`keep` must be a positive number. Got 0.0 instead."),
    ({"keep": 1.5}, "`keep` must be a number above 0 and up to 1. Got 1.5 instead. It is 1 - dropout."),
]
GIVEN = [
    (3, "`activation` must be a name or a function of a tensor. Got 3 instead."),
    ("maxout", "`activation` must act on each pre-activation alone. Got 'maxout' instead. Theory has no maxout."),
    (
        torch.sign,
        "`activation` must be continuous. Got sign, which jumps at 0 instead. Through a jump chi_1 is infinite.",
    ),
    (
        torch.sum,
        (
            "The activation must keep shape and dtype. Got torch.float64 of shape () for torch.float64 of shape (12,) "
            "instead."
        ),
    ),
]


@pytest.mark.parametrize(("options", "message"), NUMBERS)
def test_numbers(options, message):
    settings = {"weight_variance": 1.5, "bias_variance": 0.1, "depth": 3} | options
    with pytest.raises(InvalidInput) as caught:
        propagate("tanh", **settings)
    assert str(caught.value) == message


@pytest.mark.parametrize(("activation", "message"), GIVEN)
def test_activations(activation, message):
    with pytest.raises(InvalidInput) as caught:
        fixed_points(activation, 1.5, 0.1)
    assert str(caught.value) == message


def test_a_function_that_is_not_everywhere():
    with pytest.raises(InvalidInput, match=r"^The activation must be finite, with a finite slope, wherever a Gaussian"):
        fixed_points(torch.log, 1.5, 0.1)


def test_a_function_that_fails_says_how():
    def picky(z):
        raise RuntimeError("only on Tuesdays")

    with pytest.raises(InvalidInput, match=r"float64 tensor\. Got picky, which says: only on Tuesdays instead"):
        phase(picky, 1.5, 0.1)


def test_a_function_too_rough_for_quadrature():
    def rough(z):
        return torch.sin(2000 * z)

    with pytest.raises(InvalidInput, match=r"must be smooth between its kinks\. Got rough instead"):
        phase(rough, 1.5, 0.1)


@pytest.mark.parametrize("ask", [fixed_points, phase, depth_scale])
def test_unknown_names_get_near_misses(ask):
    with pytest.raises(UnknownName, match=r"There is no activation 'tahn'\. Did you mean 'tanh'"):
        ask("tahn", 1.5, 0.1)


def test_a_diagram_checks_its_axes():
    with pytest.raises(InvalidInput, match=r"`weight_variances` must be a positive number\. Got 0.0 instead"):
        phase_diagram("tanh", [0.0, 1.0], [0.1])
    with pytest.raises(InvalidInput, match=r"`bias_variances` must be a number of at least 0\. Got -0.1 instead"):
        phase_diagram("tanh", [1.0], [-0.1])
