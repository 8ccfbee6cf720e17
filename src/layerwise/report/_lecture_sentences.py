"""What the lecture says as a whole, in sentences."""

from __future__ import annotations

import math
from collections import Counter

from layerwise.records import ClaimRecord, ClaimVerdict, LectureRecord
from layerwise.report import _numbers as numbers

MODULES = {
    "C1": ("9.1", "Training networks", "A recap of gradient descent by back-propagation."),
    "C2": ("9.2", "Unsupervised pre-training", "Greedy, layer by layer; and the question why it works."),
    "C3": ("9.3", "Activation functions", "What they let through, and what they hold back."),
    "C4": ("9.4", "Initialization", "Weights of zero, too small, too large, and just right."),
    "C5": ("9.5", "Batch normalization", "Standardize every pre-activation over the mini-batch."),
    "C6": ("Since then:", "what came after", "Better optimizers, regularizers, first weights, normalizers."),
}


_MEANS: dict[ClaimVerdict, tuple[str, str]] = {
    "holds": ("holds", "hold"),
    "holds if": ("holds under a condition, or once put right", "hold under a condition, or once put right"),
    "does not hold": ("does not hold", "do not hold"),
    "undecided": ("could not be decided", "could not be decided"),
}
"""What is said of one claim, and of several."""


def module_of(claim_id: str) -> tuple[str, str, str]:
    """Return number, title and lead of the module that a claim belongs to."""
    return MODULES[claim_id.partition(".")[0]]


def lecture_sentences(record: LectureRecord) -> list[str]:
    """Return how many claims hold, and which do not."""
    found = Counter(claim.verdict for claim in record.claims)
    n = len(record.claims)
    parts = [f"{found[verdict]} {means[found[verdict] > 1]}" for verdict, means in _MEANS.items() if found[verdict]]
    said = [f"Of {n} claims of the lecture, {'; '.join(parts)}." if n > 1 else _single(record.claims[0])]
    if fallen := [claim.id for claim in record.claims if claim.verdict == "does not hold"]:
        said.append(f"Not as the lecture says: {', '.join(fallen)}.")
    if n > 1 and (unclear := [claim.id for claim in record.claims if claim.verdict == "undecided"]):
        said.append(f"Undecided: {', '.join(unclear)}.")
    if record.interrupted:
        said.append("Stopped before all that were asked for had ended; the same command goes on from there.")
    return said


def _single(claim: ClaimRecord) -> str:
    return f"{claim.id}, {claim.title}: {claim.verdict}."


def measured(claim: ClaimRecord) -> str:
    """Return the number that decided, with its interval: "dead share: 0.31, 95% interval 0.28 to 0.35, 20 seeds"."""
    value = numbers.significant(claim.value)
    if math.isnan(claim.low) or (not claim.n_seeds and claim.low == claim.high):
        return f"{claim.metric}: {value}"
    ends = f"95% interval {numbers.significant(claim.low)} to {numbers.significant(claim.high)}"
    return f"{claim.metric}: {value}, {ends}" + (f", {claim.n_seeds} seeds" if claim.n_seeds else "")
