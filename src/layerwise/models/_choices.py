"""What the three small records of a recipe have in common: frozen, hashable, strict, with errors that teach."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, ValidationInfo

from layerwise._base import InvalidInput, Text, fraction, non_negative, positive, positive_int

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

T = TypeVar("T")


class Choices(BaseModel):
    """A frozen set of named choices; a wrong value raises `InvalidInput`, never pydantic's own error."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise _explain(error, type(self)) from None

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """Return the record that `model_dump` made `obj` from."""
        try:
            return super().model_validate(obj, **options)
        except ValidationError as error:
            raise _explain(error, cls) from None

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """Return the record that `model_dump_json` made `json_data` from."""
        try:
            return super().model_validate_json(json_data, **options)
        except ValidationError as error:
            raise _explain(error, cls) from None


def checked(check: Callable[[str, Any], T]) -> Any:
    """Return a pydantic validator that runs `check(field_name, value)`."""

    def validate(value: Any, info: ValidationInfo) -> T:
        return check(info.field_name or "value", value)

    return BeforeValidator(validate)


def optional(check: Callable[[str, Any], T]) -> Callable[[str, Any], T | None]:
    """Return the check that lets None pass."""
    return lambda name, value: None if value is None else check(name, value)


PositiveInt = Annotated[int, checked(positive_int)]
Positive = Annotated[float, checked(positive)]
NonNegative = Annotated[float, checked(non_negative)]
Fraction = Annotated[float, checked(fraction)]


def _explain(error: ValidationError, kind: type[Choices]) -> InvalidInput:
    errors = error.errors()
    # A name that is none explains the one that is missing, and not the other way round.
    first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
    cause = first.get("ctx", {}).get("error")
    found = cause if isinstance(cause, InvalidInput) else _in_our_words(first, kind)
    found.place = (*first["loc"], *found.place)
    return found


def _in_our_words(first: ErrorDetails, kind: type[Choices]) -> InvalidInput:
    name = ".".join(map(str, first["loc"])) or kind.__name__
    if first["type"] == "extra_forbidden":
        close = difflib.get_close_matches(str(first["loc"][-1]), list(kind.model_fields), n=1)
        hint = f"Did you mean `{close[0]}`?" if close else f"Known: {', '.join(kind.model_fields)}."
        return InvalidInput(f"`{name}` is not a choice of {kind.__name__}", cure=hint)
    if first["type"] == "missing":
        return InvalidInput(f"`{name}` must be given", cure=f"A {kind.__name__} can't do without.")
    return InvalidInput(f"`{name}`: {first['msg']}", got=Text(f"{first['input']!r:.80}"))
