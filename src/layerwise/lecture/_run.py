"""Run the lecture: all claims, or some; each is kept as soon as it is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from layerwise._base import InvalidInput, positive_int
from layerwise.data import load
from layerwise.lecture._claim import Claim
from layerwise.lecture._claims import CLAIMS
from layerwise.lecture._ground import Ground
from layerwise.lecture._kept import Kept
from layerwise.lecture._lecture import Lecture
from layerwise.lecture._shown import command_of, shown
from layerwise.lecture._trained import Trained
from layerwise.records import ClaimRecord, LectureRecord
from layerwise.store import network_kind
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
    options: str | None = None,
) -> Lecture:
    """Show claims of the lecture, and return what came of them.

    Args:
        claims: ids such as "C3.10", or the start of some, such as "C3"; None for all.
        data: whatever `layerwise.data.load` takes; claims that name a data set of their own keep it.
        seeds: for each experiment; None: each claim's own number, at least 20.
        full: sizes of the papers, for a GPU or a patient person.
        device: where networks are trained.
        folder: where every claim is kept as soon as it has ended, and what it trains chunk by chunk, as studies; the
            same call goes on from there. On a network file system it goes on from the last claim that has ended.
        progress: called with a `Step`.
        command: kept in the record.
        options: of the command line that choose the data, for the commands that show claims again; None: its name.

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
    loaded = load(data)
    usual = "" if loaded.name == "digits" else f"--data {loaded.name}"
    ground = Ground(loaded, seeds, full, device, options=usual if options is None else options)
    kept = Kept(folder, ground)
    found: list[ClaimRecord] = []
    interrupted = False
    for place, one in enumerate(chosen):
        try:
            told = _teller(one, place, len(chosen), progress)
            record = kept.get(one.id) or kept.keep(shown(one, _under(one, ground, folder), told))
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


def _teller(one: Claim, place: int, n: int, progress: Listener | None) -> Callable[[float], None] | None:
    return None if progress is None else lambda share: progress(Step(one, share, place, n))


def _under(one: Claim, ground: Ground, folder: str | Path | None) -> Ground:
    """Return the ground for a claim, which keeps what is trained if there is a place for it."""
    if folder is None or network_kind(Path(folder)):
        return ground
    return replace(ground, trained=Trained(Path(folder), one, command_of(one, ground)))
