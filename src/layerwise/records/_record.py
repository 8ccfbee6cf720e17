"""The one form of every record: a frozen dataclass with keyword arguments, strict when read from JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def record(kind: type[T]) -> type[T]:
    """Make `kind` a frozen, keyword-only dataclass that pydantic reads strictly, without importing pydantic."""
    made = dataclass(frozen=True, slots=True, kw_only=True)(kind)
    made.__pydantic_config__ = {"ser_json_inf_nan": "strings", "extra": "forbid"}  # type: ignore[attr-defined]
    return made
