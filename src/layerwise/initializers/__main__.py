"""Print the documentation's page about initializers: `python -m layerwise.initializers > docs/initializers.md`."""

from __future__ import annotations

from layerwise.initializers.catalog import CATALOG

if __name__ == "__main__":
    CATALOG.print_page()
