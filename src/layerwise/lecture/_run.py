"""Run the lecture: all claims, or some; each is kept as soon as it is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from layerwise._base import InvalidInput, positive_int
from layerwise.data import load
from layerwise.lecture._claim import Claim
from layerwise.lecture._claims import CLAIMS
from layerwise.lecture._ground import Ground
from layerwise.lecture._kept import Kept
from layerwise.lecture._lecture import Lecture
from layerwise.records import ClaimRecord, LectureRecord
from layerwise.studies import versions


class Step(NamedTuple):
    """What a listener is told: the claim, how much of it is done, its place among `n`, and its record at the end."""

    claim: Claim
    share: float
    place: int
    n: int
    record: ClaimRecord | None = None


Listener = Callable[[Step], None]


def run_lecture(
    claims: str | Sequence[str] | None = None,
    data: Any = "digits",
    *,
    seeds: int | None = None,
    full: bool = False,
    device: str = "cpu",
    folder: str | Path | None = None,
    progress: Listener | None = None,
    command: str = "",
) -> Lecture:
    """Show claims of the lecture, and return what came of them.

    Args:
        claims: ids such as "C3.10", or the start of some, such as "C3"; None for all.
        data: whatever `layerwise.data.load` takes; claims that name a data set of their own keep it.
        seeds: for each experiment; None: each claim's own number, at least 20.
        full: sizes of the papers, for a GPU or a patient person.
        device: where networks are trained.
        folder: where every claim is kept as soon as it has ended; the same call goes on from there.
        progress: called with a `Step`.
        command: kept in the record.

    Raises:
        InvalidInput: a value breaks a rule.
        UnknownName: there is no such claim.

    Example:
        >>> found = run_lecture(["C1.1"])
        >>> [(claim.id, claim.verdict) for claim in found.record.claims]
        [('C1.1', 'holds if')]
    """
    started = time.perf_counter()
    chosen = _chosen(claims)
    if seeds is not None:
        positive_int("seeds", seeds)
    ground = Ground(load(data), seeds, full, device)
    kept = Kept(folder, ground)
    found: list[ClaimRecord] = []
    interrupted = False
    for place, one in enumerate(chosen):
        try:
            record = kept.get(one.id) or kept.keep(_shown(one, ground, place, len(chosen), progress))
        except KeyboardInterrupt:
            interrupted = True
            break
        found.append(record)
        if progress is not None:
            progress(Step(one, 1.0, place, len(chosen), record))
    return Lecture(
        LectureRecord(
            claims=tuple(found),
            data=f"{ground.data.name}: {ground.data.source}",
            full=full,
            seeds=seeds,
            device=device,
            versions=versions(),
            command=command,
            seconds=time.perf_counter() - started,
            interrupted=interrupted,
        )
    )


def _chosen(asked: str | Sequence[str] | None) -> list[Claim]:
    """Return the claims asked for, in the lecture's order."""
    if asked is None:
        return list(CLAIMS.values())
    several = [asked] if isinstance(asked, str) else list(asked)
    if not several:
        raise InvalidInput("`claims` must name at least one claim", got=several)
    names: set[str] = set()
    for name in several:
        upper = str(name).upper()
        begun = [known for known in CLAIMS if known.partition(".")[0] == upper]
        names |= set(begun or [CLAIMS[upper].id])
    return [one for one in CLAIMS.values() if one.id in names]


def _shown(one: Claim, ground: Ground, place: int, n: int, progress: Listener | None) -> ClaimRecord:
    started = time.perf_counter()
    told = None if progress is None else lambda share: progress(Step(one, share, place, n))
    outcome = one.show(Ground(ground.data, ground.seeds, ground.full, ground.device, told, ground.root))
    value = float(outcome.value)
    return ClaimRecord(
        id=one.id,
        title=one.title,
        kind=one.kind,
        statement=one.statement,
        prediction=one.prediction,
        decision_rule=one.decision_rule,
        source=one.source,
        verdict=outcome.verdict,
        condition=outcome.condition,
        finding=outcome.finding,
        metric=outcome.metric,
        value=value,
        low=value if outcome.low is None else outcome.low,
        high=value if outcome.high is None else outcome.high,
        n_seeds=outcome.n_seeds,
        tables=outcome.tables,
        pictures=outcome.pictures,
        seconds=time.perf_counter() - started,
        command=_command(one, ground),
    )


def _command(one: Claim, ground: Ground) -> str:
    data = "" if ground.data.name == "digits" else f" --data {ground.data.name}"
    seeds = "" if ground.seeds is None else f" --seeds {ground.seeds}"
    return f"layerwise lecture {one.id}{data}{seeds}{' --full' if ground.full else ''}"
