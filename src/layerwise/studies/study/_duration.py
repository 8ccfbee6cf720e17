"""Times as people write them: 90s, 30m, 1h30m."""

from __future__ import annotations

import re

from layerwise._base import InvalidInput, positive

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_FORM = re.compile(r"(?:(?P<d>[\d.]+)d)?(?:(?P<h>[\d.]+)h)?(?:(?P<m>[\d.]+)m)?(?:(?P<s>[\d.]+)s)?")


def seconds_of(name: str, value: object) -> float:
    """Return `value` in seconds: a number of them, or text with units.

    Example:
        >>> seconds_of("max_time", "1h30m"), seconds_of("max_time", 20)
        (5400.0, 20.0)
    """
    if not isinstance(value, str):
        return positive(name, value)
    found = _FORM.fullmatch(value.replace(" ", ""))
    try:
        parts = {unit: float(text) for unit, text in (found.groupdict() if found else {}).items() if text}
    except ValueError:
        parts = {}
    total = sum(_UNITS[unit] * number for unit, number in parts.items())
    if total <= 0:
        raise InvalidInput(f"`{name}` must be a time such as 90s, 30m or 1h30m", got=value)
    return total


def in_words(seconds: float) -> str:
    """Return a time as people say it, in at most two units.

    Example:
        >>> in_words(0.4), in_words(75), in_words(5400), in_words(200000)
        ('0.4 s', '1 min 15 s', '1 h 30 min', '2 d 7 h')
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    left, parts = round(seconds), list[str]()
    for unit, size in units:
        n, left = divmod(left, size)
        if n or parts:
            parts.append(f"{n} {unit}" if n else "")
        if len(parts) == 2:
            break
    return " ".join(part for part in parts if part)
