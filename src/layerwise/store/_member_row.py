"""A member of a study as the database holds it: a row to list, and the rest compressed."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from layerwise.records import Curve, Finding, Measure, Run, Status, dump, load, record

MemberStatus = Literal["finished", "stopped_early", "diverged", "crashed", "dropped"]


class MemberRow(NamedTuple):
    """One member and what came of it; the fields are the columns, in their order.

    Attributes:
        member: its place in the design.
        arm: the arm's place.
        phase: `search`, `final`, or the rung of a study with halving: `rung 1`, ...
        seed, learning_rate, status, n_steps, seconds: as in `Run`. `crashed`: training raised an error, or its worker
            died; `dropped`: its arm was given up before it was trained.
        scores: JSON, name to number.
        codes: of the findings, the leading one first, blanks between.
        reason: why it crashed (the whole traceback) or was dropped.
        details: curves, measures and findings, as JSON that zlib compressed; None where nothing was trained.
    """

    member: int
    arm: int
    phase: str
    seed: int
    learning_rate: float
    status: str
    n_steps: int
    seconds: float
    scores: str
    codes: str
    reason: str
    details: bytes | None

    def run(self, arm: str) -> Run | None:
        """Return the record that the row was made of, findings aside; None where nothing was trained."""
        if self.details is None:
            return None
        kept = unpack(self.details)
        return Run(
            recipe=arm,
            seed=self.seed,
            learning_rate=self.learning_rate,
            status=_STATUS[self.status],
            n_steps=self.n_steps,
            seconds=self.seconds,
            scores=scores_of(self.scores),
            curves=kept.curves,
            measures=kept.measures,
        )


_STATUS: dict[str, Status] = {"finished": "finished", "stopped_early": "stopped_early", "diverged": "diverged"}


@record
class Details:
    """What is compressed."""

    curves: tuple[Curve, ...]
    measures: tuple[Measure, ...]
    findings: tuple[Finding, ...]


def row_of_run(member: int, arm: int, phase: str, run: Run, findings: Sequence[Finding]) -> MemberRow:
    """Return the row of a member that was trained."""
    kept = Details(curves=run.curves, measures=run.measures, findings=tuple(findings))
    # Level 1: a deep network's shrink to a third in 0.3 ms; level 6 takes four times that for a tenth less.
    details = zlib.compress(dump(kept).encode(), level=1)
    codes = " ".join(finding.code for finding in findings)
    summary = (run.seed, run.learning_rate, run.status, run.n_steps, run.seconds, _scores(run.scores), codes)
    return MemberRow(member, arm, phase, *summary, "", details)


def row_without_run(
    member: int, arm: int, phase: str, seed: int, *, rate: float, status: Literal["crashed", "dropped"], reason: str
) -> MemberRow:
    """Return the row of a member of which there is no run."""
    return MemberRow(member, arm, phase, seed, rate, status, 0, 0.0, "{}", "", reason, None)


def unpack(details: bytes) -> Details:
    """Return what `row_of_run` compressed."""
    return load(Details, zlib.decompress(details))


def scores_of(text: str) -> dict[str, float]:
    """Return the scores that a row holds as JSON, where not-a-number and the infinities are strings, as in records."""
    return {name: float(value) for name, value in json.loads(text).items()}


def _scores(scores: Mapping[str, float]) -> str:
    return json.dumps({name: value if math.isfinite(value) else _spelled(value) for name, value in scores.items()})


def _spelled(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
