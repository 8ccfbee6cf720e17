"""The restricted Boltzmann machine."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor

from layerwise._base import one_of, positive, positive_int
from layerwise.pretraining import rbm
from layerwise.sklearn._persistent_step import step_
from layerwise.sklearn._pseudo_likelihood import pseudo_log_likelihood
from layerwise.sklearn._random_state import seed_from, source
from layerwise.sklearn._rows import CHECKS, dense, mapped

_TOLD = 1000
"""Rows that a printed line is about."""


class RBM(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc] # as Network
    """A restricted Boltzmann machine with the face of `sklearn.neural_network.BernoulliRBM`, trained by PCD.

    It takes that one's place: same arguments, attributes and methods. Beyond it there are Gaussian visible units, more
    rounds of sampling a step, and `log_likelihood`. It computes in float32.

    Args:
        n_components: Hidden units.
        learning_rate: Step size; gradients are means over the batch.
        batch_size: Rows of a step, and chains.
        n_iter: Passes over the rows.
        verbose: Whether each pass prints a line.
        random_state: An int, or a `RandomState`, for the same results each time; None draws a seed from the system.
        visible: `bernoulli`, for values in [0, 1], or `gaussian`, for columns of mean 0 and variance 1 (which need a
            learning rate of 0.001 or less).
        steps: Rounds of Gibbs sampling between two updates.

    Attributes:
        components_: The weights, [hidden, visible].
        intercept_hidden_, intercept_visible_: The biases.
        h_samples_: Hidden states of the chains from which `partial_fit` goes on, [batch_size, hidden]; after `fit` they
            are drawn given training rows.
        rbm_: The machine, a `layerwise.pretraining.rbm.RBM`, which holds the weights and biases.
        n_features_in_, feature_names_in_: Of the rows that it was fitted on.

    Example:
        >>> import numpy as np
        >>> X = np.repeat([[0, 0, 1, 1], [1, 1, 0, 0]], 50, axis=0)
        >>> machine = RBM(2, n_iter=100, random_state=0).fit(X)
        >>> bool(machine.log_likelihood([[0, 0, 1, 1]]) > machine.log_likelihood([[0, 1, 0, 1]]))
        True

    References:
        Tieleman 2008, Training restricted Boltzmann machines using approximations to the likelihood gradient.
    """

    rbm_: rbm.RBM
    h_samples_: Any
    random_state_: np.random.RandomState

    def __init__(
        self,
        n_components: int = 256,
        *,
        learning_rate: float = 0.1,
        batch_size: int = 10,
        n_iter: int = 10,
        verbose: int = 0,
        random_state: Any = None,
        visible: str = "bernoulli",
        steps: int = 1,
    ) -> None:
        self.n_components = n_components
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.n_iter = n_iter
        self.verbose = verbose
        self.random_state = random_state
        self.visible = visible
        self.steps = steps

    @property
    def components_(self) -> Any:
        """The weights, [hidden, visible]."""
        return self.rbm_.weight.detach().numpy().T

    @property
    def intercept_hidden_(self) -> Any:
        """Biases of the hidden units."""
        return self.rbm_.hidden_bias.detach().numpy()

    @property
    def intercept_visible_(self) -> Any:
        """Biases of the visible units."""
        return self.rbm_.visible_bias.detach().numpy()

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: N803 - scikit-learn's name
        """Train a new machine on `X` and return itself; values outside [0, 1] of Bernoulli units are clipped."""
        rows = self._training_rows(X, reset=True)
        machine, generator = self._new(rows.shape[1]), self._generator()
        settings = rbm.RBMTraining(
            method="pcd",
            steps=self.steps,
            epochs=positive_int("n_iter", self.n_iter),
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
        )
        told = (lambda epoch, now: self._tell(epoch, now, rows)) if self.verbose else None
        rbm.train_(machine, rows, settings, generator=generator, on_epoch=told)
        self.rbm_ = machine
        with torch.no_grad():
            starts = rows[torch.arange(self.batch_size) % len(rows)]
            self.h_samples_ = machine.draw_hidden(machine.hidden_mean(starts), [generator]).numpy()
        return self

    def partial_fit(self, X: Any, y: Any = None) -> Self:  # noqa: N803
        """Make one step on the rows of `X`, the chains going on from the last one, and return itself."""
        rounds, rate = positive_int("steps", self.steps), positive("learning_rate", self.learning_rate)
        is_first = not hasattr(self, "rbm_")
        rows = self._training_rows(X, reset=is_first)
        if is_first:
            self.rbm_ = self._new(rows.shape[1])
            self.h_samples_ = np.zeros((self.batch_size, self.n_components), dtype=np.float32)
        chains = step_(
            self.rbm_,
            rows,
            torch.tensor(self.h_samples_),
            rounds=rounds,
            learning_rate=rate,
            generator=self._generator(),
        )
        self.h_samples_ = chains.numpy()
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803
        """Return the probabilities of the hidden units given `X`, [row, hidden]."""
        check_is_fitted(self)
        return mapped(self, X, self.rbm_)

    def gibbs(self, v: Any) -> Any:
        """Return where one round of Gibbs sampling leads from `v`, [row, visible]; bools if units are Bernoulli."""
        check_is_fitted(self)
        rows = dense(validate_data(self, v, reset=False, **CHECKS))
        found = self.rbm_.gibbs(rows, generator=self._generator()).numpy()
        return found.astype(bool) if self.rbm_.visible.name == "bernoulli" else found

    def score_samples(self, X: Any) -> Any:  # noqa: N803
        """Return the log pseudo-likelihood of each row, in nats: the sum over units of log p(v_i | all others).

        `BernoulliRBM` draws one unit a row and multiplies its term; this is all of them, so it has no noise and is the
        same each time.
        """
        check_is_fitted(self)
        return mapped(self, X, lambda rows: pseudo_log_likelihood(self.rbm_, rows))

    def log_likelihood(self, X: Any) -> Any:  # noqa: N803
        """Return log p of each row, in nats: exact where one side has at most 25 units, otherwise by annealing."""
        check_is_fitted(self)
        rows = dense(validate_data(self, X, reset=False, **CHECKS))
        log_z = None
        if not rbm.can_enumerate(self.rbm_):
            log_z = rbm.ais(self.rbm_, generator=torch.Generator().manual_seed(0)).log_partition
        return rbm.log_likelihood(self.rbm_, rows, log_partition=log_z).numpy()

    def _new(self, n_visible: int) -> rbm.RBM:
        n_hidden = positive_int("n_components", self.n_components)
        self.random_state_ = source(self.random_state)
        return rbm.RBM(n_visible, n_hidden, visible=self.visible, generator=self._generator())

    def _training_rows(self, X: Any, *, reset: bool) -> Tensor:  # noqa: N803
        rows = dense(validate_data(self, X, reset=reset, **CHECKS))
        low, high = (value.item() for value in rows.aminmax())
        if one_of("visible", self.visible, ("bernoulli", "gaussian")) == "gaussian" or (low >= 0 and high <= 1):
            return rows
        warnings.warn(
            f"Bernoulli units take values in [0, 1]. Got values from {low:.4g} to {high:.4g}, and clipped them. Put a "
            "MinMaxScaler before the RBM, or use visible='gaussian' on standardized columns.",
            stacklevel=3,
        )
        return rows.clamp_(0, 1)

    def _tell(self, epoch: int, machine: rbm.RBM, rows: Tensor) -> None:
        error = (rows[:_TOLD] - machine.reconstruct(rows[:_TOLD])).square().sum(1).mean()
        print(f"Iteration {epoch} of {self.n_iter}: squared reconstruction error {error:.4g}")  # noqa: T201 - asked for

    def _generator(self) -> torch.Generator:
        return torch.Generator().manual_seed(seed_from(self.random_state_))

    @property
    def _n_features_out(self) -> int:
        return self.rbm_.n_hidden

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
