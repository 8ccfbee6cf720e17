"""The kinds of architecture, and how one choice changes another's record."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator

from layerwise._base import InvalidInput, Registry, Text
from layerwise.models._architecture import Architecture
from layerwise.models._conv import Conv
from layerwise.models._mlp import MLP

KINDS: Registry[type[MLP | Conv]] = Registry("kind of architecture", {"mlp": MLP, "conv": Conv})

CHOICES = tuple(dict.fromkeys(name for kind in KINDS.values() for name in kind.model_fields))
"""Every choice of any kind."""


def _of_its_kind(value: Any) -> Any:
    if isinstance(value, dict):
        return KINDS[value.get("kind", "mlp")](**value)
    if not isinstance(value, Architecture):
        raise InvalidInput("`architecture` must be an MLP, a Conv, or the choices of one", got=Text(f"{value!r:.80}"))
    return value


AnyKind: TypeAlias = Annotated[MLP | Conv, BeforeValidator(_of_its_kind)]
"""One of the kinds; choices without a `kind` are those of an MLP."""


def changed(old: MLP | Conv, fields: dict[str, Any]) -> MLP | Conv:
    """Return a copy with these choices; a new kind keeps what both kinds have.

    Example:
        >>> changed(MLP(activation="tanh"), {"kind": "conv", "channels": [8]}).activation
        'tanh'
    """
    kind = KINDS[fields.get("kind", old.kind)]
    for name in fields:
        if name not in kind.model_fields:
            raise _of_another_kind(name, kind)
    if kind is type(old):
        return kind(**(old.kept(fields) | fields))
    shared = {name: value for name, value in old if name in Architecture.model_fields}
    return kind(**(shared | fields))


def _of_another_kind(name: str, kind: type[MLP | Conv]) -> InvalidInput:
    mine = next(key for key, other in KINDS.items() if other is kind)
    theirs = next(key for key, other in KINDS.items() if name in other.model_fields)
    own = ", ".join(f"`{field}`" for field in kind.model_fields if field not in Architecture.model_fields)
    return InvalidInput(
        f"`{name}` is a choice of the kind {theirs!r} and not of {mine!r}",
        cure=f"Give `kind` {theirs!r} too, or one of {own}.",
    )
