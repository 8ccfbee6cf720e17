"""How a machine is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from layerwise._base import Registry, fraction, non_negative, one_of, positive, positive_int
from layerwise.pretraining._autocast import AUTOCASTS

METHODS = ("cd", "pcd", "tempering")


@dataclass(frozen=True, kw_only=True)
class RBMTraining:
    """The settings of `train_`.

    Attributes:
        method: where the negative phase comes from. cd: `steps` rounds of Gibbs sampling from each batch. pcd: chains
            that go on from step to step. tempering: chains that go on at several temperatures and trade places.
        steps: rounds of Gibbs sampling a step (the k of CD-k).
        chains: chains of pcd and tempering; None: as many as rows in a batch.
        temperatures: of tempering: inverse ones evenly from 1 to 0.
        sample_visible: whether the last visible states are drawn, or are their means (cd only).
        epochs, batch_size: passes over the rows, rows of a step; a last, shorter batch waits for another epoch.
        learning_rate: step size; gradients are means over the batch.
        momentum, final_momentum, momentum_epochs: the momentum of the first `momentum_epochs` epochs, and after them.
        weight_decay: the weights shrink by learning_rate * weight_decay a step; biases don't.
        sparsity_target, sparsity_cost: the mean activity wanted of each hidden unit, and how hard it is pulled there.
        centering, offset_rate: gradients of centered states, and how fast the offsets follow the batch means.
        variance_rate: step size of the log-variances, as a multiple of `learning_rate`, where they are learned.
        autocast: None, or bfloat16: what the matrix products are rounded to. Weights, momentum, biases and what is
            sampled stay float32; so do the sums over a batch.

    Raises:
        InvalidInput: a value out of its range.

    Example:
        >>> RBMTraining(method="pcd", learning_rate=0.01).momentum_at(1)
        0.0

    References:
        Hinton 2002, Training products of experts by minimizing contrastive divergence. Tieleman 2008, Training
        restricted Boltzmann machines using approximations to the likelihood gradient. Desjardins, Courville, Bengio,
        Vincent, Delalleau 2010, Tempered Markov chain Monte Carlo for training of restricted Boltzmann machines.
        Melchior, Fischer, Wiskott 2016, How to center deep Boltzmann machines. Hinton 2012, A practical guide to
        training restricted Boltzmann machines.
    """

    method: Literal["cd", "pcd", "tempering"] = "cd"
    steps: int = 1
    chains: int | None = None
    temperatures: int = 10
    sample_visible: bool = True
    epochs: int = 10
    batch_size: int = 100
    learning_rate: float = 0.05
    momentum: float = 0.0
    final_momentum: float = 0.0
    momentum_epochs: int = 5
    weight_decay: float = 0.0
    sparsity_target: float | None = None
    sparsity_cost: float = 0.1
    centering: bool = False
    offset_rate: float = 0.01
    variance_rate: float = 0.1
    autocast: str | None = None

    def __post_init__(self) -> None:
        one_of("method", self.method, METHODS)
        for name in ("steps", "temperatures", "epochs", "batch_size"):
            positive_int(name, getattr(self, name))
        if self.chains is not None:
            positive_int("chains", self.chains)
        if self.sparsity_target is not None:
            positive("sparsity_target", self.sparsity_target)
        for name in ("momentum", "final_momentum"):
            fraction(name, getattr(self, name))
        for name in ("momentum_epochs", "weight_decay", "sparsity_cost", "offset_rate", "variance_rate"):
            non_negative(name, getattr(self, name))
        positive("learning_rate", self.learning_rate)
        one_of("autocast", self.autocast, AUTOCASTS)

    def momentum_at(self, epoch: int) -> float:
        """Return the momentum of this epoch, the first being 1."""
        return self.momentum if epoch <= self.momentum_epochs else self.final_momentum


_HINTON = RBMTraining(
    sample_visible=False,
    epochs=50,
    learning_rate=0.1,
    momentum=0.5,
    final_momentum=0.9,
    weight_decay=0.0002,
)

RBM_PRESETS: Registry[RBMTraining] = Registry(
    "setting of RBM training",
    {"hinton_2006": _HINTON, "hinton_2006_linear": RBMTraining(**{**vars(_HINTON), "learning_rate": 0.001})},
)
"""The settings of Hinton and Salakhutdinov 2006, Reducing the dimensionality of data with neural networks, for logistic
hidden units and for linear ones (hidden="gaussian"). Their machines start with `weight_std=0.1`."""
