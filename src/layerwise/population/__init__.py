"""Many networks as one: `stack`, `unstack`, and `fit`, which trains them side by side.

Training one network is training a population of one.
"""

from layerwise.population._fit import fit
from layerwise.population._layout import Member, chunk_size, member_bytes
from layerwise.population._observe import LayerView, Snapshot
from layerwise.population._progress import Progress
from layerwise.population._result import Fit
from layerwise.population._stack import Stack, stack, unstack
from layerwise.population._stage import Stage

__all__ = [
    "Fit",
    "LayerView",
    "Member",
    "Progress",
    "Snapshot",
    "Stack",
    "Stage",
    "chunk_size",
    "fit",
    "member_bytes",
    "stack",
    "unstack",
]
