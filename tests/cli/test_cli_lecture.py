"""`layerwise lecture` from outside."""

from __future__ import annotations

import json

from layerwise.cli._claim_bars import ClaimBars
from layerwise.data import load
from layerwise.lecture import run_lecture


def test_a_claim_is_told_and_kept(cli, tmp_path):
    done = cli("lecture", "C1.1", "--output", tmp_path / "out")
    assert done.code == 0
    assert "The gradient of one sigmoid neuron" in done.out
    assert max(map(len, done.out.splitlines())) <= max(80, len(f"Records: {tmp_path}/out/lecture.json"))
    claims = json.loads((tmp_path / "out" / "lecture.json").read_text())["claims"]
    wanted = {"id", "kind", "verdict", "statement", "metric", "value", "low", "high", "decision_rule", "seconds"}
    assert wanted <= set(claims[0])
    assert "<article" in (tmp_path / "out" / "lecture.html").read_text()


def test_json_is_all_that_is_printed(cli):
    done = cli("lecture", "C1.1", "--json")
    assert json.loads(done.out)["kind"] == "lecture"
    assert not done.err


def test_the_list_runs_nothing(cli):
    done = cli("lecture", "--list")
    assert done.out.splitlines()[0].split()[:2] == ["C1.1", "exact"]


def test_an_unknown_claim_is_one_line(cli):
    done = cli("lecture", "C9.9")
    assert done.code == 2
    assert "There is no claim 'C9.9'." in done.err
    assert "Traceback" not in done.err


def test_a_report_is_drawn_again_from_the_folder(cli, tmp_path):
    cli("lecture", "C1.1", "--output", tmp_path)
    (tmp_path / "lecture.html").unlink()
    done = cli("report", tmp_path)
    assert done.code == 0
    assert (tmp_path / "lecture.html").exists()


def test_what_chose_the_data_stands_in_every_command(cli, tmp_path):
    table = tmp_path / "heights.csv"
    table.write_text("a,b,height\n" + "".join(f"{k},{k * k % 7},{k % 5}.5\n" for k in range(30)))
    done = cli("lecture", "C1.1", "C1.2", "--data", table, "--target", "height", "--task", "regression", "--json")
    (first, _) = json.loads(done.out)["claims"]
    assert first["command"] == f"layerwise lecture C1.1 --data {table} --target height --task regression"
    assert json.loads(cli("lecture", "C1.1", "--json").out)["claims"][0]["command"] == "layerwise lecture C1.1"


def test_what_an_experiment_trains_is_a_study(cli, tmp_path):
    cli("lecture", "C3.8", "--data", "circles", "--seeds", "1", "--output", tmp_path)
    told = cli("study", "list", tmp_path).out
    assert "C3.8, search" in told
    assert told.count("complete") == 2
    (final,) = (place for place in (tmp_path / "studies").iterdir() if "search" not in place.name)
    assert "Asked: ReLU does not saturate" in " ".join(cli("study", "show", final).out.split())
    assert cli("study", "export", final).out.strip() == f"{final}/members.csv"


def test_every_claim_has_a_clock_of_its_own():
    bars = ClaimBars()
    run_lecture(["C1.1", "C1.2"], load("digits"), progress=bars)
    (task,) = bars._bars.tasks
    assert task.completed == 0
    assert task.finished_time is None  # else the clock would stand still from the first claim's end on
