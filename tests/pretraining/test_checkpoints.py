"""Killed at any moment, it goes on to the same bits; what is not whole is refused."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from layerwise._base import InvalidInput
from layerwise.pretraining import pretrain
from layerwise.pretraining._checkpoint import Checkpoint

PROGRAM = Path(__file__).with_name("killed.py")


def start(checkpoint: Path | str, out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), str(checkpoint), str(out)], stdout=subprocess.PIPE, text=True
    )


def run(checkpoint: Path | str, out: Path, *, kill_after: int | None = None) -> int:
    """Run the program; kill it (as `kill -9`) when it has said so many epochs. Return its exit code."""
    with start(checkpoint, out) as running:
        for n_lines, _ in enumerate(running.stdout):
            if n_lines == kill_after:
                running.kill()
    return running.returncode


def killed_and_undisturbed(folder: Path, kills: list[int]) -> tuple[dict, dict]:
    plain, out, checkpoint = folder / "plain.pt", folder / "out.pt", folder / "state"
    assert run("", plain) == 0
    for n_lines in kills:
        assert run(checkpoint, out, kill_after=n_lines) == -signal.SIGKILL
        assert not out.exists()
    assert run(checkpoint, out) == 0
    return torch.load(out), torch.load(plain)


def check_same_bits(killed: dict, plain: dict) -> None:
    assert killed["curves"] == plain["curves"]
    assert all(torch.equal(value, plain["state"][name]) for name, value in killed["state"].items())


def test_killed_within_each_layer_it_ends_with_the_same_bits(tmp_path):
    check_same_bits(*killed_and_undisturbed(tmp_path, [3, 35]))


@pytest.mark.slow
def test_killed_a_dozen_times_it_ends_with_the_same_bits(tmp_path):
    check_same_bits(*killed_and_undisturbed(tmp_path, [1, 0, 7, 3, 1, 2, 5, 1, 9, 4, 1, 6]))


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 4), nn.Sigmoid(), nn.Linear(4, 3), nn.Sigmoid())


def rows() -> torch.Tensor:
    return torch.rand(40, 6, generator=torch.Generator().manual_seed(0))


class Stopped(Exception):
    pass


def stop_at(place: int, epoch: int):
    def listener(told):
        if (told.place, told.epoch) == (place, epoch):
            raise Stopped

    return listener


def test_a_checkpoint_cut_short_is_refused_and_the_one_before_it_used(tmp_path):
    plain = pretrain(network(), rows(), epochs=4)
    with pytest.raises(Stopped):
        pretrain(network(), rows(), epochs=4, checkpoint=tmp_path / "state", progress=stop_at(1, 2))
    whole = (tmp_path / "state").read_bytes()
    (tmp_path / "state").write_bytes(whole[: len(whole) // 2])
    seen = []
    with pytest.warns(UserWarning, match="state is not a whole checkpoint; the one before it is used"):
        found = pretrain(network(), rows(), epochs=4, checkpoint=tmp_path / "state", progress=seen.append)
    assert [(one.place, one.epoch) for one in seen] == [(1, 2), (1, 3), (1, 4)]
    assert torch.equal(found.model[2].weight, plain.model[2].weight)
    assert found.layers[0].curves == plain.layers[0].curves
    assert torch.equal(found.layers[0].decoder.bias, plain.layers[0].decoder.bias)


@pytest.mark.parametrize(("place", "epoch"), [(0, 1), (0, 3), (1, 2)])
def test_an_rbm_that_was_stopped_goes_on_within_its_layer_and_ends_with_the_same_bits(tmp_path, place, epoch):
    plain = pretrain(network(), rows(), "rbm", epochs=3)
    with pytest.raises(Stopped):
        pretrain(network(), rows(), "rbm", epochs=3, checkpoint=tmp_path / "state", progress=stop_at(place, epoch))
    seen = []
    found = pretrain(network(), rows(), "rbm", epochs=3, checkpoint=tmp_path / "state", progress=seen.append)
    rest = [(k, n) for k in (0, 1) for n in (1, 2, 3) if (k, n) > (place, epoch)]
    assert [(one.place, one.epoch) for one in seen] == rest
    assert all(torch.equal(value, plain.model.state_dict()[name]) for name, value in found.model.state_dict().items())
    assert [layer.curves for layer in found.layers] == [layer.curves for layer in plain.layers]


@pytest.mark.filterwarnings("ignore:.*not a whole checkpoint")
def test_without_any_whole_checkpoint_it_says_so(tmp_path):
    (tmp_path / "state").write_bytes(b"not a checkpoint")
    with pytest.raises(InvalidInput, match=r"must be whole. Got 'state' .* Delete it"):
        pretrain(network(), rows(), epochs=1, checkpoint=tmp_path / "state")


@pytest.mark.parametrize("change", [{"seed": 1}, {"epochs": 3}, {"objective": "sparse"}, {"learning_rate": 0.1}])
def test_a_checkpoint_of_another_run_is_refused(tmp_path, change):
    pretrain(network(), rows(), epochs=2, checkpoint=tmp_path / "state")
    with pytest.raises(InvalidInput, match="must be of this very run"):
        pretrain(network(), rows(), **({"epochs": 2} | change), checkpoint=tmp_path / "state")


def test_when_all_is_done_it_gives_the_result_at_once(tmp_path):
    first = pretrain(network(), rows(), epochs=2, checkpoint=tmp_path / "state")
    seen = []
    again = pretrain(network(), rows(), epochs=2, checkpoint=tmp_path / "state", progress=seen.append)
    assert seen == []
    assert torch.equal(first.model[2].weight, again.model[2].weight)
    assert [layer.curves for layer in first.layers] == [layer.curves for layer in again.layers]


def test_the_file_before_is_there_at_every_moment(tmp_path):
    place = Checkpoint(tmp_path / "state", "test")
    for epoch in range(3):
        place.write({"epoch": epoch})
        assert place.read() == {"epoch": epoch}
    (tmp_path / "state").unlink()  # killed between the two renames
    assert place.read() == {"epoch": 1}


def test_saved_and_loaded_weights_are_the_same_and_others_are_refused(tmp_path):
    found = pretrain(network(), rows(), epochs=2)
    found.save(tmp_path / "weights.safetensors")
    other = pretrain(network(), rows(), epochs=0)
    assert not torch.equal(other.model[0].weight, found.model[0].weight)
    other.load_(tmp_path / "weights.safetensors")
    assert torch.equal(other.unroll()(rows()), found.unroll()(rows()))
    with pytest.raises(InvalidInput, match="must hold the tensors of this network"):
        pretrain(network()[:2], rows(), epochs=0).load_(tmp_path / "weights.safetensors")
    content = (tmp_path / "weights.safetensors").read_bytes()
    (tmp_path / "weights.safetensors").write_bytes(content[:100])
    with pytest.raises(InvalidInput, match="must be a whole safetensors file"):
        other.load_(tmp_path / "weights.safetensors")


class Full(Exception):
    pass


@pytest.fixture
def killed_after(monkeypatch):
    """End the program, in effect, right after the checkpoint was written so many times; never again with None."""
    write = Checkpoint.write

    def after(n_writes):
        left = [n_writes]

        def counted(self, state):
            write(self, state)
            if left[0] is not None:
                left[0] -= 1
                if not left[0]:
                    raise Full

        monkeypatch.setattr(Checkpoint, "write", counted)

    return after


def with_dropout():
    torch.manual_seed(0)
    return pretrain(nn.Sequential(nn.Linear(6, 4), nn.Dropout(0.3), nn.Sigmoid()), rows(), epochs=0)


TUNING = {"epochs": 8, "batch_size": 7, "validation": 0.3, "learning_rate": 0.05, "seed": 3}


@pytest.mark.parametrize("patience", [None, 3])
@pytest.mark.parametrize("n_writes", [1, 2])
def test_fine_tuning_that_was_stopped_goes_on_to_the_same_bits(tmp_path, killed_after, n_writes, patience):
    labels = (rows()[:, 0] > rows()[:, 1]).long()
    options = TUNING | {"patience": patience}
    plain = with_dropout().fine_tune(rows(), labels, **options)
    for n in (n_writes, 1):
        killed_after(n)
        with pytest.raises(Full):
            with_dropout().fine_tune(rows(), labels, **options, checkpoint=tmp_path / "state")
    killed_after(None)
    found = with_dropout().fine_tune(rows(), labels, **options, checkpoint=tmp_path / "state")
    assert (found.curves, found.score) == (plain.curves, plain.score)
    assert all(map(torch.equal, found.model.state_dict().values(), plain.model.state_dict().values()))
    again = with_dropout().fine_tune(rows(), labels, **options, checkpoint=tmp_path / "state")
    assert again.curves == plain.curves
    with pytest.raises(InvalidInput, match="must be of this very run"):
        with_dropout().fine_tune(rows(), labels, **options | {"batch_size": 8}, checkpoint=tmp_path / "state")
