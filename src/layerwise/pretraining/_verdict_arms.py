"""The arms of a verdict that are finished, on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from layerwise.records import LabelArm, dump, load

if TYPE_CHECKING:
    from layerwise.pretraining._checkpoint import Checkpoint


class KeptArms:
    """Finished arms by name, each written down at once; without a checkpoint, nothing is kept.

    Args:
        checkpoint: Read at once, and written after every arm.
    """

    def __init__(self, checkpoint: Checkpoint | None) -> None:
        self._checkpoint = checkpoint
        found = None if checkpoint is None else checkpoint.read()
        self._arms: dict[str, str] = {} if found is None else dict(found["arms"])

    def arm(self, name: str, train: Callable[[], LabelArm]) -> LabelArm:
        """Return the arm of this name as it was kept, or else what `train` returns, and keep it."""
        if name in self._arms:
            return load(LabelArm, self._arms[name])
        arm = train()
        self._arms[name] = dump(arm)
        if self._checkpoint is not None:
            self._checkpoint.write({"arms": self._arms})
        return arm
