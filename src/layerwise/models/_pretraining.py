"""What the layers are trained for, one after the other, before the network is trained as a whole."""

from __future__ import annotations

from typing import Annotated

from layerwise._base import one_of
from layerwise.models._choices import Choices, Fraction, Positive, PositiveInt, checked

OBJECTIVES = ("none", "autoencoder", "denoising", "contractive", "sparse", "supervised", "rbm")


class Pretraining(Choices):
    """Greedy layer-wise pre-training of every hidden layer, by plain gradient descent, with the batches of `Training`.

    Attributes:
        pretraining: none; autoencoder, denoising, contractive or sparse, with decoders tied to their encoders;
            supervised: each layer with an output layer of its own for the labels, which is thrown away; rbm:
            contrastive divergence.
        pretraining_epochs: passes over the training part for each layer.
        pretraining_rate: step size for layers that read values in [0, 1] and give such; smaller ones follow for others.
        corruption: share of the inputs that denoising sets to 0.

    Example:
        >>> Pretraining(pretraining="denoising", pretraining_epochs=5).n_batches(n_rows=330, batch_size=32)
        55
    """

    pretraining: Annotated[str, checked(lambda n, v: one_of(n, v, OBJECTIVES))] = "none"
    pretraining_epochs: PositiveInt = 10
    pretraining_rate: Positive = 0.1
    corruption: Fraction = 0.25

    @property
    def wanted(self) -> bool:
        """Whether there is any."""
        return self.pretraining != "none"

    def n_batches(self, n_rows: int, batch_size: int) -> int:
        """Return the updates of one layer on `n_rows`, where a last, shorter batch counts too."""
        return self.pretraining_epochs * -(-n_rows // batch_size) if self.wanted else 0

    def __str__(self) -> str:
        noise = f" {self.corruption:g}" if self.pretraining == "denoising" else ""
        return f"{self.pretraining}{noise}, {self.pretraining_epochs} epochs a layer at {self.pretraining_rate:g}"
