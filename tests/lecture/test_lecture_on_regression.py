"""The lecture on a regression: what an error is there, and which claims are shown on digits instead."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from brief_ground import Brief
from sklearn.metrics import r2_score

from layerwise.data import digits, linear_teacher, load
from layerwise.lecture import CLAIMS, Outcome
from layerwise.lecture._errors import error, errors, halfway, log_losses, loss_name
from layerwise.lecture._ground import Ground
from layerwise.lecture._losses import errors_of, mean_loss, rows_of
from layerwise.lecture._search import at_own_rates
from layerwise.lecture._shown import KINDS, about_errors, elsewhere, shown
from layerwise.models import Recipe
from layerwise.records import Run

FEW = ("C1.6", "C2.3", "C2.5", "C2.7", "C3.10", "C5.3", "C5.4", "C5.5", "C6.1", "C6.2")
"""Run on a regression every day; a slow test sees to the others."""

ON_CLASSES = {"C2.1", "C2.6", "C3.14", "C4.1"}


@pytest.fixture(scope="module")
def ground():
    return Brief(linear_teacher(120), seeds=2)


def quietly(claim_id, ground):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*precision.*", RuntimeWarning)  # so few seeds may be all alike
        return shown(CLAIMS[claim_id], ground, None)


@pytest.mark.parametrize("claim_id", FEW)
def test_experiments_run_on_a_regression_and_say_what_an_error_is(claim_id, ground):
    record = quietly(claim_id, ground)
    assert record.low <= record.value <= record.high
    assert record.finding.count("1 - R2 in percent") == (claim_id != "C3.10")  # which speaks of dead units alone
    assert "digits" not in record.finding
    told = " ".join([record.finding, record.metric, record.condition, *(table.title for table in record.tables)])
    assert not any(word in told for word in ("cross-entropy", "accuracy", "images", "rows wrong"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("claim_id", "name"),
    [
        (one.id, name)
        for one in CLAIMS.values()
        for name, task in (("linear_teacher", "regression"), ("multilabel", "multilabel"))
        if task in one.tasks and (one.id, task) not in {(few, "regression") for few in FEW}
    ],
)
def test_every_claim_runs_on_any_task_that_it_is_for(claim_id, name):
    data = load(name)
    record = quietly(claim_id, Brief(replace(data, features=data.features[:120], targets=data.targets[:120]), seeds=2))
    assert "digits" not in record.finding


def test_claims_about_classes_are_shown_on_digits():
    teacher = linear_teacher(60)
    found = {one.id for one in CLAIMS.values() if elsewhere(one, teacher)}
    assert found == ON_CLASSES
    assert elsewhere(CLAIMS["C4.1"], teacher) == (
        "Shown on digits: it is about classes, and linear_teacher is a regression."
    )
    record = quietly("C4.1", Brief(teacher, seeds=1))
    assert record.finding.startswith("Shown on digits: ")
    assert "1 - R2" not in record.finding
    assert not any(elsewhere(one, digits()) for one in CLAIMS.values())
    assert set(KINDS) == {"classification", "regression", "multilabel"}


def test_an_error_is_what_is_left_of_the_variance():
    """Twin: the networks themselves, their outputs brought back, and scikit-learn's R2."""
    data = linear_teacher(200)
    recipe = Recipe(name="a").replace(depth=1, width=16, epochs=20)
    fitted = Ground(data).fit(recipe, 2, keep_models=True)
    for run, model, found in zip(fitted.runs, fitted.models, errors(fitted.runs, "a"), strict=True):
        split = data.split(run.seed)
        with torch.no_grad():
            said = model(torch.from_numpy(split.scaled(data, split.test))).numpy()
        said = said * split.target_scale + split.target_center
        assert found == pytest.approx(100 * (1 - r2_score(data.targets[split.test], said)), rel=1e-4)
        rows = rows_of(data, [split], "test")
        outputs = model(rows.x[0])[None].detach()
        assert errors_of(outputs, rows.y) == pytest.approx([found], rel=1e-4)
        assert mean_loss(outputs, rows.y).tolist() == pytest.approx([run.scores["test_loss"]], rel=1e-4)


def test_the_best_rate_is_chosen_by_r2():
    tiny = Recipe(name="a").replace(depth=1, width=16, epochs=20)
    fitted = at_own_rates(Ground(linear_teacher(200)), [tiny], {"sgd": (1e-6, 0.1)}, 2)
    assert [run.learning_rate for run in fitted.runs] == [0.1, 0.1]


def made_up(**scores):
    return Run(recipe="a", seed=0, learning_rate=0.1, status="finished", n_steps=1, seconds=0.0, scores=scores)


def test_errors_by_hand():
    assert error(made_up(test_accuracy=0.75), "test") == 25.0
    assert error(made_up(test_r2=0.25), "test") == 75.0
    assert [halfway(data) for data in (digits(), linear_teacher(60))] == [45.0, 50.0]
    assert [loss_name(data) for data in (digits(), linear_teacher(60), load("multilabel"))] == [
        "cross-entropy", "squared error", "binary cross-entropy"
    ]  # fmt: skip
    assert errors_of(torch.full((1, 2, 1), torch.nan), torch.tensor([[[0.0], [1.0]]])) == [200.0]


def test_losses_that_are_no_numbers_count_as_the_largest():
    runs = [made_up(train_loss=loss) for loss in (0.1, 0.0, np.nan, 1e9)]
    assert log_losses(runs, "a") == pytest.approx([-1, -12, 2, 2])


def test_who_hears_what_an_error_is():
    teacher = linear_teacher(60)
    speaks = Outcome(verdict="holds", finding="An error.", metric="", value=0.0)
    silent = replace(speaks, finding="Half of the training inputs.")
    experiment, exact, on_classes = (CLAIMS[name] for name in ("C2.7", "C1.1", "C2.1"))
    assert about_errors(experiment, speaks, teacher).startswith(
        "On linear_teacher, a regression, an error is the share"
    )
    assert about_errors(experiment, replace(silent, metric="share that trains"), teacher)
    assert not about_errors(experiment, silent, teacher)
    assert not about_errors(experiment, speaks, digits())
    assert not about_errors(exact, speaks, teacher)
    assert not about_errors(on_classes, speaks, teacher)
