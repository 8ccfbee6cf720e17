"""What `fit` promises: members never touch one another, the same seeds give the same bits, nothing of yours changes."""

from __future__ import annotations

import math
import random
import threading

import numpy as np
import pytest
import torch

from layerwise._base import InvalidInput
from layerwise.data import Data, circles, linear_teacher, multilabel
from layerwise.models import Recipe
from layerwise.population import Progress, fit
from layerwise.population import _plan as plan_module
from layerwise.population import _workers as workers_module


def tiny(**choices) -> Recipe:
    return Recipe().replace(**({"depth": 2, "width": 8, "epochs": 3, "activation": "tanh"} | choices))


@pytest.fixture(scope="module")
def data() -> Data:
    return circles(n=200)


def weights(fitted):
    return [torch.cat([p.detach().flatten() for p in model.parameters()]) for model in fitted.models]


def quietly(*args, **kwargs):
    return fit(*args, progress=False, **kwargs)


@pytest.mark.parametrize("extra", [{}, {"normalizer": "batch"}, {"dropout": 0.3}, {"method": "adam"}])
def test_a_member_that_diverges_never_reaches_another(data, extra):
    wild = tiny(name="wild", activation="relu", learning_rate=1e30, **extra)
    calm = tiny(name="calm", activation="relu", learning_rate=0.01, **extra)
    assert wild.structure() == calm.structure()
    together = quietly([wild, calm], data, seeds=3, chunk_size=6)
    assert [run.status for run in together.runs if run.recipe == "calm"] == ["finished"] * 3
    stay = [w for run, w in zip(together.runs, weights(together), strict=True) if run.recipe == "calm"]
    tame = quietly([wild.replace(learning_rate=0.01), calm], data, seeds=3, chunk_size=6)
    for mine, other in zip(stay, weights(tame)[3:], strict=True):
        assert torch.equal(mine, other)


def test_a_diverged_run_is_a_recorded_result(data):
    run = quietly(tiny(activation="relu", learning_rate=1e30, loss="squared_error"), data).runs[0]
    assert run.status == "diverged"
    assert 0 < run.n_steps < 18
    assert run.scores["test_accuracy"] == 0.0  # an output that is not a number is never right
    assert math.isnan(run.scores["test_loss"])


def test_the_same_call_gives_the_same_bits_whatever_the_number_of_workers(data, monkeypatch):
    recipe = tiny(dropout=0.2, normalizer="batch")
    first = weights(quietly(recipe, data, seeds=5, chunk_size=2))
    monkeypatch.setattr(plan_module, "n_cores", lambda: 1)
    for mine, again in zip(first, weights(quietly(recipe, data, seeds=5, chunk_size=2)), strict=True):
        assert torch.equal(mine, again)


@pytest.mark.parametrize(
    "extra", [{}, {"dropout": 0.4}, {"dropout": 0.4, "activation": "selu"}, {"normalizer": "batch"}]
)
def test_one_by_one_is_all_at_once_to_rounding(data, extra):
    recipe = tiny(**extra)
    together = quietly(recipe, data, seeds=4, dtype=torch.float64)
    for seed, mine in zip(range(4), weights(together), strict=True):
        (alone,) = weights(quietly(recipe, data, seeds=[seed], dtype=torch.float64))
        torch.testing.assert_close(mine, alone, rtol=1e-9, atol=1e-10)


def test_seeds_are_independent_of_one_another(data):
    few, many = quietly(tiny(), data, seeds=[7, 3]), quietly(tiny(), data, seeds=[3, 4, 7])
    assert [run.seed for run in few.runs] == [7, 3]
    assert few.runs[1].scores["test_loss"] == pytest.approx(many.runs[0].scores["test_loss"], rel=1e-4)
    assert len({run.scores["test_loss"] for run in many.runs}) == 3


def test_recipes_of_one_seed_share_split_order_and_draw(data):
    small, large = (
        tiny(name="small", initializer="normal", scale=0.1),
        tiny(name="large", initializer="normal", scale=0.2),
    )
    seen = []
    quietly([small, large], data, observe=seen.append, probe_every=1)
    layer = seen[0].layers[0]
    assert torch.equal(layer.x[0], layer.x[1])
    torch.testing.assert_close(layer.weight_before[0] * 2, layer.weight_before[1])


@pytest.mark.parametrize("chunk_size", [1, 2, 3])
def test_shared_order_is_the_first_seeds_in_every_chunk(data, chunk_size):
    shared = {"shared_order": True, "chunk_size": chunk_size}
    runs = quietly(tiny(), data, seeds=[7, 8, 9], **shared).runs
    again = quietly(tiny(), data, seeds=[7, 9], shared_order=True).runs
    assert runs[2].scores["test_loss"] == pytest.approx(again[1].scores["test_loss"], rel=1e-4)
    alone = quietly(tiny(), data, seeds=[9]).runs
    assert runs[2].scores["test_loss"] != pytest.approx(alone[0].scores["test_loss"], rel=1e-2)


