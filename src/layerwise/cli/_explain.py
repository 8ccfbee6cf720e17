"""`layerwise explain CODE`: the page of one rule."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def explain(
    code: Annotated[str | None, typer.Argument(help="A rule's code, such as UNT002; all rules if left out.")] = None,
) -> None:
    """Say what a rule sees, why it matters, its known limits, what helps, and the source."""
    from layerwise.rules import RULES
    from layerwise.rules import explain as page

    if code is None:
        print("\n".join(f"{rule.code}  {rule.title}" for rule in RULES.values()))
        return
    text = page(code)
    if not sys.stdout.isatty():
        print(text)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console(width=min(80, Console().width)).print(Markdown(text))
