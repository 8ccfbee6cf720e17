"""Numbers as a page prints them."""

from __future__ import annotations

import re

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
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


def _power(found: re.Match[str]) -> str:
    digits, power = found[1], f"10{superscript(int(found[2]))}"
    return power if digits == "1" else f"{digits}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{power}"