def test_shared_order_shares_the_batch(data):
    seen = []
    quietly(tiny(), data, seeds=3, shared_order=True, observe=seen.append, probe_every=1)
    x = seen[3].layers[0].x
    assert torch.equal(x[0], x[1])
    assert torch.equal(x[0], x[2])
    assert not torch.equal(seen[3].layers[0].weight_before[0], seen[3].layers[0].weight_before[1])
    quietly(tiny(), data, seeds=3, observe=seen.append, probe_every=1)
    assert not torch.equal(seen[-1].layers[0].x[0], seen[-1].layers[0].x[1])


def test_early_stopping_keeps_the_best_weights_member_by_member():
    noise = Data.create("noise", np.random.default_rng(0).standard_normal((120, 6)), np.arange(120) % 2)
    recipe = tiny(width=64, epochs=200, batch_size=24, patience=5, learning_rate=0.5)
    fitted = quietly(recipe, noise, seeds=4)
    assert {run.status for run in fitted.runs} == {"stopped_early"}
    assert len({run.n_steps for run in fitted.runs}) > 1
    for run in fitted.runs:
        curve = run.curve("validation_accuracy")
        watched = [v for step, v in zip(curve.steps, curve.values, strict=True) if 0 < step <= run.n_steps]
        assert run.scores["validation_accuracy"] == pytest.approx(max(watched))
        assert watched.index(max(watched)) == len(watched) - 1 - 5


def test_global_state_is_left_as_it_was(data):
    states = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()  # noqa: NPY002
    threads, mode = torch.get_num_threads(), torch.is_grad_enabled()
    before = data.features.copy(), data.targets.copy()
    quietly(tiny(dropout=0.5), data, seeds=3)
    assert random.getstate() == states[0]
    assert np.random.get_state()[1].tolist() == states[1]  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), states[2])
    assert (torch.get_num_threads(), torch.is_grad_enabled()) == (threads, mode)
    assert (data.features == before[0]).all()
    assert (data.targets == before[1]).all()
    seen = []
    thread = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert seen == [threads]


def test_models_score_what_their_runs_say(data):
    fitted = quietly(tiny(normalizer="batch", epochs=8), data, seeds=3)
    for run, model in zip(fitted.runs, fitted.models, strict=True):
        split = data.split(run.seed)
        x = torch.as_tensor((data.features[split.test] - split.center) / split.scale)
        with torch.no_grad():
            right = model(x).argmax(1).numpy() == data.targets[split.test]
        assert run.scores["test_accuracy"] == pytest.approx(right.mean())


def test_regression_scores_r2():
    fitted = quietly(tiny(activation="linear", loss="squared_error", epochs=40, learning_rate=0.03), "linear_teacher")
    assert fitted.runs[0].scores["test_r2"] > 0.9
    with pytest.raises(InvalidInput, match=r"`loss` must be 'squared_error' or 'huber' for regression"):
        quietly(tiny(), "linear_teacher")


def test_huber_is_not_carried_away_by_outliers():
    clean = linear_teacher(n=400, n_features=5)
    targets = clean.targets.copy()
    targets[::20] += 100 * np.sign(targets[::20])  # one in twenty, always outward: the slope looks too steep
    spoiled = Data.create("spoiled", clean.features, targets, task="regression")

    def slope_error(loss):
        recipe = tiny(activation="linear", loss=loss, epochs=40, learning_rate=0.03)
        (model,) = quietly(recipe, spoiled, keep_models=True).models
        split = spoiled.split(0)
        with torch.no_grad():
            outputs = model(torch.as_tensor((clean.features - split.center) / split.scale)).numpy()
        predicted = outputs * split.target_scale + split.target_center
        return np.square(predicted - clean.targets).mean()

    assert slope_error("huber") < 0.2 * slope_error("squared_error")


def test_labels_are_scored_each_on_its_own():
    data = multilabel(n=300, n_features=5, n_labels=4)
    recipe = tiny(loss="binary_cross_entropy", epochs=40, learning_rate=0.5)
    fitted = quietly(recipe, data, seeds=2, keep_models=True)
    for run, model in zip(fitted.runs, fitted.models, strict=True):
        split = data.split(run.seed)
        with torch.no_grad():
            outputs = model(torch.as_tensor(split.scaled(data, split.test))).numpy()
        right = (outputs > 0) == (data.targets[split.test] == 1)
        assert run.scores["test_accuracy"] == pytest.approx(right.mean())
        assert run.scores["test_accuracy"] > 0.85


