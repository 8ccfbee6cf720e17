"""A comparison pays for pre-training once a seed, and nothing else about its results changes."""

from __future__ import annotations

import json
import threading

import pytest
import torch

from layerwise.models import PRESETS, build
from layerwise.population import Start, stack
from layerwise.pretraining import prepare
from layerwise.records import dump
from layerwise.studies import _trainer, compare
from layerwise.studies._compare import SEARCH_SEED
from layerwise.studies._once import Once

TINY = {"depth": 2, "width": 6, "epochs": 1, "pretraining_epochs": 2}
EARLY = PRESETS["autoencoder_2006"].replace(**TINY)
MACHINE = PRESETS["rbm_2006"].replace(**TINY)
PLAIN = PRESETS["sigmoid_1986"].replace(**TINY)
GRID = [0.1, 0.3, 1.0]


class Counting:
    """`prepare`, and for each call the seeds it was made for."""

    def __init__(self):
        self.calls = []

    def __call__(self, start):
        self.calls.append((start.recipes[0].name, start.seeds))
        return prepare(start)


def start(members, tick=lambda _: None):
    networks = [build(recipe, 4, 3, torch.Generator().manual_seed(seed)) for recipe, seed in members]
    data = [torch.randn(40, 4, generator=torch.Generator().manual_seed(seed)) for _, seed in members]
    recipes, seeds = zip(*members, strict=True)

    def labels():
        return torch.stack([(rows[:, 0] > 0).long() for rows in data])

    return Start(stack(networks), recipes, seeds, lambda: torch.stack(data), labels, tick)


def at(rate, seed, recipe=EARLY):
    return recipe.replace(learning_rate=rate), seed


def test_members_that_differ_in_their_rate_alone_are_pretrained_once_and_get_the_same():
    counted, ticks = Counting(), []
    begun = start([at(0.1, 5), at(0.3, 5), at(0.1, 4), at(0.3, 4)], ticks.append)
    curves = Once(counted)(begun)
    assert counted.calls == [("autoencoder_2006", (4, 5))]
    state = begun.stack.state_dict()
    for value in state.values():
        assert torch.equal(value[0], value[1])
        assert torch.equal(value[2], value[3])
    assert not torch.equal(state["_stages.0.weight"][0], state["_stages.0.weight"][2])
    assert curves[0] == curves[1] != curves[2] == curves[3]
    assert sum(ticks) == EARLY.n_pretraining_steps(40)


def test_it_is_what_prepare_makes_of_them():
    begun, plain = (start([at(0.1, 4), at(0.1, 5), at(0.3, 5)]) for _ in range(2))
    Once(prepare)(begun)
    prepare(plain)
    for name, value in plain.stack.state_dict().items():
        torch.testing.assert_close(begun.stack.state_dict()[name], value, atol=1e-5, rtol=0)


def test_a_later_chunk_gets_the_same_bits_whether_they_were_kept_or_not():
    states = []
    for most_bytes in (0, 10**9):
        counted, ticks = Counting(), []
        once = Once(counted, most_bytes)
        for rate in (0.1, 0.3):
            begun = start([at(rate, 4), at(rate, 5)], ticks.append)
            once(begun)
            states.append(begun.stack.state_dict())
        assert len(counted.calls) == (1 if most_bytes else 2)
        assert sum(ticks) == 2 * EARLY.n_pretraining_steps(40)
    for other in states[1:]:
        assert all(torch.equal(value, other[name]) for name, value in states[0].items())


@pytest.mark.parametrize(
    "change",
    [{"scale": 0.5}, {"pretraining_rate": 0.2}, {"corruption": 0.5}, {"batch_size": 16}, {"pretraining": "rbm"}],
    ids=str,
)
def test_what_pretraining_depends_on_is_not_mistaken(change):
    counted = Counting()
    once = Once(counted)
    for recipe in (EARLY, EARLY.replace(**change)):
        once(start([(recipe, 4)]))
    assert len(counted.calls) == 2
    once(start([at(3.0, 4, EARLY.replace(l2=0.1, method="adam", epochs=9))]))
    assert len(counted.calls) == 2


def test_two_workers_at_once_pretrain_once():
    counted = Counting()
    once, begun = Once(counted), [start([at(rate, 4)]) for rate in GRID]
    threads = [threading.Thread(target=once, args=(one,)) for one in begun]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counted.calls) == 1
    for other in begun[1:]:
        assert torch.equal(other.stack.stages[0].weight, begun[0].stack.stages[0].weight)


def test_an_error_reaches_whoever_waits_for_it():
    def fails(_):
        raise RuntimeError("no")

    once = Once(fails)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no"):
            once(start([at(0.1, 4)]))


def test_recipes_without_it_are_left_alone():
    begun = start([(PLAIN, 4)])
    before = {name: value.clone() for name, value in begun.stack.state_dict().items()}
    assert list(Once(prepare)(begun)) == [()]
    assert all(torch.equal(value, before[name]) for name, value in begun.stack.state_dict().items())


def search(monkeypatch, once):
    monkeypatch.setattr(_trainer, "Once", once)
    arms = (EARLY, MACHINE, PLAIN)
    record = compare(arms, "circles", seeds=3, learning_rates=GRID, search_seeds=2, chunk_size=2, progress=False).record
    found = json.loads(dump(record))
    for part in (found, *found["arms"], *(one for arm in found["arms"] for one in arm["runs"])):
        part["seconds"] = 0.0
    return found


def test_a_comparison_is_the_same_with_and_without_what_is_kept(monkeypatch):
    kept, anew = (search(monkeypatch, lambda given, most=most: Once(given, most)) for most in (10**9, 0))
    assert kept == anew


def test_a_comparison_pretrains_each_search_seed_once_and_each_final_seed_once(monkeypatch):
    counted = Counting()
    monkeypatch.setattr(_trainer, "prepare", counted)
    compare([EARLY, PLAIN], "circles", seeds=3, learning_rates=GRID, search_seeds=2, chunk_size=2, progress=False)
    seeds = [seed for name, some in counted.calls for seed in some if name == "autoencoder_2006"]
    searched = [seed for seed in seeds if seed >= SEARCH_SEED]
    assert len(searched) == 2
    assert sorted(set(seeds) - set(searched)) == [0, 1, 2]


def test_runs_carry_the_curves_of_their_pretraining():
    record = compare([EARLY, PLAIN], "circles", seeds=2, learning_rates=0.3, progress=False).record
    early, plain = record.arms
    for run in early.runs:
        for k in (1, 2):
            assert run.curve(f"pretraining_loss_hidden{k}").steps == (1, 2)
    assert not any(curve.name.startswith("pretraining") for run in plain.runs for curve in run.curves)
    assert [fact.value for arm in record.arms for fact in arm.facts if fact.name == "pretraining"] == [
        "autoencoder",
        "none",
    ]


@pytest.mark.parametrize("objective", ["autoencoder", "rbm"])
def test_a_pretraining_that_diverges_is_named_as_the_reason(objective):
    hot = EARLY.replace(pretraining=objective, pretraining_rate=1e30)
    record = compare([hot, PLAIN], "circles", seeds=2, learning_rates=0.3, progress=False).record
    arm, plain = record.arms
    assert [one.status for one in arm.runs] == ["diverged"] * 2
    (finding,) = [one for one in arm.findings if one.code == "LOS002"]
    assert finding.layer in ("hidden1", "hidden2")
    assert finding.text.endswith(f"from the first step on: the pre-training of {finding.layer} diverged.")
    assert "LOS002" not in [one.code for one in plain.findings]
