"""A comparison that takes a moment, as it is typed."""

from __future__ import annotations

from pathlib import Path

_NETWORK = ("--recipe", "relu_he_2015", "--depth", "2", "--width", "8")
SMALL = (*_NETWORK, "--epochs", "1", "--data", "circles", "--learning-rate", "0.3", "--seeds", "2")

SRC = Path(__file__).resolve().parents[2] / "src"
