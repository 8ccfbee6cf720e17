"""Arms times seeds to a `Comparison`."""

from layerwise.studies._compare import DEFAULT_ARMS, Stage, compare
from layerwise.studies._comparison import Comparison
from layerwise.studies._search import learning_rates

__all__ = ["DEFAULT_ARMS", "Comparison", "Stage", "compare", "learning_rates"]
