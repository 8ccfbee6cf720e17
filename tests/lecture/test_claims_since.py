"""What the claims on the time since then compute, how they decide, and what they say in the quick run."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from brief_ground import brief_ground

from layerwise.data import digits
from layerwise.lecture._arms import differences
from layerwise.lecture._ground import Ground
from layerwise.lecture._losses import cross_entropy, descend, rows_of, wrong
from layerwise.lecture._search import at_own_rates, at_their_best
from layerwise.lecture.since import CLAIMS, _normalizers, _starts
from layerwise.lecture.since._wins import wins
from layerwise.models import Recipe, build
from layerwise.population import fit, stack
from layerwise.records import dump
from layerwise.stats import Paired


@pytest.fixture(scope="module")
def few():
    """A ground with so few rows that a network is trained at once."""
    return replace(Ground(brief_ground().data), seeds=2)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda one: one.id)
def test_every_claim_is_shown_on_a_few_rows(claim, monkeypatch):
    monkeypatch.setattr(_normalizers, "UPDATES", 8)
    told = []
    outcome = claim.show(replace(brief_ground(), listener=told.append))
    assert outcome.verdict in {"holds", "holds if", "does not hold", "undecided"}
    assert outcome.low <= outcome.value <= outcome.high
    assert outcome.n_seeds == 2
    assert outcome.tables
    assert outcome.pictures
    assert all(dump(one) for one in (*outcome.tables, *outcome.pictures))
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0, abs=0.05)  # networks that stop early leave updates out


EXPECTED = {"C6.1": {"holds if"}, "C6.2": {"holds if"}, "C6.3": {"holds if"}, "C6.4": {"holds if"}}


@pytest.mark.slow
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda one: one.id)
def test_the_quick_run_says_what_was_found(claim):
    assert claim.show(Ground(digits())).verdict in EXPECTED[claim.id]


def paired(difference, p_value):
    return Paired(difference, difference - 1, difference + 1, p_value, 20)


def test_wins_and_their_verdict():
    better, worse, open_ = paired(2.0, 0.01), paired(-3.0, 0.01), paired(1.0, 0.06)
    assert wins({("a", "b"): better, ("a", "c"): better}).verdict == "holds"
    assert wins({("a", "b"): better, ("a", "c"): worse}).verdict == "holds if"
    assert wins({("a", "b"): better, ("a", "c"): open_}).verdict == "holds if"
    assert wins({("a", "b"): worse, ("a", "c"): open_}).verdict == "does not hold"
    found = wins({("a", "b"): worse, ("a", "c"): open_, ("a", "d"): better})
    assert found.largest == ("d", better)
    assert found.told(lambda old, new: f"{new} over {old}") == (
        "better: d over a; worse: b over a; no difference shown: c over a."
    )


def test_the_verdict_on_normalizers():
    won, lost, open_ = (wins({("a", "b"): one}) for one in (paired(2, 0.01), paired(-2, 0.01), paired(1, 0.5)))
    assert _normalizers.decide(open_, won) == "holds"
    assert _normalizers.decide(lost, won) == "holds if"
    assert _normalizers.decide(won, open_) == "does not hold"


def test_each_arm_gets_the_rate_that_is_best_for_it(few):
    tiny = Recipe(name="a").replace(depth=1, width=16, epochs=8)
    rates = {"sgd": (1e-6, 0.3), "adam": (1e-2, 1e-7)}
    fitted = at_own_rates(few, [tiny, tiny.replace(name="b", method="adam")], rates, 2)
    assert [run.learning_rate for run in fitted.runs] == [0.3, 0.3, 1e-2, 1e-2]
    assert [(run.recipe, run.seed) for run in fitted.runs] == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]


def test_a_variant_may_differ_in_anything_and_reaches_prepare_by_its_arms_name(few):
    seen = []

    def prepare(start):
        seen.extend(recipe.name for recipe in start.recipes)
        return [()] * len(start.seeds)

    good = Recipe(name="x").replace(depth=1, width=16, epochs=8)
    fitted = at_their_best(few, {"arm": [good.replace(epochs=1, learning_rate=1e-9), good]}, 2, prepare=prepare)
    assert set(seen) == {"arm"}
    assert {run.n_steps for run in fitted.runs} == {8 * 2}


def test_differences_are_corrected_for_their_number(few):
    arms = {"a": [1.0, 2.0, 3.0, 4.0, 5.5], "b": [0.0] * 5, "c": [0.5] * 5}
    one = differences(few, arms, [("a", "b")])["a", "b"]
    both = differences(few, arms, [("a", "b"), ("a", "c")])
    assert one.difference == pytest.approx(3.1)
    assert both["a", "b"].p_value == pytest.approx(2 * one.p_value)
    assert both["a", "b"].difference == one.difference


def test_only_the_arms_that_are_named_so_look_at_the_data(few):
    plain = Recipe().replace(depth=3, width=16, activation="tanh", learning_rate=1e-12, epochs=1)
    arms = [plain.replace(name="He, tanh"), plain.replace(name="LSUV, tanh", initializer="orthogonal")]
    mine = fit(arms, few.data, 2, prepare=_starts.from_data, progress=False)
    untouched = fit(arms, few.data, 2, progress=False)
    for k, (a, b) in enumerate(zip(mine.models, untouched.models, strict=True)):
        assert torch.equal(a.linear1.weight, b.linear1.weight) == (k < 2)
    x = torch.from_numpy(few.data.split(1).scaled(few.data, few.data.split(1).train))
    for end in (1, 3, 5):  # pre-activations of each layer
        assert mine.models[3][:end](x).std(correction=0).item() == pytest.approx(1.0, abs=0.011)


def test_a_population_by_hand_is_a_loop_over_networks(few):
    recipe, seeds = Recipe().replace(depth=1, width=6), [0, 1]
    networks = [build(recipe, 64, 10, torch.Generator().manual_seed(seed)).double() for seed in seeds]
    together = stack(networks)
    splits = [few.data.split(seed) for seed in seeds]
    rows = rows_of(few.data, splits, "train")
    rows = rows._replace(x=rows.x.double())
    optimizer = torch.optim.SGD(together.parameters(), lr=0.1)
    descend(optimizer, lambda x, y: cross_entropy(together(x), y), rows, seeds, 2)
    for s, (network, seed) in enumerate(zip(networks, seeds, strict=True)):
        from layerwise._base import child_seed

        order = torch.Generator().manual_seed(child_seed(seed, "order"))
        own = torch.optim.SGD(network.parameters(), lr=0.1)
        for _ in range(2):
            some = torch.randperm(rows.x.shape[1], generator=order)
            for k in range(rows.x.shape[1] // 32):
                part = some[32 * k : 32 * k + 32]
                own.zero_grad()
                torch.nn.functional.cross_entropy(network(rows.x[s, part]), rows.y[s, part]).backward()
                own.step()
        assert torch.allclose(together.networks()[s].output.weight, network.output.weight, atol=1e-12)
        guesses = network(rows.x[s]).argmax(1)
        assert wrong(together, rows)[s] == pytest.approx(100 * float((guesses != rows.y[s]).double().mean()))
