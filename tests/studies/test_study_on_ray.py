"""Studies on a Ray cluster: the same bits, nothing lost and nothing twice when a machine is."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from tiny_study import expected, records

from command_line import SRC
from layerwise._base import InvalidInput
from layerwise.store import StudyReader
from layerwise.studies.study.engines import Ray, _ray

HERE = Path(__file__).parent


@pytest.mark.slow
@pytest.mark.parametrize("how", ["keep", "kill"])
def test_two_nodes_of_which_one_is_killed(tmp_path, how):
    if find_spec("ray") is None:
        pytest.skip('needs Ray: pip install "layerwise[ray]"')
    environment = os.environ | {"PYTHONPATH": f"{SRC}{os.pathsep}{HERE}", "RAY_USAGE_STATS_ENABLED": "0"}
    program = [sys.executable, HERE / "lost_node.py", tmp_path, how]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    assert f"complete True nodes at first 2 killed {[6] if how == 'kill' else []}" in done.stdout
    with StudyReader(tmp_path) as reader:
        assert reader.counts() == {"finished": 18}
    assert records(tmp_path) == expected()


def test_without_ray_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InvalidInput, match=r'`engine` \'ray\' needs Ray. Install it: pip install "layerwise\[ray\]".'):
        Ray().ready().__enter__()


class Resources:
    """A cluster of which only its size is asked."""

    def __init__(self, **there):
        self.there = there

    def cluster_resources(self):
        return self.there


@pytest.mark.parametrize(
    ("engine", "there", "room"),
    [
        (Ray(), {"CPU": 4.0}, 8),
        (Ray(num_cpus=2), {"CPU": 5.0}, 4),
        (Ray(num_cpus=0.5), {"CPU": 2.0}, 8),
        (Ray(num_gpus=0.25), {"CPU": 64.0, "GPU": 2.0}, 16),
        (Ray(num_gpus=1), {"CPU": 64.0}, 0),
        (Ray(num_cpus=0, num_gpus=1), {"GPU": 3.0}, 6),
    ],
)
def test_as_many_tasks_are_under_way_as_keep_the_cluster_busy(engine, there, room):
    assert engine._room(Resources(**there)) == room
    assert _ray.AHEAD == 2
