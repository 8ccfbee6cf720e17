"""What linear codes of every size reach: principal component analysis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from layerwise.data import Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.decomposition import PCA


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """PCA with all components, fitted on training rows, and its errors on test rows.

    Attributes:
        errors: Squared error summed over features, mean over test rows, with 0, 1, 2, ... components.
    """

    errors: NDArray[np.float64]
    _fitted: PCA

    @classmethod
    def fit(cls, train: Floats, test: Floats) -> PrincipalComponents:
        """Return the components of `train`.

        Example:
            >>> rows = np.float32([[0, 0], [1, 0], [0, 3], [1, 3]])
            >>> PrincipalComponents.fit(rows, rows).errors.round(3)
            array([2.5 , 0.25, 0.  ])
        """
        from sklearn.decomposition import PCA

        # the eigenvectors of the covariance: on MNIST seconds, where an SVD of 60,000 x 784 takes a minute
        solver = "covariance_eigh" if len(train) >= train.shape[1] else "full"
        fitted = PCA(svd_solver=solver).fit(train.astype(np.float64))
        centered = test - fitted.mean_
        taken = np.square(centered @ fitted.components_.T).mean(0)
        left = np.square(centered).sum(1).mean() - np.concatenate([[0.0], np.cumsum(taken)])
        return cls(np.maximum(left, 0.0), fitted)

    def error(self, n_components: int) -> float:
        """Return the test error with so many components, or with all there are."""
        return float(self.errors[min(n_components, len(self.errors) - 1)])

    def reconstruct(self, rows: Floats, n_components: int) -> NDArray[np.float64]:
        """Return `rows` as so many components give them back."""
        components = self._fitted.components_[:n_components]
        found: NDArray[np.float64] = (rows - self._fitted.mean_) @ components.T @ components + self._fitted.mean_
        return found
