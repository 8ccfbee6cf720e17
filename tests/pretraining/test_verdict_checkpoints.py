"""Killed at any moment, a verdict goes on with the arms that are finished, to the same record."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from killed_verdict import ARMS, judged

from layerwise._base import InvalidInput
from layerwise.pretraining import _verdict
from layerwise.records import dump

PROGRAM = Path(__file__).with_name("killed_verdict.py")


class Stopped(Exception):
    pass


@pytest.fixture
def trained(monkeypatch):
    """The arms that are trained, and not read from a checkpoint."""
    real, names = _verdict.train_arm, []

    def spy(found, question, start, share, seeds):
        names.append((start, share))
        return real(found, question, start, share, seeds)

    monkeypatch.setattr(_verdict, "train_arm", spy)
    return names


def stop_after(n_arms):
    told = []

    def progress(said):
        told.append(said)
        if len(told) == n_arms:
            raise Stopped

    return progress


def stopped(place, n_arms):
    with pytest.raises(Stopped):
        judged(place, stop_after(n_arms))


def test_killed_it_trains_the_other_arms_alone_and_ends_with_the_same_record(tmp_path, trained):
    with subprocess.Popen([sys.executable, PROGRAM, tmp_path / "state"], stdout=subprocess.PIPE, text=True) as running:
        for _ in range(2):
            running.stdout.readline()
        running.kill()
    assert running.returncode == -signal.SIGKILL
    told: list[str] = []
    found = judged(tmp_path / "state", told.append)
    assert 2 <= ARMS - len(trained) < ARMS  # it may have finished another one before the kill came
    assert len(told) == ARMS  # those that were kept, too
    n_left = len(trained)
    assert dump(found) == dump(judged(None))
    assert trained[:n_left] == trained[n_left:][-n_left:]


def test_when_all_is_done_it_gives_the_record_at_once(tmp_path, trained):
    first = judged(tmp_path / "state")
    assert len(trained) == ARMS
    assert judged(tmp_path / "state") == first
    assert len(trained) == ARMS


def test_a_file_cut_short_costs_one_arm(tmp_path, trained):
    stopped(tmp_path / "state", 3)
    content = (tmp_path / "state").read_bytes()
    (tmp_path / "state").write_bytes(content[:-10])
    trained.clear()
    with pytest.warns(UserWarning, match="state is not a whole checkpoint; the one before it is used"):
        stopped(tmp_path / "state", 4)
    assert trained == [("same_histogram", 0.3), ("pretrained", 1.0)]


@pytest.mark.filterwarnings("ignore:.*not a whole checkpoint")
def test_without_any_whole_file_it_says_so(tmp_path):
    (tmp_path / "state").write_bytes(b"not a checkpoint")
    with pytest.raises(InvalidInput, match=r"must be whole. Got 'state' .* Delete it"):
        judged(tmp_path / "state")


@pytest.mark.parametrize(
    "change",
    [{"seeds": [0, 1]}, {"epochs": 5}, {"fractions": (0.3,)}, {"learning_rates": (0.01,)}, {"test": 0.3}],
    ids=str,
)
def test_arms_of_another_question_are_refused(tmp_path, change):
    stopped(tmp_path / "state", 1)
    before = (tmp_path / "state").read_bytes()
    with pytest.raises(InvalidInput, match="must be of this very run"):
        judged(tmp_path / "state", **change)
    assert (tmp_path / "state").read_bytes() == before
