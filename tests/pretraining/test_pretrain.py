"""The procedure: which layers are trained, on what, and what is left as it was."""

from __future__ import annotations

import copy
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # as everybody writes it

from layerwise._base import InvalidInput
from layerwise.pretraining import Diverged, Progress, pretrain
from layerwise.pretraining._layer_training import source


class Functional(nn.Module):
    """Registered last to first, activations by function, a skip connection and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(6, 3)
        self.third = nn.Linear(6, 6)
        self.second = nn.Linear(6, 6)
        self.first = nn.Linear(8, 6)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.sigmoid(self.first(x.view(x.size(0), -1)))
        x = torch.sigmoid(self.second(x))
        x = torch.sigmoid(self.third(x) + x)
        out: Tensor = self.head(F.dropout(x, 0.5, self.training))
        return out


def mlp(*widths: int, activation: type[nn.Module] = nn.Sigmoid) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(*(layer for pair in pairwise(widths) for layer in (nn.Linear(*pair), activation())))


def data(n: int = 60, width: int = 8) -> Tensor:
    return torch.rand(n, width, generator=torch.Generator().manual_seed(1))


def state(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def test_layers_train_in_the_order_of_execution_and_others_say_why_not():
    found = pretrain(Functional(), data().view(60, 2, 4), epochs=1)
    assert [layer.name for layer in found.layers] == ["first", "second"]
    assert found.left_alone == {
        "third": "its output is joined with another signal before its activation, so it has no code of its own",
        "head": "it has no activation: it is taken for the output layer",
    }


def test_it_stops_at_the_first_layer_that_cannot_if_asked():
    model = mlp(8, 6, 5, 4)
    model[2].weight.requires_grad_(False)
    assert [layer.name for layer in pretrain(model, data(), epochs=1).layers] == ["0", "4"]
    stopped = pretrain(model, data(), epochs=1, otherwise="stop")
    assert [layer.name for layer in stopped.layers] == ["0"]
    assert stopped.left_alone["2"] == "its weight is frozen"


def test_layers_below_stay_as_they_are_to_the_last_bit_and_those_above_are_not_yet_touched():
    model = mlp(8, 6, 5, 4)
    seen: dict[int, list[dict[str, Tensor]]] = {}
    pretrain(
        model, data(), epochs=3, inplace=True,
        progress=lambda told: seen.setdefault(told.place, []).append(state(model)),
    )  # fmt: skip
    for place, states in seen.items():
        for name in states[0]:
            same = all(torch.equal(states[0][name], later[name]) for later in states)
            assert same == (int(name.split(".")[0]) != 2 * place), (place, name)


def test_the_model_is_copied_unless_asked_and_a_seed_gives_the_same_bits():
    model = mlp(8, 6, 5)
    before = state(model)
    one, two = (pretrain(model, data(), "denoising", epochs=2, seed=5) for _ in range(2))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(torch.equal(value, two.model.state_dict()[name]) for name, value in one.model.state_dict().items())
    other = pretrain(model, data(), "denoising", epochs=2, seed=6)
    assert not torch.equal(one.model[0].weight, other.model[0].weight)
    inside = pretrain(model, data(), "denoising", epochs=2, seed=5, inplace=True)
    assert inside.model is model
    assert torch.equal(model[0].weight, one.model[0].weight)


def test_global_generators_and_gradients_are_untouched():
    model = mlp(8, 6)
    drawn = torch.get_rng_state()
    pretrain(model, data(), "denoising", epochs=1, tied=False, inplace=True)
    assert torch.equal(torch.get_rng_state(), drawn)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_upper_layer_reads_the_codes_of_the_trained_lower_one():
    model = mlp(8, 6, 5)
    both = pretrain(model, data(), epochs=3, validation=0.0)
    lower = pretrain(model, data(), layers=["0"], epochs=3, validation=0.0)
    with torch.no_grad():
        codes = lower.model[:2](data())
    # the same rows in the same order, so the same start of the second layer's curve
    alone = pretrain(model[2:], codes, epochs=3, validation=0.0, reconstruction="cross_entropy")
    assert both.layers[1].curves[1].values[0] == pytest.approx(alone.layers[0].curves[1].values[0], rel=1e-6)
    assert torch.equal(both.model[0].weight, lower.model[0].weight)


def test_errors_fall():
    found = pretrain(mlp(8, 6, 5), data(300), epochs=30, learning_rate=0.01, batch_size=20)
    for layer in found.layers:
        first, *_, last = layer.curves[1].values
        assert last < first


@pytest.mark.parametrize(("patience", "n_read"), [(None, 1000), (2, 1100)])
def test_without_a_validation_part_errors_are_read_on_rows_that_are_trained_on(patience, n_read):
    x = torch.rand(1100, 4, generator=torch.Generator().manual_seed(0))
    options = {"epochs": 2, "validation": 0.0, "reconstruction": "squared_error", "patience": patience}
    found = pretrain(nn.Sequential(nn.Linear(4, 3), nn.Sigmoid()), x, **options)
    order = torch.randperm(1100, generator=source(0, "split"))
    read = x[order[:n_read]]
    error = (found.unroll()(read) - read).square().sum(1).mean().item()
    assert found.layers[0].curves[1].values[-1] == pytest.approx(error, rel=1e-5)


def test_tied_decoders_are_the_encoders_transpose_and_untied_ones_are_not():
    tied, untied = (pretrain(mlp(8, 6), data(), epochs=2, tied=tied) for tied in (True, False))
    assert torch.equal(tied.layers[0].decoder.weight, tied.model[0].weight)
    assert not torch.equal(untied.layers[0].decoder.weight, untied.model[0].weight)


def test_unrolled_it_gives_what_the_layers_give_one_after_the_other():
    found = pretrain(mlp(8, 6, 5), data(), epochs=2)
    x = data()
    codes = torch.sigmoid(found.model[2](torch.sigmoid(found.model[0](x))))
    below = torch.sigmoid(codes @ found.model[2].weight + found.layers[1].decoder.bias)
    expected = torch.sigmoid(below @ found.model[0].weight + found.layers[0].decoder.bias)
    torch.testing.assert_close(found.unroll()(x), expected)
    torch.testing.assert_close(found.transform(x), codes)


def test_convolutions_normalizers_and_pooling():
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 4, 3, stride=2, padding=1), nn.BatchNorm2d(4), nn.ReLU(),
        nn.Conv2d(4, 6, 3), nn.ReLU(), nn.Flatten(), nn.Dropout(), nn.Linear(24, 5), nn.ReLU(), nn.Linear(5, 2),
    )  # fmt: skip
    x = torch.rand(200, 64)
    found = pretrain(model, x, epochs=8, learning_rate=0.01)
    assert [layer.name for layer in found.layers] == ["1", "4", "8"]
    assert all(layer.curves[1].values[-1] < layer.curves[1].values[0] for layer in found.layers)
    assert found.model[2].running_mean.abs().sum() > 0  # its statistics are those of its layer's training
    assert found.unroll().eval()(x).shape == (200, 1, 8, 8)
    pooled = nn.Sequential(model[:4], nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, 5), nn.ReLU())
    with pytest.raises(InvalidInput, match=r"'0.1' and '3' must follow one another .* max_pool2d stands between"):
        pretrain(pooled, x, epochs=1).unroll()


def test_a_classifier_shares_the_networks_parameters_and_drops_out_again():
    found = pretrain(Functional(), data(), epochs=1)
    classifier = found.to_classifier(4, seed=3)
    assert classifier(data()).shape == (60, 4)
    assert {id(p) for p in found.model.first.parameters()} <= {id(p) for p in classifier.parameters()}
    regressor = found.to_regressor(2)
    regressor(data()).sum().backward()
    assert found.model.first.weight.grad is not None
    with_dropout = nn.Sequential(nn.Linear(8, 50), nn.Sigmoid(), nn.Dropout(), nn.Linear(50, 9), nn.Sigmoid())
    encoder = pretrain(with_dropout, data(), epochs=1).encoder()
    assert not torch.equal(encoder.train()(data()), encoder.train()(data()))
    assert torch.equal(encoder.eval()(data()), encoder.eval()(data()))


def test_every_layer_may_have_an_objective_and_settings_of_its_own():
    told: list[Progress] = []
    found = pretrain(
        mlp(8, 6, 5), data(), ["denoising", "sparse"], epochs=[1, 2], learning_rate=0.01, progress=told.append
    )
    assert [(layer.objective, layer.settings.epochs) for layer in found.layers] == [("denoising", 1), ("sparse", 2)]
    assert [(one.layer, one.epoch, one.n_epochs) for one in told] == [("0", 1, 1), ("2", 1, 2), ("2", 2, 2)]


def test_an_objective_of_ones_own():
    def twice(coder, x, settings, generators):
        return 2 * coder.flat(coder.decode(coder.encode(x).activation) - x).square().sum(-1).mean(-1)

    found = pretrain(mlp(8, 6), data(), twice, epochs=2, reconstruction="squared_error", validation=0.0)
    assert found.layers[0].objective == "twice"
    assert found.layers[0].curves[0].values[0] == pytest.approx(2 * found.layers[0].curves[1].values[0], rel=0.1)


def held_out_error(found, x: Tensor, share: float) -> float:
    """The cross-entropy of one layer's reconstruction on the rows that seed 0 keeps back, by hand."""
    rows = x[torch.randperm(len(x), generator=source(0, "split"))[: round(share * len(x))]]
    with torch.no_grad():
        decoded = found.layers[0].decoder(found.encoder().eval()(rows))
    return F.binary_cross_entropy(decoded, rows, reduction="none").sum(1).mean().item()


