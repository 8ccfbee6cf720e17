"""Machines on data without an end: batches are used once and never kept, and give what kept rows give."""

from __future__ import annotations

import signal
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from layerwise._base import LayerwiseError
from layerwise.pretraining import pretrain
from layerwise.pretraining._layer_training import source
from layerwise.pretraining.rbm import RBM, RBMTraining
from layerwise.pretraining.rbm._batches import Batches, Cutter
from layerwise.pretraining.rbm._learn import learn_

PROGRAM = Path(__file__).with_name("killed_stream.py")


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), nn.Sigmoid(), nn.Linear(5, 4), nn.Sigmoid()).double()


def rows(n: int = 40) -> Tensor:
    return torch.rand(n, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def uneven() -> Iterator[Tensor]:
    """Yield batches of 8, 5, 11, 8, 5, 11, ... rows, without end."""
    while True:
        for n in (8, 5, 11):
            yield torch.rand(n, 6)


WAYS = {
    "cd": {"momentum": 0.5, "weight_decay": 0.01, "sample_visible": False},
    "pcd": {"method": "pcd", "chains": 5, "steps": 2},
    "centered": {"method": "pcd", "centering": True, "sparsity_target": 0.2},
    "tempering": {"method": "tempering", "temperatures": 3},
    "bfloat16": {"autocast": "bfloat16"},
}


def learned(way: str, sources: list[torch.Generator], data: Tensor | Batches) -> tuple[RBM, object]:
    settings = RBMTraining(**{"epochs": 3, "batch_size": 10} | WAYS[way])
    machine = RBM(6, 4, seeds=len(sources) if len(sources) > 1 else None, generator=sources)
    return machine, learn_(machine, data, settings, generator=sources, on_epoch=lambda _: None)


@pytest.mark.parametrize("lanes", [1, 2])
@pytest.mark.parametrize("way", WAYS)
def test_batches_in_the_order_of_kept_rows_give_the_same_bits(monkeypatch, way, lanes):
    monkeypatch.setattr("layerwise.pretraining.rbm._step._TWO_LANES", 1 if lanes == 2 else 2**62)
    x, own = rows(45).float(), torch.Generator().manual_seed(1)

    def read(_: int) -> Iterator[Tensor]:
        yield from x[torch.randperm(45, generator=own)[:40]].split(10)

    kept, history = learned(way, [torch.Generator().manual_seed(1)], x)
    streamed, told = learned(way, [own], Batches(x, 10, read))
    assert all(map(torch.equal, kept.parameters(), streamed.parameters()))
    assert history == told


@pytest.mark.parametrize("way", WAYS)
def test_a_population_learns_from_a_stream_what_its_members_learn_alone(way):
    batches = Batches(rows().float(), 10, lambda number: rows(10 + 40 * number)[-40:].float().split(7))
    together, _ = learned(way, [torch.Generator().manual_seed(k) for k in range(3)], batches)
    for k in range(3):
        alone, _ = learned(way, [torch.Generator().manual_seed(k)], batches)
        for one, other in zip(together.parameters(), alone.parameters(), strict=True):
            torch.testing.assert_close(one[k], other, atol=1e-2 if way == "bfloat16" else 1e-5, rtol=0)


def test_a_network_learns_from_a_stream_what_it_learns_from_kept_rows(monkeypatch):
    """The stream gives the batches of kept rows, whose order is drawn from the layer's generator between its noise."""
    x, drawn = rows(), {}

    def recorded(seed: int, purpose: str, device: torch.device | None = None) -> torch.Generator:
        return drawn.setdefault(purpose, source(seed, purpose, device))

    def read() -> Iterator[Tensor]:
        split = torch.randperm(40, generator=source(0, "split"))
        generator = drawn["layer 0"] if drawn else torch.Generator()  # the first rows are looked at beforehand
        for _ in range(3):
            yield from x[split[torch.randperm(40, generator=generator)]].split(10)

    options = {"objective": "rbm", "layers": ["0"], "validation": 0.0, "epochs": 3}
    kept = pretrain(network(), x, batch_size=10, **options)
    monkeypatch.setattr("layerwise.pretraining._climb.source", recorded)
    streamed = pretrain(network(), read, steps=12, **options)
    assert torch.equal(kept.model[0].weight, streamed.model[0].weight)
    assert torch.equal(kept.layers[0].decoder.bias, streamed.layers[0].decoder.bias)
    # a stream's error is read on its first batch, kept rows' on all of them
    assert len(kept.layers[0].curves[1].values) == len(streamed.layers[0].curves[1].values) == 4


def test_errors_fall_layer_by_layer_and_a_seed_gives_the_same_bits():
    def patterns() -> Iterator[Tensor]:
        while True:
            yield torch.randint(2, (16, 1)).expand(-1, 6) * 0.9 + 0.05

    one, two, other = (pretrain(network(), patterns, "rbm", steps=150, epochs=3, seed=seed) for seed in (1, 1, 2))
    for layer in one.layers:
        errors = layer.curves[1].values
        assert errors[-1] < 0.5 * errors[0]
    assert torch.equal(one.model[2].weight, two.model[2].weight)
    assert not torch.equal(one.model[2].weight, other.model[2].weight)


@given(st.lists(st.integers(1, 9), max_size=12), st.integers(1, 7))
def test_cut_batches_are_all_of_one_size_and_lose_no_row(sizes, size):
    x, cutter = torch.arange(sum(sizes)).view(-1, 1), Cutter(size)
    halves = len(sizes) // 2  # what is left over at the end of an epoch begins the next one
    batches = x.split(sizes)
    found = [*cutter(batches[:halves]), *cutter(batches[halves:])]
    assert all(len(batch) == size for batch in found)
    rest = [] if cutter.rest is None else [cutter.rest]
    assert sum(map(len, rest)) == sum(sizes) % size
    assert torch.cat([x[:0], *found, *rest]).equal(x)


def test_batches_of_any_sizes_are_cut_to_that_of_the_first():
    def even() -> Iterator[Tensor]:
        held = torch.cat([batch for batch, _ in zip(uneven(), range(30), strict=False)])
        yield from held[: 8 * 30].split(8)

    # without held-out batches: 30 uneven ones are 240 rows, which are 30 of 8
    options = {"objective": "rbm", "validation": 0.0, "steps": 30, "epochs": 1, "layers": ["0"]}
    one, other = (pretrain(network(), stream, **options).model[0].weight for stream in (uneven, even))
    assert torch.equal(one, other)


def test_batches_are_not_kept():
    alive: list[weakref.ref[Tensor]] = []
    most = 0

    def counted() -> Iterator[Tensor]:
        nonlocal most
        for k in range(300):
            batch = torch.rand(50 - k % 7, 6, dtype=torch.float64)
            alive.append(weakref.ref(batch))
            most = max(most, sum(one() is not None for one in alive))
            yield batch
            del batch

    pretrain(network(), counted, "rbm", steps=250, epochs=5)
    assert len(alive) > 2 * 250
    assert most <= 6  # as many as are held out, 10% of 50 batches, while they are joined, and the one that is made


@pytest.mark.parametrize(("place", "epoch"), [(0, 2), (0, 3), (1, 1)])
def test_stopped_it_reads_the_stream_again_and_goes_on_to_the_same_bits(tmp_path, place, epoch):
    class Stopped(Exception):
        pass

    def stop(told):
        if (told.place, told.epoch) == (place, epoch):
            raise Stopped

    options = {"steps": 14, "epochs": 4, "objective": "rbm"}
    plain = pretrain(network(), uneven, **options)
    with pytest.raises(Stopped):
        pretrain(network(), uneven, checkpoint=tmp_path / "state", progress=stop, **options)
    found = pretrain(network(), uneven, checkpoint=tmp_path / "state", **options)
    assert all(torch.equal(value, plain.model.state_dict()[name]) for name, value in found.model.state_dict().items())
    assert [layer.curves for layer in found.layers] == [layer.curves for layer in plain.layers]


@pytest.mark.slow
def test_killed_it_reads_the_stream_again_and_goes_on_to_the_same_bits(tmp_path):
    def run(out: Path, checkpoint: str, *, kill_after: int | None = None) -> int:
        command = [sys.executable, str(PROGRAM), checkpoint, str(out)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
            for n_lines, _ in enumerate(running.stdout):
                if n_lines == kill_after:
                    running.kill()
        return running.returncode

    plain, out, state = tmp_path / "plain.pt", tmp_path / "out.pt", str(tmp_path / "state")
    assert run(plain, "") == 0
    for n_lines in (3, 1, 9):
        assert run(out, state, kill_after=n_lines) == -signal.SIGKILL
    assert run(out, state) == 0
    killed, undisturbed = torch.load(out), torch.load(plain)
    assert all(torch.equal(value, undisturbed[name]) for name, value in killed.items())


def test_in_bfloat16_it_learns_nearly_the_same():
    plain, rounded = (
        pretrain(network().float(), uneven, "rbm", steps=30, epochs=3, autocast=kind).model[0].weight
        for kind in (None, "bfloat16")
    )
    assert not torch.equal(plain, rounded)
    torch.testing.assert_close(plain, rounded, atol=0.05, rtol=0)


def test_a_machine_that_diverges_leaves_the_network():
    def far() -> Iterator[Tensor]:
        while True:
            yield 1e4 * torch.randn(8, 6)

    model = network()
    with pytest.raises(LayerwiseError, match="Training diverged in epoch 1"):
        pretrain(model, far, "rbm", steps=40, epochs=2, learning_rate=10.0, inplace=True)
    assert torch.equal(model[0].weight, network()[0].weight)
