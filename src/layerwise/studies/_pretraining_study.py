"""What `study_pretraining` returns: the record, and the networks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from layerwise.records import PretrainingRecord
from layerwise.studies._result import Result

if TYPE_CHECKING:
    from torch import nn

    from layerwise.pretraining import Pretrained


class PretrainingStudy(Result[PretrainingRecord]):
    """The result of `study_pretraining`.

    Attributes:
        record: Everything that was measured.
        pretrained: The encoder as the layers left it, with their decoders.
        autoencoder: The unrolled network, fine-tuned if that was asked for; None after `supervised`.
    """

    FILES = ("pretrained.safetensors", "autoencoder.safetensors")

    def __init__(self, record: PretrainingRecord, pretrained: Pretrained, autoencoder: nn.Sequential | None) -> None:
        super().__init__(record)
        self.pretrained, self.autoencoder = pretrained, autoencoder

    @property
    def files(self) -> tuple[str, ...]:
        """The files of networks that `save` writes."""
        return self.FILES if self.autoencoder is not None else self.FILES[:1]

    @staticmethod
    def checkpoints(place: str | os.PathLike[str]) -> tuple[Path, Path, Path]:
        """Return the files of a checkpoint at `place`: of the layers, of all together, and of the verdict."""
        path = Path(place)
        return path, path.with_name(f"{path.name}-together"), path.with_name(f"{path.name}-verdict")

    def save(self, folder: str | Path) -> Path:
        """Write the record, the page and the networks' tensors into `folder`, each whole or not at all; return it.

        `Pretrained.load_` reads `pretrained.safetensors`; `autoencoder.safetensors` holds the `state_dict` of the whole
        autoencoder after fine-tuning.
        """
        from layerwise.pretraining import save_tensors

        place = super().save(folder)
        encoder, autoencoder = self.FILES
        self.pretrained.save(place / encoder)
        if self.autoencoder is not None:
            save_tensors(place / autoencoder, self.autoencoder.state_dict())
        return place

    def __repr__(self) -> str:
        record = self.record
        sizes = "-".join(map(str, (record.data.n_features, *record.widths)))
        error = "no way back"
        if record.error is not None:
            error = f"squared error {record.error:.3g} a row, PCA {record.pca_error:.3g}"
        return f"PretrainingStudy({sizes}, {record.objective} on {record.data.name}: {error})"
