"""Encoder and decoder of one layer: what an objective trains."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from layerwise.pretraining._processes import ALONE, Processes

if TYPE_CHECKING:
    from torch import Tensor


class Code(NamedTuple):
    """What the encoder makes of its input: the activation, and the pre-activation it comes from."""

    activation: Tensor
    preactivation: Tensor


class Coder(ABC):
    """The encoder of a layer, and a decoder that gives its input back; or, in a head, an output layer for labels.

    With members, every tensor has a leading seed axis; `flat` leaves it and the rows.

    Where several processes train together, each is handed the whole batch, so that all draw the same noise for it, and
    encodes the rows that are its own: `mine` gives what a code is to be compared with.

    Attributes:
        together: The processes that share every batch.
        row_axis: The axis of codes that counts rows: 0, or 1 with members.
        bias: The decoder's bias.
        decoder_weight: The decoder's own weight, in the encoder's layout; None where it is the encoder's (tied).
    """

    together: Processes = ALONE
    row_axis: int
    bias: Tensor
    decoder_weight: Tensor | None
    _products: str | None = None

    @abstractmethod
    def encode(self, x: Tensor, *, training: bool = True) -> Code:
        """Return the code of `x`, of the rows that are `mine`."""

    def mine(self, rows: Tensor) -> Tensor:
        """Return this process's rows of a batch: all of them, where it trains alone."""
        return self.together.mine(rows, self.row_axis)

    def batch_mean(self, own: Tensor, n_rows: int) -> Tensor:
        """Return the mean over a batch of `n_rows`, of which `own` [..., row, unit] are `mine`: [..., unit].

        Its gradient is that of the mean over `own`; the mean of the processes' gradients is then the batch's.
        """
        mean = own.mean(-2)
        if self.together.n == 1:
            return mean
        whole = self.together.weight(n_rows) * mean.detach()
        self.together.sum_(whole)
        return whole + (mean - mean.detach())

    @contextmanager
    def products_in(self, kind: str | None) -> Iterator[None]:
        """Make matrix products and convolutions in `kind` for the time; what comes of them is float32 again."""
        self._products = kind
        try:
            yield
        finally:
            self._products = None

    @abstractmethod
    def decode(self, code: Tensor) -> Tensor:
        """Return what the decoder makes of a code, before any squashing."""

    @abstractmethod
    def squared_norms(self, x: Tensor) -> Tensor:
        """Return, for each pre-activation of `x`, the squared norm of its gradient by the input."""

    @abstractmethod
    def flat(self, value: Tensor) -> Tensor:
        """Return `value` with all axes after that of the rows as one."""

    @abstractmethod
    def take(self, codes: Tensor, rows: Tensor) -> Tensor:
        """Return some rows of `codes`: `rows` [member, row] are each member's own."""

    @abstractmethod
    def each(self, values: Tensor, like: Tensor) -> Tensor:
        """Return `values` [member] in a shape that broadcasts over `like`, one of the parameters."""

    @abstractmethod
    def encoder_parameters(self) -> dict[str, Tensor]:
        """Return the network's own parameters that the encoder reads and that may change."""

    def decoder_parameters(self) -> list[Tensor]:
        """Return what the decoder does not share with the encoder."""
        return [self.bias] if self.decoder_weight is None else [self.bias, self.decoder_weight]

    def parameters(self) -> list[Tensor]:
        """Return all that is trained."""
        return [*self.encoder_parameters().values(), *self.decoder_parameters()]
