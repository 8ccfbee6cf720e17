"""Numbers and formulas as a page prints them."""

from __future__ import annotations

import re

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
RAISED = str.maketrans("-+()0123456789knxzi", "⁻⁺⁽⁾⁰¹²³⁴⁵⁶⁷⁸⁹ᵏⁿˣᶻⁱ")
LOWERED = str.maketrans("-+0123456789ijkn", "₋₊₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₙ")
POWER = re.compile(r"\^(?:\(([-+\dknxz]+)\)|(-?(?:\d+|[knxz])))(?!\w)")
INDEX = re.compile(r"(?<![\w.])(d?[A-Za-z])_(?:\(([-+\dijkn]+)\)|(\d+|[ijkn]))(?!\w)")
HAT = re.compile(r"\b([a-z])\^(?=[\s)])")
MINUS = re.compile(r"(?<![\w.)\]])-(?=\d)")
SCIENTIFIC = re.compile(r"(?<![\w.])(-?\d+(?:\.\d+)?)e([+-]?\d+)(?!\w)")


def superscript(number: int) -> str:
    """Return `number` in small raised figures.

    Example:
        >>> superscript(-13)
        '⁻¹³'
    """
    return str(number).translate(SUPERSCRIPTS)


def typeset(text: str) -> str:
    """Return `text` with 8.3e-08 as a power of ten, which no line break tears apart.

    Example:
        >>> typeset("it is 8.3e-08 (limit 1e-06)").replace("\N{NO-BREAK SPACE}", " ")
        'it is 8.3 × 10⁻⁸ (limit 10⁻⁶)'
    """
    return SCIENTIFIC.sub(_power, text)


def formula(text: str) -> str:
    """Return `typeset(text)` with x^2 raised, w_i lowered, a hat on x^, and a minus before a number.

    For texts of this library alone: in a name that a user gave, an underscore is an underscore.

    Example:
        >>> formula("h_(i-1) w_i, x^2, e^-z, 2^(1-k), (x^ - x), -0.5 to 1")
        'hᵢ₋₁ wᵢ, x², e⁻ᶻ, 2¹⁻ᵏ, (x̂ - x), −0.5 to 1'
    """
    raised = POWER.sub(lambda found: (found[1] or found[2]).translate(RAISED), typeset(text))
    lowered = INDEX.sub(lambda found: found[1] + (found[2] or found[3]).translate(LOWERED), raised)
    return MINUS.sub("\N{MINUS SIGN}", HAT.sub("\\1\N{COMBINING CIRCUMFLEX ACCENT}", lowered))


def _power(found: re.Match[str]) -> str:
    digits, power = found[1], f"10{superscript(int(found[2]))}"
    return power if digits == "1" else f"{digits}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{power}"
