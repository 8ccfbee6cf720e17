"""Tables for a terminal of 80 columns."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from example_record import make_record
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, RenderableType

from layerwise.report import comparison_table, pairs_table, render_text

ARMS = """\
arm                      rate  trained   test accuracy, %  steps  seconds
-------------------------------------------------------------------------
relu_he_batchnorm_2015    0.1    30/30  97.8 [97.5, 98.0]    250      8.0
relu_he_2015             0.03    30/30  96.9 [96.5, 97.1]    350      7.3
tanh_glorot_2010          0.1    30/30  96.1 [95.9, 96.4]    350      7.0
tanh_large              0.003     0/30  35.5 [33.8, 37.2]  never      6.2
    UNT001: 81% of hidden8's slopes are nearly 0; the limit is 50%.
relu_torch_default        0.3     0/30   11.2 [9.7, 12.4]  never      6.0
    SIG001: hidden8 keeps 0.0009 of the input's variation; the limit is 0.01.
sigmoid_1986              0.1     0/30   10.1 [9.9, 10.3]  never      6.0
    GRD001: gradient at hidden1 is 2.7e-13 of the gradient at the output; the
    limit is 1e-06.

trained   seeds with a test accuracy of at least 53.9%, halfway from guessing
          (10.0%) to the best arm's median
test      median over seeds [95% interval], at the rate that did best on
          validation data
steps     updates until validation accuracy reached 90.0%, median over seeds
"""
PAIRS = """\
Difference in test accuracy, paired by seed; p corrected for 3 pairs (Holm)

arm               minus         points    95% interval        p
---------------------------------------------------------------
tanh_glorot_2010  tanh_large     +61.6  [+59.5, +63.8]  <0.0001
                  sigmoid_1986   +86.1  [+85.8, +86.3]  <0.0001
tanh_large        sigmoid_1986   +24.4  [+22.4, +26.4]  <0.0001
"""
NAMES = st.text(min_size=1, max_size=60)


def printed(what: RenderableType, width: int = 80, encoding: str = "utf-8") -> str:
    buffer = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    Console(width=width, file=buffer, color_system=None, force_terminal=False).print(what)
    buffer.seek(0)
    return "\n".join(line.rstrip() for line in buffer.read().splitlines()) + "\n"


def test_arms_golden() -> None:
    assert printed(comparison_table(make_record())) == ARMS


def test_pairs_golden() -> None:
    three = make_record(["sigmoid_1986", "tanh_large", "tanh_glorot_2010"])
    assert printed(pairs_table(three)) == PAIRS


def test_wide_terminal_changes_nothing_and_ascii_is_enough() -> None:
    assert printed(comparison_table(make_record()), width=200) == ARMS
    assert printed(comparison_table(make_record()), encoding="ascii") == ARMS


@settings(max_examples=15, deadline=None)
@given(names=st.lists(NAMES, min_size=1, max_size=6, unique=True), metric=st.sampled_from(["test_accuracy", "test_r2"]))
def test_no_line_is_longer_than_80(names: list[str], metric: str) -> None:
    record = make_record(names, n_seeds=3, metric=metric, histograms=False)
    for table in (comparison_table(record), pairs_table(record)):
        text = printed(table, encoding="utf-8")
        assert max(map(cell_len, text.splitlines())) <= 80
        assert not any(ord(sign) < 32 for sign in text if sign != "\n")


def test_markup_in_names_is_text() -> None:
    text = printed(comparison_table(make_record(["[red]a[/red]", "[/]", ":smile:"])))
    assert all(name in text for name in ("[red]a[/red]", "[/]", ":smile:"))


def test_color_marks_the_best_and_the_reasons() -> None:
    console = Console(width=80, file=io.StringIO(), force_terminal=True, color_system="standard")
    with console.capture() as captured:
        console.print(comparison_table(make_record()))
    lines = captured.get().splitlines()
    assert lines[2].startswith("\x1b[1mrelu_he_batchnorm_2015")
    assert "\x1b[31mUNT001" in lines[6]


def test_diverged_regression_does_not_tear_the_table() -> None:
    record = make_record(metric="test_r2")
    worst = replace(record.arms[0].score, median=-123456789.0, low=-1e12, high=0.1)
    record = replace(record, arms=(replace(record.arms[0], test_r2=worst), *record.arms[1:]))
    assert "-1.2e+08 [-1.0e+12, 0.100]" in printed(comparison_table(record))


def test_nothing_trained_is_said_not_counted() -> None:
    text = printed(comparison_table(make_record(["a"])))
    assert "not counted, since no arm is above guessing (10.0%)" in text
    assert printed(pairs_table(make_record(["a"]))) == "There are no two arms to compare.\n"


@pytest.mark.parametrize("part", ["On digits, 3 of 6 arms train", ARMS, "relu_he_batchnorm_2015  relu_he_2015"])
def test_text_holds_sentences_arms_and_pairs(part: str) -> None:
    assert part in render_text(make_record()) + "\n"
