"""A lecture of one claim, which trains in several chunks; and a program that shows it, to be killed."""

from __future__ import annotations

import sys
from pathlib import Path

from layerwise._base import Registry
from layerwise.data import circles
from layerwise.lecture import Claim, Outcome, run_lecture
from layerwise.lecture import _run as running
from layerwise.lecture._arms import arms_table
from layerwise.lecture._errors import errors
from layerwise.lecture._search import at_own_rates
from layerwise.models import Recipe
from layerwise.pretraining import prepare

RATES = {"sgd": (0.03, 0.3)}
N_SEEDS = 6


def doubled_first_layer(start):
    """Pre-train, and double the first weights of one arm: a preparation of one's own, which goes by names."""
    curves = prepare(start)
    for s, recipe in enumerate(start.recipes):
        if recipe.name == "doubled":
            next(start.stack.parameters())[s].mul_(2.0)
    return curves


def crash(start):
    """Raise an error: a preparation that can't be."""
    raise ArithmeticError(str(start.seeds))


def load_circles():
    """Return few rows."""
    return circles(60)


def show(ground):
    """Train networks with pre-training and without, each at its own best rate; read scores, curves and measures."""
    plain = Recipe(name="plain").replace(depth=2, width=8, epochs=2, pretraining_epochs=1)
    doubled = plain.replace(name="doubled", pretraining="denoising")
    first = at_own_rates(ground, [plain, doubled], RATES, ground.n_seeds(), chunk_size=2, prepare=doubled_first_layer)
    later = ground.fit(doubled.replace(name="later"), range(50, 54), chunk_size=2, probe_every=9, data="circles")
    told = [run.curves for run in (*first.runs, *later.runs)], [run.measures for run in later.runs]
    arms = {name: errors(first.runs, name) for name in ("plain", "doubled")}
    value = arms["doubled"][0]
    return Outcome(
        verdict="holds", finding=repr(told), metric="error", value=value, tables=(arms_table("E", arms, "%"),)
    )


CLAIM = Claim(id="C1.1", title="Stopped", kind="experiment", statement="Pre-training helps.", prediction="Less error.",
              decision_rule="An error.", source="CS7015.", show=show)  # fmt: skip


def lecture(folder=None, progress=None):
    """Return the record of the one claim."""
    known, running.CLAIMS = running.CLAIMS, Registry("claim", {CLAIM.id: CLAIM})
    try:
        return run_lecture(data="circles", seeds=N_SEEDS, folder=folder, progress=progress).record.claims[0]
    finally:
        running.CLAIMS = known


def main():
    """Show the claim into the folder that the command line names, and tell how far it is."""
    lecture(Path(sys.argv[1]), lambda step: print(f"done {step.share:.3f}", flush=True))
