"""Steps of several batches, and products in bfloat16, of layers and of whole networks."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from layerwise._base import InvalidInput
from layerwise.pretraining import pretrain
from layerwise.pretraining._autocast import check_autocast
from layerwise.pretraining._descent import Descent, grouped
from layerwise.pretraining.rbm import RBM, RBMTraining, train_

LOSSES = {
    "autoencoder": {},
    "contractive": {"penalty": 0.3},
    "sparse": {"sparsity_penalty": "l1"},
    "supervised": {},
}


def network(dtype: torch.dtype = torch.float64, n: int = 9) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(n, 7), nn.Sigmoid(), nn.Linear(7, 5), nn.Tanh(), nn.Linear(5, 3)).to(dtype)


def rows(n: int = 70, width: int = 9) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.rand(n, width, generator=torch.Generator().manual_seed(1))
    return x, (3 * x[:, 0]).long()


def patterns() -> torch.Tensor:
    """Return 200 rows of 16 features, noisy copies of four of them."""
    source = torch.Generator().manual_seed(3)
    kinds = torch.rand(4, 16, generator=source).round()
    flips = torch.rand(200, 16, generator=source) < 0.05
    return torch.where(flips, 1 - kinds[torch.arange(200) % 4], kinds[torch.arange(200) % 4])


def check_equal(one: nn.Module, other: nn.Module, atol: float = 0) -> None:
    for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=atol)


# --- accumulation: 70 rows in batches of 8, by 4: two whole groups, and a last one of one batch of 6 ------------------


@pytest.mark.parametrize("objective", LOSSES)
def test_a_layers_step_by_four_batches_is_that_of_one_batch_of_all_their_rows(objective):
    options = {"validation": 0.0, "epochs": 4} | LOSSES[objective]
    small = pretrain(network(), rows(), objective, batch_size=8, accumulate=4, **options)
    large = pretrain(network(), rows(), objective, batch_size=32, **options)
    check_equal(small.model, large.model, atol=1e-12)
    for ours, theirs in zip(small.layers, large.layers, strict=True):
        for curve, other in zip(ours.curves, theirs.curves, strict=True):
            assert curve.values == pytest.approx(other.values, abs=1e-12)
    assert not torch.equal(small.model[0].weight, network()[0].weight)


def test_fine_tuning_by_four_batches_is_that_of_one_batch_of_all_their_rows():
    found = pretrain(network(), rows(), epochs=0)
    options = {"epochs": 4, "validation": 0.0, "unfreeze_every": 1, "decay": 0.5}
    small = found.copy().fine_tune(*rows(), batch_size=8, accumulate=4, **options)
    large = found.copy().fine_tune(*rows(), batch_size=32, **options)
    check_equal(small.model, large.model, atol=1e-12)
    assert small.curves[0].values == pytest.approx(large.curves[0].values, abs=1e-12)
    assert not torch.equal(small.model[0][0].weight, network()[0].weight)


def test_a_step_is_made_by_the_mean_gradient_weighted_by_rows():
    """By hand: the loss w x on batches x = 1, 1 (2 rows) and 4 (1 row) has mean gradient (2 * 1 + 4) / 3 = 2."""
    w, still = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)
    descent = Descent([w, still], torch.optim.SGD([w, still], lr=1.0))
    descent.add(w * 1, 2 / 3)
    descent.add(w * 4 + still, 1 / 3)
    descent.step(resting=[still])
    assert (w.item(), still.item()) == (pytest.approx(-2), 0)
    assert w.grad is None


def test_groups_hold_what_there_is():
    assert list(grouped(range(5), 1)) == [[0], [1], [2], [3], [4]]
    assert list(grouped(range(5), 3)) == [[0, 1, 2], [3, 4]]


def test_an_rbm_has_no_batches_to_gather():
    with pytest.raises(InvalidInput, match=r"`accumulate` must be 1 for an RBM.* Got 3 instead. Give .* of 30 instead"):
        pretrain(network(), rows()[0], ["rbm", "denoising"], accumulate=3, batch_size=10)


# --- bfloat16: it keeps 8 bits, so a product of n terms is off by about 2^-9 of its size ------------------------------


@pytest.mark.parametrize("objective", ["autoencoder", "denoising", "contractive", "sparse", "supervised"])
def test_layers_trained_with_products_in_bfloat16_are_near_those_in_float32(objective):
    options = {"epochs": 20, "batch_size": 20, "method": "sgd", "learning_rate": 0.05}
    exact = pretrain(network(torch.float32), rows(), objective, **options)
    rough = pretrain(network(torch.float32), rows(), objective, autocast="bfloat16", **options)
    for name, value in rough.model.state_dict().items():
        assert value.dtype == torch.float32
        moved = (exact.model.state_dict()[name] - network(torch.float32).state_dict()[name]).norm()
        assert (value - exact.model.state_dict()[name]).norm() <= 0.03 * moved
    assert not torch.equal(rough.model[0].weight, exact.model[0].weight)
    for ours, theirs in zip(rough.layers, exact.layers, strict=True):
        assert ours.curves[1].values == pytest.approx(theirs.curves[1].values, rel=0.01)


def test_fine_tuning_with_products_in_bfloat16_is_near_that_in_float32():
    found = pretrain(network(torch.float32), rows(), epochs=1)
    exact = found.copy().fine_tune(*rows(), epochs=15, batch_size=20)
    rough = found.copy().fine_tune(*rows(), epochs=15, batch_size=20, autocast="bfloat16")
    assert all(value.dtype == torch.float32 for value in rough.model.state_dict().values())
    assert rough.curves[0].values == pytest.approx(exact.curves[0].values, rel=0.02)
    assert rough.curves[0].values != exact.curves[0].values
    assert rough.curves[0].values[-1] < 0.95 * rough.curves[0].values[0]


@pytest.mark.parametrize("objective", ["autoencoder", "rbm"])
def test_it_learns_as_much(objective):
    model = nn.Sequential(nn.Linear(16, 12), nn.Sigmoid())
    ends = {}
    for kind in (None, "bfloat16"):
        options = {"epochs": 60, "batch_size": 20, "learning_rate": 0.05, "autocast": kind}
        found = pretrain(copy.deepcopy(model), patterns(), objective, **options)
        start, *_, ends[kind] = found.layers[0].curves[1].values
        assert ends[kind] < 0.45 * start
    assert ends["bfloat16"] == pytest.approx(ends[None], rel=0.05)


@pytest.mark.parametrize("options", [{"method": "cd"}, {"method": "pcd", "momentum": 0.5, "centering": True}])
def test_machines_keep_float32_and_are_near_in_their_first_steps(options):
    def machine() -> RBM:
        return RBM(16, 12, weight_std=0.1, generator=torch.Generator().manual_seed(0))

    trained = []
    for kind in (None, "bfloat16"):
        training = RBMTraining(epochs=1, batch_size=50, learning_rate=0.1, autocast=kind, **options)
        trained.append(machine())
        train_(trained[-1], patterns(), training, generator=torch.Generator().manual_seed(1))
    exact, rough = trained
    assert rough.weight.dtype == torch.float32
    moved = (exact.weight - machine().weight).norm()
    assert 0 < (rough.weight - exact.weight).norm() < 0.1 * moved  # a state or two fell the other way


def test_many_machines_in_bfloat16_are_those_trained_alone():
    def sources() -> list[torch.Generator]:
        return [torch.Generator().manual_seed(seed) for seed in (1, 2, 3)]

    training = RBMTraining(epochs=2, batch_size=50, autocast="bfloat16")
    many = RBM(16, 12, seeds=3, generator=sources())
    train_(many, patterns(), training, generator=sources())
    for k, source in enumerate(sources()):
        one = RBM(16, 12, generator=torch.Generator().manual_seed(k + 1))
        train_(one, patterns(), training, generator=source)
        torch.testing.assert_close(many.weight[k], one.weight, rtol=0, atol=1e-6)


def test_what_bfloat16_can_not_do_is_refused():
    with pytest.raises(InvalidInput, match=r"With `autocast='bfloat16'`, weights must be float32. Got float64 instead"):
        pretrain(network(), rows(), autocast="bfloat16")
    found = pretrain(network(), rows(), epochs=0)
    with pytest.raises(InvalidInput, match=r"weights must be float32. Got float64"):
        found.fine_tune(*rows(), autocast="bfloat16")
    machine, training = RBM(3, 2, generator=torch.Generator(), dtype=torch.float64), RBMTraining(autocast="bfloat16")
    with pytest.raises(InvalidInput, match=r"weights must be float32. Got float64"):
        train_(machine, torch.rand(5, 3), training, generator=torch.Generator())
    with pytest.raises(InvalidInput, match=r"`autocast` must be one of None, 'bfloat16'. Got 'float16' instead"):
        pretrain(network(), rows(), autocast="float16")
    with pytest.raises(InvalidInput, match=r"the device must multiply in bfloat16.* Got meta instead. Leave"):
        check_autocast("bfloat16", torch.empty(1, device="meta"))


def test_the_users_own_autocast_is_left_alone():
    with torch.autocast("cpu", torch.bfloat16):
        found = pretrain(network(torch.float32), rows(), epochs=2)
        assert torch.is_autocast_enabled("cpu")
    assert found.model[0].weight.dtype == torch.float32


# --- dropout draws by the seed ----------------------------------------------------------------------------------------


def test_fine_tuning_draws_dropout_by_its_seed_and_leaves_the_global_generator_alone():
    def tuned(seed: int) -> nn.Sequential:
        torch.manual_seed(seed)  # of no effect
        model = nn.Sequential(nn.Linear(9, 7), nn.Dropout(0.5), nn.Sigmoid())
        model.load_state_dict({name: value for name, value in network().float().state_dict().items() if name[0] == "0"})
        found = pretrain(model, rows(), epochs=0)
        before = torch.get_rng_state()
        done = found.fine_tune(*rows(), epochs=3, batch_size=20)
        assert torch.equal(torch.get_rng_state(), before)
        return done.model

    check_equal(tuned(0), tuned(1))
