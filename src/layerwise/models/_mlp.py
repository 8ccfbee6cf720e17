"""A chain of dense layers."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import model_validator

from layerwise._base import InvalidInput, positive_int
from layerwise.models._architecture import Architecture
from layerwise.models._choices import PositiveInt, checked
from layerwise.models._layer import Inputs, Layer, dense_layers, n_columns


def _width(name: str, value: Any) -> int | tuple[int, ...]:
    if isinstance(value, list | tuple):
        if not value:
            raise InvalidInput(f"`{name}` must be a positive int, or one for each hidden layer", got=value)
        return tuple(positive_int(name, width) for width in value)
    return positive_int(name, value)


class MLP(Architecture):
    """A multi-layer perceptron: `depth` hidden layers and a linear output layer.

    Attributes:
        depth: hidden layers. Follows from `width` where that is a tuple.
        width: units of each hidden layer, or a tuple with one int a layer; even where the activation is crelu.

    What its layers are made of is described with `Architecture`.

    Example:
        >>> MLP(depth=3, width=100, activation="tanh").widths
        (100, 100, 100)
    """

    SIZES: ClassVar[str] = "`width`"

    kind: Literal["mlp"] = "mlp"
    depth: PositiveInt = 8
    width: Annotated[int | tuple[int, ...], checked(_width)] = 64

    @model_validator(mode="before")
    @classmethod
    def _depth_follows_widths(cls, values: Any) -> Any:
        width = values.get("width") if isinstance(values, dict) else None
        if not isinstance(width, list | tuple) or not width:
            return values
        depth = values.get("depth", len(width))
        if depth != len(width):
            raise InvalidInput(
                f"`depth` must agree with the {len(width)} widths given", got=depth, cure="Leave one out."
            )
        return values | {"depth": depth}

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of each hidden layer, in order."""
        return self.width if isinstance(self.width, tuple) else (self.width,) * self.depth

    def layers(self, inputs: Inputs, n_outputs: int) -> tuple[Layer, ...]:
        """Return every layer's numbers where the network reads `inputs`, the output layer last."""
        return dense_layers(n_columns(inputs), self.preactivations, self.widths, n_outputs)

    def kept(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the choices that stay where `fields` are new: one width keeps the depth, several bring their own."""
        kept = dict(self)
        if isinstance(fields.get("width"), list | tuple):
            del kept["depth"]
        elif "width" not in fields and isinstance(fields.get("depth"), int):
            kept["width"] = self._one_width()
        return kept

    def __str__(self) -> str:
        shape = f"{self.depth}x{self.width}" if isinstance(self.width, int) else "-".join(map(str, self.width))
        return self._described(f"MLP {shape}")

    def _one_width(self) -> int:
        if len(set(self.widths)) > 1:
            raise InvalidInput(
                "`depth` can't change alone where hidden layers differ in width", cure="Give `width` too."
            )
        return self.widths[0]
