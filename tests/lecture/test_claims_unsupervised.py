"""Module 9.2: what the claims on pre-training compute, how they decide, and what they say in the quick run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from brief_ground import brief_ground
from torch import nn

from layerwise.data import digits
from layerwise.lecture._arms import one_test
from layerwise.lecture._ground import Ground
from layerwise.lecture._losses import cross_entropy
from layerwise.lecture.unsupervised import CLAIMS, _joint, _regions, _start, _tiles
from layerwise.lecture.unsupervised._constraint import PLAIN, WITH_L1, WITH_L2, shrunk
from layerwise.lecture.unsupervised._equal_loss import at_level, common_level
from layerwise.lecture.unsupervised._kept import Kept, kept_of
from layerwise.lecture.unsupervised._landscape import most
from layerwise.lecture.unsupervised._spread import Spread, decide, deviations
from layerwise.lecture.unsupervised._stacked import Watch, side
from layerwise.lecture.unsupervised._surface import along_line, filter_normalized, loss_of, on_plane
from layerwise.lecture.unsupervised._trajectories import Trajectories
from layerwise.models import Recipe, build
from layerwise.population import fit, stack
from layerwise.pretraining import Progress, pretrain
from layerwise.pretraining._dense import DenseCoder
from layerwise.records import Curve, Run, dump
from layerwise.stats import Interval, Paired


@pytest.fixture(scope="module")
def few():
    """A ground with so few rows that a network is trained at once."""
    return replace(Ground(brief_ground().data), seeds=2)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda one: one.id)
def test_every_claim_is_shown_on_a_few_rows(claim):
    told = []
    outcome = claim.show(replace(brief_ground(), listener=told.append))
    assert outcome.verdict in {"holds", "holds if", "does not hold", "undecided"}
    assert outcome.low <= outcome.value <= outcome.high
    assert outcome.n_seeds == 2
    assert outcome.tables
    assert outcome.pictures
    assert all(dump(one) for one in (*outcome.tables, *outcome.pictures))
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0, abs=0.21)


EXPECTED = {
    "C2.1": {"holds if"},
    "C2.2": {"holds"},
    "C2.3": {"holds if"},
    "C2.4": {"holds", "holds if"},
    "C2.5": {"holds if"},
    "C2.6": {"holds"},
    "C2.7": {"holds if"},
}


@pytest.mark.slow
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda one: one.id)
def test_the_quick_run_says_what_was_found(claim):
    assert claim.show(Ground(digits())).verdict in EXPECTED[claim.id]


# C2.5


def spread(with_it, without, p_value=1.0):
    return Spread("a depth", tuple(with_it), tuple(without), p_value)


CLOSE, WIDE, LOST = [2.0, 2.1, 2.2] * 7, [2.0, 5.0, 9.0] * 7, [90.0] * 21


def test_the_arm_of_which_more_train_is_the_more_robust():
    assert spread(CLOSE, LOST).winner == "with"
    assert spread(LOST, CLOSE).winner == "without"
    assert spread(LOST, LOST, 0.001).winner == "neither"  # guessing has no spread worth a test


def test_where_both_train_the_smaller_spread_wins_if_the_test_says_so():
    assert spread(CLOSE, WIDE, 0.01).winner == "with"
    assert spread(WIDE, CLOSE, 0.01).winner == "without"
    assert spread(CLOSE, WIDE, 0.06).winner == "neither"
    assert deviations([1.0, 2.0, 6.0]).tolist() == [1.0, 0.0, 4.0]


def test_the_verdict_on_robustness():
    won, tie, beaten = spread(CLOSE, LOST), spread(CLOSE, CLOSE), spread(LOST, CLOSE)
    assert decide([won, won], [won]) == "holds"
    assert decide([won, won], [tie]) == "holds if"
    assert decide([tie, won], [won]) == "holds if"
    assert decide([tie, tie], [tie]) == "does not hold"
    assert decide([won, won], [beaten]) == "does not hold"


# C2.1


def told(place, epoch):
    return Progress("", place, 2, epoch, 2, 0.0, 0.0)


def test_a_lower_layer_that_moves_is_noticed():
    network = nn.Sequential(nn.Linear(3, 2), nn.Sigmoid(), nn.Linear(2, 2), nn.Sigmoid())
    watch = Watch(network)
    watch(told(0, 1))
    with torch.no_grad():
        network[0].weight += 1.0  # its own turn
    watch(told(0, 2))
    with torch.no_grad():
        network[2].weight += 1.0
    watch(told(1, 1))
    assert watch.n_moved == 0
    with torch.no_grad():
        network[0].weight[0, 1] += 1e-7
        network[0].bias[0] += 1.0
    watch(told(1, 2))
    assert watch.n_moved == 2


def test_pretraining_moves_no_layer_below():
    network = nn.Sequential(nn.Linear(3, 4), nn.Sigmoid(), nn.Linear(4, 2), nn.Sigmoid())
    watch, before = Watch(network), network[0].weight.detach().clone()
    pretrain(network, torch.rand(40, 3), "autoencoder", layers=["0", "2"], epochs=2, inplace=True, progress=watch)
    assert watch.n_moved == 0
    assert not torch.equal(before, network[0].weight)


@pytest.mark.parametrize(
    ("low", "difference", "high", "expected"), [(0.1, 0.5, 1, True), (-1, 0.5, 2, None), (-2, -1, -0.5, False)]
)
def test_the_side_of_a_difference(low, difference, high, expected):
    assert side(Paired(difference, low, high, 0.01, 20)) is expected


# C2.4


def run_of(train, held_out):
    steps = tuple(range(len(train)))
    curves = (
        Curve(name="train_loss", steps=steps, values=train),
        Curve(name="validation_loss", steps=steps, values=held_out),
    )
    return Run(
        recipe="a", seed=0, learning_rate=1.0, status="finished", n_steps=9, seconds=0.0, scores={}, curves=curves
    )


def test_losses_are_read_at_equal_training_loss():
    run = run_of((1.0, 0.1, 0.2, 0.01), (2.0, 1.0, 7.0, 0.5))  # the third reading is higher than the second: left out
    assert at_level(run, 0.1) == pytest.approx(1.0)
    assert at_level(run, 0.1**1.5) == pytest.approx(0.75)
    assert common_level([run, run_of((1.0, 0.05), (1.0, 1.0))]) == pytest.approx(0.05)


def kept(zeros, rms):
    return Kept(1.0, 0.5, zeros, rms, np.zeros(3))


def test_regularizers_must_do_to_weights_what_is_said():
    good = {PLAIN: [kept(0, 1)], WITH_L1: [kept(0.1, 0.5)], WITH_L2: [kept(0, 0.9)]}
    assert shrunk(good)
    assert not shrunk(good | {WITH_L1: [kept(0, 0.5)]})
    assert not shrunk(good | {WITH_L2: [kept(0.1, 0.9)]})
    assert not shrunk(good | {WITH_L2: [kept(0, 1.1)]})


def test_what_a_network_has_kept(few):
    network = build(
        Recipe().replace(depth=1, width=80, activation="identity"), 64, 10, torch.Generator().manual_seed(0)
    )
    with torch.no_grad():
        network[0].weight[:40] = 0.0
    found = kept_of(network, few.data, 0)
    assert found.zeros == pytest.approx(0.5)
    assert 0.3 < found.restored < 1.0  # 40 of 64 directions are left
    assert found.counts.sum() == 80 * 64
    assert found.rms == pytest.approx(float(network[0].weight.detach().square().mean().sqrt()))


def test_l1_ends_in_a_corner_and_l2_does_not():
    assert _regions.best_on(_regions.edge(_regions.L1)).tolist() == [0.0, 1.0]
    best = _regions.best_on(_regions.edge(_regions.L2))
    # by hand: on the circle the gradient of the loss points along the weights, A (w - center) = -multiplier w
    push = _regions.SHAPE @ (best - _regions.CENTER)
    assert abs(push[0] * best[1] - push[1] * best[0]) < 2e-3
    assert np.hypot(*best) == pytest.approx(1.0)


def test_both_losses_are_what_a_loop_over_networks_computes():
    recipe = Recipe().replace(depth=2, width=4, activation="sigmoid")
    networks = [build(recipe, 3, 2, torch.Generator().manual_seed(seed), torch.float64) for seed in range(2)]
    together = stack(networks)
    hidden = [layer for layer in together.layers if layer.name != "output"]
    coders = [DenseCoder(together, layer, tied=True, generators=[]) for layer in hidden]
    x = torch.randn(2, 5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    y = torch.tensor([[0, 1, 0, 1, 1], [1, 1, 0, 0, 0]])
    found = _joint.both_losses(together, coders, x, y, 0.1)
    for network, rows, labels, one in zip(networks, x, y, found, strict=True):
        h1 = torch.sigmoid(network.linear1(rows))
        h2 = torch.sigmoid(network.linear2(h1))
        omega = (h1 @ network.linear1.weight - rows).square().sum(1).mean()
        omega = omega + (h2 @ network.linear2.weight - h1).square().sum(1).mean()
        expected = nn.functional.cross_entropy(network.output(h2), labels) + 0.1 * omega
        assert one.item() == pytest.approx(expected.item(), rel=1e-9)
        alone = cross_entropy(network(rows)[None], labels[None])
        assert alone.item() == pytest.approx((expected - 0.1 * omega).item())


# C2.6


def test_the_surface_of_one_weight_by_hand():
    network = nn.Linear(1, 2, bias=False)
    loss = loss_of(network, torch.ones(1, 1), torch.tensor([0]))
    w = lambda a, b: [torch.tensor([[a], [b]])]  # noqa: E731
    line = along_line(loss, w(-2.0, 0.0), w(2.0, 0.0), n=5)
    assert line == pytest.approx(np.log1p(np.exp(-np.arange(-2.0, 3.0))), abs=1e-6)
    plane = on_plane(loss, w(0.0, 0.0), (w(1.0, 0.0), w(0.0, 1.0)), np.array([0.0, 1.0]), np.array([0.0, 3.0]))
    assert plane == pytest.approx(np.log1p(np.exp([[0.0, -1.0], [3.0, 2.0]])), abs=1e-6)


def test_filter_normalized_directions_are_as_long_as_the_weights():
    network = build(Recipe().replace(depth=1, width=5), 4, 3, torch.Generator().manual_seed(0))
    parameters = [parameter.detach() for parameter in network.parameters()]
    for own, found in zip(parameters, filter_normalized(parameters, torch.Generator().manual_seed(1)), strict=True):
        if own.dim() == 1:
            assert not found.any()
        else:
            assert torch.allclose(found.norm(dim=1), own.norm(dim=1))
            assert not torch.allclose(found, own)


def test_ways_begin_before_training_and_end_with_the_network(few):
    ways = Trajectories(torch.from_numpy(few.data.features[:6]), whole=[1])
    recipe = Recipe(name="a").replace(depth=1, width=4, epochs=2)
    fitted = fit(recipe, few.data, 3, prepare=ways.prepare, observe=ways.observe, probe_every=1, progress=False)
    end = fitted.models[2](torch.from_numpy(few.data.features[:6])).softmax(-1).detach().double().flatten()
    assert np.allclose(ways.path(("a", 2))[-1], end, atol=1e-6)
    assert len(ways.path(("a", 2))) == fitted.runs[0].n_steps + 1
    assert list(ways.parameters) == [("a", 1)]
    last = zip(ways.parameters["a", 1][-1], fitted.models[1].parameters(), strict=True)
    assert all(torch.allclose(a, b) for a, b in last)


@pytest.mark.parametrize(("low", "high", "expected"), [(0.6, 0.9, True), (0.4, 0.7, None), (0.1, 0.4, False)])
def test_most(low, high, expected):
    assert most(Interval((low + high) / 2, low, high)) is expected


# C2.7


def test_the_same_numbers_in_another_order(few):
    plain = Recipe().replace(depth=2, width=5, activation="sigmoid", pretraining="autoencoder", pretraining_epochs=1,
                             learning_rate=1e-12, epochs=1)  # fmt: skip
    arms = [plain.replace(name="pre-trained"), plain.replace(name=_start.HISTOGRAM)]
    fitted = fit(arms, few.data, 2, prepare=_start.start_from, progress=False)
    before, shuffled = fitted.models[1], fitted.models[3]
    for name in ("linear1", "linear2"):
        a, b = getattr(before, name).weight.detach(), getattr(shuffled, name).weight.detach()
        assert not torch.allclose(a, b, atol=1e-4)
        assert torch.allclose(a.flatten().sort().values, b.flatten().sort().values, atol=1e-6)
    assert torch.allclose(before.output.weight, shuffled.output.weight, atol=1e-6)


def test_the_verdict_on_starts():
    assert [_start.decide(won) for won in ([1, 2, 3], [2], [])] == ["holds", "holds if", "does not hold"]


def test_images_stand_side_by_side():
    images = torch.arange(12.0).view(3, 2, 2)
    cells = _tiles.tiled(images, 2)
    # the third image begins the second line, below the first; its upper left cell holds 8
    place = cells["value"].index(8.0)
    assert (cells["x"][place], cells["y"][place]) == (0.0, 1.0)
    assert (cells["x"][0], cells["y"][0]) == (0.0, 4.0)


def test_one_test_part_for_all_seeds(few):
    data = one_test(few.data, 0.4)
    splits = [data.split(seed) for seed in range(3)]
    assert all(np.array_equal(split.test, splits[0].test) for split in splits)
    assert len(splits[0].test) == 52
    assert not np.array_equal(splits[0].train, splits[1].train)
    rows = lambda one: sorted(map(bytes, one.features))  # noqa: E731
    assert rows(data) == rows(few.data)
    assert one_test(data) is data
