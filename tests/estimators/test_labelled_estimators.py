"""Classifier and regressor: rows without labels, labels of any type, targets in their own units, same bits again."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.metrics import accuracy_score, r2_score

from layerwise._base import InvalidInput, UnknownName
from layerwise.sklearn import LayerwiseClassifier, LayerwiseRegressor

QUICK = {"pretraining_epochs": 2, "epochs": 5, "random_state": 0}
NAN = float("nan")


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).uniform(size=(80, 6)).astype(np.float32)


@pytest.fixture(scope="module")
def labels(rows):
    return (rows[:, 0] > rows[:, 1]).astype(int)


def classifier(**options):
    return LayerwiseClassifier((8, 5), **{**QUICK, **options})


def regressor(**options):
    return LayerwiseRegressor((8, 5), **{**QUICK, **options})


def same(one, other):
    pairs = zip(one.network_.state_dict().values(), other.network_.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def numpy_logits(network, x):
    """The network by hand: linear maps with rectifiers between."""
    linear = [module for module in network.modules() if isinstance(module, torch.nn.Linear)]
    hidden = x.astype(np.float64)
    for k, module in enumerate(linear):
        hidden = hidden @ module.weight.detach().double().numpy().T + module.bias.detach().double().numpy()
        hidden = np.maximum(hidden, 0) if k < len(linear) - 1 else hidden
    return hidden


@pytest.mark.parametrize("make", [classifier, regressor])
def test_same_random_state_same_bits_and_another_one_others(make, rows, labels):
    first = make().fit(rows, labels)
    assert same(first, make().fit(rows, labels))
    assert same(first, clone(first).fit(rows, labels))
    assert not same(first, make(random_state=1).fit(rows, labels))
    assert not same(make(random_state=None).fit(rows, labels), make(random_state=None).fit(rows, labels))


def test_a_stream_as_random_state_moves_on(rows, labels):
    model = classifier(random_state=np.random.RandomState(0))
    first = pickle.loads(pickle.dumps(model.fit(rows, labels)))
    assert not same(first, model.fit(rows, labels))


@pytest.mark.parametrize("make", [classifier, regressor])
@pytest.mark.parametrize("random_state", [0, None])
def test_global_generators_are_not_touched(make, random_state, rows, labels):
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002 - the global one
    make(random_state=random_state).fit(rows, labels).predict(rows)
    assert torch.equal(torch.get_rng_state(), torch_before)
    assert np.array_equal(np.random.get_state()[1], numpy_before)  # noqa: NPY002


@pytest.mark.parametrize("make", [classifier, regressor])
def test_a_pickle_predicts_the_same_bits(make, rows, labels):
    model = make().fit(rows, labels)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict(rows), model.predict(rows))
    assert again.get_params() == model.get_params()


def test_the_network_is_float32_whatever_torchs_default(rows, labels):
    before = classifier().fit(rows, labels)
    torch.set_default_dtype(torch.float64)
    try:
        after = classifier().fit(rows, labels)
    finally:
        torch.set_default_dtype(torch.float32)
    assert {value.dtype for value in after.network_.state_dict().values()} == {torch.float32}
    assert same(before, after)


def test_probabilities_are_those_of_the_network_by_hand(rows, labels):
    model = classifier().fit(rows, labels)
    logits = numpy_logits(model.network_, rows)
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert model.predict_proba(rows) == pytest.approx(expected, abs=1e-6)
    assert np.exp(model.predict_log_proba(rows)) == pytest.approx(expected, abs=1e-6)
    assert np.array_equal(model.predict(rows), expected.argmax(1))


def test_predictions_of_targets_are_those_of_the_network_by_hand(rows):
    y = 50 + 1000 * rows[:, 0]
    model = regressor().fit(rows, y)
    expected = numpy_logits(model.network_, rows)[:, 0] * y.std() + y.mean()
    assert model.predict(rows) == pytest.approx(expected, rel=1e-5)


def test_the_unit_of_a_target_does_not_matter(rows):
    y = rows[:, 0] - rows[:, 1]
    one, other = regressor().fit(rows, y), regressor().fit(rows, 1024 * y)
    assert other.predict(rows) == pytest.approx(1024 * one.predict(rows), rel=1e-4)


def test_it_learns_what_is_there_to_learn(rows, labels):
    options = {"epochs": 60, "learning_rate": 0.01, "batch_size": 20}
    assert classifier(**options).fit(rows, labels).score(rows, labels) > 0.95
    targets = np.stack([rows[:, 0] - rows[:, 1], rows[:, 2]], axis=1)
    model = regressor(**options).fit(rows, targets)
    assert model.predict(rows).shape == (80, 2)
    assert model.score(rows, targets) > 0.8


def test_a_constant_target_is_predicted(rows):
    model = regressor(epochs=100).fit(rows, np.full(80, 7.0))
    assert model.target_scale_ == 1
    assert model.predict(rows) == pytest.approx(7.0, abs=0.5)


def test_one_target_in_a_column_stays_a_column(rows):
    assert regressor().fit(rows, rows[:, :1]).predict(rows).shape == (80, 1)
    assert regressor().fit(rows, rows[:, 0]).predict(rows).shape == (80,)


# --- rows without labels ------------------------------------------------------------------------------------------


def test_minus_one_is_a_label_like_any_other_by_default(rows, labels):
    model = classifier().fit(rows, 2 * labels - 1)
    assert model.classes_.tolist() == [-1, 1]
    assert set(model.predict(rows)) <= {-1, 1}


@pytest.mark.parametrize(("names", "unlabeled"), [((0, 1), -1), (("no", "yes"), "?"), ((False, True), None)])
def test_labels_may_be_of_any_type(names, unlabeled, rows, labels):
    y = np.array(names)[labels]
    if unlabeled is not None:
        y = np.where(np.arange(80) < 40, y, np.array(unlabeled))
    model = classifier(unlabeled=unlabeled).fit(rows, y)
    assert model.classes_.tolist() == list(names)
    assert set(model.predict(rows).tolist()) <= set(names)


def test_a_mark_of_another_type_marks_nothing(rows, labels):
    names = np.array(["no", "yes"])[labels]
    assert same(classifier(unlabeled=-1).fit(rows, names), classifier().fit(rows, names))


def test_the_order_of_labels_is_that_of_their_codes(rows, labels):
    plain = classifier().fit(rows, labels)
    named = classifier().fit(rows, np.array(["a", "b"])[labels])
    assert same(plain, named)


@pytest.mark.parametrize("make", [classifier, regressor])
def test_rows_without_labels_reach_the_pretraining_and_nothing_else(make, rows, labels):
    y = np.where(np.arange(80) < 50, labels, -1).astype(float)
    whole = make(unlabeled=-1).fit(rows, y)
    alone = make().fit(rows[:50], y[:50])
    assert not same(whole, alone)  # the pre-training saw 30 rows more
    without = make(unlabeled=-1, objective=None).fit(rows, y)
    assert same(without, make(objective=None).fit(rows[:50], y[:50]))  # and with it off they make no difference


def test_not_a_number_marks_rows_without_a_target(rows):
    y = rows[:, :2].copy()
    y[50:] = NAN
    marked = regressor(unlabeled=NAN).fit(rows, y)
    other = rows[:, :2].copy()
    other[50:] = -1
    assert same(marked, regressor(unlabeled=-1).fit(rows, other))
    assert marked.target_mean_ == pytest.approx(rows[:50, :2].mean(axis=0))


def test_a_row_with_some_of_its_targets_is_refused(rows):
    y = rows[:, :2].copy()
    y[3, 0] = NAN
    with pytest.raises(ValueError, match="NaN"):
        regressor(unlabeled=NAN).fit(rows, y)


def test_the_score_is_that_of_the_rows_with_labels(rows, labels):
    y = np.where(np.arange(80) < 50, labels, -1)
    model = classifier(unlabeled=-1).fit(rows, y)
    assert model.score(rows, y) == pytest.approx(accuracy_score(y[:50], model.predict(rows[:50])))
    weight = np.arange(80)
    expected = accuracy_score(y[:50], model.predict(rows[:50]), sample_weight=weight[:50])
    assert model.score(rows, y, weight) == pytest.approx(expected)
    target = np.where(np.arange(80) < 50, rows[:, 0], NAN)
    model = regressor(unlabeled=NAN).fit(rows, target)
    assert model.score(rows, target) == pytest.approx(r2_score(target[:50], model.predict(rows[:50])))


def test_labels_are_not_written_to(rows):
    target = np.where(np.arange(80) < 50, rows[:, 0], NAN)
    before, x = target.copy(), rows.copy()
    regressor(unlabeled=NAN).fit(rows, target).score(rows, target)
    assert np.array_equal(target, before, equal_nan=True)
    assert np.array_equal(rows, x)


# --- settings -----------------------------------------------------------------------------------------------------


def test_the_curves_have_a_point_for_each_epoch(rows, labels):
    model = classifier(pretraining_epochs=[2, 3], validation_fraction=0.2, patience=50).fit(rows, labels)
    assert [len(errors) for errors in model.reconstruction_errors_] == [3, 4]
    assert len(model.loss_curve_) == len(model.validation_scores_) == 5


def test_a_validation_part_chooses_the_best_epoch(rows, labels):
    options = {"epochs": 40, "learning_rate": 0.01, "validation_fraction": 0.25, "batch_size": 20}
    model = classifier(**options, patience=3).fit(rows, labels)
    assert len(model.loss_curve_) < 40
    assert max(model.validation_scores_) == model.validation_scores_[-4]  # patience is 3


def test_without_a_validation_part_all_labelled_rows_train_all_epochs(rows, labels):
    model = classifier(epochs=8).fit(rows, labels)
    assert len(model.loss_curve_) == 8
    assert model.validation_scores_ == []


def test_no_objective_is_no_pretraining(rows, labels):
    plain = classifier(objective=None).fit(rows, labels)
    assert [len(errors) for errors in plain.reconstruction_errors_] == [1, 1]
    assert same(plain, classifier(pretraining_epochs=0).fit(rows, labels))
    assert not same(plain, classifier().fit(rows, labels))


@pytest.mark.parametrize("objective", ["autoencoder", "denoising", "contractive", "rbm", ["sparse", "denoising"]])
def test_objectives_are_those_of_pretrain(objective, rows, labels):
    options = {"activation": "sigmoid", "initializer": "glorot_uniform", "pretraining_options": {"penalty": 0.01}}
    model = classifier(objective=objective, pretraining_epochs=10, **options).fit(rows, labels)
    assert all(errors[-1] < errors[0] for errors in model.reconstruction_errors_)


def test_pretraining_prints_when_asked(rows, labels, capsys):
    classifier(verbose=1).fit(rows, labels)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("linear1, epoch 1 of 2: loss ")
    classifier().fit(rows, labels)
    assert capsys.readouterr().out == ""


def test_a_single_width_is_a_single_layer(rows, labels):
    assert len(LayerwiseClassifier(7, **QUICK).fit(rows, labels).reconstruction_errors_) == 1


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"hidden_layer_sizes": (8, 0)}, InvalidInput, "`hidden_layer_sizes` must be a positive int. Got 0 instead."),
        ({"activation": "rleu"}, UnknownName, "There is no activation 'rleu'. Did you mean 'relu'"),
        ({"objective": "denoise"}, UnknownName, "There is no objective 'denoise'. Did you mean 'denoising'"),
        ({"unlabeled": 0}, InvalidInput, "`y` must have labels beside that of `unlabeled`. Got 0 instead."),
        ({"epochs": 0}, InvalidInput, "`epochs` must be a positive int. Got 0 instead."),
        ({"pretraining_options": {"tide": True}}, InvalidInput, "`tide` is not an option of pre-training"),
        ({"activation": "maxout"}, InvalidInput, "maxout makes one unit of several pre-activations"),
    ],
)
def test_wrong_settings_are_refused_by_fit(options, error, message, rows):
    model = classifier().set_params(**options)
    with pytest.raises(error) as caught:
        model.fit(rows, np.zeros(80, dtype=int))
    assert message in str(caught.value)
    assert not hasattr(model, "network_")
