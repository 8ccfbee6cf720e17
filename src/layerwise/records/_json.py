"""Records to JSON and back, through pydantic."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from layerwise._base import InvalidInput

if TYPE_CHECKING:
    from pydantic import TypeAdapter

R = TypeVar("R")


def dump(record: object) -> str:
    """Return `record` as one line of JSON. Not-a-number and infinities become the strings "NaN" and "Infinity"."""
    return _adapter(type(record)).dump_json(record).decode()


def load(kind: type[R], text: str | bytes) -> R:
    """Return the record of type `kind` that `text` holds, or raise `InvalidInput` naming the first field that is wrong.

    Example:
        >>> from layerwise.records import Fact, dump, load
        >>> load(Fact, dump(Fact(name="loss", value="cross_entropy"))).value
        'cross_entropy'
    """
    from pydantic import ValidationError

    _check_version(kind, text)
    try:
        record: R = _adapter(kind).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the text itself"
        raise InvalidInput(
            f"A {kind.__name__} in JSON must follow its schema: {place}: {first['msg']}",
            cure="Was the file cut short or edited?",
        ) from None
    return record


def _check_version(kind: Any, text: str | bytes) -> None:
    wanted = next((field.default for field in fields(kind) if field.name == "schema_version"), None)
    if wanted is None:
        return
    try:
        version = json.loads(text).get("schema_version")
    except (ValueError, AttributeError):
        return  # pydantic says it better
    if version != wanted:
        raise InvalidInput(
            f"`schema_version` must be {wanted}",
            got=version,
            cure="Read it with the version of layerwise that wrote it (`versions.layerwise` in the file).",
        )


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
