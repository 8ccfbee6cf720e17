"""Each arm at its own best: chosen on validation data, by seeds that are not used again."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tiny_comparison import tiny_comparison

from layerwise._base import InvalidInput
from layerwise.models import Recipe
from layerwise.population import fit
from layerwise.records import Run
from layerwise.studies import _trainer, compare, learning_rates
from layerwise.studies._search import better_half, candidates, choose, screening

ARM = Recipe(name="arm").replace(depth=2, width=8, epochs=1)


@pytest.fixture(name="record", scope="module")
def _record():
    return tiny_comparison().record


@pytest.fixture
def fits(monkeypatch):
    """What `compare` asks `fit` for, call by call: names, rates, seeds."""
    calls = []

    def spy(recipes, data, seeds, **options):
        recipes = list(recipes)
        calls.append(([(recipe.name, recipe.optimizer.learning_rate) for recipe in recipes], list(seeds), options))
        return fit(recipes, data, seeds, **options)

    monkeypatch.setattr(_trainer, "fit", spy)
    return calls


def test_the_rate_with_the_best_mean_is_chosen_as_a_plain_loop_would(record):
    for arm in record.arms:
        recipe = Recipe.model_validate(arm.recipe)
        means, losses = [], []
        for trial in arm.trials:
            alone = fit(
                recipe.replace(learning_rate=trial.learning_rate), "circles", record.search_seeds, progress=False
            )
            means.append(np.mean([run.scores["validation_accuracy"] for run in alone.runs]))
            losses.append(np.median([run.scores["validation_loss"] for run in alone.runs]))
        assert [trial.score for trial in arm.trials] == pytest.approx(means, abs=0.02)
        best = max(trial.score for trial in arm.trials)
        chosen = next(trial for trial in arm.trials if trial.learning_rate == arm.learning_rate)
        assert chosen.score == best
        tied = [i for i, trial in enumerate(arm.trials) if trial.score == best]
        assert losses[arm.trials.index(chosen)] == pytest.approx(min(losses[i] for i in tied), rel=0.02)


def test_every_arm_searches_the_same_grid_of_five(record):
    assert [[trial.learning_rate for trial in arm.trials] for arm in record.arms] == [[0.01, 0.03, 0.1, 0.3, 1.0]] * 3
    assert all(trial.n_diverged == 0 for arm in record.arms for trial in arm.trials)


def test_final_seeds_are_fresh(record, fits):
    assert not set(record.seeds) & set(record.search_seeds)
    assert len(record.search_seeds) == 2
    compare([ARM], "circles", seeds=[7, 3], search_seeds=2, learning_rates=[0.1, 0.3], progress=False)
    (searched, search_seeds, search_options), (final, final_seeds, final_options) = fits
    assert searched == [("arm", 0.1), ("arm", 0.3)]
    assert search_seeds == [1_000_000, 1_000_001]
    assert search_options["probe_every"] == 0
    assert len(final) == 1
    assert final_seeds == [7, 3]
    assert final_options["probe_every"] is None


def test_seeds_of_the_search_are_refused_before_anything_is_trained(fits):
    with pytest.raises(InvalidInput) as caught:
        compare([ARM], "circles", seeds=[3, 1_000_001], search_seeds=2, progress=False)
    wanted = "`seeds` must be fresh, and those of the search are not. Got [1000001] instead. Stay below 1000000."
    assert str(caught.value) == wanted
    assert fits == []


@pytest.mark.parametrize("rates", [[0.2], 0.2, (0.2,)])
def test_a_single_rate_skips_the_search(fits, rates):
    record = compare([ARM], "circles", seeds=2, learning_rates=rates, progress=False).record
    assert [(recipes, seeds) for recipes, seeds, _ in fits] == [([("arm", 0.2)], [0, 1])]
    assert record.search_seeds == ()
    assert record.arms[0].trials == ()
    assert record.arms[0].learning_rate == 0.2
    assert not [note for note in record.notes if "edge" in note]


def test_arms_with_other_optimizers_have_grids_of_their_own(fits):
    arms = [ARM, ARM.replace(name="adam", method="adam")]
    compare(arms, "circles", seeds=1, search_seeds=1, progress=False)
    tried = {name: [rate for other, rate in fits[0][0] if other == name] for name, _ in fits[0][0]}
    assert tried == {"arm": [0.01, 0.03, 0.1, 0.3, 1.0], "adam": [1e-4, 3e-4, 1e-3, 3e-3, 1e-2]}


@pytest.mark.parametrize("method", ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "muon"])
def test_every_grid_has_five_rates_over_two_decades(method):
    grid = learning_rates(method)
    assert len(set(grid)) == 5
    assert list(grid) == sorted(grid)
    assert grid[-1] / grid[0] == pytest.approx(100)


def test_a_grid_may_be_given_in_any_order():
    assert [one.optimizer.learning_rate for one in candidates(ARM, [0.3, 0.01, 0.1])] == [0.01, 0.1, 0.3]


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ([], "`learning_rates` must be different positive numbers. Got [] instead."),
        ([0.1, 0.1], "`learning_rates` must be different positive numbers. Got [0.1, 0.1] instead."),
        ([0.1, 0], "`learning_rates` must be a positive number. Got 0 instead."),
        ([-0.1], "`learning_rates` must be a positive number. Got -0.1 instead."),
        (math.nan, "`learning_rates` must be a positive number. Got nan instead."),
        (["0.1"], "`learning_rates` must be a positive number. Got '0.1' instead."),
    ],
)
def test_a_grid_that_is_none(rates, message):
    with pytest.raises(InvalidInput) as caught:
        compare([ARM], "circles", seeds=1, learning_rates=rates, progress=False)
    assert str(caught.value) == message


def run(rate, score, loss, status="finished"):
    scores = {"validation_accuracy": score, "validation_loss": loss}
    return Run(recipe="arm", seed=0, learning_rate=rate, status=status, n_steps=1, seconds=0.0, scores=scores)


def chosen(*runs):
    recipe, trials = choose(candidates(ARM, sorted({one.learning_rate for one in runs})), runs)
    return recipe.optimizer.learning_rate, trials


def test_the_mean_decides_neither_the_best_run_nor_the_middle_one():
    lucky = [run(0.1, score, 1.0) for score in (0.9, 0.1, 0.1, 0.1)]
    risky = [run(0.3, score, 1.0) for score in (0.1, 0.6, 0.6, 0.6)]
    steady = [run(1.0, score, 1.0) for score in (0.5, 0.5, 0.5, 0.5)]
    rate, trials = chosen(*lucky, *risky, *steady)
    assert rate == 1.0
    assert [trial.score for trial in trials] == pytest.approx([0.3, 0.475, 0.5])


def test_equal_scores_are_told_apart_by_the_loss():
    assert chosen(run(0.1, 0.5, 0.7), run(0.3, 0.5, 0.6), run(1.0, 0.5, 0.8))[0] == 0.3
    assert chosen(run(0.1, 0.5, math.nan), run(0.3, 0.5, 9e9))[0] == 0.3
    assert chosen(run(0.1, 0.5, math.inf), run(0.3, 0.5, math.nan))[0] == 0.1


def test_the_better_half_is_found_as_the_best_is():
    scores = {0.01: 0.5, 0.03: 0.9, 0.1: 0.7, 0.3: 0.9, 1.0: 0.1}
    runs = [run(rate, score, 1.0) for rate, score in scores.items()]
    tried = candidates(ARM, list(scores))
    assert [one.optimizer.learning_rate for one in better_half(tried, runs)] == [0.03, 0.3]
    tied = [run(rate, 0.1, loss) for rate, loss in zip(scores, (3.0, math.nan, 2.0, 1.0, 9.0), strict=True)]
    assert [one.optimizer.learning_rate for one in better_half(tried, tied)] == [0.1, 0.3]
    assert better_half(tried[:2], runs[:2]) == tried[:2]


def test_a_rate_that_fewer_seeds_tried_is_not_chosen_by_luck():
    lucky = [run(0.1, 0.9, 1.0), run(0.1, 0.9, 1.0)]
    steady = [run(0.3, score, 1.0) for score in (0.9, 0.9, 0.8, 0.8)]
    rate, trials = chosen(*lucky, *steady)
    assert rate == 0.3
    assert [(trial.n_seeds, trial.score) for trial in trials] == [(2, 0.9), (4, pytest.approx(0.85))]


def test_half_of_the_seeds_try_all_rates_and_the_others_the_better_half(fits):
    arms = [ARM, ARM.replace(name="wide", width=16)]
    record = compare(arms, "circles", seeds=1, search_seeds=5, progress=False).record
    (all_rates, first, _), (left, rest, options), _ = fits
    assert (first, rest) == ([1_000_000, 1_000_001], [1_000_002, 1_000_003, 1_000_004])
    assert options["probe_every"] == 0
    assert len(all_rates) == 10
    assert [name for name, _ in left] == ["arm", "arm", "wide", "wide"]
    for arm in record.arms:
        kept = [rate for name, rate in left if name == arm.name]
        assert [trial.n_seeds for trial in arm.trials] == [5 if t.learning_rate in kept else 2 for t in arm.trials]
        assert arm.learning_rate in kept
        best = max((trial for trial in arm.trials if trial.n_seeds == 5), key=lambda trial: trial.score)
        assert best.score == max(t.score for t in arm.trials if t.learning_rate == arm.learning_rate)


@pytest.mark.parametrize(("n", "first"), [(1, 1), (2, 2), (3, 2), (4, 2), (5, 2), (6, 3), (12, 6)])
def test_two_seeds_at_least_try_every_rate(n, first):
    assert screening(range(n)) == (range(first), range(first, n))


def test_progress_goes_on_from_one_half_of_the_search_to_the_other():
    heard = []
    options = {"seeds": 1, "search_seeds": 4, "chunk_size": 2}
    compare([ARM], "circles", **options, progress=heard.append)
    told = [stage.progress for stage in heard if stage.phase == "search"]
    n_steps = heard[-1].progress.total
    assert [one.done for one in told] == sorted(one.done for one in told)
    assert {one.total for one in told} == {(5 * 2 + 2 * 2) * n_steps}
    assert told[-1].done == told[-1].total
    assert [one.seconds for one in told] == sorted(one.seconds for one in told)


def test_diverged_runs_are_counted():
    _, trials = chosen(run(0.1, 0.5, 1.0), run(1.0, 0.0, math.nan, "diverged"), run(1.0, 0.4, 1.0))
    assert [(trial.learning_rate, trial.n_diverged) for trial in trials] == [(0.1, 0), (1.0, 1)]


def test_a_rate_that_diverges_is_not_chosen_and_spoils_no_other():
    record = compare([ARM], "circles", seeds=1, search_seeds=2, learning_rates=[0.1, 1e25], progress=False).record
    alone = compare([ARM], "circles", seeds=1, search_seeds=2, learning_rates=[0.05, 0.1], progress=False).record
    arm = record.arms[0]
    assert arm.learning_rate == 0.1
    assert [trial.n_diverged for trial in arm.trials] == [0, 2]
    assert arm.trials[0].score == pytest.approx(alone.arms[0].trials[1].score, abs=0.02)


def test_a_rate_at_the_edge_of_the_grid_is_noted():
    arms = [ARM, ARM.replace(name="wide", width=16)]
    record = compare(arms, "circles", seeds=1, search_seeds=1, learning_rates=[1e-9, 0.3, 1e25], progress=False).record
    assert [arm.learning_rate for arm in record.arms] == [0.3, 0.3]
    assert not [note for note in record.notes if "edge" in note]
    record = compare(arms, "circles", seeds=1, search_seeds=1, learning_rates=[1e-9, 0.3], progress=False).record
    assert [note for note in record.notes if "edge" in note] == [
        "arm: the best learning rate, 0.3, is at the edge of its grid.",
        "wide: the best learning rate, 0.3, is at the edge of its grid.",
    ]


def test_where_no_rate_did_better_than_another_there_is_no_edge():
    dead = ARM.replace(name="dead", initializer="constant", scale=0.0)
    record = compare([dead], "circles", seeds=1, search_seeds=1, progress=False).record
    assert len({trial.score for trial in record.arms[0].trials}) == 1
    assert not [note for note in record.notes if "edge" in note]
