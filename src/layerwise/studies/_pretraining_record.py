"""From trained networks to the record of a pre-training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from layerwise.data import Data
from layerwise.pretraining import Pretrained
from layerwise.records import Curve, LayerOutcome, Pictures, PretrainingRecord
from layerwise.studies._autoencoder import EncoderShape, errors_by_depth, in_parts, squared_error
from layerwise.studies._code_map import code_map
from layerwise.studies._pictures import as_bytes, as_filters, chosen_rows, image_shape
from layerwise.studies._principal_components import PrincipalComponents
from layerwise.studies._unit_rows import UnitRows
from layerwise.studies._versions import versions

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Outcome:
    """Networks that were trained, and what is read from them on test rows.

    Args:
        data: What they were trained on.
        rows: Its rows as the networks read them.
        found: The encoder as it was pre-trained.
        autoencoder: The unrolled network, fine-tuned or not; None where layers were trained for labels.
        test: The test rows on the device of the networks.
    """

    def __init__(
        self, data: Data, rows: UnitRows, found: Pretrained, autoencoder: nn.Sequential | None, test: Tensor
    ) -> None:
        self._data, self._rows, self._found, self._autoencoder, self._test = data, rows, found, autoencoder, test
        self._pca = PrincipalComponents.fit(rows.train, rows.test)

    def record(
        self, shape: EncoderShape, curves: tuple[Curve, ...], *, tsne: bool, seed: int, **given: Any
    ) -> PretrainingRecord:
        """Return the record; `given` are the fields that are known already."""
        autoencoder = self._autoencoder
        errors = [None] * len(shape.widths) if autoencoder is None else errors_by_depth(self._found, self._test)
        tuned = squared_error(self._test, in_parts(autoencoder, self._test)) if autoencoder and curves else None
        image = image_shape(self._data)
        weights = _array(next(self._found.model.parameters()))
        encoder = self._found.encoder().eval() if autoencoder is None else autoencoder[0]
        codes = _array(in_parts(encoder, self._test))
        return PretrainingRecord(
            widths=shape.widths,
            activation=shape.activation,
            linear_code=shape.linear_code,
            initializer=shape.drawn,
            layers=self._layers(errors),
            fine_tuning=curves,
            pretrained_error=errors[-1],
            fine_tuned_error=tuned,
            pca_error=self._pca.error(shape.widths[-1]),
            mean_error=self._pca.error(0),
            image=image,
            pictures=self._pictures(autoencoder, shape.widths[-1], tuned=bool(curves)) if image and autoencoder else (),
            filters=as_filters(weights) if image else (),
            codes=code_map(codes, self._rows.targets, self._data, tsne=tsne, seed=seed),
            data=self._rows.summary,
            seed=seed,
            versions=versions(),
            **given,
        )

    def _layers(self, errors: Sequence[float | None]) -> tuple[LayerOutcome, ...]:
        return tuple(
            LayerOutcome(
                name=layer.name,
                n_inputs=layer.weight_shape[1],
                n_units=layer.weight_shape[0],
                objective=layer.objective,
                epochs=len(layer.curves[0].steps),
                learning_rate=layer.settings.learning_rate,
                batch_size=layer.settings.batch_size,
                reconstruction=layer.settings.reconstruction if layer.decoder else self._label_error(),
                curves=layer.curves,
                test_error=error,
                pca_error=self._pca.error(layer.weight_shape[0]),
            )
            for layer, error in zip(self._found.layers, errors, strict=True)
        )

    def _label_error(self) -> str:
        return "label_cross_entropy" if self._data.classes else "label_squared_error"

    def _pictures(self, autoencoder: nn.Sequential, n_numbers: int, *, tuned: bool) -> tuple[Pictures, ...]:
        chosen = chosen_rows(self._data, self._rows.targets)
        rows = self._rows.test[chosen]
        given = self._test[torch.from_numpy(chosen)]
        alone = _array(in_parts(self._found.unroll().eval(), given))
        together = _array(in_parts(autoencoder, given))
        linear = self._pca.reconstruct(rows, n_numbers)
        return (
            Pictures(version="original", rows=as_bytes(rows)),
            *((Pictures(version="fine_tuned", rows=as_bytes(together)),) if tuned else ()),
            Pictures(version="pretrained", rows=as_bytes(alone)),
            Pictures(version="pca", rows=as_bytes(linear)),
        )


def _array(values: Tensor) -> NDArray[Any]:
    return values.detach().cpu().numpy()
