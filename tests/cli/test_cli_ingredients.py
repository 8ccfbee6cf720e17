"""`layerwise activations|initializers|normalizers`: the table, and one entry with its numbers, in 80 columns."""

from __future__ import annotations

import pytest

from layerwise.activations import ACTIVATIONS
from layerwise.initializers import INITIALIZERS
from layerwise.normalizers import NORMALIZERS

TABLES = {"activations": ACTIVATIONS, "initializers": INITIALIZERS, "normalizers": NORMALIZERS}
EACH = [(room, name) for room, table in TABLES.items() for name in table]
LINES = {
    "activations": [
        "tanh          -1 to 1        yes       |z| > 2.18  -               1.5925  1",
        "relu6         0 to 6         no        -           z <= 0, z >= 6  1.4142  1",
        "crelu         0 to inf       no        -           -               1.4142  1",
    ],
    "initializers": [
        "name              E w^2                            rms      relu     tanh",
        "constant          value^2                          0        0        0",
        "glorot_uniform    2 * gain^2 / (fan_in + fan_out)  0.1      4.3e-05  0.13",
        "he_normal         2 / fan_in                       0.1414   1.4      0.79",
        "identity          gain^2 / max(fan_in, fan_out)    0.1      -        -",
    ],
    "normalizers": [
        "name          statistics over          batch  learned             layers",
        "none          -                        no     -                   -",
        "ghost_batch   16 or more of the batch  yes    gamma, beta         dense",
        "rms           the units                no     gamma               dense",
        "group         16 or more of the units  no     gamma, beta         dense, conv",
        "dyt           -                        no     alpha, gamma, beta  dense",
    ],
}
ONE = {
    ("activations", "gelu"): [
        "E f^2          0.42522148",
        "gain           1.53353044",
        "chi_1          1.0720316",
        "-0.16997121 to inf",
    ],
    ("initializers", "he_uniform"): [
        "call      he_uniform_(tensor, *, generator=None)",
        "in short  Return `tensor` filled in place, uniform between +-sqrt(6 / fan_in).",
        "rms       0.14142136 with 100 inputs and 100 units",
        "largest   0.24494897 there",
        "relu      1.414 at layer 30, and the gradient at layer 1 is 1 times that at",
        "tanh      0.7861 at layer 30, and the gradient at layer 1 is 2.809 times that at",
    ],
    ("initializers", "sparse"): ["options   std = 1, n_connections = 15", "largest   no bound"],
    ("initializers", "identity"): ["relu      theory says nothing: the weights are not drawn around 0"],
    ("initializers", "delta_orthogonal_"): ["call      delta_orthogonal_(tensor, gain=1.0, *, generator=None)"],
    ("normalizers", "batch"): [
        "y                gamma * (x - mean) / sqrt(var + eps) + beta",
        "in evaluation    running statistics stand for the batch's",
        "growth           relu 1.46694, tanh 1.17781: factor by which the squared",
    ],
    ("normalizers", "layer"): ["growth           relu 1, tanh 1.17781: factor by which the squared"],
    ("normalizers", "dyt"): ["statistics over  nothing", "learned          alpha (one, from 0.5), gamma (one for each"],
    ("normalizers", "weight_norm"): ["in short  It acts on weights and is no layer: use"],
    ("normalizers", "fold"): ["call      fold(model)"],
}


@pytest.mark.parametrize(("room", "table"), TABLES.items())
def test_it_lists_all(cli, room, table):
    done = cli(room)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    rule = next(place for place, line in enumerate(lines) if set(line) == {"-"})
    assert [line.split()[0] for line in lines[rule + 1 : rule + 1 + len(table)]] == list(table)
    assert max(map(len, lines)) <= 80
    assert [line for line in LINES[room] if line not in lines] == []


@pytest.mark.parametrize(("room", "name"), EACH)
def test_one_has_its_facts_and_its_source(cli, room, name):
    done = cli(room, name)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == name
    assert max(map(len, lines)) <= 80
    assert " ".join(done.out.split()).count(TABLES[room][name].citation) >= 1
    labels = {line.split("  ")[0] for line in lines}
    if room == "activations":
        assert {"f(z)", "range", "zero-centered", "kinks", "gain", "centered gain", "chi_1", "source"} <= labels
        assert sum("┤" in line or "│" in line for line in lines) == 10
        assert lines[-1].split() == ["-5", "0", "5"] * 2
    elif name != "none":
        assert labels >= {"initializers": {"E w^2", "rms", "relu"}, "normalizers": {"y", "learned", "layers"}}[room]


@pytest.mark.parametrize(("room", "name"), ONE)
def test_numbers(cli, room, name):
    out = cli(room, name).out
    assert [text for text in ONE[room, name] if text not in out] == []


def test_another_name_of_an_entry(cli):
    assert cli("activations", "identity").out == cli("activations", "linear").out


@pytest.mark.parametrize(
    ("room", "name", "message"),
    [
        ("activations", "tahn", "There is no activation 'tahn'. Did you mean 'tanh'"),
        ("initializers", "he_norml", "There is no initializer 'he_norml'. Did you mean 'he_normal'"),
        ("normalizers", "bach", "There is no normalizer 'bach'. Did you mean 'batch'"),
    ],
)
def test_an_unknown_name(cli, room, name, message):
    done = cli(room, name)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {message}")


def test_a_terminal_without_the_signs_gets_the_numbers(process):
    done = process("-m", "layerwise", "activations", "softsign", PYTHONIOENCODING="latin-1")
    assert (done.code, done.err) == (0, "")
    assert "2.33753336" in done.out
    assert "(No curves: iso8859-1 has no signs to draw them with.)" in done.out
    done = process("-m", "layerwise", "activations", "squared_relu", PYTHONIOENCODING="ascii")
    assert "Ma?ke" in done.out


@pytest.mark.parametrize("room", TABLES)
def test_help_needs_no_torch(process, no_torch, room):
    done = process("-m", "layerwise", room, "--help", path=[no_torch])
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
