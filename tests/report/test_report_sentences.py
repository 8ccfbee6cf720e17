"""The comparison in two to five sentences."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from example_record import make_record

from layerwise.records import Arm, ComparisonRecord, Pair, Summary
from layerwise.report import plain_summary


def with_arms(record: ComparisonRecord, *arms: Arm, pairs: tuple[Pair, ...] = ()) -> ComparisonRecord:
    return replace(record, arms=arms, pairs=pairs)


def scored(arm: Arm, median: float, n_trained: int, low: float | None = None) -> Arm:
    summary = Summary(
        median=median, low=median - 0.01 if low is None else low, high=median + 0.01, values=(median,) * 30
    )
    return replace(arm, test_accuracy=summary, n_trained=n_trained)


def pair(a: str, b: str, difference: float, p_value: float) -> Pair:
    return Pair(
        a=a, b=b, metric="test_accuracy", difference=difference, low=difference - 0.01, high=difference + 0.01,
        p_value=p_value, n=30,
    )  # fmt: skip


def test_main_job() -> None:
    assert plain_summary(make_record()) == [
        "On digits, 3 of 6 arms train, in every seed: relu_he_batchnorm_2015, relu_he_2015 and tanh_glorot_2010.",
        (
            "Best is relu_he_batchnorm_2015, with a median test accuracy of 97.8% (95% interval 97.5% to 98.0%), "
            "1.0 points above relu_he_2015, seed by seed (0.7 to 1.3, p < 0.0001)."
        ),
        (
            "tanh_large does not train (0/30 seeds, median test accuracy 35.5%). "
            "UNT001: 81% of hidden8's slopes are nearly 0; the limit is 50%."
        ),
        (
            "relu_torch_default does not train (0/30 seeds, median test accuracy 11.2%). "
            "SIG001: hidden8 keeps 0.0009 of the input's variation; the limit is 0.01."
        ),
        (
            "sigmoid_1986 does not train (0/30 seeds, median test accuracy 10.1%). "
            "GRD001: gradient at hidden1 is 2.7e-13 of the gradient at the output; the limit is 1e-06."
        ),
    ]


def test_some_seeds_of_an_arm_fail() -> None:
    record = make_record()
    arms = scored(record.arms[4], 0.96, 28), scored(record.arms[5], 0.97, 30)
    assert plain_summary(with_arms(record, *arms))[0] == (
        "On digits, both arms train: relu_he_batchnorm_2015 (30/30 seeds) and relu_he_2015 (28/30 seeds)."
    )


@pytest.mark.parametrize(("n_trained", "trains"), [(14, False), (15, True)])
def test_half_of_the_seeds_is_the_limit(n_trained: int, *, trains: bool) -> None:
    record = make_record()
    first = plain_summary(with_arms(record, scored(record.arms[0], 0.6, n_trained), scored(record.arms[5], 0.97, 30)))[
        0
    ]
    assert ("sigmoid_1986" in first) == trains


def test_arms_that_cannot_be_told_apart() -> None:
    record = make_record()
    a, b, c = (scored(record.arms[i], m, 30) for i, m in ((3, 0.95), (4, 0.96), (5, 0.97)))
    pairs = pair(b.name, c.name, -0.01, 0.2), pair(a.name, c.name, -0.02, 0.051)
    assert plain_summary(with_arms(record, a, b, c, pairs=pairs))[1].endswith(
        "; relu_he_2015 and relu_torch_default cannot be told apart from it, seed by seed (p = 0.200 and p = 0.051)."
    )
    clear = pair(b.name, c.name, -0.01, 0.03), pair(a.name, c.name, -0.02, 0.00002)
    assert plain_summary(with_arms(record, a, b, c, pairs=clear))[1].endswith(
        ", 1.0 points above relu_he_2015, seed by seed (0.0 to 2.0, p = 0.030)."
    )


def test_no_arm_is_above_guessing() -> None:
    record = make_record()
    arms = scored(record.arms[0], 0.1, 0, low=0.09), scored(record.arms[4], 0.104, 0, low=0.1)
    summary = plain_summary(with_arms(record, *arms))
    assert summary[0] == "On digits, no arm does better than guessing (10.0%)."
    assert summary[1] == "relu_he_2015 does not train (median test accuracy 10.4%). No rule says why."
    alone = plain_summary(with_arms(record, arms[0]))
    assert alone[0] == "On digits, sigmoid_1986 does not do better than guessing (10.0%)."


def test_one_arm() -> None:
    record = make_record()
    assert plain_summary(with_arms(record, scored(record.arms[5], 0.97, 30))) == [
        "On digits, relu_he_batchnorm_2015 trains in every seed.",
        "Its median test accuracy is 97.0% (95% interval 96.0% to 98.0%).",
    ]


def test_regression_counts_in_r2() -> None:
    best = plain_summary(make_record(metric="test_r2"))[1]
    assert "median test R2 of 0.978" in best
    assert "0.010 above relu_he_2015" in best


def test_interrupted_and_without_results() -> None:
    record = make_record()
    empty = replace(record.arms[0], test_accuracy=None, n_seeds=0, n_trained=0, runs=())
    summary = plain_summary(replace(with_arms(record, empty, record.arms[5]), interrupted=True))
    assert summary[2:] == [
        "It was interrupted: the numbers cover the runs that had ended.",
        "sigmoid_1986 has no result. No run of it has ended.",
    ]
    assert plain_summary(with_arms(record, empty))[0] == "On digits, no run has ended: there is nothing to compare."


def test_all_seeds_diverged() -> None:
    record = make_record()
    lost = replace(scored(record.arms[0], math.nan, 0), findings=())
    assert plain_summary(with_arms(record, lost, record.arms[5]))[-1] == (
        "sigmoid_1986 does not train (0/30 seeds, no finite score). No rule says why."
    )


def test_never_more_than_five_sentences() -> None:
    record = make_record()
    arms = [replace(record.arms[i % 6], name=f"arm{i}") for i in range(20)]
    summary = plain_summary(replace(with_arms(record, *arms), interrupted=True))
    assert len(summary) == 5
    assert summary[-1].startswith("Nor do arm7 (UNT001 at hidden8), ")
    assert summary[-1].endswith(" and 5 more train.")


def test_layer_is_named_once() -> None:
    record = make_record()
    finding = replace(record.arms[0].findings[0], layer="hidden1", text="At hidden10 all is lost.")
    arm = replace(record.arms[0], findings=(replace(finding, severity="note", text="A note."), finding))
    assert plain_summary(with_arms(record, arm, record.arms[5]))[-1].endswith(
        "GRD001 at hidden1: At hidden10 all is lost."
    )


def test_names_cannot_steer_the_terminal() -> None:
    assert not any("\x1b" in sentence or "\n" in sentence for sentence in plain_summary(make_record(["a\x1b[2J\nb"])))
