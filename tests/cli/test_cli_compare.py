"""`layerwise compare` and `layerwise report`, from end to end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from command_line import SMALL, SRC
from layerwise.records import ComparisonRecord, load
from layerwise.report import render_text
from layerwise.store import read

ESCAPE = "\x1b"


def test_it_prints_the_table_and_says_what_it_does(cli):
    done = cli("compare", *SMALL, "--recipe", "tanh_large")
    assert done.code == 0
    assert done.err.splitlines() == ["layerwise compares 2 recipes on circles ...", "final runs"]
    assert re.search(r"^relu_he_2015 +0\.3 +2/2 ", done.out, re.MULTILINE)
    assert re.search(r"^tanh_large +0\.3 ", done.out, re.MULTILINE)
    assert all(len(line) <= 80 for line in done.out.splitlines())
    assert ESCAPE not in done.out + done.err


def test_the_search_is_announced(cli):
    done = cli("compare", *SMALL, "--learning-rate", 0.1, "--search-seeds", 1)
    assert done.err.splitlines()[1:] == ["choosing each arm's learning rate", "final runs"]


def test_json_is_all_there_is_on_stdout(cli):
    done = cli("compare", *SMALL, "--json")
    assert (done.code, done.err) == (0, "")
    record = load(ComparisonRecord, done.out)
    assert [arm.name for arm in record.arms] == ["relu_he_2015"]
    assert record.command == f"layerwise compare {' '.join(SMALL)} --json"
    assert len(done.out.splitlines()) == 1


def test_quiet_is_the_table_alone(cli):
    done = cli("compare", *SMALL, "--quiet")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("On circles, relu_he_2015 trains in every seed.")


def test_output_holds_the_page_and_the_records(cli, tmp_path):
    done = cli("compare", *SMALL, "--output", "new/out")
    folder = tmp_path / "new" / "out"
    assert done.code == 0
    assert done.out.splitlines()[-2:] == ["Report: new/out/report.html", "Records: new/out/result.json"]
    assert sorted(path.name for path in folder.iterdir()) == ["report.html", "result.json"]
    assert done.out.startswith(render_text(read(folder)))


def test_json_and_output_go_together(cli, tmp_path):
    done = cli("compare", *SMALL, "--json", "--output", "out")
    assert json.loads(done.out) == json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))


def test_report_draws_the_same_page_again(cli, process, no_torch, tmp_path):
    cli("compare", *SMALL, "--output", "out")
    page = tmp_path / "out" / "report.html"
    first = page.read_bytes()
    page.unlink()
    done = process("-m", "layerwise", "report", "out", path=[no_torch])
    assert (done.code, done.err) == (0, "")
    assert page.read_bytes() == first
    assert done.out == f"{render_text(read(tmp_path / 'out'))}\n\nReport: out/report.html\n"
    assert cli("report", "out/result.json").out == done.out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "`there` must be a folder with a result.json, or such a file. Got nothing under that name instead."),
        ("", "`there` must hold a comparison, as `layerwise compare` writes it."),
        ('{"arms": [', "`there` must hold a comparison, as `layerwise compare` writes it."),
        ("{}", "`there` must hold a comparison, as `layerwise compare` writes it."),
    ],
)
def test_report_needs_a_comparison(cli, tmp_path, content, message):
    if content is not None:
        (tmp_path / "there").write_text(content)
    done = cli("report", "there")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {message}")
    assert len(done.err.splitlines()) == 1
    assert not (tmp_path / "report.html").exists()


def test_report_where_the_page_cannot_be_written(cli, tmp_path):
    cli("compare", *SMALL, "--output", "out")
    page, records = tmp_path / "out" / "report.html", tmp_path / "out" / "result.json"
    page.unlink()
    page.mkdir()
    before = records.read_bytes()
    done = cli("report", "out")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: `out/report.html` must be a place that can be written to.")
    assert len(done.err.splitlines()) == 1
    assert sorted(path.name for path in records.parent.iterdir()) == ["report.html", "result.json"]
    assert records.read_bytes() == before


def test_report_asks_before_it_draws(cli, monkeypatch):
    from layerwise._base import InvalidInput

    def refuse(_):
        raise InvalidInput("the place must be open")

    cli("compare", *SMALL, "--output", "out")
    monkeypatch.setattr("layerwise.store.check_writable", refuse)
    monkeypatch.setattr("layerwise.report.render_html", lambda _: pytest.fail("the page was drawn"))
    assert cli("report", "out") == (2, "", "error: the place must be open.\n")


def test_a_recipe_file_is_an_arm(cli, tmp_path):
    (tmp_path / "mine.yaml").write_text("preset: tanh_large\nscale: 0.5\n")
    record = load(ComparisonRecord, cli("compare", *SMALL, "--recipe", "mine.yaml", "--json").out)
    assert [arm.name for arm in record.arms] == ["relu_he_2015", "mine"]
    assert record.arms[1].recipe["architecture"]["scale"] == 0.5


def test_a_table_of_ones_own(cli, tmp_path):
    rows = ["a,b,constant,kind"] + [f"{i},{i % 7},5,{'high' if i > 30 else 'low'}" for i in range(60)]
    (tmp_path / "my.csv").write_text("\n".join(rows))
    for target in ("kind", "-1", "3"):
        record = load(ComparisonRecord, cli("compare", *SMALL, "--data", "my.csv", "--target", target, "--json").out)
        assert (record.data.name, record.data.n_features, record.data.n_outputs) == ("my", 3, 2)
        assert record.data.scaling.endswith("1 of 3 is constant there and only centered")


def test_a_task_may_be_said(cli, tmp_path):
    (tmp_path / "my.csv").write_text("\n".join(["a,label"] + [f"{i},{i % 3}" for i in range(60)]))
    found = cli("compare", *SMALL, "--data", "my.csv", "--task", "regression", "--json")
    assert load(ComparisonRecord, found.out).metric == "test_r2"
    assert load(ComparisonRecord, cli("compare", *SMALL, "--data", "my.csv", "--json").out).metric == "test_accuracy"


def test_widths_of_their_own_pass_without_a_warning(cli):
    done = cli("compare", *SMALL, "--width", "8,4", "--quiet")
    assert (done.code, done.err) == (0, "")


def test_an_interruption_with_nothing_to_show(cli, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("layerwise.studies.compare", interrupted)
    done = cli("compare", *SMALL, "--output", "out")
    assert (done.code, done.out) == (130, "")
    assert done.err.splitlines()[-1] == "Interrupted before any final run had ended: nothing to show."
    assert not os.path.lexists("out")


def test_an_interruption_with_something_to_show(cli, monkeypatch):
    from layerwise.population import Fit, fit

    def half(recipes, data, seeds, **options):
        whole = fit(recipes, data, seeds, **options)
        return Fit(whole.runs[:1], n_planned=2, seconds=0.0, device="cpu", histograms=whole.histograms[:1])

    monkeypatch.setattr("layerwise.studies._trainer.fit", half)
    done = cli("compare", *SMALL)
    assert done.code == 0
    assert "1/1" in done.out
    assert "nterrupted" in done.out


def test_what_was_computed_is_shown_even_where_it_can_no_longer_be_kept(cli, monkeypatch, tmp_path):
    from layerwise._base import InvalidInput

    def full(*_):
        raise InvalidInput("the disk must have room")

    monkeypatch.setattr("layerwise.store.save", full)
    done = cli("compare", *SMALL, "--output", "out")
    assert done.code == 2
    assert done.out.startswith("On circles, relu_he_2015 trains in every seed.")
    assert "Report:" not in done.out
    assert done.err.splitlines()[-1] == "error: the disk must have room."
    assert list(tmp_path.iterdir()) == []


def test_a_failure_under_way_leaves_what_was_there(cli, monkeypatch, tmp_path):
    from layerwise._base import InvalidInput

    def fails(*_, **__):
        raise InvalidInput("something must hold")

    out = tmp_path / "out"
    out.mkdir()
    (out / "result.json").write_text("as it was")
    monkeypatch.setattr("layerwise.studies._compare.make_arm", fails)
    assert cli("compare", *SMALL, "--output", "out").code == 2
    assert cli("compare", *SMALL, "--output", "new").code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert [(path.name, path.read_text()) for path in out.iterdir()] == [("result.json", "as it was")]


def test_the_real_command_from_end_to_end(process, tmp_path):
    done = process("-m", "layerwise", "compare", *SMALL, "--output", "out")
    assert done.code == 0
    assert done.err.splitlines() == ["layerwise compares 1 recipe on circles ...", "final runs"]
    assert ESCAPE not in done.out
    assert done.out.startswith(render_text(read(tmp_path / "out")))


def start(*arguments):
    command = [sys.executable, "-m", "layerwise", *arguments]
    environment = os.environ | {"PYTHONPATH": str(SRC)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)


def test_a_reader_that_goes_away_is_no_error():
    with start("explain") as running:
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode in {0, 1}


@pytest.mark.slow
def test_ctrl_c_ends_it_in_one_sentence():
    with start("compare", "--epochs", "1000") as running:
        for expected in (b"layerwise compares eight ways", b"choosing each arm's"):
            assert running.stderr.readline().startswith(expected)
        time.sleep(1)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (130, b"")
    assert err == b"Interrupted before any final run had ended: nothing to show.\n"