@pytest.mark.parametrize("patience", [2, None])
def test_it_goes_back_to_the_best_epoch_if_it_has_patience_and_keeps_the_last_if_not(patience):
    found = pretrain(
        mlp(8, 6), data(40), epochs=30, patience=patience, method="sgd", learning_rate=5.0, batch_size=4, validation=0.3
    )
    errors = found.layers[0].curves[1].values
    assert min(errors[1:]) < errors[-1]  # the last epoch was not the best
    assert (len(errors) < 31) == (patience is not None)
    expected = errors[-1] if patience is None else min(errors[1:])
    assert held_out_error(found, data(40), 0.3) == pytest.approx(expected, rel=1e-4)


def test_codes_beyond_the_budget_lie_in_a_file_and_give_the_same():
    model, x = mlp(8, 6, 5), data(2500)
    kept, filed = (pretrain(model, x, epochs=1, memory=memory) for memory in (10**9, 0))
    assert torch.equal(kept.model[2].weight, filed.model[2].weight)


@pytest.mark.parametrize(
    ("model", "rows", "options", "message"),
    [
        (nn.Sequential(nn.ReLU()), data(), {}, "`model` must have parameters"),
        (nn.Sequential(nn.LayerNorm(8)), data(), {}, "`model` must have layers of weights"),
        (mlp(8, 6), data() * float("nan"), {}, "`unlabelled` must be finite"),
        (mlp(8, 6), data()[:2], {}, r"at least 4 rows.*Got shape \[2, 8\]"),
        (mlp(8, 6), data(), {"layers": ["1"]}, "layer of weights"),
        (mlp(8, 6), data(), {"epoch": 3}, "`epoch` is not an option of pre-training. Known: epochs"),
        (mlp(8, 6, 5), data(), {"epochs": [1, 2, 3]}, "a list of 2, one for each layer"),
        (mlp(8, 6), data(), {"objective": "autoencode"}, "autoencoder"),
        (mlp(8, 6), data() * 3, {"reconstruction": "cross_entropy"}, r"must be in \[0, 1\]. Got 0\.\d+ to 2\.9"),
        (nn.Sequential(nn.Linear(8, 3)), data(), {}, "a layer that can be pre-trained.*no activation"),
        (mlp(8, 6), data(), {"learning_rate": 0.0}, "`learning_rate` must be a positive number"),
        (mlp(8, 6), data(), {"corruption_level": -1}, "`corruption_level` must be a number of at least 0"),
    ],
)
def test_bad_input_says_value_rule_and_cure(model, rows, options, message):
    before = state(model)
    with pytest.raises(InvalidInput, match=message):
        pretrain(model, rows, **{"epochs": 1, "inplace": True, **options})
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_layer_that_diverges_says_so_and_the_model_is_as_it_was():
    model = mlp(8, 6, 5, activation=nn.ReLU)
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(
        Diverged, match=r"loss of layer '0' was not finite in epoch \d+.*learning rate is 1e\+30 .*tenth"
    ):
        pretrain(model, data(), epochs=20, method="sgd", learning_rate=1e30, inplace=True)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
