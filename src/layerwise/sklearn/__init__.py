"""Pre-training as scikit-learn's users know it: estimators for pipelines, grid searches and data frames."""

from layerwise.sklearn._classifier import LayerwiseClassifier
from layerwise.sklearn._encoder import LayerwiseEncoder
from layerwise.sklearn._rbm import RBM
from layerwise.sklearn._regressor import LayerwiseRegressor

__all__ = ["RBM", "LayerwiseClassifier", "LayerwiseEncoder", "LayerwiseRegressor"]
