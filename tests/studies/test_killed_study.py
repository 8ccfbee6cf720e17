"""`study_pretraining`, killed at any moment and asked again, ends with the same bits."""

from __future__ import annotations

import functools
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from killed_study import OPTIONS, studied

from layerwise.studies import PretrainingStudy

PROGRAM = Path(__file__).with_name("killed_study.py")
N_LAYERS = sum(OPTIONS["epochs"])


@functools.cache
def undisturbed() -> PretrainingStudy:
    n_threads = torch.get_num_threads()
    try:
        return studied(None)
    finally:
        torch.set_num_threads(n_threads)


def run(folder: Path, *, kill_after: int | None = None) -> tuple[int, list[str]]:
    """Run the program; kill it (as `kill -9`) when it has told of so many epochs. Return its exit code, and those."""
    command = [sys.executable, str(PROGRAM), str(folder / "state"), str(folder / "out")]
    told = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout:
            told.append(line.strip())
            if len(told) - 1 == kill_after:
                running.kill()
                break
    return running.returncode, told[1:]


def check_same_bits(folder: Path) -> None:
    undisturbed().save(folder / "plain")
    for name in PretrainingStudy.FILES:
        assert (folder / "out" / name).read_bytes() == (folder / "plain" / name).read_bytes()
    record = undisturbed().record
    assert PretrainingStudy.checkpoints(folder / "state")[1].exists()
    assert record.fine_tuning[0].steps == tuple(range(1, OPTIONS["fine_tune"] + 1))


def test_killed_while_all_layers_train_together_it_goes_on_from_there(tmp_path):
    assert run(tmp_path, kill_after=N_LAYERS + 3)[0] == -signal.SIGKILL
    assert not (tmp_path / "out").exists()
    code, told = run(tmp_path)
    assert code == 0
    # the epoch that was told of last may have been followed by another one before the kill came
    assert told[0].startswith("all layers together ")
    assert int(told[0].split()[-1]) >= 4
    check_same_bits(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("kills", [(2, 1, 3, 5, 2), (9, 2, 4), (0, N_LAYERS, 1, 1, 1)])
def test_killed_again_and_again_it_ends_with_the_same_bits(tmp_path, kills):
    for n in kills:
        assert run(tmp_path, kill_after=n)[0] == -signal.SIGKILL
    assert run(tmp_path)[0] == 0
    check_same_bits(tmp_path)
