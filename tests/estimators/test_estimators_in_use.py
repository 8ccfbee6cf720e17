"""Estimators where people use them: pipelines, grid searches, data frames, sparse rows."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from layerwise._base import InvalidInput
from layerwise.sklearn import RBM, LayerwiseClassifier, LayerwiseEncoder, LayerwiseRegressor

QUICK = {"pretraining_epochs": 2, "random_state": 0}
SIGMOID = {"activation": "sigmoid", "initializer": "glorot_uniform"}


@pytest.fixture(scope="module")
def digits():
    x, y = load_digits(return_X_y=True)
    return x[:200], y[:200]


def some_estimators():
    return [
        LayerwiseClassifier((8,), epochs=3, **QUICK),
        LayerwiseRegressor((8,), epochs=3, **QUICK),
        LayerwiseEncoder((8,), **QUICK),
        RBM(8, n_iter=2, random_state=0),
    ]


def result(model, x):
    return model.transform(x) if hasattr(model, "transform") else model.predict(x)


def test_codes_of_digits_tell_them_apart(digits):
    x, y = digits
    options = {"pretraining_epochs": 10, "pretraining_learning_rate": 0.01, "batch_size": 20, "random_state": 0}
    pipe = make_pipeline(MinMaxScaler(), LayerwiseEncoder((40, 20), **options, **SIGMOID), KNeighborsClassifier())
    assert cross_val_score(pipe, x, y, cv=3).mean() > 0.8


def test_a_grid_search_over_a_pipeline_with_rows_without_labels(digits):
    x, y = digits
    y = np.where(np.arange(200) < 100, y, -1)
    model = LayerwiseClassifier((32,), epochs=30, learning_rate=0.01, batch_size=32, unlabeled=-1, **QUICK)
    pipe = make_pipeline(MinMaxScaler(), model)
    grid = {"layerwiseclassifier__objective": [None, "denoising"], "layerwiseclassifier__epochs": [1, 30]}
    search = GridSearchCV(pipe, grid, cv=3, n_jobs=1).fit(x, y)
    assert search.best_params_["layerwiseclassifier__epochs"] == 30
    assert search.best_score_ > 0.8  # of the rows with labels: half of the rows could not be right
    assert search.best_estimator_.predict(x).shape == (200,)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
def test_sparse_rows_give_the_bits_of_dense_ones(place, kind, digits):
    x, y = digits
    x = x / 16
    dense, thin = some_estimators()[place].fit(x, y), some_estimators()[place].fit(kind(x), y)
    assert np.array_equal(result(dense, x), result(thin, kind(x)))


def test_many_sparse_rows_are_made_dense_a_part_at_a_time(monkeypatch):
    sizes = []
    plain = sparse.csr_array.toarray
    monkeypatch.setattr(sparse.csr_array, "toarray", lambda self: sizes.append(self.shape[0]) or plain(self))
    x = sparse.csr_array(np.eye(2500, 5, dtype=np.float32))
    model = LayerwiseEncoder((3,), pretraining_epochs=0).fit(x[:10])
    sizes.clear()
    assert model.transform(x).shape == (2500, 3)
    assert sizes == [1000, 1000, 500]


@pytest.mark.parametrize("place", [2, 3])
def test_frames_go_in_and_come_out(place, digits):
    x, _ = digits
    frame = pd.DataFrame(x[:, 10:14] / 16, columns=list("abcd"), index=np.arange(200) + 1000)
    model = some_estimators()[place].set_output(transform="pandas").fit(frame)
    codes = model.transform(frame)
    prefix = type(model).__name__.lower()
    assert list(codes.columns) == list(model.get_feature_names_out()) == [f"{prefix}{k}" for k in range(8)]
    assert codes.index.equals(frame.index)
    assert np.array_equal(codes.to_numpy(), some_estimators()[place].fit(frame.to_numpy()).transform(frame.to_numpy()))
    assert model.feature_names_in_.tolist() == list("abcd")
    with pytest.raises(ValueError, match="feature names should match"):
        model.transform(frame[list("dcba")])


def test_a_series_of_names_as_labels(digits):
    x, y = digits
    names = pd.Series(np.array(["even", "odd"])[y % 2], dtype="str")
    model = LayerwiseClassifier((8,), epochs=5, **QUICK).fit(pd.DataFrame(x), names)
    assert sorted(set(model.predict(pd.DataFrame(x)))) == ["even", "odd"]
    assert model.classes_.tolist() == ["even", "odd"]


# --- the encoder --------------------------------------------------------------------------------------------------


def test_codes_and_the_way_back_by_hand(digits):
    x = digits[0].astype(np.float32) / 16
    model = LayerwiseEncoder((20, 6), **SIGMOID, **QUICK).fit(x)
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    first, second = (m for m in model.network_[0] if isinstance(m, torch.nn.Linear))
    numbers = [value.detach().numpy() for value in (first.weight, first.bias, second.weight, second.bias)]
    w1, b1, w2, b2 = numbers
    codes = sigmoid(sigmoid(x @ w1.T + b1) @ w2.T + b2)
    assert model.transform(x) == pytest.approx(codes, abs=1e-6)
    c2, c1 = (decoder.bias.detach().numpy() for decoder in model.network_[1:])
    back = sigmoid(sigmoid(codes @ w2 + c2) @ w1 + c1)  # tied weights
    assert model.inverse_transform(codes) == pytest.approx(back, abs=1e-6)


def test_training_brings_reconstructions_nearer(digits):
    x = digits[0] / 16
    options = {"pretraining_learning_rate": 0.01, "random_state": 0}
    near, far = (LayerwiseEncoder((40, 20), pretraining_epochs=n, **options).fit(x) for n in (20, 0))
    error = [np.square(m.inverse_transform(m.transform(x)) - x).sum(1).mean() for m in (near, far)]
    assert error[0] < np.square(x - x.mean(0)).sum(1).mean() < error[1]


def test_codes_of_another_width_are_refused(digits):
    model = LayerwiseEncoder((8,), **QUICK).fit(digits[0])
    with pytest.raises(InvalidInput, match=r"Codes must have 8 columns\. Got 7 instead\."):
        model.inverse_transform(np.zeros((2, 7)))


def test_an_encoders_pickle_has_the_same_codes(digits):
    model = LayerwiseEncoder((8,), **QUICK).fit(digits[0])
    again = pickle.loads(pickle.dumps(model))
    codes = model.transform(digits[0])
    assert np.array_equal(again.transform(digits[0]), codes)
    assert np.array_equal(again.inverse_transform(codes), model.inverse_transform(codes))
