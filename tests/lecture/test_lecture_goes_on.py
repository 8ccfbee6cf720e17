"""A lecture that is killed within a claim goes on there, trains nothing twice, and ends with the same record."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import stopped_lecture
from stopped_lecture import N_SEEDS, lecture

from command_line import SRC
from layerwise._base import LayerwiseError
from layerwise.lecture import _run as running
from layerwise.lecture._ground import Ground
from layerwise.lecture._trained import Trained, can_be_kept
from layerwise.models import Recipe
from layerwise.pretraining import prepare
from layerwise.store import StudyReader, find_studies
from layerwise.studies.study import StudyResult

MEMBERS = {"C1.1, search": 2 * 2 * 2, "C1.1": 2 * N_SEEDS + 4}


def killed_after_the_first_chunk(folder):
    path = os.pathsep.join([str(SRC), str(Path(__file__).parent)])
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    program = [sys.executable, "-c", "import stopped_lecture; stopped_lecture.main()", str(folder)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env=environment) as running_one:
        assert running_one.stdout.readline().startswith("done 0.")
        running_one.kill()
    assert running_one.returncode == -signal.SIGKILL


def recorded(folder):
    """Return who recorded each member, by study."""
    found = {}
    for place in find_studies(folder):
        with StudyReader(place) as reader:
            found[place.name] = reader.sitting_of()
    return found


def same(record):
    return dataclasses.replace(record, seconds=0.0)


@pytest.fixture(scope="module")
def undisturbed():
    return same(lecture())


def test_killed_within_a_claim_it_goes_on_there(tmp_path, undisturbed):
    killed_after_the_first_chunk(tmp_path)
    before = recorded(tmp_path)
    n_before = sum(map(len, before.values()))
    assert 2 <= n_before < sum(MEMBERS.values())
    assert not list((tmp_path / "claims").glob("*.json"))
    assert same(lecture(tmp_path)) == undisturbed
    after = recorded(tmp_path)
    assert all(after[study].items() >= members.items() for study, members in before.items())  # nothing trained again
    assert sum(map(len, after.values())) == sum(MEMBERS.values())
    assert any(set(sittings.values()) == {1, 2} for sittings in after.values())  # one study has known both processes


def test_kept_and_not_kept_are_the_same(tmp_path, undisturbed):
    shares = []
    assert same(lecture(tmp_path, lambda step: shares.append(step.share))) == undisturbed
    assert shares[-1] == 1.0
    assert len(shares) > 8
    records = [StudyResult(place).record for place in find_studies(tmp_path)]
    assert sorted((record.name, record.n_recorded) for record in records) == [
        ("C1.1", 4),
        ("C1.1", 12),
        ("C1.1, search", 8),
    ]
    for record in records:
        assert (record.question, record.prediction) == ("Pre-training helps.", "Less error.")
        assert [one.rule for one in record.decisions] == ["An error."]
        assert record.verdict == "open"
        assert "layerwise lecture C1.1 --data circles" in record.command


def test_variants_of_an_arm_are_told_apart_in_the_study(tmp_path):
    lecture(tmp_path)
    (search,) = (place for place in find_studies(tmp_path) if "search" in place.name)
    arms = [arm.name for arm in StudyResult(search).record.arms]
    assert arms == ["plain, 1 of 2", "plain, 2 of 2", "doubled, 1 of 2", "doubled, 2 of 2"]


def test_another_training_is_another_study(tmp_path):
    ground = Ground(stopped_lecture.load_circles(), trained=Trained(tmp_path, stopped_lecture.CLAIM, ""))
    tiny = Recipe(name="a").replace(depth=1, width=4, epochs=1)
    for recipe, seeds in ((tiny, 2), (tiny, 2), (tiny, 3), (tiny.replace(width=5), 2)):
        ground.fit(recipe, seeds)
    assert len(find_studies(tmp_path / "studies")) == 3


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"prepare": prepare, "keep_models": False, "probe_every": 0, "device": "cpu"}, True),
        ({"prepare": stopped_lecture.doubled_first_layer, "chunk_size": 3}, True),
        ({"prepare": lambda start: [()]}, False),
        ({"keep_models": True}, False),
        ({"observe": print}, False),
        ({"shared_order": True}, False),
        ({"dtype": "float64"}, False),
    ],
)
def test_what_can_be_kept(options, kept):
    assert can_be_kept(options) == kept


def test_a_crashed_member_is_an_error_that_says_where(tmp_path):
    ground = Ground(stopped_lecture.load_circles(), trained=Trained(tmp_path, stopped_lecture.CLAIM, ""))
    with pytest.raises(LayerwiseError, match=r"Some networks of claim C1\.1 could not be .* Remove that folder"):
        ground.fit(Recipe(name="a").replace(depth=1, width=4, epochs=1), 2, prepare=stopped_lecture.crash)


def test_on_a_network_file_system_nothing_but_claims_is_kept(tmp_path, monkeypatch, undisturbed):
    monkeypatch.setattr(running, "network_kind", lambda _: "nfs4")
    assert same(lecture(tmp_path)) == undisturbed
    assert [path.name for path in tmp_path.iterdir()] == ["claims"]


def test_ctrl_c_within_a_claim_is_an_interruption(tmp_path, undisturbed):
    def stop(step):
        raise KeyboardInterrupt

    with pytest.raises(IndexError):  # no claim has ended
        lecture(tmp_path, stop)
    assert 2 <= sum(map(len, recorded(tmp_path).values())) < sum(MEMBERS.values())
    assert same(lecture(tmp_path)) == undisturbed
