"""What the documentation says about clusters: it parses, its commands are ours and Ray's, its script runs."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from importlib.util import find_spec

import pytest
import yaml

from command_line import SRC
from layerwise.store import StudyReader

PAGE = SRC.parent / "docs" / "studies.md"
STUDY = """
question: Does a rate of 0.3 beat one of 0.0001?
prediction: Yes.
data: circles
arms:
  - {name: fast, learning_rate: 0.3, depth: 1, width: 8, epochs: 2}
  - {name: slow, learning_rate: 1.0e-4, depth: 1, width: 8, epochs: 2}
seeds: 6
chunk_size: 2
decision: {better: fast, than: slow}
"""

SBATCH = {"nodes", "ntasks-per-node", "cpus-per-task", "time"}
SRUN = {"nodes", "ntasks", "w", "x"}
CONTAINER = {"name": str, "image": str, "resources": dict, "volumeMounts": list}
POD = {"containers": [CONTAINER], "volumes": list}
GROUP = {"rayStartParams": dict, "template": {"spec": POD}}
WORKERS = GROUP | {"groupName": str, "replicas": int, "minReplicas": int, "maxReplicas": int}
CLUSTER = {
    "apiVersion": str,
    "kind": str,
    "metadata": {"name": str},
    "spec": {"headGroupSpec": GROUP, "workerGroupSpecs": [WORKERS]},
}
"""Fields as KubeRay's guide to the configuration of a RayCluster gives them."""


