"""`layerwise activations|initializers|normalizers [NAME]`: a whole table, or all that is known of one entry."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from layerwise.report import Catalog

T = TypeVar("T")


def activations(
    name: Annotated[str | None, typer.Argument(help="An activation, such as gelu; all of them if left out.")] = None,
) -> None:
    """List the activations, or print the numbers and draw the curves of one."""
    from layerwise.activations.catalog import CATALOG
    from layerwise.cli._curves import curves

    _show(CATALOG, name, lambda entry: ["", *curves(entry)])


def initializers(
    name: Annotated[str | None, typer.Argument(help="An initializer, such as he_normal; all if left out.")] = None,
) -> None:
    """List the initializers, or print the numbers of one."""
    from layerwise.initializers.catalog import CATALOG

    _show(CATALOG, name)


def normalizers(
    name: Annotated[str | None, typer.Argument(help="A normalizer, such as batch; all of them if left out.")] = None,
) -> None:
    """List the normalizers, or print what is known of one."""
    from layerwise.normalizers.catalog import CATALOG

    _show(CATALOG, name)


def _show(catalog: Catalog[T], name: str | None, picture: Callable[[T], list[str]] = lambda _: []) -> None:
    lines = catalog.listing() if name is None else catalog.one(name)
    if name is not None and name in catalog.entries:
        lines += picture(catalog.entries[name])
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # names of authors have signs that a terminal may lack
    print("\n".join(lines))
