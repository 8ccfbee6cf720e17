"""What a study leaves behind, one type for each kind of study."""

from __future__ import annotations

from layerwise.records._comparison import ComparisonRecord
from layerwise.records._lecture import LectureRecord
from layerwise.records._pretraining import PretrainingRecord
from layerwise.records._study_record import StudyRecord
from layerwise.records._trainability import TrainabilityRecord

Study = ComparisonRecord | TrainabilityRecord | PretrainingRecord | LectureRecord | StudyRecord
