"""The map of trainability: theory's numbers, the networks' own, and how the one follows the other."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from tiny_map import DEPTHS, TINY, VARIANCES, tiny_map

from layerwise._base import InvalidInput
from layerwise.data import circles, digits, linear_teacher
from layerwise.models import Recipe, build
from layerwise.population import Fit, fit
from layerwise.records import MapColumn, TrainabilityRecord, dump, load
from layerwise.store import read
from layerwise.studies import PAPER, _trainability, trainability_map
from layerwise.studies._boundary import agreement, boundary
from layerwise.studies._map_grid import Grid, enough
from layerwise.theory import critical_point, depth_scale, phase


@pytest.fixture(scope="module")
def record():
    return tiny_map().record


def column(xi_c=1.0, measured=math.nan, predicted=None):
    known = {"weight_variance": 1.0, "phase": "ordered", "lost": math.nan, "measured": measured}
    return MapColumn(xi_c=xi_c, predicted=6 * xi_c if predicted is None else predicted, **known)


def test_the_columns_hold_theorys_own_numbers(record):
    assert [one.weight_variance for one in record.columns] == list(VARIANCES)
    for one in record.columns:
        scale = depth_scale("tanh", one.weight_variance, 0.05)
        assert (one.xi_c, one.predicted) == (scale.xi_c, scale.trainable_depth)
        assert one.phase == phase("tanh", one.weight_variance, 0.05)


def test_the_curve_runs_from_end_to_end_through_the_columns_and_the_critical_line(record):
    variances = [variance for variance, _ in record.curve]
    assert variances == sorted(variances)
    assert (variances[0], variances[-1]) == (VARIANCES[0], VARIANCES[-1])
    assert {*VARIANCES, record.critical} <= set(variances)
    assert record.critical == critical_point("tanh", bias_variance=0.05).weight_variance
    for variance, depth in record.curve[::9]:
        assert depth == pytest.approx(6 * depth_scale("tanh", variance, 0.05).xi_c, rel=1e-9)


def test_there_is_a_cell_for_each_depth_and_variance_and_a_run_for_each_seed(record):
    assert [(cell.depth, cell.weight_variance) for cell in record.cells] == [(d, v) for d in DEPTHS for v in VARIANCES]
    assert all([run.seed for run in cell.runs] == [0, 1] for cell in record.cells)
    assert record.depths == DEPTHS
    assert record.n_steps == 63  # 1,079 rows make 21 batches of 50, and three passes come nearest to 60
    assert {run.n_steps for cell in record.cells for run in cell.runs} == {63}


def test_a_cell_is_what_fit_says_of_its_recipe(record):
    """The same network alone, with its trained module scored by hand."""
    cell = next(cell for cell in record.cells if (cell.depth, cell.weight_variance) == (3, 1.5))
    data = digits()
    recipe = Recipe().replace(
        depth=3, width=16, activation="tanh", initializer="lecun_normal", scale=math.sqrt(1.5),
        bias_std=math.sqrt(0.05), learning_rate=0.1, batch_size=50, epochs=3,
    )  # fmt: skip
    fitted = fit(recipe, data, 2, progress=False)
    for seed, (net, run) in enumerate(zip(fitted.models, cell.runs, strict=True)):
        split = data.split(seed)
        for part, rows in (("train", split.train[:1000]), ("test", split.test)):
            found = net(torch.from_numpy(split.scaled(data, rows))).argmax(1).numpy()
            assert run.scores[f"{part}_accuracy"] == pytest.approx((found == data.targets[rows]).mean(), abs=0.002)
    assert cell.train_accuracy == statistics.fmean(run.scores["train_accuracy"] for run in cell.runs)


def test_weights_and_biases_start_with_the_variances_of_the_cell():
    shared = Recipe().replace(width=500, initializer="lecun_normal", bias_std=math.sqrt(0.05))
    recipe = Grid((2,), (2.5,)).recipes(shared)[2, 2.5]
    net = build(recipe, 500, 10, torch.Generator().manual_seed(0))
    assert 500 * net.linear2.weight.var().item() == pytest.approx(2.5, rel=0.02)
    biases = torch.cat([net.linear1.bias, net.linear2.bias])
    assert biases.var().item() == pytest.approx(0.05, rel=0.2)


def test_levels_lie_between_guessing_and_the_best_cell(record):
    chance = np.bincount(digits().targets).max() / 1797
    assert record.chance == chance
    assert record.best == max(cell.train_accuracy for cell in record.cells)
    assert record.trained_at == pytest.approx((chance + record.best) / 2)
    assert record.lost_at == pytest.approx(chance + (record.best - chance) / 10)


def test_measured_depths_are_recounted(record):
    frame = tiny_map().frame()
    means = frame.groupby(["weight_variance", "depth"]).train_accuracy.mean()
    for one in record.columns:
        accuracies = means[one.weight_variance].loc[list(DEPTHS)]
        for level, found in ((record.trained_at, one.measured), (record.lost_at, one.lost)):
            assert found == _crossing(np.log(DEPTHS), accuracies.to_numpy(), level)


def _crossing(x, y, level):
    """Look at a fine grid for the first fall through `level`: slow and obvious."""
    fine = np.linspace(x[0], x[-1], 200_001)
    above = np.interp(fine, x, y) >= level
    falls = np.flatnonzero(above[:-1] & ~above[1:])
    ends = math.inf if above.any() else 0.0
    return pytest.approx(math.exp(fine[falls[0]]), rel=1e-4) if len(falls) else ends


@given(
    accuracies=st.lists(st.floats(0, 1), min_size=2, max_size=6),
    level=st.floats(0.05, 0.95),
)
def test_a_boundary_lies_between_the_depths_it_falls_between(accuracies, level):
    depths = [10 * 2**place for place in range(len(accuracies))]
    found = boundary(depths, accuracies, level)
    if found == 0:
        assert max(accuracies) < level
    elif found < math.inf:
        after = next(place for place, depth in enumerate(depths) if depth >= found - 1e-9)
        assert accuracies[max(0, after - 1)] >= level or accuracies[after] >= level
        assert min(accuracies) < level


def test_depths_that_are_five_xi_c_give_five_without_spread():
    columns = [column(xi, 5 * xi) for xi in (2.0, 3.0, 7.0, 11.0)]
    found = agreement(columns, [one.measured for one in columns], deepest=100)
    assert (found.n, found.n_ranked) == (4, 4)
    assert [found.factor, found.low, found.high, found.rank_correlation] == pytest.approx([5, 5, 5, 1])


def test_columns_beyond_the_map_count_for_the_ranks_only():
    columns = [column(xi, k * xi) for xi, k in ((2.0, 4.0), (3.0, 5.0), (4.0, 5.0), (7.0, 4.0))]
    columns += [column(50.0, 60.0), column(math.inf, math.inf), column(1.0, 0.0)]
    depths = [one.measured for one in columns]
    found = agreement(columns, depths, deepest=100)
    assert (found.n, found.n_ranked) == (4, 7)
    assert found.factor == pytest.approx(math.sqrt(20))
    assert found.low < found.factor < found.high
    ranks = spearmanr([one.xi_c for one in columns], depths).statistic
    assert found.rank_correlation == pytest.approx(ranks)


def test_too_few_columns_are_no_agreement(record):
    assert agreement([column(2.0, 9.0)] * 3, [9.0] * 3, 100) is None
    assert record.trained is None


def test_rows_are_drawn_so_that_each_is_seen_once():
    few = enough(digits(), 600)
    assert len(few.features) == 1000
    assert len(few.split(0).train) == 600
    assert enough(digits(), 10**6).features.shape == digits().features.shape
    assert np.array_equal(few.features, enough(digits(), 600).features)


def test_an_official_test_part_stays_the_test_part(shared_data):
    from layerwise.data import load as load_data

    data = enough(load_data("mnist", folder=shared_data / "mnist"), 20_000)
    split = data.split(0)
    assert (len(split.train), len(split.validation), len(split.test)) == (20_000, 5_000, 2_000)


def test_it_goes_to_json_and_back(record, tmp_path):
    assert load(TrainabilityRecord, dump(record)) == record
    folder = tiny_map().save(tmp_path / "out")
    assert sorted(path.name for path in folder.iterdir()) == ["report.html", "result.json"]
    assert read(folder) == record


def test_a_damaged_map_is_called_a_map(tmp_path):
    path = tmp_path / "result.json"
    path.write_text(dump(tiny_map().record).replace('"n_steps":63,', ""), encoding="utf-8")
    with pytest.raises(
        InvalidInput, match=r"must hold a map, as `layerwise map` writes it\. .*n_steps: Field required"
    ):
        read(tmp_path)


def test_what_had_ended_before_an_interruption_is_kept(monkeypatch):
    def cut(n_kept):
        def interrupted(recipes, data, seeds, **options):
            whole = fit(recipes, data, seeds, **options)
            return Fit(whole.runs[:n_kept], n_planned=len(whole.runs), seconds=1.0, device="cpu", histograms=[])

        monkeypatch.setattr(_trainability, "fit", interrupted)

    cut(2)  # the deepest come first
    found = trainability_map(data="circles", progress=False, **{**TINY, "steps": 4, "depths": (1, 2)})
    assert found.record.interrupted
    assert [(cell.depth, cell.weight_variance) for cell in found.record.cells] == [(2, 0.5), (2, 1.5)]
    assert math.isnan(found.record.columns[2].measured)
    assert "Interrupted" in str(found)
    cut(0)
    with pytest.raises(KeyboardInterrupt):
        trainability_map(data="circles", progress=False, **TINY)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"depths": ()}, r"`depths` must be different positive numbers, at least one\. Got \[\] instead\."),
        ({"depths": (3, 3)}, r"`depths` must be different positive numbers, at least one\. Got \[3, 3\] instead\."),
        ({"depths": (0,)}, r"`depths` must be a positive int\. Got 0 instead\."),
        ({"weight_variances": (-1,)}, r"`weight_variances` must be a positive number\. Got -1 instead\."),
        ({"bias_variance": -0.1}, r"`bias_variance` must be a number of at least 0\. Got -0\.1 instead\."),
        ({"steps": 0}, r"`steps` must be a positive int\. Got 0 instead\."),
        ({"batch_size": 0}, r"`batch_size` must be a positive int\. Got 0 instead\."),
        ({"activation": "tahn"}, r"There is no activation 'tahn'\. Did you mean 'tanh'"),
        ({"data": linear_teacher()}, r"`data` must have classes for a map of accuracies\. Got 'linear_teacher', a reg"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_breaks_a_rule_is_named(choices, message):
    with pytest.raises(InvalidInput, match=message):
        trainability_map(**{"data": circles(), "progress": False, **TINY, **choices})


def test_the_papers_size_is_a_set_of_options():
    assert set(PAPER) <= set(trainability_map.__kwdefaults__)
    Grid.checked(PAPER["depths"], (1.0,))


def test_it_says_what_it_is():
    assert repr(tiny_map()) == (
        "TrainabilityMap(tanh, bias variance 0.05: 3 depths x 3 weight variances x 2 seeds on digits)"
    )
    assert tiny_map()._repr_html_().startswith("<pre>Too few boundaries")


def test_where_there_is_no_critical_line_none_is_told():
    found = trainability_map("softplus", 0.1, "circles", progress=False, **{**TINY, "steps": 2, "depths": (1,)})
    assert found.record.critical is None
    assert "critical" not in str(found)
    assert "critical line" in " ".join(str(tiny_map()).split())
