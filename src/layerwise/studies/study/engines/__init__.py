"""Where chunks are trained: this process, joblib's workers, a Ray cluster."""

from layerwise.studies.study.engines._engine import Engine
from layerwise.studies.study.engines._joblib import Joblib
from layerwise.studies.study.engines._local import Local
from layerwise.studies.study.engines._ray import Ray
from layerwise.studies.study.engines._table import ENGINES, as_engine

__all__ = ["ENGINES", "Engine", "Joblib", "Local", "Ray", "as_engine"]
