"""`layerwise study` as people use it: a file, a folder, and commands that read well at 80 columns."""

from __future__ import annotations

import json
import sys

import jsonschema
import pytest
import yaml

from layerwise.records import StudyRecord, load
from layerwise.store import STUDY_FILE, read

SMALL = "depth: 1, width: 8, epochs: 2"
TEXT = f"""
name: two rates
question: Does a rate of 0.3 beat one of 0.0001?
prediction: Yes.
data: circles
arms:
  - {{name: fast, learning_rate: 0.3, {SMALL}}}
  - {{name: slow, learning_rate: 1e-4, {SMALL}}}
seeds: 6
chunk_size: 3
decision: {{better: fast, than: slow}}
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "rates.yaml"
    path.write_text(TEXT)
    return path


@pytest.fixture
def done(cli, file):
    cli("study", "run", file, "--quiet")
    return "studies/two-rates"


def fits(text):
    return max(map(len, text.splitlines())) <= 80


def test_run_says_what_it_found(cli, file, tmp_path):
    code, out, err = cli("study", "run", file)
    assert (code, err.splitlines()[0]) == (0, f"layerwise runs the study {file} ...")
    assert "Asked: Does a rate of 0.3 beat one of 0.0001?" in out
    assert "The prediction holds: fast does better than slow (+" in " ".join(out.split())
    assert fits(out)
    folder = tmp_path / "studies" / "two-rates"
    assert out.endswith("\nReport: studies/two-rates/report.html\nRecords: studies/two-rates/study.sqlite\n")
    assert {path.name for path in folder.iterdir()} == {STUDY_FILE, "report.html", "result.json"}
    record = read(folder)
    assert isinstance(record, StudyRecord)
    assert record.command == f"layerwise study run {file}"
    assert "<title>two rates" in (folder / "report.html").read_text()


def test_the_same_command_again_trains_nothing(cli, file, done, monkeypatch):
    monkeypatch.setattr("layerwise.studies.study._work.train", lambda *_: pytest.fail("something was trained"))
    assert cli("study", "run", file, "--quiet").code == 0


def test_time_that_is_up_is_an_exit_code(cli, file):
    code, out, _ = cli("study", "run", file, "--quiet", "--max-time", "0.000001s", "--output", "later")
    assert code == 3
    assert "The verdict is open" in out
    assert out.endswith("The time was up. Go on: layerwise study resume later\n")
    assert fits(out)
    code, out, err = cli("study", "resume", "later")
    assert (code, err.splitlines()[0]) == (0, "layerwise goes on with the study in later ...")
    assert "The prediction holds" in out


def test_ctrl_c_is_130(cli, file, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("layerwise.studies.study._run._Sitting.run", interrupted)
    code, out, err = cli("study", "run", file, "--quiet")
    assert (code, out) == (130, "")
    assert err == "Interrupted. What is recorded stays: layerwise study resume studies/two-rates\n"


def test_crashed_members_are_an_exit_code(cli, file, monkeypatch):
    def broken(*_):
        raise RuntimeError("no such network")

    monkeypatch.setattr("layerwise.population._train._build", broken)
    code, out, _ = cli("study", "run", file, "--quiet")
    assert code == 1
    assert "fast: 6 members crashed. RuntimeError: no such network" in out
    assert fits(out)


def test_list_shows_how_far_studies_are(cli, file, done):
    cli("study", "run", file, "--quiet", "--output", "studies/begun", "--max-time", "0.000001s")
    code, out, err = cli("study", "list")
    assert (code, err) == (0, "")
    assert fits(out)
    header, _, first, begun, second, ended = out.splitlines()
    assert header.split()[:4] == ["study", "folder", "members", "state"]
    assert "0/12" in first
    assert begun.strip() == "nothing yet"
    assert "complete" in second
    assert ended.strip() == "12 finished"


def test_list_of_nothing(cli):
    assert cli("study", "list").out == "There is no study in studies. `layerwise study run FILE` makes one.\n"


def test_list_needs_no_torch(process, no_torch, cli, done, tmp_path):
    code, out, err = process("-m", "layerwise", "study", "list", path=[no_torch])
    assert (code, err) == (0, "")
    assert "two rates" in out


def test_show_says_it_again(cli, done):
    code, out, err = cli("study", "show", done)
    assert (code, err) == (0, "")
    assert "The prediction holds" in out
    assert load(StudyRecord, cli("study", "show", done, "--json").out).verdict == "holds"


def test_report_draws_it_again(cli, done, tmp_path):
    page = tmp_path / done / "report.html"
    page.unlink()
    code, out, _ = cli("report", done)
    assert code == 0
    assert "The prediction holds" in out
    assert page.exists()


def test_compare_holds_two_against_each_other(cli, file, done, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(TEXT.replace("epochs: 2", "epochs: 3").replace("name: two rates", "name: longer"))
    cli("study", "run", other, "--quiet")
    code, out, err = cli("study", "compare", done, "studies/longer")
    assert (code, err) == (0, "")
    assert fits(out)
    assert out.startswith("What the second was told otherwise:\n")
    assert "  `name`: 'two rates' is now 'longer'\n" in out
    assert "`arms.0.training.epochs`: 2 is now 3" in out
    assert out.splitlines()[-1].startswith("12 of 12 records differ")
    same = cli("study", "compare", done, done).out
    assert same.startswith("Both were told the same.\n")
    assert same.splitlines()[-1] == "All 12 records are the same, bit for bit, times aside."


@pytest.mark.parametrize("form", ["csv", "parquet", "json"])
def test_export(cli, done, tmp_path, form):
    code, out, err = cli("study", "export", done, "--format", form)
    assert (code, out, err) == (0, f"{done}/members.{form}\n", "")
    assert (tmp_path / done / f"members.{form}").stat().st_size > 500


def test_schema_is_one(cli):
    schema = json.loads(cli("study", "schema").out)
    jsonschema.validate(yaml.safe_load(TEXT.replace("1e-4", "0.0001")), schema)


def test_a_dry_run_trains_nothing_and_tells_sizes(cli, file, tmp_path):
    code, out, _ = cli("study", "run", file, "--dry-run")
    assert code == 0
    assert fits(out)
    row = out.splitlines()[2].split()
    assert row[:5] == ["fast", "and", "1", "more", "12"]
    assert row[5:8] == ["4", "x", "3"]
    assert "12 members in 4 chunks: about " in out
    assert not (tmp_path / "studies").exists()


def test_halving_is_part_of_the_design(cli, file, done):
    code, out, err = cli("study", "run", file, "--quiet", "--halving")
    assert (code, out) == (2, "")
    assert "`halving`: False is now True" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "none.yaml", "--quiet"], "error: There must be a study file 'none.yaml'."),
        (["show", "nowhere"], f"error: `nowhere` must be the folder of a study, with a {STUDY_FILE}."),
        (["resume", "nowhere"], "error: `nowhere` must be the folder of a study"),
        (["run", "rates.yaml", "--quiet", "--max-time", "soon"], "error: `max_time` must be a time such as 90s"),
        (["run", "rates.yaml", "--quiet", "--address", "auto"], "error: `address` goes with `--engine ray` only."),
    ],
)
def test_bad_input_is_one_line_and_2(cli, file, arguments, message):
    code, out, err = cli("study", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert len(err.splitlines()) == 1


def test_the_engine_is_what_was_asked_for(cli, file, monkeypatch):
    asked = []
    monkeypatch.setattr("layerwise.studies.study.run_study", lambda *_, **o: asked.append(o["engine"]) or sys.exit(9))
    for options in (["local", "--workers", 3], ["joblib"], ["ray", "--address", "auto", "--num-gpus", 0.25]):
        assert cli("study", "run", file, "--quiet", "--engine", *options).code == 9
    local, joblib, ray = asked
    assert (local.name, local.n_workers) == ("local", 3)
    assert (joblib.name, joblib.n_workers) == ("joblib", None)
    assert (ray.name, ray.address, ray.num_gpus, ray.num_cpus) == ("ray", "auto", 0.25, 1.0)
