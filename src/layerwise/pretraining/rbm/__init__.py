"""Restricted Boltzmann machines that can be trusted: training by sampling, held to exact likelihoods.

A machine is an `nn.Module`; with `seeds` it is many machines at once. There is its mathematics (free energy, log Z by
enumeration or annealing, likelihoods and their gradients), and `train_`, which changes a machine in place.
"""

from layerwise.pretraining.rbm._annealing import Annealed, ais, reverse_ais
from layerwise.pretraining.rbm._bernoulli import Bernoulli
from layerwise.pretraining.rbm._gaussian import Gaussian
from layerwise.pretraining.rbm._history import RBMHistory
from layerwise.pretraining.rbm._learn import Diverged
from layerwise.pretraining.rbm._likelihood import (
    free_energy_gap,
    log_likelihood,
    log_likelihood_gradient,
    pseudo_log_likelihood,
)
from layerwise.pretraining.rbm._partition import can_enumerate, exact_sample, log_partition
from layerwise.pretraining.rbm._rbm import RBM
from layerwise.pretraining.rbm._rectified import Rectified
from layerwise.pretraining.rbm._schedule import schedule
from layerwise.pretraining.rbm._settings import RBM_PRESETS, RBMTraining
from layerwise.pretraining.rbm._train import train_
from layerwise.pretraining.rbm._unit import Unit
from layerwise.pretraining.rbm._units import UNITS

__all__ = [
    "RBM",
    "RBM_PRESETS",
    "UNITS",
    "Annealed",
    "Bernoulli",
    "Diverged",
    "Gaussian",
    "RBMHistory",
    "RBMTraining",
    "Rectified",
    "Unit",
    "ais",
    "can_enumerate",
    "exact_sample",
    "free_energy_gap",
    "log_likelihood",
    "log_likelihood_gradient",
    "log_partition",
    "pseudo_log_likelihood",
    "reverse_ais",
    "schedule",
    "train_",
]
