from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from layerwise.activations import ACTIVATIONS, Maxout, maximum_over_pieces


def test_by_hand():
    z = torch.tensor([[1.0, -2.0, 0.0, 5.0, 0.5, 4.0]])
    assert Maxout(3)(z).tolist() == [[1.0, 5.0]]  # units (1, 0, 0.5) and (-2, 5, 4)
    assert Maxout(2)(z).tolist() == [[5.0, 0.5, 4.0]]
    assert Maxout(1)(z).tolist() == z.tolist()


@given(pieces=st.integers(1, 5), units=st.integers(1, 4), batch=st.integers(0, 3), seed=st.integers(0, 99))
def test_equals_a_loop_over_units(pieces, units, batch, seed):
    z = torch.randn(2, batch, pieces * units, generator=torch.Generator().manual_seed(seed))
    loop = [torch.stack([z[..., p * units + u] for p in range(pieces)]).amax(0) for u in range(units)]
    assert torch.equal(maximum_over_pieces(z, pieces), torch.stack(loop, -1))


def test_two_pieces_make_relu_and_leaky_relu():
    z = torch.linspace(-3, 3, 13)
    for slope, name in ((0.0, "relu"), (0.01, "leaky_relu")):
        pair = torch.cat([z, slope * z])
        assert torch.equal(maximum_over_pieces(pair), ACTIVATIONS[name].function(z))


def test_gradient_goes_to_the_largest_piece_and_is_shared_on_a_tie():
    z = torch.tensor([3.0, 1.0, 2.0, 1.0], requires_grad=True)
    Maxout(2)(z).sum().backward()
    assert z.grad.tolist() == [1.0, 0.5, 0.0, 0.5]


def test_works_on_tensors_that_are_not_contiguous():
    z = torch.arange(12.0).view(4, 3).T
    assert torch.equal(Maxout(2)(z), Maxout(2)(z.contiguous()))


def test_prints_its_setting():
    assert repr(Maxout(5)) == "Maxout(pieces=5)"


@pytest.mark.parametrize("pieces", [0, -1, 2.5, True, "two"])
def test_pieces_must_be_a_positive_int(pieces):
    with pytest.raises(ValueError, match=r"`pieces` must be a positive int\. Got"):
        Maxout(pieces)


@pytest.mark.parametrize("shape", [(2, 5), ()])
def test_the_last_axis_must_split(shape):
    with pytest.raises(ValueError, match="The last axis must be a multiple of `pieces` = 2") as caught:
        Maxout(2)(torch.zeros(shape))
    assert str(caught.value).endswith(f"Got {shape} instead. Give the layer before pieces * units outputs.")


def test_prelu_module_takes_its_options():
    module = ACTIVATIONS["prelu"].module(num_parameters=3, init=0.5)
    assert module.weight.tolist() == [0.5, 0.5, 0.5]
    assert ACTIVATIONS["prelu"].module().weight.tolist() == [0.25]
