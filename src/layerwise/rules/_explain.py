"""The page of a rule."""

from __future__ import annotations

from layerwise.rules._table import RULES


def explain(code: str) -> str:
    """Return the page of the rule `code`, in Markdown; capitals or not. Unknown codes answer with near misses.

    Example:
        >>> explain("unt002").splitlines()[0]
        '# UNT002: dead units'
    """
    return RULES[code.strip().upper()].page
