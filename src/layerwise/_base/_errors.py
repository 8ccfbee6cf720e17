"""The errors that reach a user: each says what was given, which rule it breaks, and what to do."""

from __future__ import annotations


class LayerwiseError(Exception):
    """Base of every error that layerwise raises on purpose."""


class Text(str):
    """A description of a value, printed as it stands (a plain `str` is printed with its quotes)."""

    __slots__ = ()


_NOTHING = Text()


class InvalidInput(LayerwiseError, ValueError):
    """A value breaks a rule. The message carries the rule, the value and the cure.

    Attributes:
        place: keys and positions that lead to the value, where it stands within another one.

    Example:
        >>> raise InvalidInput("`depth` must be a positive int", got=-3, cure="Use at least 1.")
        Traceback (most recent call last):
            ...
        layerwise._base._errors.InvalidInput: `depth` must be a positive int. Got -3 instead. Use at least 1.
    """

    place: tuple[str | int, ...] = ()

    def __init__(self, rule: str, *, got: object = _NOTHING, cure: str = "") -> None:
        sentences = [rule if rule.endswith(".") else f"{rule}."]
        if got is not _NOTHING:
            sentences.append(f"Got {got if isinstance(got, Text) else repr(got)} instead.")
        if cure:
            sentences.append(cure)
        super().__init__(" ".join(sentences))


class UnknownName(InvalidInput):
    """A name that is in no table; the message lists near misses and all that is there."""
