"""What every architecture is made of: activation, first weights, normalizer, dropout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import field_validator, model_validator

from layerwise._base import InvalidInput, finite, one_of
from layerwise.activations import ACTIVATIONS
from layerwise.initializers import INITIALIZERS
from layerwise.models._choices import Choices, Fraction, NonNegative, PositiveInt, checked, optional
from layerwise.normalizers import NORMALIZERS, NOT_A_LAYER

if TYPE_CHECKING:
    from layerwise.models._layer import Inputs, Layer

Place = Literal["before_activation", "after_activation"]


def _bias(name: str, value: Any) -> float | str:
    if isinstance(value, str) and value in {"torch_default", "none"}:
        return value
    try:
        return finite(name, float(value) if isinstance(value, str) else value)
    except ValueError:
        raise InvalidInput(f"`{name}` must be a number, 'torch_default' or 'none'", got=value) from None


class Architecture(Choices):
    """What all kinds of architecture have in common. Hidden layers are followed by a linear output layer.

    Attributes:
        kind: which architecture.
        activation: a name of `layerwise.activations.ACTIVATIONS`.
        pieces: linear pieces of a maxout unit; other activations have no choice.
        initializer: a name of `layerwise.initializers.INITIALIZERS`, for all weights.
        scale: the initializer's own number: the std of `normal`, the bound of `uniform`, the value of `constant`, the
            gain of `orthogonal`. None is that initializer's default.
        bias: the biases' first value; `"torch_default"` draws them as `nn.Linear` does; `"none"` leaves them out.
        bias_std: standard deviation of the biases' first values around `bias`, normal; for theory's bias variance.
        normalizer: a name of `layerwise.normalizers.NORMALIZERS`, after each hidden layer's linear map.
        normalizer_place: on which side of the activation it stands.
        dropout: share of hidden units dropped in training (alpha dropout where the activation is selu).
    """

    SIZES: ClassVar[str]
    """The choices that say how many units the hidden layers have, as errors name them."""

    kind: str
    activation: str = "relu"
    pieces: PositiveInt = 2
    initializer: str = "he_normal"
    scale: Annotated[float | None, checked(optional(finite))] = None
    bias: Annotated[float | str, checked(_bias)] = 0.0
    bias_std: NonNegative = 0.0
    normalizer: str = "none"
    normalizer_place: Annotated[str, checked(lambda n, v: one_of(n, v, get_args(Place)))] = "before_activation"
    dropout: Fraction = 0.0

    @field_validator("activation")
    @classmethod
    def _known_activation(cls, name: str) -> str:
        return ACTIVATIONS[name].name

    @field_validator("normalizer")
    @classmethod
    def _known_normalizer(cls, name: str) -> str:
        if name in NOT_A_LAYER:
            raise InvalidInput("`normalizer` must be a layer for dense units", got=name, cure=NOT_A_LAYER[name])
        return NORMALIZERS[name].name

    @model_validator(mode="after")
    def _whole_preactivations(self) -> Self:
        if any(width * ACTIVATIONS[self.activation].pieces_default % 1 for width in self.widths):
            raise InvalidInput(
                f"{self.SIZES} must be even where the activation is {self.activation!r}",
                got=self.widths if len(set(self.widths)) > 1 else self.widths[0],
                cure="Each of its pre-activations feeds two units.",
            )
        return self

    @model_validator(mode="after")
    def _known_initializer(self) -> Self:
        initializer = INITIALIZERS[self.initializer]
        if self.scale is None:
            return self
        if not initializer.options:
            raise InvalidInput(f"`scale` must be left out with the initializer {self.initializer!r}", got=self.scale)
        option = initializer.options[0]
        try:
            initializer.checked({option: self.scale})
        except InvalidInput as error:
            raise InvalidInput(f"`scale` is the {option} of {self.initializer!r} here: {error}") from None
        return self

    @model_validator(mode="after")
    def _bias_around_a_number(self) -> Self:
        if self.bias_std and isinstance(self.bias, str):
            raise InvalidInput(
                f"`bias_std` must be 0 where `bias` is {self.bias!r}",
                got=self.bias_std,
                cure="Give `bias` a number for them to lie around.",
            )
        return self

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of each hidden layer, in order; of a convolution its channels."""
        raise NotImplementedError

    @property
    def preactivations(self) -> tuple[int, ...]:
        """Pre-activations of each hidden layer, in order: `pieces` a unit for maxout, 2 if gated, 1/2 for crelu."""
        pieces = self.pieces if self.activation == "maxout" else ACTIVATIONS[self.activation].pieces_default
        return tuple(int(width * pieces) for width in self.widths)

    def layers(self, inputs: Inputs, n_outputs: int) -> tuple[Layer, ...]:
        """Return every layer's numbers where the network reads `inputs`, the output layer last."""
        raise NotImplementedError

    def kept(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the choices that stay where `fields` are new."""
        return dict(self)

    def _described(self, shape: str) -> str:
        parts = [f"{shape} {self.activation}", self.initializer]
        if self.scale is not None:
            parts[-1] += f"({self.scale:g})"
        if self.bias_std:
            parts.append(f"biases N({self.bias:g}, {self.bias_std:g}^2)")
        if self.normalizer != "none":
            parts.append(f"{self.normalizer} norm {self.normalizer_place.replace('_', ' ')}")
        if self.dropout:
            parts.append(f"dropout {self.dropout:g}")
        return ", ".join(parts)