def blocks(language):
    """Return the blocks of that language, as they stand on the page; '' for those of none."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return [text for told, text in found if told == language]


def script():
    (found,) = blocks("bash")
    return found


def commands(program):
    """Return the arguments of every command of `program` for a cluster; lines joined, quotes left out."""
    (kubernetes,) = [text for text in blocks("") if "kubectl" in text]
    lines = (script() + kubernetes).replace("\\\n", " ").replace('"', "")
    found = re.findall(rf"(?:^|-- +|=|until ){program} ([^\n>;&]*?)(?= -- |[\n>;&])", lines, re.MULTILINE)
    return [arguments.split() for arguments in found]


def test_the_script_is_one_for_bash():
    done = subprocess.run(["bash", "-n"], input=script(), text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_options_of_slurm_are_those_it_has():
    (told,) = re.findall(r"#SBATCH (.*)", script())
    assert {word.removeprefix("--").split("=")[0] for word in told.split()} == SBATCH
    for line in re.findall(r"srun (.*?) \$node", script()):
        assert set(re.findall(r"(?:^| )--?([a-z-]+)", line)) <= SRUN


def test_our_commands_are_ours(cli, tmp_path, monkeypatch):
    tried = [words for words in commands("layerwise") if "--engine" in words]
    assert len(tried) == 2
    monkeypatch.setattr("layerwise.studies.study.estimate_text", lambda study: f"{len(study.recipes)} arms")
    (tmp_path / "normalizers.yaml").write_text(blocks("yaml")[0])
    for words in tried:
        done = cli(*words, "--dry-run")
        assert (done.code, done.out) == (0, "4 arms\n")


def test_commands_of_ray_are_rays():
    if find_spec("ray") is None:
        pytest.skip('needs Ray: pip install "layerwise[ray]"')
    from ray.scripts.scripts import cli as ray

    told = {word for words in (*commands("ray"), *re.findall(r"\$node (.*?) &", script())) for word in _words(words)}
    assert {"start", "status", "job", "submit"} <= told
    known = {
        option
        for command in (ray.commands["start"], ray.commands["status"], ray.commands["job"].commands["submit"])
        for parameter in command.params
        for option in parameter.opts
    }
    options = {word.split("=")[0] for word in told if word.startswith("--") and len(word) > 2}
    assert {"--head", "--port", "--num-cpus", "--block", "--address", "--working-dir"} <= options
    assert options - {"--engine", "--output"} <= known


def _words(words):
    return shlex.split(words) if isinstance(words, str) else words


def check(found, form, place="cluster"):
    """Assert that a part of a manifest has no fields but those of the form, of their kinds."""
    if isinstance(form, type):
        assert isinstance(found, form), place
    elif isinstance(form, list):
        for one in found:
            check(one, form[0], place)
    else:
        assert found.keys() <= form.keys(), place
        for key, value in found.items():
            check(value, form[key], f"{place}.{key}")


def test_the_cluster_of_kubernetes_has_the_fields_of_kuberay():
    cluster = yaml.safe_load(blocks("yaml")[1])
    check(cluster, CLUSTER)
    assert (cluster["apiVersion"], cluster["kind"]) == ("ray.io/v1", "RayCluster")
    head, (workers,) = cluster["spec"]["headGroupSpec"], cluster["spec"]["workerGroupSpecs"]
    assert all(isinstance(value, str) for group in (head, workers) for value in group["rayStartParams"].values())
    assert workers["minReplicas"] <= workers["replicas"] <= workers["maxReplicas"]
    pod = head["template"]["spec"]
    assert [mount["name"] for mount in pod["containers"][0]["volumeMounts"]] == [one["name"] for one in pod["volumes"]]
    assert f"service/{cluster['metadata']['name']}-head-svc" in PAGE.read_text()  # as KubeRay names it
    (submitted,) = [words for words in commands("layerwise") if "auto" in words]
    mounted = pod["containers"][0]["volumeMounts"][0]["mountPath"]
    assert submitted[submitted.index("--output") + 1].startswith(f"{mounted}/")


class Job:
    """A folder with the script as Slurm would run it, and stand-ins for what Slurm has."""

    def __init__(self, folder, **programs):
        self.folder, self.bin = folder, folder / "bin"
        port = _free_port()
        (folder / "job.sh").write_text(script().replace("6379", str(port)))
        (folder / "normalizers.yaml").write_text(STUDY)
        address = programs.pop("address", "127.0.0.1")
        own = {
            "scontrol": f"printf '%s\\n' {address} second",
            "srun": f'echo "$$ $*" >> {folder}/steps; while [[ $1 == -* ]]; do [[ $1 == --* ]] || shift; shift; done; '
            'exec "$@"',
            "sbatch": f'echo "$@" >> {folder}/sbatch',
        }
        for place in ("bin", "home", "disk"):
            (folder / place).mkdir()
        for name, text in (own | programs).items():
            (self.bin / name).write_text(f"#!/bin/bash\n{text}\n")
            (self.bin / name).chmod(0o755)

    def run(self):
        """Return the exit code; the steps in the background end with the job, as Slurm would have it."""
        environment = os.environ | {
            "PATH": f"{self.bin}:{os.environ['PATH']}", "HOME": str(self.folder / "home"), "PYTHONPATH": str(SRC),
            "TMPDIR": str(self.folder / "disk"), "SLURM_CPUS_PER_TASK": "1", "SLURM_JOB_NUM_NODES": "2",
            "SLURM_JOB_NODELIST": "both", "RAY_USAGE_STATS_ENABLED": "0", "OMP_NUM_THREADS": "1",
            "RAY_TMPDIR": "/tmp",
        }  # fmt: skip
        with (self.folder / "log").open("w") as log:
            try:
                done = subprocess.run(
                    ["bash", "job.sh"], cwd=self.folder, env=environment, check=False, timeout=400,
                    stdout=log, stderr=log,
                )  # fmt: skip
            finally:
                for step in self.steps():
                    _end(int(step.split()[0]))
        return done.returncode

    def steps(self):
        return self.read("steps").splitlines()

    def read(self, name):
        place = self.folder / name
        return place.read_text() if place.exists() else ""


def _free_port():
    with socket.socket() as one:
        one.bind(("", 0))
        return one.getsockname()[1]


def _end(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)


LAYERWISE = 'for last; do true; done; mkdir -p "$last"; echo "$*" > "$last/told"; exit {code}'


@pytest.mark.parametrize(("code", "again"), [(0, ""), (1, ""), (3, "job.sh\n")])
def test_the_script_copies_the_study_and_goes_on_where_the_time_was_up(tmp_path, code, again):
    job = Job(tmp_path, ray=f'echo "$*" >> {tmp_path}/ray', layerwise=LAYERWISE.format(code=code))
    assert job.run() == (0 if code == 3 else code)
    assert job.read("sbatch") == again
    told = job.read("home/studies/normalizers/told").split()
    assert told[:5] == ["study", "run", "normalizers.yaml", "--engine", "ray"]
    head, rest = sorted((step.split(maxsplit=1)[1] for step in job.steps()), key=lambda step: "-x" in step)
    port = told[told.index("--address") + 1].split(":")[1]
    assert head == f"--nodes=1 --ntasks=1 -w 127.0.0.1 ray start --num-cpus=1 --block --head --port={port}"
    assert rest == (f"--nodes=1 --ntasks=1 -x 127.0.0.1 ray start --num-cpus=1 --block --address=127.0.0.1:{port}")


def test_a_later_job_finds_what_an_earlier_one_recorded(tmp_path):
    seen = f'cat "$TMPDIR/normalizers/told" > {tmp_path}/seen; ' + LAYERWISE.format(code=0)
    job = Job(tmp_path, ray="true", layerwise=seen)
    earlier = tmp_path / "home" / "studies" / "normalizers"
    earlier.mkdir(parents=True)
    (earlier / "told").write_text("what was recorded")
    assert job.run() == 0
    assert job.read("seen") == "what was recorded"


@pytest.mark.slow
def test_the_script_runs_a_study_on_two_nodes(tmp_path):
    if find_spec("ray") is None:
        pytest.skip('needs Ray: pip install "layerwise[ray]"')
    from ray.util import get_node_ip_address

    python = shlex.quote(sys.executable)
    job = Job(
        tmp_path, address=get_node_ip_address(), ray=f'exec {python} -m ray.scripts.scripts "$@"',
        layerwise=f'exec {python} -m layerwise "$@"',
    )  # fmt: skip
    assert job.run() == 0, job.read("log")
    with StudyReader(tmp_path / "home" / "studies" / "normalizers") as reader:
        assert reader.counts() == {"finished": 12}
        assert [sitting.engine for sitting in reader.sittings()] == ["ray"]
    assert len(job.steps()) == 2
    assert job.read("sbatch") == ""
