"""The nouns. Every record is frozen, holds no tensors, and goes to JSON and back.

`dump` and `load` are the only door to JSON; not-a-number and the infinities survive it as strings.
"""

from layerwise.records._comparison import (
    SCHEMA_VERSION,
    Arm,
    Band,
    ComparisonRecord,
    DataSummary,
    Pair,
    Summary,
    Trial,
)
from layerwise.records._findings import Change, Finding
from layerwise.records._json import dump, load
from layerwise.records._observations import Curve, Fact, Histogram, Measure
from layerwise.records._run import Run, Status

__all__ = [
    "SCHEMA_VERSION",
    "Arm",
    "Band",
    "Change",
    "ComparisonRecord",
    "Curve",
    "DataSummary",
    "Fact",
    "Finding",
    "Histogram",
    "Measure",
    "Pair",
    "Run",
    "Status",
    "Summary",
    "Trial",
    "dump",
    "load",
]
