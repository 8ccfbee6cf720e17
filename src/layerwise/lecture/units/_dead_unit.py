"""C3.9: a dead ReLU unit, and whether it stays dead."""

from __future__ import annotations

from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._ground import Ground
from layerwise.lecture.units._lone_unit import METHODS, N_STEPS, Life, back_again, life_picture, live, methods_table
from layerwise.lecture.units._revival import DEPTH, Fate, fates, layers_picture, layers_table, revived, said
from layerwise.records import ClaimVerdict


def is_first(layer: int) -> bool:
    """Whether the inputs of this layer are the data."""
    return layer == 1


def is_deeper(layer: int) -> bool:
    """Whether the inputs of this layer are units that learn."""
    return layer > 1


@claim(
    "C3.9",
    "A dead ReLU unit stays dead",
    kind="exact and experiment",
    statement="A large gradient can push the bias of a ReLU unit far below 0. Then it outputs 0, gets no gradient, its "
    "weights are not updated, and it stays dead for ever.",
    prediction="With fixed inputs and plain descent, a dead unit's parameters do not change by a single bit. The first "
    "layer of a network has fixed inputs. Deeper units have inputs that move, so some of them come back.",
    decision_rule="Exact part: after one update with targets wrong by 6, the unit's output and the change of its "
    "parameters are exactly 0. In networks: none of the dead units of the first layer comes back. Both true: it holds, "
    "but for fixed inputs only if the 95% Wilson interval of the share of deeper dead units that come back lies above "
    "1%. Else does not hold.",
    source="CS7015, lecture 9.3, the caveat of ReLU. Lu, Shin, Su and Karniadakis 2020, Dying ReLU and initialization.",
)
def dead_unit(ground: Ground) -> Outcome:
    """Kill one unit by one update with wrong targets, and count in networks which dead units come back."""
    lives = {name: live("relu", method) for name, method in METHODS.items()}
    leaky, plain = live("leaky_relu", METHODS["plain descent"]), lives["plain descent"]
    n_seeds = ground.n_seeds()
    counted = fates(ground, n_seeds)
    deeper = revived(counted, is_deeper)
    verdict = dead_verdict(plain, counted)
    return Outcome(
        verdict=verdict,
        finding=f"After one update with wrong targets the bias is at {plain.bias[-1]:.1f}; the output is "
        f"{plain.output[-1]:g} and in the last {N_STEPS // 2:,} updates the parameters move by {plain.moved:g}. "
        f"{back_again(leaky)} In networks "
        f"of {DEPTH} layers {said(counted, is_first)} dead units of the first layer come back, and "
        f"{said(counted, is_deeper)} of deeper layers.",
        condition=""
        if verdict != "holds if"
        else "For ever only where the inputs of the unit are fixed: in the first "
        "layer, with plain descent. Deeper units are fed by layers that go on learning, and most that are dead for all "
        "training inputs at some time are not so later.",
        metric="share of dead units beyond the first layer that come back",
        value=deeper.estimate,
        low=deeper.low,
        high=deeper.high,
        n_seeds=n_seeds,
        tables=(methods_table(lives, leaky), layers_table(counted)),
        pictures=(life_picture(plain, leaky), layers_picture(counted)),
    )


def dead_verdict(plain: Life, counted: list[Fate]) -> ClaimVerdict:
    """Return the verdict from the lone unit and from the units of networks."""
    first = [fate for fate in counted if fate.layer == 1]
    if plain.output[-1] != 0 or plain.moved != 0 or any(fate.revived for fate in first):
        return "does not hold"
    return "holds if" if revived(counted, is_deeper).low > 0.01 else "holds"
