"""What comes after pre-training: fine-tuning, and whether it helped."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import nn

from layerwise._base import InvalidInput
from layerwise.pretraining import Pretrained, pretrain
from layerwise.pretraining._verdict import _epochs, _n_labels, _network, _pools
from layerwise.records import LabelArm, LabelEffect, Summary, VerdictRecord, dump, load
from layerwise.report import verdict_sentences


def network(*widths: int) -> nn.Sequential:
    torch.manual_seed(0)
    a, b, c = widths
    return nn.Sequential(nn.Linear(a, b), nn.Tanh(), nn.Linear(b, c), nn.Tanh(), nn.Linear(c, 2))


def rows(n: int = 120) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n, 6, generator=generator)
    return x, (x[:, 0] * x[:, 1] > 0).long()


@pytest.fixture(name="found")
def _found() -> Pretrained:
    return pretrain(network(6, 16, 8), rows()[0], "denoising", epochs=3)


def test_fine_tuning_learns_and_gives_the_best_epoch(found):
    x, y = rows(400)
    tuned = found.fine_tune(x, y, epochs=60, learning_rate=0.01, batch_size=20)
    assert tuned.score == max(tuned.curves[1].values)
    assert tuned.score > 0.8
    assert (tuned.model(x).argmax(1) == y).float().mean() > 0.85
    assert torch.equal(tuned.model[0][0].weight, found.model[0].weight)  # the parameters are the network's own


def test_layers_move_at_their_own_rates_and_in_their_turn(found):
    x, y = rows(400)
    before = [found.model[k].weight.clone() for k in (0, 2)]
    slow = found.copy()
    slow.fine_tune(x, y, epochs=1, decay=0.1, validation=0.1, patience=None)
    moved = [(slow.model[k].weight - old).abs().max().item() for k, old in zip((0, 2), before, strict=True)]
    assert moved[0] == pytest.approx(moved[1] / 10, rel=0.5)  # Adam moves by about its rate
    frozen = found.copy()
    # a target that gets better with every epoch, so that the last one is kept
    frozen.fine_tune(x, x[:, 0] * x[:, 1], epochs=8, unfreeze_every=4, learning_rate=0.003, patience=None)
    assert torch.equal(frozen.model[0].weight, before[0])
    assert not torch.equal(frozen.model[2].weight, before[1])


def test_regression(found):
    x, _ = rows(400)
    y = (x[:, 0] * 2 - x[:, 1]).double()
    tuned = found.fine_tune(x, y, epochs=80, learning_rate=0.01, batch_size=20)
    assert tuned.curves[1].name == "validation_score"
    assert -tuned.score < 0.2 * y.var().item()


def test_labels_that_do_not_fit_are_refused(found):
    x, y = rows()
    with pytest.raises(InvalidInput, match=r"as many labels as rows, and at least 4\. Got 120 rows and 5 labels"):
        found.fine_tune(x, y[:5])
    with pytest.raises(InvalidInput, match="whole numbers from 0 on"):
        found.fine_tune(x, y - 1)


def question(found: Pretrained, **changes):
    from layerwise.pretraining._verdict import Question

    x, y = rows()
    given = {
        "x": x, "y": y, "task": "classification", "n_outputs": 2, "fractions": (1.0,), "epochs": 5, "batch_size": 10,
        "patience": 3, "test": 0.25, "validation": 0.15, "learning_rates": (0.01,),
    }  # fmt: skip
    return Question(**(given | changes))


def test_the_starts_differ_in_what_they_should(found):
    asked = question(found)
    ours, random, shuffled = (_network(found, asked, start, 3) for start in ("pretrained", "random", "same_histogram"))
    assert torch.equal(ours[0][0].weight, found.model[0].weight)
    for other, source in ((random, found.initial["0.weight"]), (shuffled, found.model[0].weight)):
        weight = other[0][0].weight
        assert not torch.equal(weight, source)
        assert torch.equal(weight.flatten().sort().values, source.flatten().sort().values)
    assert torch.equal(ours[-1].weight, random[-1].weight)  # the same head
    assert not torch.equal(random[0][0].weight, _network(found, asked, "random", 4)[0][0].weight)


def test_splits_are_shared_and_fewer_labels_are_among_more(found):
    few, many = (_pools(question(found), share, [0, 1]) for share in (0.1, 1.0))
    assert few.train.shape == (2, 7)  # a tenth of 120 - 30 - 18
    for seed in (0, 1):
        parts = [set(part[seed].tolist()) for part in many]
        assert sum(map(len, parts)) == len(set.union(*parts)) == 120
        assert set(few.train[seed].tolist()) <= parts[0]
        assert torch.equal(few.test[seed], many.test[seed])


def test_others_get_the_budget_of_pretraining_on_top(found):
    asked = question(found)
    n = _n_labels(asked, 1.0)
    # 3 epochs of 108 rows through encoder and decoder, in epochs of n rows
    assert _epochs(found, asked, "random", 1.0) == 5 + -(-2 * 3 * found.n_rows // n)
    assert _epochs(found, asked, "pretrained", 1.0) == 5


def test_a_verdict_says_it_in_a_sentence_for_each_number_of_labels(found):
    x, y = rows()
    lines: list[str] = []
    verdict = found.verdict(
        x, y, fractions=(0.5, 1.0), seeds=4, epochs=3, patience=2, learning_rates=(0.01, 0.03), progress=lines.append
    )
    record = verdict.record
    assert len(lines) == len(record.arms) == 6
    assert [(effect.n_labels, effect.against) for effect in record.effects] == [
        (n, start) for n in (36, 72) for start in ("random", "same_histogram")
    ]
    for effect in record.effects:
        ours, other = (
            next(arm for arm in record.arms if (arm.start, arm.n_labels) == (start, effect.n_labels))
            for start in ("pretrained", effect.against)
        )
        differences = [a - b for a, b in zip(ours.score.values, other.score.values, strict=True)]
        assert effect.difference == pytest.approx(sum(differences) / 4)
        assert effect.low <= effect.difference <= effect.high
    assert str(verdict).splitlines()[0].startswith("With 36 labels, it ")
    assert load(VerdictRecord, dump(record)) == record


def test_sentences_by_hand():
    score = Summary(median=0.9, low=0.8, high=1.0, values=(0.9,))
    arms = tuple(
        LabelArm(start=start, n_labels=50, learning_rate=0.01, score=score, epochs=9, best_epoch=3.0)
        for start in ("pretrained", "random")
    )
    effect = LabelEffect(against="random", n_labels=50, difference=0.031, low=0.02, high=0.04, p_value=0.004, n=12)

    def said(**changes):
        record = VerdictRecord(
            metric="accuracy", arms=arms, effects=(dataclasses.replace(effect, **changes),), seeds=tuple(range(12))
        )
        return verdict_sentences(record)[0]

    assert said() == (
        "With 50 labels, it helped by 3.1 points against a random start (90.0% against 90.0%, medians of 12 seeds; 95% "
        "interval 2.0 to 4.0 points, p = 0.004)."
    )
    assert said(difference=-0.031, low=-0.04, high=-0.02).startswith("With 50 labels, it hurt by 3.1 points against")
    assert "it made no difference to a random start that these seeds can show" in said(p_value=0.2)
