"""Recipe to module: the only place where ingredients meet."""

from layerwise.models._build import build
from layerwise.models._choices import Choices, PositiveInt, checked, optional
from layerwise.models._conv import Conv
from layerwise.models._file import read_recipe
from layerwise.models._layer import Inputs
from layerwise.models._mlp import MLP
from layerwise.models._optimizer import METHODS, Optimizer
from layerwise.models._predict import predict
from layerwise.models._presets import PRESETS, preset
from layerwise.models._pretraining import Pretraining
from layerwise.models._recipe import Recipe
from layerwise.models._training import LOSSES, Training, usual_loss

__all__ = [
    "LOSSES",
    "METHODS",
    "MLP",
    "PRESETS",
    "Choices",
    "Conv",
    "Inputs",
    "Optimizer",
    "PositiveInt",
    "Pretraining",
    "Recipe",
    "Training",
    "build",
    "checked",
    "optional",
    "predict",
    "preset",
    "read_recipe",
    "usual_loss",
]
