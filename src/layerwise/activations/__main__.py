"""Print the documentation's page about activations: `python -m layerwise.activations > docs/activations.md`."""

from __future__ import annotations

from layerwise.activations.catalog import CATALOG

if __name__ == "__main__":
    CATALOG.print_page()
