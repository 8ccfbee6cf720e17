"""Layers of a module trained as restricted Boltzmann machines."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from layerwise._base import InvalidInput
from layerwise.pretraining import pretrain
from layerwise.pretraining.rbm import RBM


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 6), nn.Sigmoid(), nn.Linear(6, 3))


def rows() -> torch.Tensor:
    pattern = torch.tensor([[1.0, 1, 1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1, 1, 1], [1, 1, 0, 0, 1, 1, 0, 0]])
    return pattern.repeat(40, 1) * 0.9 + 0.05


def test_unrolled_it_is_the_machines_mean_field_reconstruction():
    found = pretrain(network(), rows(), "rbm", layers=["0", "2"], epochs=5)
    lower, upper = (RBM(*sizes, hidden=kind, generator=torch.Generator()) for sizes, kind in
                    (((8, 6), "bernoulli"), ((6, 3), "gaussian")))  # fmt: skip
    with torch.no_grad():
        for machine, layer, linear in (
            (lower, found.layers[0], found.model[0]),
            (upper, found.layers[1], found.model[2]),
        ):
            machine.weight.copy_(linear.weight.mT)
            machine.hidden_bias.copy_(linear.bias)
            machine.visible_bias.copy_(layer.decoder.bias)
        x = rows()
        up = upper.hidden_mean(lower.hidden_mean(x))
        torch.testing.assert_close(found.unroll()(x), lower.visible_mean(upper.visible_mean(up)))
        torch.testing.assert_close(found.transform(x), up)


def test_errors_fall_and_a_seed_gives_the_same_bits():
    one, two = (pretrain(network(), rows(), "rbm", epochs=40, seed=3) for _ in range(2))
    errors = one.layers[0].curves[1].values
    assert len(errors) == 41
    assert errors[-1] < 0.7 * errors[0]
    assert torch.equal(one.model[0].weight, two.model[0].weight)
    assert one.layers[0].settings.learning_rate == 0.1


def test_it_may_be_one_objective_of_several_and_is_kept_in_a_checkpoint(tmp_path):
    options = {"layers": ["0", "2"], "epochs": 3, "checkpoint": tmp_path / "state", "reconstruction": "squared_error"}
    first = pretrain(network(), rows(), ["rbm", "autoencoder"], **options)
    assert [layer.settings.learning_rate for layer in first.layers] == [0.1, 1e-3]
    told = []
    again = pretrain(network(), rows(), ["rbm", "autoencoder"], progress=told.append, **options)
    assert told == []
    assert torch.equal(first.unroll()(rows()), again.unroll()(rows()))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            nn.Sequential(nn.Linear(8, 4), nn.Tanh()),
            r"linear, with sigmoid, relu or no activation .* Got '0: linear, tanh'",
        ),
        (nn.Sequential(nn.Unflatten(1, (1, 8)), nn.Conv1d(1, 2, 3), nn.Sigmoid()), "Got '1: conv1d, sigmoid'"),
        (nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Sigmoid()), "right after it"),
    ],
)
def test_layers_that_are_no_machine_are_refused(model, message):
    with pytest.raises(InvalidInput, match=message):
        pretrain(model, rows(), "rbm", epochs=1)
