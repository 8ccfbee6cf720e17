"""`layerwise theory`: numbers and picture, at 80 columns."""

from __future__ import annotations

import functools

import pytest


@pytest.fixture
def theory(cli):
    return functools.partial(cli, "theory")


def test_an_ordered_network(theory):
    code, out, err = theory("--activation", "tanh", "--bias-variance", 0.05, "--weight-variance", 1.7)
    assert (code, err) == (0, "")
    assert out.splitlines()[:9] == [
        "tanh, weight variance 1.7, bias variance 0.05",
        "  phase             ordered: inputs become alike, gradients fade",
        "  q*                0.533076: second moment of pre-activations, deep inside",
        "  c*                1: correlation of two inputs, deep inside",
        "  chi_1             0.986741: growth of the gradient's second moment per layer",
        "  xi_c              74.92 layers: over which differences in c fade by a factor e",
        "  xi_q              1.558 layers: over which q settles by a factor e",
        "  trainable depth   about 450 layers: 6 xi_c",
        "  critical weights  1.76095 at this bias variance, with q* = 0.570048",
    ]


def test_the_picture(theory):
    _, out, _ = theory("--activation", "tanh", "--bias-variance", 0.05, "--weight-variance", 1.2)
    rows = [line[10:] for line in out.splitlines() if line[9:10] == "|"]
    assert {len(row) for row in rows} == {69}
    assert [row.index("X") for row in rows if "X" in row] == [34]
    assert rows[0] == ":" * 69
    assert rows[-1] == "." * 69
    # 0.2 a row: the line passes the middle at 1.76, the network lies at 1.2
    assert next(i for i, row in enumerate(reversed(rows)) if row[34] == "*") == 8
    assert next(i for i, row in enumerate(reversed(rows)) if row[34] == "X") == 5
    for column in range(69):  # upwards: ordered, the line, chaotic
        upwards = "".join(row[column] for row in reversed(rows)).replace("X", ".")
        assert upwards.strip(".").strip(":") == "*"


@pytest.mark.parametrize("name", ["relu", "linear"])
def test_without_a_fixed_point_on_the_line(theory, name):
    code, out, err = theory("--activation", name, "--bias-variance", 0.1)
    assert (code, out) == (2, "")
    assert err.startswith(
        f"error: `weight_variance` must be given for {name}. With chi_1 = 1 every layer adds the bias"
    )
    code, out, err = theory("--activation", name, "--bias-variance", 0.1, "--weight-variance", 0.5)
    assert (code, err) == (0, "")
    assert "critical weights  none at this bias variance. With chi_1 = 1" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--activation", "relu", "--bias-variance", 0), "q* any: layers keep"),
        (("--activation", "relu", "--bias-variance", 0), "trainable depth not limited by xi_c"),
        (("--activation", "gelu", "--bias-variance", 0, "--weight-variance", 2), "c* none: the signal dies out"),
        (("--activation", "gelu", "--bias-variance", 0, "--weight-variance", 3), "q* infinite"),
        (("--activation", "gelu", "--bias-variance", 0, "--weight-variance", 3), "c* none: the signal grows"),
        (
            (
                "--activation",
                "gelu",
            ),
            "; but layers drive q",
        ),
        (("--activation", "squared_relu", "--weight-variance", 0.4, "--bias-variance", 0), "chi_1 0: "),
    ],
)
def test_special_networks(theory, arguments, words):
    code, out, err = theory(*arguments)
    assert (code, err) == (0, "")
    assert words in " ".join(out.split())
    assert [line for line in out.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--activation", "tahn"), "error: There is no activation 'tahn'. Did you mean 'tanh'"),
        (("--bias-variance", -1), "error: `bias_variance` must be a number of at least 0. Got -1.0 instead."),
        (("--weight-variance", 0), "error: `weight_variance` must be a positive number. Got 0.0 instead."),
        (("--weight-variance", "nan"), "error: `weight_variance` must be a positive number. Got nan instead."),
        (("--bias-variance", "inf"), "error: `bias_variance` must be a number of at least 0. Got inf instead."),
        (("--q0", -2), "error: `q0` must be a number of at least 0. Got -2.0 instead."),
    ],
)
def test_bad_numbers(theory, arguments, message):
    code, out, err = theory(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert len(err.splitlines()) == 1