@pytest.mark.parametrize(
    ("loss", "data", "fits"),
    [
        ("cross_entropy", "multilabel", "'binary_cross_entropy' for multilabel"),
        ("huber", "circles", "'cross_entropy' or 'squared_error' for classification"),
        ("binary_cross_entropy", "linear_teacher", "'squared_error' or 'huber' for regression"),
    ],
)
def test_a_loss_for_another_task_is_refused(loss, data, fits):
    with pytest.raises(InvalidInput, match=f"`loss` must be {fits}. Got '{loss}' instead."):
        quietly(tiny(loss=loss), data)


def test_it_learns_what_is_known_to_be_learnable(data):
    fitted = quietly(tiny(depth=2, width=32, epochs=60, batch_size=16), data, seeds=4)
    assert min(run.scores["test_accuracy"] for run in fitted.runs) > 0.9
    linear = quietly(tiny(activation="linear", epochs=60, batch_size=16), data, seeds=4)
    assert max(run.scores["test_accuracy"] for run in linear.runs) < 0.8  # one linear map cannot part circles


def test_curves_have_their_points(data):
    run = quietly(tiny(epochs=30), data).runs[0]
    curve = run.curve("train_loss")
    assert curve.steps[0] == 0
    assert curve.steps[-1] == run.n_steps
    assert len(curve.steps) >= 21
    assert all(map(math.isfinite, curve.values))
    assert run.curve("nothing") is None


def test_progress_counts_network_steps(data):
    reports: list[Progress] = []
    fitted = fit(tiny(), data, seeds=5, chunk_size=2, progress=reports.append)
    total = sum(run.n_steps for run in fitted.runs)
    assert reports[-1].done == reports[-1].total == total
    assert [r.done for r in reports] == sorted(r.done for r in reports)
    assert reports[0].arms == ("recipe",)
    assert 0 <= reports[-1].scores["recipe"] <= 1


def test_an_interruption_keeps_what_has_ended(data, monkeypatch):
    monkeypatch.setattr(plan_module, "n_cores", lambda: 1)
    original, waits = workers_module.wait, []

    def interrupted(futures, **options):
        waits.append(len(futures))
        if len(waits) > 2:
            raise KeyboardInterrupt
        return original(futures, **options)

    monkeypatch.setattr(workers_module, "wait", interrupted)
    with pytest.warns(UserWarning, match=r"Interrupted: \d+ of 40 runs ended and are kept"):
        fitted = quietly(tiny(epochs=40), data, seeds=40, chunk_size=2)
    assert fitted.interrupted
    assert 2 <= len(fitted.runs) < 40
    assert len(fitted.models) == len(fitted.runs)
    assert {run.status for run in fitted.runs} == {"finished"}
    assert "of 40 runs" in repr(fitted)


def test_an_error_in_a_worker_is_raised(data):
    def observe(_):
        raise RuntimeError("from the observer")

    with pytest.raises(RuntimeError, match="from the observer"):
        quietly(tiny(), data, seeds=4, chunk_size=1, observe=observe)


BAD = [
    ({"seeds": 0}, "`seeds` must be a positive int. Got 0 instead."),
    ({"seeds": [1, 1]}, "`seeds` must be a positive int, or different ints of at least 0. Got [1, 1] instead."),
    ({"seeds": [-1]}, "`seeds` must be an int of at least 0. Got -1 instead."),
    ({"chunk_size": 0}, "`chunk_size` must be a positive int. Got 0 instead."),
    ({"probe_every": -1}, "`probe_every` must be an int of at least 0. Got -1 instead."),
    ({"device": "gpu"}, "`device` must be 'cpu', 'cuda', 'cuda:<number>' or 'mps'. Got 'gpu' instead."),
]


@pytest.mark.parametrize(("keywords", "message"), BAD)
def test_bad_input(keywords, message, data):
    with pytest.raises(InvalidInput) as caught:
        quietly(tiny(), data, **keywords)
    assert str(caught.value) == message


def test_the_same_recipe_twice_is_refused(data):
    with pytest.raises(InvalidInput, match="several that differ"):
        quietly([tiny(), tiny()], data)


def test_too_little_memory_says_the_size_needed(data, monkeypatch):
    monkeypatch.setattr("layerwise.population._memory.free_bytes", lambda _: 10_000)
    with pytest.raises(InvalidInput, match=r"64 networks must fit in memory: .* GiB are needed.*free.*`chunk_size=32`"):
        quietly(tiny(), data, seeds=64, chunk_size=64)


@pytest.mark.gpu
def test_cuda_agrees_with_the_cpu(data):
    recipe = tiny(epochs=8)
    here, there = quietly(recipe, data, seeds=3), quietly(recipe, data, seeds=3, device="cuda")
    for mine, other in zip(weights(here), weights(there), strict=True):
        torch.testing.assert_close(mine, other.cpu(), rtol=1e-3, atol=1e-4)


def test_models_that_are_not_kept_are_not_held(data):
    fitted = quietly(tiny(), data, seeds=2, keep_models=False)
    assert fitted.models == []
    assert len(fitted.runs) == 2
