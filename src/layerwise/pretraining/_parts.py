"""What pre-training leaves behind as modules: decoders, and the network up to a layer."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from layerwise.pretraining._layers import Layer, Plan
from layerwise.pretraining._module_coder import ModuleCoder
from layerwise.pretraining._settings import LayerSettings
from layerwise.records import Curve
from layerwise.tracing import INPUT, own_tensors, replay


class Decoder(nn.Module):
    """From the code of a layer to what the layer reads: the transposed map, a bias, and a sigmoid for cross-entropy.

    Its weight is a copy of the encoder's where that was tied.
    """

    def __init__(self, coder: ModuleCoder, settings: LayerSettings) -> None:
        super().__init__()
        self._operation = coder.operation
        self._shape, self._code_shape = coder.input_shape, coder.code_shape
        self.weight = nn.Parameter(coder.weight.detach().clone())
        self.bias = nn.Parameter(coder.bias.detach().clone())
        self.squash = nn.Sigmoid() if settings.reconstruction == "cross_entropy" else nn.Identity()

    def forward(self, code: Tensor) -> Tensor:
        """Return the reconstruction, [row, ...] of the shape of what the layer reads."""
        code = code.reshape(len(code), *self._code_shape)  # the decoder above gives what its layer reads, flattened say
        decoded: Tensor = self.squash(self._operation.back(code, self.weight, self.bias, self._shape))
        return decoded


class Encoder(nn.Module):
    """A network up to one of its layers, as a module of its own that shares the network's parameters."""

    def __init__(self, model: nn.Module, plan: Plan, end: int) -> None:
        super().__init__()
        self.model = model
        self._calls = {True: plan.calls(INPUT, end, "training"), False: plan.calls(INPUT, end, "evaluation")}

    def forward(self, x: Tensor) -> Tensor:
        """Return the code of `x`."""
        return replay(self._calls[self.training], INPUT, x, own_tensors(self.model))


@dataclass(frozen=True)
class PretrainedLayer:
    """One layer that was pre-trained.

    Attributes:
        layer: Where it is in the network.
        objective: What it was trained for.
        settings: How, with `reconstruction` decided.
        decoder: From its code back to what it reads; None of a supervised layer, whose output layer was thrown away.
        curves: `train_loss` of each epoch, the mean over its batches; `reconstruction_error` before the first and after
            each, on the validation part (if there is none, on the first 1,000 rows that were trained on, or on all of
            them where `patience` ends the training; of a stream, on its first batches), in eval mode, without noise and
            penalties. Of a supervised layer `label_error` in its place: the error of its output layer there, the
            cross-entropy of classes in nats, or the squared error of targets, summed over them.
        weight_shape: Of the layer's weight.
        n_decoder_weights: Of the decoder, or of the output layer.
    """

    layer: Layer
    objective: str
    settings: LayerSettings
    decoder: Decoder | None
    curves: tuple[Curve, ...]
    weight_shape: tuple[int, ...]
    n_decoder_weights: int

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.layer.name
