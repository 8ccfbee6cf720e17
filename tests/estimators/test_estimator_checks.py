"""scikit-learn's own checks, all of them, on every estimator."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from layerwise.sklearn import RBM, LayerwiseClassifier, LayerwiseEncoder, LayerwiseRegressor

SMALL = {"hidden_layer_sizes": (32,), "pretraining_epochs": 1, "batch_size": 50}
QUICK = {**SMALL, "epochs": 10, "learning_rate": 0.02}

ESTIMATORS = [LayerwiseClassifier(**QUICK), LayerwiseRegressor(**QUICK), LayerwiseEncoder(**SMALL), RBM(3, n_iter=2)]


@pytest.mark.filterwarnings("ignore:Bernoulli units take values in")  # checks draw from normal distributions
@parametrize_with_checks(ESTIMATORS)
def test_scikit_learns_check(estimator, check):
    check(estimator)
