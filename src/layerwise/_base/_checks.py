"""Checks of single values: each returns the value, or raises `InvalidInput`.

The one sentence form: "`depth` must be a positive int. Got -3 instead."
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Collection
from typing import TypeVar

from layerwise._base._errors import InvalidInput

T = TypeVar("T")


def positive_int(name: str, value: object) -> int:
    """Return `value` if it is an int of at least 1 (a bool is not an int here)."""
    return at_least(name, value, 1)


def at_least(name: str, value: object, low: int) -> int:
    """Return `value` if it is an int of at least `low`."""
    rule = "a positive int" if low == 1 else f"an int of at least {low}"
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or int(value) < low:
        raise InvalidInput(f"`{name}` must be {rule}", got=value)
    return int(value)


def finite(name: str, value: object) -> float:
    """Return `value` as a float if it is a real, finite number."""
    return _number(name, value, "a finite number", lambda _: True)


def positive(name: str, value: object) -> float:
    """Return `value` as a float if it is finite and above 0."""
    return _number(name, value, "a positive number", lambda x: x > 0)


def non_negative(name: str, value: object) -> float:
    """Return `value` as a float if it is finite and at least 0."""
    return _number(name, value, "a number of at least 0", lambda x: x >= 0)


def fraction(name: str, value: object) -> float:
    """Return `value` as a float if 0 <= value < 1."""
    return _number(name, value, "a number from 0 up to, but not including, 1", lambda x: 0 <= x < 1)


def one_of(name: str, value: T, allowed: Collection[T]) -> T:
    """Return `value` if it is among `allowed`."""
    if value not in allowed:
        raise InvalidInput(f"`{name}` must be one of {', '.join(map(repr, allowed))}", got=value)
    return value


def _number(name: str, value: object, rule: str, holds: Callable[[float], bool]) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise InvalidInput(f"`{name}` must be {rule}", got=value)
    number = _as_float(value)
    if not math.isfinite(number) or not holds(number):
        raise InvalidInput(f"`{name}` must be {rule}", got=value)
    return number


def _as_float(value: numbers.Real) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf
