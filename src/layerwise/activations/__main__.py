"""Print the documentation's page about activations: `python -m layerwise.activations > docs/activations.md`."""

from __future__ import annotations

import sys

from layerwise.activations._page import page

if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    sys.stdout.write(page())
