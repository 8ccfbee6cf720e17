"""The command line, run in this process as the installed command runs it, errors and exit codes included."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import NamedTuple

import pytest
from small_job import SRC

from layerwise.cli import main

OF_THE_TERMINAL = ("OMP_", "FORCE_", "TTY_", "NO_COLOR", "CLICOLOR")


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(monkeypatch, capsys, tmp_path):
    """Run `layerwise *arguments` in an empty folder, through `main`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")  # `main` sets it where it is missing: not in this process

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["layerwise", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Done(ended.value.code or 0, printed.out, printed.err)

    return run


@pytest.fixture
def process(tmp_path):
    """Run Python with `arguments` in a process of its own, with `path` before our source."""

    def run(*arguments, path=(), **environment):
        settings = {name: value for name, value in os.environ.items() if not name.startswith(OF_THE_TERMINAL)}
        settings |= {"PYTHONPATH": os.pathsep.join([*map(str, path), str(SRC)]), "COLUMNS": "80"}
        command = [sys.executable, *map(str, arguments)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=tmp_path, env=settings | environment
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def no_torch(tmp_path):
    """A folder with a torch that says that it is loaded, and the policy it finds, and ends the process."""
    folder = tmp_path / "no_torch"
    folder.mkdir()
    folder.joinpath("torch.py").write_text(
        "import os, sys\n"
        "print('torch is loaded', os.environ.get('OMP_WAIT_POLICY'), file=sys.stderr, flush=True)\n"
        "os._exit(7)\n"
    )
    return folder
