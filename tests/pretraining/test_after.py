"""What comes after pre-training: fine-tuning, and whether it helped."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import nn

from layerwise._base import InvalidInput, child_seed
from layerwise.models import Optimizer
from layerwise.pretraining import Pretrained, pretrain
from layerwise.pretraining._verdict_arm import _Trained, train_arm
from layerwise.pretraining._verdict_question import Question
from layerwise.pretraining._verdict_start import most_epochs
from layerwise.pretraining._verdict_start import network as started
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


@pytest.mark.parametrize(("schedule", "warmup"), [("linear", 0.0), ("cosine", 0.25), ("step", 0.0)])
def test_rates_follow_the_schedule_of_recipes_step_by_step(schedule, warmup):
    x, y = (part.double() for part in rows(40))
    found = pretrain(network(6, 5, 4).double(), x, epochs=0)
    alone = found.copy()
    options = {"epochs": 4, "batch_size": 15, "validation": 0.0, "learning_rate": 0.01, "decay": 0.5, "seed": 2}
    tuned = found.fine_tune(x, y.long(), **options, schedule=schedule, warmup=warmup)
    one = alone.with_head(2, 2)
    groups = [
        {"params": part.parameters(), "lr": 0.01 * 0.5**k} for k, part in enumerate((one[1], one[0][2], one[0][0]))
    ]
    optimizer = torch.optim.Adam(groups)
    choice = Optimizer(schedule=schedule, warmup=warmup)
    rates = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: choice.factor(step / 12))
    generator = torch.Generator().manual_seed(child_seed(2, "fine-tuning"))
    used = torch.randperm(40, generator=generator)
    for _ in range(4):
        for batch in used[torch.randperm(40, generator=generator)].split(15):
            optimizer.zero_grad()
            nn.functional.cross_entropy(one(x[batch]), y[batch].long()).backward()
            optimizer.step()
            rates.step()
    for ours, theirs in zip(tuned.model.parameters(), one.parameters(), strict=True):
        assert torch.allclose(ours, theirs, rtol=0, atol=1e-9)


def test_a_step_schedule_by_hand(found):
    """Of 4 steps the last is at a hundredth, the third at a tenth: Adam moves by its rate under one gradient."""
    x, y = rows(40)[0], torch.full((40,), 1e6)  # so far off that the gradient's direction never changes
    head = found.with_head(1, 0)[-1].bias.item()
    tuned = found.fine_tune(x, y, epochs=4, batch_size=40, validation=0.0, learning_rate=0.01, schedule="step")
    assert tuned.model[-1].bias.item() - head == pytest.approx(0.01 * (1 + 1 + 0.1 + 0.01), rel=1e-4)


def test_a_schedule_that_is_none_is_refused(found):
    with pytest.raises(InvalidInput, match=r"`schedule` must be .*'cosine'.* Got 'cosin'"):
        found.fine_tune(*rows(), schedule="cosin")
    with pytest.raises(InvalidInput, match="`warmup` must be"):
        found.fine_tune(*rows(), warmup=1.5)


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
    x, y = rows()
    given = {
        "x": x, "y": y, "task": "classification", "n_outputs": 2, "fractions": (1.0,), "epochs": 5, "batch_size": 10,
        "patience": 3, "test": 0.25, "validation": 0.15, "learning_rates": (0.01,),
    }  # fmt: skip
    return Question(**(given | changes))


def test_the_starts_differ_in_what_they_should(found):
    asked = question(found)
    ours, random, shuffled = (started(found, asked, start, 3) for start in ("pretrained", "random", "same_histogram"))
    assert torch.equal(ours[0][0].weight, found.model[0].weight)
    for other, source in ((random, found.initial["0.weight"]), (shuffled, found.model[0].weight)):
        weight = other[0][0].weight
        assert not torch.equal(weight, source)
        assert torch.equal(weight.flatten().sort().values, source.flatten().sort().values)
    assert torch.equal(ours[-1].weight, random[-1].weight)  # the same head
    assert not torch.equal(random[0][0].weight, started(found, asked, "random", 4)[0][0].weight)


def test_splits_are_shared_and_fewer_labels_are_among_more(found):
    few, many = (question(found).pools(share, [0, 1]) for share in (0.1, 1.0))
    assert few.train.shape == (2, 7)  # a tenth of 120 - 30 - 18
    for seed in (0, 1):
        parts = [set(part[seed].tolist()) for part in many]
        assert sum(map(len, parts)) == len(set.union(*parts)) == 120
        assert set(few.train[seed].tolist()) <= parts[0]
        assert torch.equal(few.test[seed], many.test[seed])


def test_others_get_the_budget_of_pretraining_on_top(found):
    asked = question(found)
    n = asked.n_labels(1.0)
    # 3 epochs of 108 rows through encoder and decoder, in epochs of n rows
    assert most_epochs(found, asked, "random", 1.0) == 5 + -(-2 * 3 * found.n_rows // n)
    assert most_epochs(found, asked, "pretrained", 1.0) == 5


def test_curves_are_those_of_networks_trained_one_by_one(found):
    found.model.double()
    found.initial = {name: value.double() for name, value in found.initial.items()}
    x, y = rows()
    asked = question(found, x=x.double(), y=y, epochs=4, patience=9)
    arm, pools = train_arm(found, asked, "pretrained", 1.0, [3, 5]), asked.pools(1.0, [3, 5])
    assert arm.curves.epochs == (0, 1, 2, 3, 4)
    for place, seed in enumerate((3, 5)):
        one = started(found, asked, "pretrained", seed)
        optimizer = torch.optim.Adam(one.parameters(), arm.learning_rate)
        generator = torch.Generator().manual_seed(child_seed(seed, "order"))
        used, judging = pools.train[place], pools.validation[place]
        curve = []
        for epoch in range(5):
            for batch in used[torch.randperm(len(used), generator=generator)].split(10) if epoch else ():
                optimizer.zero_grad()
                nn.functional.cross_entropy(one(asked.x[batch]), y[batch]).backward()
                optimizer.step()
            right = (one(asked.x[judging]).argmax(1) == y[judging]).double()
            curve.append(right.mean().item())
        assert arm.curves.scores[place] == pytest.approx(curve)
        assert len(set(curve)) > 1


def test_curves_are_read_at_fewer_epochs_the_longer_they_are():
    history = [[epoch / 1000, -epoch] for epoch in range(301)]
    curves = _Trained([], [], [], history).curves()
    assert curves.epochs[:24] == (*range(21), 22, 24, 26)
    assert all(5 * after <= 6 * before for before, after in zip(curves.epochs[10:], curves.epochs[11:], strict=False))
    assert 270 < curves.epochs[-1] <= 300
    assert curves.scores == (tuple(e / 1000 for e in curves.epochs), tuple(-e for e in curves.epochs))


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
    assert all(len(arm.curves.scores) == 4 for arm in record.arms)
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
