"""The machine beside scikit-learn's: same face, same formulas, at least as good."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.neural_network import BernoulliRBM

from layerwise._base import InvalidInput
from layerwise.sklearn import RBM


@pytest.fixture(scope="module")
def bits():
    return (load_digits().data > 8).astype(np.float64)


@pytest.fixture(scope="module")
def pair(bits):
    options = {"n_components": 30, "n_iter": 10, "learning_rate": 0.05, "random_state": 0}
    return RBM(**options).fit(bits), BernoulliRBM(**options).fit(bits)


def with_parameters_of(theirs):
    """Ours, with the weights of theirs."""
    ours = RBM(theirs.components_.shape[0], n_iter=1).fit(np.zeros((4, theirs.components_.shape[1])))
    names = {"weight": theirs.components_.T, "hidden_bias": theirs.intercept_hidden_}
    names["visible_bias"] = theirs.intercept_visible_
    ours.rbm_.load_state_dict({name: torch.tensor(value) for name, value in names.items()})
    return ours


def test_arguments_and_their_defaults_are_theirs():
    theirs = BernoulliRBM().get_params()
    assert {name: value for name, value in RBM().get_params().items() if name in theirs} == theirs


@pytest.mark.parametrize(
    "name", ["components_", "intercept_hidden_", "intercept_visible_", "h_samples_", "n_features_in_"]
)
def test_attributes_have_their_shapes(name, pair):
    ours, theirs = (np.asarray(getattr(one, name)) for one in pair)
    assert ours.shape == theirs.shape


def test_states_of_chains_are_bits_one_row_for_each_of_a_batch(bits):
    model = RBM(3, batch_size=7, n_iter=1, random_state=0).fit(bits[:5])
    assert model.h_samples_.shape == (7, 3)
    assert set(np.unique(model.h_samples_)) <= {0, 1}


def test_public_methods_are_theirs():
    methods = {name for name in dir(BernoulliRBM) if not name.startswith("_")}
    assert methods <= set(dir(RBM))


def test_the_same_parameters_give_the_same_codes(pair, bits):
    theirs = pair[1]
    assert with_parameters_of(theirs).transform(bits) == pytest.approx(theirs.transform(bits), abs=1e-6)


def test_scores_are_the_mean_of_their_draws(pair, bits):
    """For a row, the mean over all single flips, by their own free energy."""
    theirs, ours = pair[1], with_parameters_of(pair[1])
    rows = np.vstack([bits[:5], load_digits().data[:5] / 16])
    expected = np.zeros(10)
    for i in range(64):
        flipped = rows.copy()
        flipped[:, i] = 1 - flipped[:, i]
        expected -= np.logaddexp(0, theirs._free_energy(rows) - theirs._free_energy(flipped))
    assert ours.score_samples(rows) == pytest.approx(expected, rel=1e-4)


def test_the_likelihood_is_that_of_all_states():
    machine = RBM(3, n_iter=20, random_state=0, learning_rate=0.5).fit(np.eye(4)[[0, 0, 1, 1] * 20])
    states = np.array(list(itertools.product([0, 1], repeat=4)))
    hidden = np.array(list(itertools.product([0, 1], repeat=3)))
    w, b, c = machine.components_.T, machine.intercept_visible_, machine.intercept_hidden_
    joint = np.exp(states @ w @ hidden.T + (states @ b)[:, None] + hidden @ c)
    assert machine.log_likelihood(states) == pytest.approx(np.log(joint.sum(1) / joint.sum()), abs=1e-4)


def test_a_large_machine_is_annealed_and_gives_the_same_each_time(bits):
    machine = RBM(26, n_iter=1, random_state=0).fit(bits[:200, :26])
    first = machine.log_likelihood(bits[:3, :26])
    assert np.array_equal(first, machine.log_likelihood(bits[:3, :26]))
    assert (first < 0).all()


def test_after_the_same_epochs_it_explains_digits_as_well(pair, bits):
    """Both judged by one formula, exactly; over six seeds ours was 0.05 to 0.63 nats above."""
    ours, theirs = pair
    assert ours.score_samples(bits).mean() > with_parameters_of(theirs).score_samples(bits).mean() - 0.1


def test_the_first_step_is_the_textbooks():
    """One partial fit from zero hidden states, with the visible states that were drawn found again from the biases."""
    rows = np.random.default_rng(0).integers(0, 2, (6, 5)).astype(np.float32)
    before = RBM(4, batch_size=6, random_state=0, learning_rate=1e-9).partial_fit(rows)
    after = RBM(4, batch_size=6, random_state=0, learning_rate=0.1).partial_fit(rows)
    w, visible_mean = before.components_, 6 * (rows.mean(0) - (after.intercept_visible_ - 0) / 0.1)
    counts = visible_mean.round()  # how many of the 6 chains had each unit on
    assert visible_mean == pytest.approx(counts, abs=1e-4)
    assert (counts >= 0).all()
    assert (counts <= 6).all()
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    positive = sigmoid(rows @ w.T)
    # weights are about 0.01, so hidden means are within 0.02 of 1/2 whatever the chains are
    expected = w + 0.1 * (positive.T @ rows / 6 - 0.5 * counts / 6)
    assert after.components_ == pytest.approx(expected, abs=0.1 * 0.02)


def test_partial_fits_learn_and_chains_go_on(bits):
    model = RBM(30, learning_rate=0.05, batch_size=10, random_state=0)
    chains = []
    for start in range(0, 1790, 10):
        model.partial_fit(bits[start : start + 10])
        chains.append(model.h_samples_.copy())
    assert chains[-1].shape == (10, 30)
    assert not np.array_equal(chains[-1], chains[-2])
    start = RBM(30, learning_rate=1e-9, n_iter=1, random_state=0).fit(bits)
    assert model.score_samples(bits).mean() > start.score_samples(bits).mean() + 10


def test_same_random_state_same_bits(bits):
    one, other = (RBM(5, n_iter=2, random_state=3).fit(bits) for _ in range(2))
    assert np.array_equal(one.components_, other.components_)
    assert np.array_equal(one.h_samples_, other.h_samples_)
    assert not np.array_equal(one.components_, RBM(5, n_iter=2, random_state=4).fit(bits).components_)


def test_global_generators_of_a_machine_are_not_touched(bits):
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002 - the global one
    model = RBM(5, n_iter=1).fit(bits)
    model.partial_fit(bits[:10]).gibbs(bits[:3])
    assert torch.equal(torch.get_rng_state(), torch_before)
    assert np.array_equal(np.random.get_state()[1], numpy_before)  # noqa: NPY002


def test_sampling_goes_on_from_call_to_call_also_after_pickling(bits):
    model = RBM(5, n_iter=1, random_state=0).fit(bits)
    again = pickle.loads(pickle.dumps(model))
    start = np.zeros((50, 64))
    first, second = model.gibbs(start), model.gibbs(start)
    assert first.dtype == bool
    assert first.shape == (50, 64)
    assert not np.array_equal(first, second)
    assert np.array_equal(again.gibbs(start), first)


def test_values_that_are_no_probabilities_are_clipped_and_told(bits):
    with pytest.warns(UserWarning, match="clipped") as caught:
        model = RBM(3, n_iter=1, random_state=0).fit(3 * bits - 1)
    assert str(caught[0].message) == (
        "Bernoulli units take values in [0, 1]. Got values from -1 to 2, and clipped them. Put a MinMaxScaler before "
        "the RBM, or use visible='gaussian' on standardized columns."
    )
    assert caught[0].filename == __file__
    assert np.array_equal(model.components_, RBM(3, n_iter=1, random_state=0).fit(bits).components_)


def test_gaussian_units_take_standardized_columns():
    x = np.random.default_rng(0).choice([-2.0, 2.0], size=(400, 1)) + np.random.default_rng(1).normal(size=(400, 3))
    x = (x - x.mean(0)) / x.std(0)
    model = RBM(2, visible="gaussian", learning_rate=0.01, n_iter=50, random_state=0).fit(x)
    single = -0.5 * np.square(x).sum(1) - 1.5 * np.log(2 * np.pi)  # independent normal columns
    assert model.log_likelihood(x).mean() > single.mean() + 0.1
    assert model.gibbs(x[:5]).dtype == np.float32
    with pytest.raises(InvalidInput, match="defined for Bernoulli visible units"):
        model.score_samples(x)


def test_a_machine_prints_when_asked(bits, capsys):
    RBM(3, n_iter=2, verbose=1, random_state=0).fit(bits[:50])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["Iteration 1 of 2", "Iteration 2 of 2"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_components": 0}, "`n_components` must be a positive int. Got 0 instead."),
        ({"n_iter": 0}, "`n_iter` must be a positive int. Got 0 instead."),
        ({"batch_size": -1}, "`batch_size` must be a positive int. Got -1 instead."),
        ({"learning_rate": 0}, "`learning_rate` must be a positive number. Got 0 instead."),
        ({"visible": "binary"}, "`visible` must be one of 'bernoulli', 'gaussian'. Got 'binary' instead."),
    ],
)
def test_wrong_settings_of_a_machine_are_refused_by_fit(options, message, bits):
    with pytest.raises(InvalidInput) as caught:
        RBM(**options).fit(bits)
    assert str(caught.value) == message
