"""Print the documentation's page about normalizers: `python -m layerwise.normalizers > docs/normalizers.md`."""

from __future__ import annotations

from layerwise.normalizers.catalog import CATALOG

if __name__ == "__main__":
    CATALOG.print_page()
