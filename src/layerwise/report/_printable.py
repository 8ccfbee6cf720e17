"""Names and sentences without the signs that could steer a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Return `text` with a "?" for each control character, escape sequence or line break in it.

    Example:
        >>> printable("red \x1b[31m name")
        'red ?[31m name'
    """
    return "".join(sign if sign.isprintable() else "?" for sign in text)
