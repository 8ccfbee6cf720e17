"""Studies that say beforehand what they ask, and survive anything: run, go on, look, export."""

from layerwise.studies.study._compare_studies import compare_text, same_records
from layerwise.studies.study._decision import Decision
from layerwise.studies.study._design import digest
from layerwise.studies.study._estimate import Size, estimate, estimate_text
from layerwise.studies.study._file import read_study
from layerwise.studies.study._frame import FORMATS, export, frame_of
from layerwise.studies.study._progress import StudyProgress
from layerwise.studies.study._result import StudyResult
from layerwise.studies.study._run import resume_study, run_study
from layerwise.studies.study._schema import study_schema
from layerwise.studies.study._study import DataSource, Study

__all__ = [
    "FORMATS",
    "DataSource",
    "Decision",
    "Size",
    "Study",
    "StudyProgress",
    "StudyResult",
    "compare_text",
    "digest",
    "estimate",
    "estimate_text",
    "export",
    "frame_of",
    "read_study",
    "resume_study",
    "run_study",
    "same_records",
    "study_schema",
]
