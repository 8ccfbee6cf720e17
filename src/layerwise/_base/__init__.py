"""What every room needs and no room owns: checks with one sentence form, errors, a registry, seeds."""

from layerwise._base._checks import (
    at_least,
    finite,
    fraction,
    non_negative,
    one_of,
    positive,
    positive_int,
)
from layerwise._base._errors import InvalidInput, LayerwiseError, Text, UnknownName
from layerwise._base._registry import Registry
from layerwise._base._seeds import child_seed

__all__ = [
    "InvalidInput",
    "LayerwiseError",
    "Registry",
    "Text",
    "UnknownName",
    "at_least",
    "child_seed",
    "finite",
    "fraction",
    "non_negative",
    "one_of",
    "positive",
    "positive_int",
]
