"""Greedy layer-wise pre-training of any network: autoencoders of every kind, restricted Boltzmann machines."""

from layerwise.pretraining import rbm
from layerwise.pretraining._asked import asked_for
from layerwise.pretraining._checkpoint import Checkpoint
from layerwise.pretraining._climb import Progress
from layerwise.pretraining._corruption import CORRUPTIONS, Corruption
from layerwise.pretraining._dense import DenseCoder
from layerwise.pretraining._labelled_run import Labelled, LabelledRun
from layerwise.pretraining._objectives import OBJECTIVES, Objective
from layerwise.pretraining._parts import Decoder, Encoder, PretrainedLayer
from layerwise.pretraining._prepare import prepare
from layerwise.pretraining._pretrain import pretrain
from layerwise.pretraining._pretrained import Pretrained
from layerwise.pretraining._processes import processes
from layerwise.pretraining._purpose import checkpoint_at
from layerwise.pretraining._settings import LayerSettings
from layerwise.pretraining._supervised import Group, Supervised
from layerwise.pretraining._tensor_file import save_tensors
from layerwise.pretraining._verdict import Verdict
from layerwise.pretraining.rbm import Diverged

__all__ = [
    "CORRUPTIONS",
    "OBJECTIVES",
    "Checkpoint",
    "Corruption",
    "Decoder",
    "DenseCoder",
    "Diverged",
    "Encoder",
    "Group",
    "Labelled",
    "LabelledRun",
    "LayerSettings",
    "Objective",
    "Pretrained",
    "PretrainedLayer",
    "Progress",
    "Supervised",
    "Verdict",
    "asked_for",
    "checkpoint_at",
    "prepare",
    "pretrain",
    "processes",
    "rbm",
    "save_tensors",
]
