"""What is seen while a comparison runs."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
from rich.console import Console

from command_line import SMALL, SRC
from layerwise.cli._live import Live
from layerwise.data import circles, linear_teacher
from layerwise.models import PRESETS
from layerwise.population import Progress
from layerwise.studies import Stage

ARMS = [PRESETS["relu_he_2015"], PRESETS["tanh_large"].replace(name="[bold]tanh[/bold]")]


def stage(phase, done, scores, rates=None):
    return Stage(phase, rates or {}, Progress((), done, 200, 2.0, scores))


def lines(live):
    console = Console(width=80, file=io.StringIO(), color_system=None)
    with console.capture() as captured:
        console.print(live._table())
    return [line.rstrip() for line in captured.get().splitlines()]


def test_before_the_first_report_every_arm_has_its_row():
    found = lines(Live(ARMS, circles()))
    assert found[0].split() == ["arm", "rate", "validation", "accuracy", "now"]
    assert [line.split() for line in found[1:]] == [["relu_he_2015"], ["[bold]tanh[/bold]"], ["loading"]]


def test_rows_fill_as_the_reports_come(capsys):
    live = Live(ARMS, circles())
    live(stage("search", 50, {"relu_he_2015": 0.5}))
    live(stage("search", 100, {"[bold]tanh[/bold]": 0.75}))
    found = lines(live)
    assert [line.split() for line in found[1:3]] == [["relu_he_2015", "0.500"], ["[bold]tanh[/bold]", "0.750"]]
    assert found[3] == "choosing each arm's learning rate:  50%, 50 network-steps/s, 2 s left"
    live(stage("final", 20, {"relu_he_2015": 0.25}, {"relu_he_2015": 0.1, "[bold]tanh[/bold]": 0.03}))
    found = lines(live)
    assert [line.split() for line in found[1:3]] == [["relu_he_2015", "0.1", "0.250"], ["[bold]tanh[/bold]", "0.03"]]
    assert found[3] == "final runs:  10%, 10 network-steps/s, 18 s left"
    assert capsys.readouterr().err.splitlines() == ["choosing each arm's learning rate", "final runs"]


def test_a_regression_has_r2():
    assert "validation R2 now" in lines(Live(ARMS, linear_teacher()))[0]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal that can be made")
def test_on_a_terminal_the_table_is_live_and_leaves_no_trace_on_stdout():
    master, terminal = os.openpty()
    command = [sys.executable, "-m", "layerwise", "compare", *SMALL]
    environment = os.environ | {"PYTHONPATH": str(SRC), "TERM": "xterm", "COLUMNS": "80"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=terminal, env=environment) as running:
        os.close(terminal)
        shown = _all(master)
        out = running.stdout.read().decode()
    assert running.returncode == 0
    assert "validation accuracy now" in shown
    assert out.startswith("On circles, relu_he_2015 trains in every seed.")
    assert "\x1b" not in out


def _all(descriptor):
    parts = []
    while True:
        try:
            part = os.read(descriptor, 4096)
        except OSError:  # Linux says so where the other end is closed
            part = b""
        if not part:
            os.close(descriptor)
            return b"".join(parts).decode()
        parts.append(part)
