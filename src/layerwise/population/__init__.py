"""Many networks as one: `stack`, `unstack`, and `fit`, which trains them side by side.

Training one network is training a population of one.
"""

from layerwise.population._fit import fit
from layerwise.population._layout import Member, chunk_size, member_bytes
from layerwise.population._observe import LayerView, Snapshot
from layerwise.population._prepare import Prepare, Start
from layerwise.population._progress import Progress
from layerwise.population._result import Fit
from layerwise.population._stack import LayerPlan, Stack, stack, unstack
from layerwise.population._stage import Stage

__all__ = [
    "Fit",
    "LayerPlan",
    "LayerView",
    "Member",
    "Prepare",
    "Progress",
    "Snapshot",
    "Stack",
    "Stage",
    "Start",
    "chunk_size",
    "fit",
    "member_bytes",
    "stack",
    "unstack",
]
