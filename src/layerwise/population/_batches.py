"""Which rows each member sees at each step, taken from one copy of the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor

from layerwise._base import child_seed

if TYPE_CHECKING:
    from layerwise.data import Data, Split

Part = Literal["train", "validation", "test"]


class Batches:
    """The data as S members see it: own split, own scaling, own order; one seed's where all share one batch."""

    def __init__(
        self,
        data: Data,
        splits: Sequence[Split],
        seeds: Sequence[int],
        *,
        batch_size: int,
        one_hot: bool,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self._splits = splits
        self._device = device
        self._features = _shared_tensor(data.features, dtype, device)
        self._targets = _targets(data, one_hot=one_hot, dtype=dtype, device=device)
        scale = np.stack([split.scale for split in splits])[:, None].astype(np.float64)
        center = np.stack([split.center for split in splits])[:, None].astype(np.float64)
        self._factor = torch.as_tensor(1 / scale, dtype=dtype, device=device)
        self._shift = torch.as_tensor(-center / scale, dtype=dtype, device=device)
        self._target_scaling = _target_scaling(splits, dtype, device)
        self._generators = [torch.Generator().manual_seed(child_seed(seed, "order")) for seed in seeds]
        n_train = min(len(split.train) for split in splits)
        self.batch_size = min(batch_size, n_train)
        self.n_batches = n_train // self.batch_size
        self._order = torch.empty(0)

    def shuffle(self) -> None:
        """Draw every member's order for the next epoch."""
        used = self.n_batches * self.batch_size
        rows = [
            torch.from_numpy(split.train)[torch.randperm(len(split.train), generator=generator)[:used]]
            for split, generator in zip(self._splits, self._generators, strict=True)
        ]
        self._order = torch.stack(rows).to(self._device)

    def rows(self, batch: int) -> Tensor:
        """Return the row numbers of one batch of this epoch, [seed, batch]."""
        return self._order[:, batch * self.batch_size : (batch + 1) * self.batch_size]

    def take(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return scaled inputs [seed, batch, feature] and the targets of `rows` [seed, batch]."""
        flat = rows.reshape(-1)
        x = self._features.index_select(0, flat).view(*rows.shape, -1)
        y = self._targets.index_select(0, flat).view(*rows.shape, *self._targets.shape[1:])
        if self._target_scaling is not None:
            y = (y - self._target_scaling[0]) / self._target_scaling[1]
        return torch.addcmul(self._shift, x, self._factor), y

    def inputs(self) -> Tensor:
        """Return the scaled inputs of the training part, [seed, row, feature]; [1, ...] where all see the same."""
        return self.take(torch.cat(self.part("train"), dim=1))[0]

    def targets(self) -> Tensor:
        """Return the targets of the training part as the loss reads them, [seed, row, ...], as `inputs`."""
        return self.take(torch.cat(self.part("train"), dim=1))[1]

    def part(self, name: Part, block: int = 1024) -> list[Tensor]:
        """Return the row numbers of a part, cut in blocks: [seed, at most `block`] each."""
        rows = np.stack([getattr(split, name) for split in self._splits])
        return list(torch.as_tensor(rows, device=self._device).split(block, dim=1))


def _targets(data: Data, *, one_hot: bool, dtype: torch.dtype, device: torch.device) -> Tensor:
    targets = torch.as_tensor(data.targets, device=device)
    if data.task != "classification":
        return targets.to(dtype)
    return torch.nn.functional.one_hot(targets, data.n_outputs).to(dtype) if one_hot else targets


def _target_scaling(splits: Sequence[Split], dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor] | None:
    centers = [split.target_center for split in splits if split.target_center is not None]
    scales = [split.target_scale for split in splits if split.target_scale is not None]
    if not centers:
        return None
    center, scale = np.stack(centers)[:, None], np.stack(scales)[:, None]
    return torch.as_tensor(center, dtype=dtype, device=device), torch.as_tensor(scale, dtype=dtype, device=device)


def _shared_tensor(features: np.ndarray, dtype: torch.dtype, device: torch.device) -> Tensor:
    """No copy where the array is of that dtype already; a read-only array is fine, since nothing writes to it."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return torch.as_tensor(features, dtype=dtype, device=device)
