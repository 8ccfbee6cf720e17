"""Machines that are stopped and go on, and machines that several processes train, are those of one run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from layerwise._base import InvalidInput
from layerwise.pretraining._processes import Processes
from layerwise.pretraining.rbm import RBM, RBM_PRESETS, Gaussian, RBMTraining
from layerwise.pretraining.rbm._batches import Batches
from layerwise.pretraining.rbm._learn import learn_

WAYS = {
    "cd": {"steps": 2, "momentum": 0.5, "final_momentum": 0.8, "momentum_epochs": 2, "weight_decay": 0.01},
    "pcd": {"method": "pcd", "chains": 10},
    "centering": {"method": "pcd", "centering": True},
    "sparsity": {"sparsity_target": 0.1, "sparsity_cost": 0.5},
    "variance": {"variance_rate": 1.0, "learning_rate": 0.005, "sample_visible": False},
    "bfloat16": {"autocast": "bfloat16", "momentum": 0.5},
    "tempering": {"method": "tempering", "temperatures": 3},
    "many": {"method": "pcd", "momentum": 0.5},
    "read": {"method": "pcd", "centering": True},
}


class Threads(Processes):
    """A process in a thread: the sums are real, and nothing is sent."""

    def __init__(self, rank: int, n: int, barrier: threading.Barrier, table: dict) -> None:
        super().__init__(rank, n)
        self._barrier, self._table = barrier, table

    def sum_(self, *tensors):
        self._table[self.rank] = [tensor.clone() for tensor in tensors]
        self._barrier.wait(30)
        for k, tensor in enumerate(tensors):
            tensor.copy_(sum(self._table[rank][k] for rank in range(self.n)))
        self._barrier.wait(30)


def machine(way: str) -> RBM:
    many = {"seeds": 12, "generator": [torch.Generator().manual_seed(s) for s in range(12)]} if way == "many" else {}
    visible = Gaussian(learned=True) if way == "variance" else "bernoulli"
    dtype = torch.float32 if way == "bfloat16" else torch.float64
    alone = {"generator": torch.Generator().manual_seed(0)}
    return RBM(7, 5, visible=visible, weight_std=0.3, dtype=dtype, **(many or alone))


def rows(n: int = 45) -> torch.Tensor:
    return torch.rand(n, 7, generator=torch.Generator().manual_seed(3))


def read(number: int) -> Iterator[torch.Tensor]:
    """Yield the batches of an epoch, of 7 rows and at last 3; cut to 10, they leave 5 over."""
    order = torch.randperm(45, generator=torch.Generator().manual_seed(number))
    yield from rows()[order].double().split(7)


def learned(way: str, epochs: int = 5, on_epoch=lambda _: None, **options):
    found = machine(way)
    sources = [torch.Generator().manual_seed(10 + s) for s in range(found.n_machines)]
    settings = RBMTraining(**{"epochs": epochs, "batch_size": 10} | WAYS[way])
    data = Batches(rows()[:20].double(), 10, read) if way == "read" else rows()
    history = learn_(found, data, settings, generator=sources, on_epoch=on_epoch, validation=rows()[:9], **options)
    return [parameter.detach() for parameter in found.parameters()], history


@pytest.mark.parametrize("way", WAYS)
def test_a_machine_that_was_stopped_goes_on_to_the_same_bits(way):
    class Stopped(Exception):
        pass

    kept = []

    def stop(now):
        if now.epoch == 3:
            kept.append(now.state())
            raise Stopped

    with pytest.raises(Stopped):
        learned(way, on_epoch=stop)
    epochs = []
    found, history = learned(way, start=kept[0], on_epoch=lambda now: epochs.append(now.epoch))
    plain, whole = learned(way)
    assert epochs == [4, 5]
    assert all(map(torch.equal, found, plain))
    assert history == whole


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("way", [way for way in WAYS if way not in ("tempering", "many")])
def test_several_processes_make_the_machine_that_one_makes(way, n):
    barrier, table = threading.Barrier(n), {}
    with ThreadPoolExecutor(n) as pool:
        running = [pool.submit(learned, way, together=Threads(rank, n, barrier, table)) for rank in range(n)]
        several = [one.result()[0] for one in running]
    plain, _ = learned(way)
    for found in several:
        assert all(map(torch.equal, found, several[0]))
    if way == "bfloat16":  # each part of a sum is rounded by itself
        assert all((a - b).norm() <= 0.05 * a.norm() for a, b in zip(plain, several[0], strict=True))
    else:
        for ours, theirs in zip(several[0], plain, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-10)


def test_a_large_step_in_two_lanes_is_divided_too():
    def large(together=None, start=None, on_epoch=lambda _: None):
        found = RBM(512, 512, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        data = torch.rand(64, 512, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
        settings = RBMTraining(**vars(RBM_PRESETS["hinton_2006"]) | {"epochs": 2, "batch_size": 64})
        source = torch.Generator().manual_seed(2)
        options = {} if together is None else {"together": together}
        learn_(found, data, settings, generator=source, on_epoch=on_epoch, start=start, **options)
        return found.weight.detach()

    barrier, table, kept = threading.Barrier(2), {}, []
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(large, Threads(rank, 2, barrier, table)) for rank in range(2)]
        several = [one.result() for one in running]
    plain = large(on_epoch=lambda now: kept.append(now.state()) if now.epoch == 1 else None)
    assert torch.equal(*several)
    torch.testing.assert_close(several[0], plain, rtol=0, atol=1e-10)
    assert torch.equal(large(start=kept[0]), plain)


def test_tempering_is_for_one_process():
    with pytest.raises(InvalidInput, match=r"'tempering' trades states.* Got 2 processes instead. Use method='pcd'"):
        learned("tempering", together=Processes(0, 2))
