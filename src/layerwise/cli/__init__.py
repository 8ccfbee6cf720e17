"""The command line: parses, adapts, prints. It answers before torch is loaded."""

from layerwise.cli._main import main

__all__ = ["main"]
