"""`layerwise activations`: the table, and one entry with its numbers and curves, in 80 columns."""

from __future__ import annotations

import functools

import pytest
from command_line import InThisProcess, run_python, torch_that_tells

from layerwise.activations import ACTIVATIONS


@pytest.fixture
def cli(monkeypatch, capsys, tmp_path):
    return InThisProcess(monkeypatch, capsys, tmp_path)


@pytest.fixture
def process(tmp_path):
    return functools.partial(run_python, tmp_path)


def test_it_lists_all(cli):
    done = cli("activations")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line.split()[0] for line in lines[3 : 3 + len(ACTIVATIONS)]] == list(ACTIVATIONS)
    assert "tanh          -1 to 1        yes       |z| > 2.18  -               1.5925  1" in lines
    assert "relu6         0 to 6         no        -           z <= 0, z >= 6  1.4142  1" in lines
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_one_has_its_numbers_and_its_curves(cli, name):
    done = cli("activations", name)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == name
    assert max(map(len, lines)) <= 80
    labels = {line[:17].split("  ")[0] for line in lines}
    assert {"f(z)", "range", "zero-centered", "kinks", "gain", "centered gain", "chi_1", "source"} <= labels
    assert sum("┤" in line or "│" in line for line in lines) == 10
    assert lines[-1].split() == ["-5", "0", "5"] * 2


def test_numbers_of_gelu(cli):
    out = cli("activations", "gelu").out
    for text in (
        "E f^2          0.42522148",
        "gain           1.53353044",
        "chi_1          1.0720316",
        "-0.16997121 to inf",
    ):
        assert text in out


def test_another_name_of_an_entry(cli):
    assert cli("activations", "identity").out == cli("activations", "linear").out


def test_an_unknown_name(cli):
    done = cli("activations", "tahn")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: There is no activation 'tahn'. Did you mean 'tanh'")


def test_a_terminal_without_the_signs_gets_the_numbers(process):
    done = process("-m", "layerwise", "activations", "softsign", PYTHONIOENCODING="latin-1")
    assert (done.code, done.err) == (0, "")
    assert "2.33753336" in done.out
    assert "(No curves: iso8859-1 has no signs to draw them with.)" in done.out
    done = process("-m", "layerwise", "activations", "squared_relu", PYTHONIOENCODING="ascii")
    assert "Ma?ke" in done.out


def test_help_needs_no_torch(process, tmp_path):
    done = process("-m", "layerwise", "activations", "--help", path=[torch_that_tells(tmp_path)])
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
