"""Greedy layer-wise pre-training of any network: autoencoders of every kind, restricted Boltzmann machines."""

from layerwise.pretraining import rbm
from layerwise.pretraining._climb import Progress
from layerwise.pretraining._corruption import CORRUPTIONS, Corruption
from layerwise.pretraining._objectives import OBJECTIVES, Objective
from layerwise.pretraining._parts import Decoder, Encoder, PretrainedLayer
from layerwise.pretraining._prepare import prepare
from layerwise.pretraining._pretrain import pretrain
from layerwise.pretraining._pretrained import Pretrained
from layerwise.pretraining._settings import LayerSettings
from layerwise.pretraining._verdict import Verdict
from layerwise.pretraining.rbm import Diverged

__all__ = [
    "CORRUPTIONS",
    "OBJECTIVES",
    "Corruption",
    "Decoder",
    "Diverged",
    "Encoder",
    "LayerSettings",
    "Objective",
    "Pretrained",
    "PretrainedLayer",
    "Progress",
    "Verdict",
    "prepare",
    "pretrain",
    "rbm",
]
