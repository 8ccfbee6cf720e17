"""What a task of a cluster takes, and how many such tasks its machines have room for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

MOST = 10_000
"""Tasks at once on a machine, where they take nothing of it."""


class Needs(NamedTuple):
    """Cores and GPUs of a task, in whole or in part; whole ones beyond one GPU.

    Example:
        >>> machine = {"Alive": True, "Resources": {"CPU": 3.0, "GPU": 2.0}}
        >>> Needs(num_cpus=1, num_gpus=0.5).room([machine]), Needs(num_cpus=2, num_gpus=0).room([machine, machine])
        (3, 2)
    """

    num_cpus: float
    num_gpus: float

    def room(self, machines: Iterable[Mapping[str, Any]]) -> int:
        """Return how many such tasks run at once on the machines that are alive; none runs on two."""
        return sum(self._on(machine["Resources"]) for machine in machines if machine["Alive"])

    def _on(self, there: Mapping[str, float]) -> int:
        parts = [there.get(name, 0.0) / need for name, need in (("CPU", self.num_cpus), ("GPU", self.num_gpus)) if need]
        return int(min(parts, default=MOST) + 1e-6)  # 0.3 / 0.1 is a little less than 3

    def __str__(self) -> str:
        return f"{self.num_cpus:g} CPU and {self.num_gpus:g} GPU" if self.num_gpus else f"{self.num_cpus:g} CPU"
