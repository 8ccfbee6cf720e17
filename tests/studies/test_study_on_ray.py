"""Studies on a Ray cluster: the same bits, nothing lost and nothing twice when a machine is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
from tiny_study import expected, records

from command_line import SRC
from layerwise._base import InvalidInput
from layerwise.store import StudyReader
from layerwise.studies.study.engines import Ray
from layerwise.studies.study.engines._room import Needs

HERE = Path(__file__).parent


def run(program, *arguments):
    """Run a program of this folder in a process of its own, which Ray needs."""
    if find_spec("ray") is None:
        pytest.skip('needs Ray: pip install "layerwise[ray]"')
    environment = os.environ | {"PYTHONPATH": f"{SRC}{os.pathsep}{HERE}", "RAY_USAGE_STATS_ENABLED": "0"}
    command = [sys.executable, HERE / program, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.slow
@pytest.mark.parametrize("how", ["keep", "kill"])
def test_two_nodes_of_which_one_is_killed(tmp_path, how):
    done = run("lost_node.py", tmp_path, how)
    assert f"complete True nodes at first 2 killed {[6] if how == 'kill' else []}" in done.stdout
    with StudyReader(tmp_path) as reader:
        assert reader.counts() == {"finished": 18}
    assert records(tmp_path) == expected()


@pytest.fixture(name="cluster", scope="module")
def _cluster(tmp_path_factory):
    """What `shared_cluster.py` found out, and the folder of its study."""
    folder = tmp_path_factory.mktemp("cluster")
    return json.loads(run("shared_cluster.py", folder).stdout.splitlines()[-1]), folder / "study"


@pytest.mark.slow
def test_members_whose_worker_dies_again_and_again_count_as_crashed(cluster):
    found, folder = cluster
    assert (found["complete"], found["tries"]) == (True, 2)
    with StudyReader(folder) as reader:
        assert reader.counts() == {"finished": 16, "crashed": 2}
        lost = {row.member: row.reason for row in reader.whole_rows() if row.status == "crashed"}
    assert [*lost] == [4, 5]
    assert all(reason.startswith("Its worker was lost (tries: 2). ") for reason in lost.values())
    assert [row for row in records(folder) if row.member not in lost] == [
        row for row in expected() if row.member not in lost
    ]


@pytest.mark.slow
def test_two_tasks_share_a_gpu_and_never_three(cluster):
    met = cluster[0]["halves of GPUs"]
    assert met["jobs"] == list(range(14))
    assert max(seen for seen, _, _ in met["saw"]) == 4  # on two GPUs, though sixteen quarters of a core are there
    assert {len(gpus) for _, gpus, _ in met["saw"]} == {1}
    assert {visible for _, _, visible in met["saw"]} == {"0", "1"}


@pytest.mark.slow
def test_a_task_takes_as_many_cores_as_it_says(cluster):
    met = cluster[0]["halves of cores"]
    assert met["jobs"] == list(range(6))
    assert max(seen for seen, _, _ in met["saw"]) == 2


@pytest.mark.slow
def test_no_more_is_taken_than_keeps_the_cluster_busy(cluster):
    assert cluster[0]["halves of GPUs"]["most"] == 4 * cluster[0]["ahead"] == 8
    assert cluster[0]["halves of cores"]["most"] == 4


@pytest.mark.slow
def test_a_study_on_a_gpu_gets_one_unasked(cluster):
    met = cluster[0]["device is a GPU"]
    assert max(seen for seen, _, _ in met["saw"]) == 2
    assert {len(gpus) for _, gpus, _ in met["saw"]} == {1}


@pytest.mark.slow
def test_a_task_that_no_machine_has_room_for_is_an_error_and_no_silence(cluster):
    assert cluster[0]["too large"] == (
        "No machine of the Ray cluster has room for a task, which takes 1 CPU and 3 GPU. "
        "Add such a machine, or change what a task takes with --num-cpus and --num-gpus."
    )


@pytest.mark.slow
def test_a_machine_without_layerwise_stops_the_study_and_records_nothing(cluster):
    said = cluster[0]["not installed"]
    assert said.startswith("A task failed before it could train: is layerwise, in this version, on all machines")
    assert "layerwise_of_another_machine" in said


def test_part_of_several_gpus_is_refused():
    with pytest.raises(InvalidInput, match=r"`num_gpus` must be whole beyond 1. Got 1.5 instead."):
        Ray(num_gpus=1.5)._needs(Resources())


def test_without_ray_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InvalidInput, match=r'`engine` \'ray\' needs Ray. Install it: pip install "layerwise\[ray\]".'):
        Ray().ready().__enter__()


def test_a_task_that_is_killed_for_its_memory_is_not_done_for_ever(monkeypatch):
    name = "RAY_task_oom_retries"
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(is_initialized=lambda: True))
    monkeypatch.setenv(name, "")  # so that it is put back
    monkeypatch.delenv(name)
    with Ray(n_retries=3).ready():
        assert os.environ[name] == "3"


class Resources:
    """Machines of which only their size is asked, and work of which only where it is done."""

    on_cpu = True

    def __init__(self, *there):
        self.nodes = [{"Alive": alive, "Resources": resources} for alive, resources in there]


@pytest.mark.parametrize(
    ("needs", "there", "room"),
    [
        (Needs(1, 0), [{"CPU": 4.0}], 4),
        (Needs(2, 0), [{"CPU": 5.0}, {"CPU": 3.0}], 3),
        (Needs(0.1, 0), [{"CPU": 0.3}], 3),
        (Needs(0.5, 0), [{"CPU": 2.0}, {}], 4),
        (Needs(1, 0.25), [{"CPU": 64.0, "GPU": 2.0}, {"CPU": 64.0}], 8),
        (Needs(1, 1), [{"CPU": 64.0}, {"GPU": 2.0}], 0),
        (Needs(0, 1), [{"GPU": 3.0}], 3),
        (Needs(0, 0), [{"CPU": 1.0}], 10_000),
    ],
)
def test_room_is_what_runs_at_once_on_machines_that_are_alive(needs, there, room):
    alive = Resources(*((True, one) for one in there), (False, {"CPU": 99.0, "GPU": 99.0}))
    assert needs.room(alive.nodes) == room


@pytest.mark.parametrize(("on_cpu", "asked", "got"), [(True, 0, 0), (False, 0, 1), (False, 0.25, 0.25), (True, 2, 2)])
def test_a_study_on_a_gpu_asks_for_one(on_cpu, asked, got):
    work = Resources()
    work.on_cpu = on_cpu
    assert Ray(num_cpus=3, num_gpus=asked)._needs(work) == (3, got)
