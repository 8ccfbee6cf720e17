"""Arms times seeds to a `Comparison`; depths times variances to a `TrainabilityMap`; layers to a `PretrainingStudy`.

`run_study` takes arms times seeds, as a file states them, to records that survive anything.
"""

from layerwise.studies._compare import DEFAULT_ARMS, SEARCH_SEED, compare, with_loss_for
from layerwise.studies._comparison import Comparison
from layerwise.studies._pretraining import study_pretraining
from layerwise.studies._pretraining_step import PretrainingStep
from layerwise.studies._pretraining_study import PretrainingStudy
from layerwise.studies._result import Result
from layerwise.studies._search import learning_rates
from layerwise.studies._trainability import PAPER, trainability_map
from layerwise.studies._trainability_map import TrainabilityMap
from layerwise.studies._trainer import Stage
from layerwise.studies._versions import versions
from layerwise.studies.study import Study, StudyResult, read_study, resume_study, run_study

__all__ = [
    "DEFAULT_ARMS",
    "PAPER",
    "SEARCH_SEED",
    "Comparison",
    "PretrainingStep",
    "PretrainingStudy",
    "Result",
    "Stage",
    "Study",
    "StudyResult",
    "TrainabilityMap",
    "compare",
    "learning_rates",
    "read_study",
    "resume_study",
    "run_study",
    "study_pretraining",
    "trainability_map",
    "versions",
    "with_loss_for",
]
