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
from layerwise.records._lecture import (
    LECTURE_SCHEMA_VERSION,
    ClaimKind,
    ClaimRecord,
    ClaimVerdict,
    LectureRecord,
    Table,
)
from layerwise.records._observations import Curve, Fact, Histogram, Measure
from layerwise.records._picture import Axis, Marks, Picture, Values
from layerwise.records._pretraining import (
    PRETRAINING_SCHEMA_VERSION,
    CodeMap,
    LayerOutcome,
    Pictures,
    PretrainingRecord,
)
from layerwise.records._record import record
from layerwise.records._run import Run, Status
from layerwise.records._study import Study
from layerwise.records._study_record import (
    STUDY_SCHEMA_VERSION,
    DecisionOutcome,
    StudyArm,
    StudyEvent,
    StudyPair,
    StudyRecord,
    Verdict,
)
from layerwise.records._trainability import MAP_SCHEMA_VERSION, Agreement, MapCell, MapColumn, TrainabilityRecord
from layerwise.records._verdict import LabelArm, LabelCurves, LabelEffect, VerdictRecord

__all__ = [
    "LECTURE_SCHEMA_VERSION",
    "MAP_SCHEMA_VERSION",
    "PRETRAINING_SCHEMA_VERSION",
    "SCHEMA_VERSION",
    "STUDY_SCHEMA_VERSION",
    "Agreement",
    "Arm",
    "Axis",
    "Band",
    "Change",
    "ClaimKind",
    "ClaimRecord",
    "ClaimVerdict",
    "CodeMap",
    "ComparisonRecord",
    "Curve",
    "DataSummary",
    "DecisionOutcome",
    "Fact",
    "Finding",
    "Histogram",
    "LabelArm",
    "LabelCurves",
    "LabelEffect",
    "LayerOutcome",
    "LectureRecord",
    "MapCell",
    "MapColumn",
    "Marks",
    "Measure",
    "Pair",
    "Picture",
    "Pictures",
    "PretrainingRecord",
    "Run",
    "Status",
    "Study",
    "StudyArm",
    "StudyEvent",
    "StudyPair",
    "StudyRecord",
    "Summary",
    "Table",
    "TrainabilityRecord",
    "Trial",
    "Values",
    "Verdict",
    "VerdictRecord",
    "dump",
    "load",
    "record",
]
