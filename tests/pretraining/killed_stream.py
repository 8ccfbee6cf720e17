"""A program that pre-trains machines on a stream, with a checkpoint, and writes its weights; a test kills it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from layerwise.pretraining import pretrain


def stream() -> Iterator[Tensor]:
    while True:
        for n in (20, 13, 27):
            yield torch.rand(n, 8)


if __name__ == "__main__":
    checkpoint, out = sys.argv[1:]
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 7), nn.Sigmoid(), nn.Linear(7, 6), nn.ReLU())
    print("ready", flush=True)
    found = pretrain(
        model, stream, "rbm", steps=100, epochs=[10, 20], reconstruction=["auto", "squared_error"],
        checkpoint=checkpoint or None, progress=lambda told: print(told.place, told.epoch, flush=True),
    )  # fmt: skip
    torch.save(found.model.state_dict(), out)
