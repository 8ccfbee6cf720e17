"""What functions' own docstrings say, for a catalog."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from types import ModuleType


def described(thing: Callable[..., object]) -> dict[str, str]:
    """Return how a function or class is called, what it does in short, and its source: label to text.

    What the docstring does not say is empty.

    Example:
        >>> described(described)["call"], described(described)["source"]
        ('described(thing)', '')
    """
    text = inspect.getdoc(thing) or ""
    return {
        "call": f"{thing.__name__}{_without_types(inspect.signature(thing))}",
        "in short": _one_line(text.partition("\n\n")[0]),
        "source": _one_line(text.partition("\nReferences:\n")[2]).removesuffix("."),
    }


def described_functions(room: ModuleType, without: Collection[Callable[..., object]] = ()) -> dict[str, dict[str, str]]:
    """Return what the docstring of each public function of a room says, by name, less those in `without`.

    Example:
        >>> from layerwise import store
        >>> described_functions(store)["check_writable"]["call"]
        'check_writable(folder)'
    """
    public = {name: getattr(room, name) for name in room.__all__}
    functions = {name: value for name, value in public.items() if inspect.isroutine(value) and value not in without}
    return {name: described(function) for name, function in functions.items()}


def _without_types(signature: inspect.Signature) -> inspect.Signature:
    plain = [parameter.replace(annotation=parameter.empty) for parameter in signature.parameters.values()]
    return signature.replace(parameters=plain, return_annotation=signature.empty)


def _one_line(text: str) -> str:
    return " ".join(text.split())
