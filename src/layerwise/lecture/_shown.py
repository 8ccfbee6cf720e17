"""One claim, shown on a ground that suits it: its record."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace

from layerwise.data import Data, load
from layerwise.lecture._claim import Claim, Outcome
from layerwise.lecture._errors import halfway, loss_name
from layerwise.lecture._ground import Ground
from layerwise.records import ClaimRecord

OF_TRAINING = re.compile(r"\b(errors?|loss|trains?)\b")
KINDS = {"classification": "has classes", "regression": "is a regression", "multilabel": "has several labels a row"}


def shown(one: Claim, ground: Ground, told: Callable[[float], None] | None) -> ClaimRecord:
    """Return what comes of a claim on `ground`; on digits, if it is not for such data."""
    started = time.perf_counter()
    suits = ground.data.task in one.tasks
    outcome = one.show(replace(ground, data=ground.data if suits else load("digits"), listener=told))
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
        finding=" ".join(
            filter(None, (elsewhere(one, ground.data), outcome.finding, about_errors(one, outcome, ground.data)))
        ),
        metric=outcome.metric,
        value=value,
        low=value if outcome.low is None else outcome.low,
        high=value if outcome.high is None else outcome.high,
        n_seeds=outcome.n_seeds,
        tables=outcome.tables,
        pictures=outcome.pictures,
        seconds=time.perf_counter() - started,
        command=command_of(one, ground),
    )


def elsewhere(one: Claim, data: Data) -> str:
    """Return why a claim is not shown on `data`, in a sentence; "" where it is.

    Example:
        >>> from layerwise.data import linear_teacher
        >>> from layerwise.lecture import CLAIMS
        >>> elsewhere(CLAIMS["C3.14"], linear_teacher())
        'Shown on digits: it is about classes, and linear_teacher is a regression.'
        >>> elsewhere(CLAIMS["C3.8"], linear_teacher())
        ''
    """
    if data.task in one.tasks:
        return ""
    about = "classes" if one.tasks == ("classification",) else "classes or numbers"
    return f"Shown on digits: it is about {about}, and {data.name} {KINDS[data.task]}."


def about_errors(one: Claim, outcome: Outcome, data: Data) -> str:
    """Return what an error is, where an experiment on a regression speaks of errors; "" elsewhere."""
    said = " ".join([outcome.finding, outcome.metric, *(table.title for table in outcome.tables)])
    here = data.task == "regression" and not elsewhere(one, data) and one.kind != "exact"
    if not here or not OF_TRAINING.search(said):
        return ""
    return (
        f"On {data.name}, a regression, an error is the share of the variance of the targets that is left unexplained, "
        f"1 - R2 in percent: guessing leaves 100%, and a network trains below {halfway(data):.0f}%. The loss is the "
        f"{loss_name(data)} of targets scaled to variance 1."
    )


def command_of(one: Claim, ground: Ground) -> str:
    """Return the command that shows a claim again."""
    data = f" {ground.options}" if ground.options else ""
    seeds = "" if ground.seeds is None else f" --seeds {ground.seeds}"
    device = "" if ground.device == "cpu" else f" --device {ground.device}"
    return f"layerwise lecture {one.id}{data}{seeds}{' --full' if ground.full else ''}{device}"
