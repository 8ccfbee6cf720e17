"""The command line as people use it, run in this process or in one of its own; and a job that takes a moment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from layerwise.cli import main

SRC = Path(__file__).resolve().parents[1] / "src"

_NETWORK = ("--recipe", "relu_he_2015", "--depth", "2", "--width", "8")
SMALL = (*_NETWORK, "--epochs", "1", "--data", "circles", "--learning-rate", "0.3", "--seeds", "2")

OF_THE_TERMINAL = ("OMP_", "FORCE_", "TTY_", "NO_COLOR", "CLICOLOR")


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


class InThisProcess:
    """Runs `layerwise *arguments` in an empty folder through `main`, errors and exit codes included."""

    def __init__(self, monkeypatch, capsys, folder):
        monkeypatch.chdir(folder)
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")  # `main` sets it where it is missing: not in this process
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments):
        self._monkeypatch.setattr(sys, "argv", ["layerwise", *map(str, arguments)])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        printed = self._capsys.readouterr()
        return Done(ended.value.code or 0, printed.out, printed.err)


def run_python(folder, *arguments, path=(), **environment):
    """Run Python in `folder` in a process of its own, with `path` before our source."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith(OF_THE_TERMINAL)}
    settings |= {"PYTHONPATH": os.pathsep.join([*map(str, path), str(SRC)]), "COLUMNS": "80"}
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=settings | environment)
    return Done(done.returncode, done.stdout, done.stderr)


def torch_that_tells(folder):
    """Return a folder with a torch that says that it is loaded, and the policy it finds, and ends the process."""
    inner = folder / "no_torch"
    inner.mkdir()
    inner.joinpath("torch.py").write_text(
        "import os, sys\n"
        "print('torch is loaded', os.environ.get('OMP_WAIT_POLICY'), file=sys.stderr, flush=True)\n"
        "os._exit(7)\n"
    )
    return inner
