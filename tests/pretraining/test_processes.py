"""Several processes give what one gives; one that fails ends the others; what can't be divided is refused."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file
from together import WAYS, trained

import layerwise
from layerwise.pretraining._processes import ALONE, Processes

HERE = Path(__file__).parent
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(layerwise.__file__).parents[1])}


def start(program: Path, *arguments: object, n: int = 2) -> list[subprocess.Popen[str]]:
    """Start a program in `n` processes of one group, as torchrun does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    group = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(n)}
    return [
        subprocess.Popen(
            [sys.executable, str(program), *map(str, arguments)],
            env=ENVIRONMENT | group | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(n)
    ]


def side_by_side(program: Path, *arguments: object, n: int = 2) -> list[tuple[int, str]]:
    """Run a program in `n` processes; return exit codes, and what each wrote."""
    running = start(program, *arguments, n=n)
    said = [one.communicate(timeout=240)[0] for one in running]
    return [(one.returncode, words) for one, words in zip(running, said, strict=True)]


def check_same_as_one(folder: Path, n: int) -> None:
    ended = side_by_side(HERE / "together.py", folder / "found", n=n)
    assert [code for code, _ in ended] == [0] * n, "\n".join(words for _, words in ended)
    several = torch.load(folder / "found")
    assert list(several) == list(WAYS)
    for way in WAYS:
        for ours, theirs in zip(trained(way), several[way], strict=True):
            torch.testing.assert_close(theirs, ours, rtol=0, atol=1e-9, msg=lambda words, way=way: f"{way}: {words}")


def test_two_processes_end_where_one_does(tmp_path):
    check_same_as_one(tmp_path, 2)


@pytest.mark.slow
def test_three_processes_end_where_one_does(tmp_path):
    check_same_as_one(tmp_path, 3)


def test_what_goes_wrong_in_one_process_is_told_in_all():
    first, second = (words.splitlines() for code, words in side_by_side(HERE / "apart.py") if code == 0)
    different = (
        "InvalidInput: Every process must be given the same network, rows and options. Got 2 different ones in 2 "
        "processes instead. Set one seed before the network is made, and hand all rows to each: they are divided here."
    )
    by_rows = "InvalidInput: In several processes, every operation must work on each row by itself and draw nothing."
    for told in (first, second):
        assert told[:4] == ["own loss: done", *(f"{what}: {different}" for what in ("weights", "rows", "options"))]
        assert told[4].startswith(f"batch norm: {by_rows} Got batch_norm in 1 instead. Use layer norm")
        assert told[5:7] == ["layer norm: done", "dropout, off: done"]
        assert told[7].startswith(f"dropout, on: {by_rows} Got dropout in 1 instead.")
        assert told[9] == "the end"
    assert first[8].startswith("failing: ProcessFailed: Process 0 of 2 can't go on: another one has stopped")
    assert second[8] == "failing: OSError: no space left on the disk"


def test_a_process_that_trains_alone_has_all_rows():
    rows = torch.arange(7)
    assert ALONE.mine(rows) is rows
    assert ALONE.from_first("said") == "said"
    ALONE.agree("anything")
    ALONE.close()


@given(n=st.integers(1, 9), n_rows=st.integers(1, 30))
def test_every_row_belongs_to_one_process(n, n_rows):
    rows = torch.arange(n_rows)
    together = [Processes(rank, n) for rank in range(n)]
    assert torch.cat([one.rows_of(rows) for one in together]).tolist() == list(range(n_rows))
    assert sum(one.weight(n_rows) for one in together) == pytest.approx(1)
    assert all(len(one.mine(rows)) >= 1 for one in together)
    mean = sum(one.weight(n_rows) * one.mine(rows).double().mean() for one in together)
    assert mean == pytest.approx(rows.double().mean())
    assert max(one.weight(n_rows) for one in together) - min(one.weight(n_rows) for one in together) < 1.001 / n_rows


@pytest.mark.slow
def test_killed_in_all_processes_they_go_on_to_the_same_bits(tmp_path):
    (tmp_path / "plain").mkdir()
    (tmp_path / "killed").mkdir()
    for n_epochs in (3, 9):
        running = start(HERE / "killed_together.py", tmp_path / "killed")
        for _ in range(n_epochs):
            assert running[0].stdout.readline()
        for one in running:
            one.kill()
        for one in running:
            one.communicate()
            assert one.returncode == -signal.SIGKILL
    for place in ("plain", "killed"):
        assert [code for code, _ in side_by_side(HERE / "killed_together.py", tmp_path / place)] == [0, 0]
    plain, *others = (
        torch.load(tmp_path / place / f"found{rank}")["model"] for place in ("plain", "killed") for rank in (0, 1)
    )
    for other in others:
        assert all(map(torch.equal, other.values(), plain.values()))


@pytest.mark.slow
def test_the_program_of_the_docs_runs_under_torchrun_and_ends_where_one_process_does(tmp_path):
    page = (HERE.parents[1] / "docs" / "scale.md").read_text(encoding="utf-8")
    program = page.split("```python\n")[1].split("```")[0]
    command = program.splitlines()[0].split('"""')[1].split(": ", 1)[1].split()
    assert command[:4] == ["torchrun", "--nproc-per-node", "2", "my_pretraining.py"]
    said = {}
    for n, runner in (("two", ["-m", "torch.distributed.run", *command[1:]]), ("one", ["my_pretraining.py"])):
        place = tmp_path / n
        place.mkdir()
        alone = program.replace("distributed.init_process_group()", "")
        alone = alone.replace("distributed.get_rank() == 0", "True").replace("distributed.destroy_process_group()", "")
        (place / "my_pretraining.py").write_text(program if n == "two" else alone, encoding="utf-8")
        options = {"cwd": place, "env": ENVIRONMENT, "capture_output": True, "text": True, "timeout": 240}
        done = subprocess.run([sys.executable, *runner], **options, check=False)
        assert done.returncode == 0, done.stderr
        said[n] = done.stdout.splitlines()[-1]
        written = {path.name for path in place.iterdir()}
        assert written >= {"pretrained.safetensors", "pretraining.state", "tuning.state"}
    assert said["one"].startswith("validation accuracy 0.")
    assert float(said["two"].split()[-1]) == pytest.approx(float(said["one"].split()[-1]), abs=0.02)
    ours, theirs = (load_file(tmp_path / n / "pretrained.safetensors") for n in ("two", "one"))
    for name, value in theirs.items():
        torch.testing.assert_close(ours[name], value, rtol=0, atol=1e-4)
