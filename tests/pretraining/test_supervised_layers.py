"""Greedy supervised pre-training, against a plain loop over one network."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  # as everybody writes it
from torch.utils.data import TensorDataset

from layerwise._base import InvalidInput
from layerwise.data import Data
from layerwise.initializers import glorot_uniform_
from layerwise.pretraining import pretrain
from layerwise.pretraining._layer_training import source
from layerwise.pretraining._verdict_question import Question
from layerwise.pretraining._verdict_start import most_epochs

ONCE = {"validation": 0.0, "seed": 3, "epochs": 5, "batch_size": 10, "method": "sgd", "learning_rate": 0.5}


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), nn.Sigmoid(), nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 2)).double()


def rows(n: int = 40) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.rand(n, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    return x, (3 * x[:, 0]).long()


def loss_of(outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    if y.is_floating_point():
        return (outputs - y).square().sum(1).mean()
    return F.cross_entropy(outputs, y)


def by_hand(model: nn.Sequential, x: torch.Tensor, y: torch.Tensor, n_outputs: int) -> list[list[float]]:
    """Train each layer with an output layer of its own, 20 steps each, in the order that seed 3 draws."""
    x, y = (part[torch.randperm(len(x), generator=source(3, "split"))] for part in (x, y))
    losses = []
    for place in (0, 1):
        generator = source(3, f"layer {place}")
        layer, below = model[2 * place : 2 * place + 2], model[: 2 * place]
        head = torch.zeros(n_outputs, layer[0].out_features, dtype=torch.float64)
        head, bias = glorot_uniform_(head, generator=generator).requires_grad_(), torch.zeros(n_outputs).double()
        trained = [*layer.parameters(), head, bias.requires_grad_()]
        losses.append([])
        for _ in range(5):
            order, total = torch.randperm(len(x), generator=generator), 0.0
            for some in order.split(10):
                loss = loss_of(layer(below(x[some]).detach()) @ head.T + bias, y[some])
                for parameter, gradient in zip(trained, torch.autograd.grad(loss, trained), strict=True):
                    parameter.data -= 0.5 * gradient
                total += loss.item() * len(some)
            losses[-1].append(total / len(x))
    return losses


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_it_is_the_plain_loop(task):
    x, y = rows()
    if task == "regression":
        y = torch.stack([x.sum(1), x[:, 0] - x[:, 1]], 1) / 3
    model = network()
    found = pretrain(model, (x, y), "supervised", **ONCE)
    losses = by_hand(model, x, y, 3 if task == "classification" else 2)
    for name, value in found.model.state_dict().items():
        torch.testing.assert_close(value, model.state_dict()[name], atol=1e-9, rtol=0)
    for layer, expected in zip(found.layers, losses, strict=True):
        assert [curve.name for curve in layer.curves] == ["train_loss", "label_error"]
        assert layer.curves[0].values == pytest.approx(expected, abs=1e-9)
        assert len(layer.curves[1].values) == 6
    assert torch.equal(found.model[4].weight, network()[4].weight)  # the network's own output layer is left alone


def test_the_first_error_is_that_of_the_output_layer_as_it_was_drawn():
    x, y = rows()
    found = pretrain(network(), (x, y), "supervised", validation=0.0, epochs=0)
    head = glorot_uniform_(torch.zeros(3, 5, dtype=torch.float64), generator=source(0, "layer 0"))
    expected = F.cross_entropy(network()[:2](x) @ head.T, y)
    assert found.layers[0].curves[1].values == pytest.approx((expected.item(),), abs=1e-12)


def test_labels_may_come_in_any_way_that_data_does():
    x, y = rows()
    x = x.float().double()  # `Data` holds float32
    ways = [(x, y), [x.numpy(), y.numpy()], TensorDataset(x, y), Data.create("rows", x, y)]
    found = [pretrain(network(), way, "supervised", epochs=2).model[2].weight for way in ways]
    assert all(torch.equal(found[0], other) for other in found[1:])


def test_every_layer_may_have_its_own_objective_and_others_leave_labels_aside():
    x, y = rows()
    mixed = pretrain(network(), (x, y), ["supervised", "autoencoder"], epochs=[2, 3], penalty=0.0)
    assert [layer.objective for layer in mixed.layers] == ["supervised", "autoencoder"]
    assert [layer.decoder is None for layer in mixed.layers] == [True, False]
    alone = pretrain(network(), x, ["autoencoder", "denoising"], epochs=2)
    beside = pretrain(network(), TensorDataset(x, y), ["autoencoder", "denoising"], epochs=2)
    assert torch.equal(alone.model[2].weight, beside.model[2].weight)


def test_convolutions_and_batch_norm():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 4), nn.ReLU())
    x = torch.rand(120, 1, 6, 6)
    found = pretrain(model, (x, (x.mean((1, 2, 3)) > 0.5).long()), "supervised", epochs=8, learning_rate=0.01)
    for layer in found.layers:
        assert layer.curves[1].values[-1] < layer.curves[1].values[0]


def test_it_stops_early_and_copies_unless_asked():
    x, y = rows(60)
    model = network()
    before = copy.deepcopy(model.state_dict())
    options = {"epochs": 60, "patience": 2, "learning_rate": 0.1, "validation": 0.3}
    found = pretrain(model, (x, y), "supervised", **options)
    errors = found.layers[0].curves[1].values
    assert 2 < len(errors) < 61
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    inside = pretrain(model, (x, y), "supervised", inplace=True, **options)
    assert inside.model is model
    assert torch.equal(model[2].weight, found.model[2].weight)


def test_stopped_it_goes_on_to_the_same_bits(tmp_path):
    class Stopped(Exception):
        pass

    def stop(told):
        if (told.place, told.epoch) == (1, 2):
            raise Stopped

    plain = pretrain(network(), rows(), "supervised", epochs=4)
    with pytest.raises(Stopped):
        pretrain(network(), rows(), "supervised", epochs=4, checkpoint=tmp_path / "state", progress=stop)
    seen = []
    found = pretrain(network(), rows(), "supervised", epochs=4, checkpoint=tmp_path / "state", progress=seen.append)
    assert [(one.place, one.epoch) for one in seen] == [(1, 3), (1, 4)]
    assert torch.equal(found.model[2].weight, plain.model[2].weight)
    assert [layer.curves for layer in found.layers] == [layer.curves for layer in plain.layers]


def test_other_labels_are_another_run(tmp_path):
    x, y = rows()
    pretrain(network(), (x, y), "supervised", epochs=1, checkpoint=tmp_path / "state")
    with pytest.raises(InvalidInput, match="must be of this very run"):
        pretrain(network(), (x, y.flip(0)), "supervised", epochs=1, checkpoint=tmp_path / "state")


def test_it_can_not_be_unrolled_but_all_else_works(tmp_path):
    x, y = rows()
    found = pretrain(network(), (x, y), "supervised", epochs=2)
    with pytest.raises(InvalidInput, match=r"Got '0', trained for 'supervised', which has none.*encoder\(\)"):
        found.unroll()
    assert found.to_classifier(3)(x).shape == (40, 3)
    assert found.transform(x).shape == (40, 4)
    assert found.copy().layers[0].decoder is None
    found.save(tmp_path / "weights.safetensors")
    other = pretrain(network(), (x, y), "supervised", epochs=0).load_(tmp_path / "weights.safetensors")
    assert torch.equal(other.model[2].weight, found.model[2].weight)
    assert found.fine_tune(x, y, epochs=2).score >= 0


def test_a_verdict_counts_the_output_layers_it_threw_away():
    x, y = rows()
    found = pretrain(network(), (x, y), "supervised", epochs=2, validation=0.0)
    asked = Question(
        x=x, y=y, task="classification", n_outputs=3, fractions=(1.0,), epochs=5, batch_size=10, patience=3, test=0.25,
        validation=0.25, learning_rates=(0.01,),
    )  # fmt: skip
    spent = 2 * 40 * (30 + 15 + 20 + 12)  # epochs, rows, two layers and their output layers of 3
    assert most_epochs(found, asked, "random", 1.0) == 5 + -(-spent // (20 * 50))


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (rows()[0], {}, r"`unlabelled` must come with labels where.*Got rows alone instead\. Give a pair \(x, y\)"),
        ((rows()[0], rows()[1][:7]), {}, "as many labels as rows. Got 40 rows and 7 labels"),
        ((rows()[0], rows()[1] - 1), {}, "whole numbers from 0 on"),
        ((rows()[0], rows()[1] * 0), {}, "at least two classes. Got 0 for every row"),
        ((rows()[0], rows()[0] * float("nan")), {}, "The labels of `unlabelled` must be finite"),
        (rows(), {"n_classes": 2}, "`n_classes` must be more than the largest label. Got 2, with label 2"),
        (rows(), {"steps": 5}, "`steps` goes with a stream only. Got 5 instead. .*give `epochs`"),
    ],
)
def test_bad_input_says_value_rule_and_cure(data, options, message):
    model = network()
    with pytest.raises(InvalidInput, match=message):
        pretrain(model, data, "supervised", epochs=1, inplace=True, **options)
    assert torch.equal(model[0].weight, network()[0].weight)
