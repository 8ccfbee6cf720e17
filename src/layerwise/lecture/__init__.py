"""The lecture's claims, each with its prediction, its decision rule and its source, as runnable checks and studies.

One folder for each module of the lecture; `run_lecture` shows all claims or some.
"""

from layerwise.lecture._claim import Claim, Outcome
from layerwise.lecture._claims import CLAIMS
from layerwise.lecture._lecture import Lecture
from layerwise.lecture._run import Step, run_lecture

__all__ = ["CLAIMS", "Claim", "Lecture", "Outcome", "Step", "run_lecture"]
