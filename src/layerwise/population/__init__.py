"""Many networks as one: `stack`, `unstack`, and `fit`, which trains them side by side.

Training one network is training a population of one.
"""

from layerwise.population._fit import fit
from layerwise.population._layout import Member, chunk_size, member_bytes, n_parameters
from layerwise.population._observe import LayerView, Snapshot
from layerwise.population._plan import Plan, find_device, plan
from layerwise.population._prepare import Prepare, Start
from layerwise.population._progress import Meter, Progress
from layerwise.population._result import Fit
from layerwise.population._stack import LayerPlan, Stack, stack, unstack
from layerwise.population._stage import Stage
from layerwise.population._train import Outcome, Settings, train
from layerwise.population._workers import Interrupted, in_threads, n_cores, quiet, workers

__all__ = [
    "Fit",
    "Interrupted",
    "LayerPlan",
    "LayerView",
    "Member",
    "Meter",
    "Outcome",
    "Plan",
    "Prepare",
    "Progress",
    "Settings",
    "Snapshot",
    "Stack",
    "Stage",
    "Start",
    "chunk_size",
    "find_device",
    "fit",
    "in_threads",
    "member_bytes",
    "n_cores",
    "n_parameters",
    "plan",
    "quiet",
    "stack",
    "train",
    "unstack",
    "workers",
]
