"""`layerwise map`, from end to end."""

from __future__ import annotations

import inspect
import json
import re

import pytest

from layerwise.cli import _map
from layerwise.records import TrainabilityRecord, load
from layerwise.studies import PAPER, trainability_map

SMALL = ("--data", "circles", "--depths", "1,2", "--weight-variances", "1,2.5", "--width", "8", "--steps", "4")

MAP = """\
depth 2 +\\d+\\*? +\\d+\\*?
depth 1 +\\d+\\*? +\\d+\\*?
-------------------------
weight var\\. +1 +2\\.5
6 xi_c +22 +71
half lost at +\\S+ +\\S+
nine tenths at +\\S+ +\\S+

"""


@pytest.fixture
def asked(cli, monkeypatch):
    """What `map` is asked for by a command line; nothing is trained."""

    def ask(*arguments):
        caught = {}

        def spy(activation, bias_variance, data, **options):
            caught.update(activation=activation, bias_variance=bias_variance, data=data.name, **options)
            raise KeyboardInterrupt

        monkeypatch.setattr("layerwise.studies.trainability_map", spy)
        assert cli("map", "--quiet", "--data", "circles", *arguments).code == 130
        return caught

    return ask


def test_it_prints_the_map_and_says_what_it_does(cli):
    done = cli("map", *SMALL)
    assert (done.code, done.err) == (0, "layerwise maps which depths of tanh networks train on circles ...\n")
    assert re.search(MAP, done.out)
    assert done.out.endswith("are lost.\n")
    assert max(map(len, done.out.splitlines())) <= 80


def test_output_holds_the_page_and_the_records_and_report_draws_it_again(cli, tmp_path):
    done = cli("map", *SMALL, "--quiet", "--output", "out")
    assert done.out.splitlines()[-2:] == ["Report: out/report.html", "Records: out/result.json"]
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    (tmp_path / "out" / "report.html").unlink()
    again = cli("report", "out")
    assert (again.code, again.err) == (0, "")
    assert done.out.split("\nReport")[0] == again.out.split("\nReport")[0]
    assert (tmp_path / "out" / "report.html").read_text(encoding="utf-8") == page


def test_json_is_all_there_is_on_stdout(cli):
    done = cli("map", *SMALL, "--json")
    assert (done.code, done.err) == (0, "")
    record = load(TrainabilityRecord, done.out)
    assert record.command == f"layerwise map {' '.join(SMALL)} --json"
    assert json.loads(done.out)["kind"] == "trainability_map"


def test_the_options_go_where_they_belong(asked):
    given = ["--activation", "gelu", "--bias-variance", 0.1, "--depths", "3,5", "--weight-variances", "1,1.5"]
    given += ["--width", 7, "--learning-rate", 0.2, "--steps", 9, "--batch-size", 11, "--seeds", 2]
    assert asked(*given) | {"command": ""} == {
        "activation": "gelu", "bias_variance": 0.1, "data": "circles", "depths": [3, 5],
        "weight_variances": [1.0, 1.5], "width": 7, "learning_rate": 0.2, "steps": 9, "batch_size": 11, "seeds": 2,
        "device": "cpu", "progress": False, "command": "",
    }  # fmt: skip


def test_with_no_options_the_studys_own_defaults_hold(asked):
    own = inspect.signature(trainability_map).parameters
    for name, value in asked().items():
        assert name in {"data", "progress", "command"} or value == own[name].default
    assert own["data"].default == inspect.signature(_map.map_).parameters["data"].default == "mnist"


def test_full_is_the_papers_size_and_what_is_given_comes_first(asked):
    assert PAPER.items() <= asked("--full").items()
    assert asked("--full", "--width", 50)["width"] == 50


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--depths", "deep"], "`depths` must be an int, or ints with commas between. Got 'deep' instead."),
        (["--depths", "3,0"], "`depths` must be a positive int. Got 0 instead."),
        (
            ["--weight-variances", "1,x"],
            "`weight_variances` must be a number, or numbers with commas between. Got '1,x' instead.",
        ),
        (["--weight-variances", "0"], "`weight_variances` must be a positive number. Got 0.0 instead."),
        (["--bias-variance", "-1"], "`bias_variance` must be a number of at least 0. Got -1.0 instead."),
        (["--learning-rate", "nan"], "`learning_rate` must be a positive number. Got nan instead."),
        (["--steps", "0"], "`steps` must be a positive int. Got 0 instead."),
        (["--seeds", "0"], "`seeds` must be a positive int. Got 0 instead."),
        (
            ["--data", "linear_teacher"],
            "`data` must have classes for a map of accuracies. Got 'linear_teacher', a regression instead.",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_bad_input_is_answered_with_value_and_rule(cli, tmp_path, arguments, message):
    done = cli("map", "--quiet", "--data", "circles", "--output", "out", *arguments)
    assert (done.code, done.out, done.err) == (2, "", f"error: {message}\n")
    assert not list(tmp_path.iterdir())


def test_the_first_words_come_before_torch_is_loaded(process, no_torch):
    done = process("-m", "layerwise", "map", "--data", "digits", path=[no_torch])
    first = "layerwise maps which depths of tanh networks train on digits ...\n"
    assert done.err == f"{first}torch is loaded PASSIVE\n"
