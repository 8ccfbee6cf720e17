"""A program that pre-trains in whatever ways there are; tests run it in one process and in several."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import distributed, nn

from layerwise.pretraining import pretrain
from layerwise.pretraining._processes import processes

WAYS = {
    "autoencoder": {"objective": "autoencoder", "tied": False, "patience": 2},
    "denoising": {"objective": "denoising", "corruption": "salt_and_pepper", "emphasis": (2.0, 1.0), "accumulate": 2},
    "contractive": {"objective": "contractive", "method": "sgd", "momentum": 0.5, "learning_rate": 0.05},
    "sparse": {"objective": "sparse", "penalty": 1.0},
    "supervised": {"objective": "supervised"},
    "rbm": {"objective": "rbm"},
    "few rows": {"objective": "denoising", "corruption": "gaussian", "batch_size": 33},
}
"""Options of pre-training; 100 rows, in batches of 20 unless they say otherwise: 25 steps a layer and more."""


def network() -> nn.Sequential:
    torch.manual_seed(0)
    layers = [nn.Linear(9, 7), nn.Sigmoid(), nn.Linear(7, 5), nn.Sigmoid(), nn.Linear(5, 3)]
    return nn.Sequential(*layers).double()


def rows() -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.rand(111, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    return x, (3 * x[:, 0]).long()


def trained(way: str) -> list[torch.Tensor]:
    """Return weights, decoders and curves, and those of fine-tuning."""
    found = pretrain(network(), rows(), **({"epochs": 5, "batch_size": 20} | WAYS[way]))
    parts = [*found.model.state_dict().values()]
    parts += [value for one in found.layers if one.decoder is not None for value in one.decoder.state_dict().values()]
    tuned = found.fine_tune(*rows(), epochs=5, batch_size=20, accumulate=2, decay=0.5, unfreeze_every=1, patience=2)
    parts += [value.clone() for value in tuned.model.state_dict().values()]
    curves = [curve.values for layer in found.layers for curve in layer.curves] + [one.values for one in tuned.curves]
    return parts + [torch.tensor(values, dtype=torch.float64) for values in curves]


if __name__ == "__main__":
    torch.set_num_threads(1)
    distributed.init_process_group("gloo")
    n = distributed.get_world_size()
    with processes(torch.device("cpu")) as all_of_us:
        assert all_of_us.n == n
        assert len(all_of_us.mine(torch.zeros(10 * n))) == 10
    done = {way: trained(way) for way in WAYS}
    everybody = [None] * n
    distributed.all_gather_object(everybody, done)
    for other in everybody:
        for way, parts in done.items():
            assert all(map(torch.equal, other[way], parts))
    if distributed.get_rank() == 0:
        torch.save(done, Path(sys.argv[1]))
    distributed.destroy_process_group()
