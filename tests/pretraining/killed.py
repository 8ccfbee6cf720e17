"""A program that pre-trains with a checkpoint and writes its weights; tests kill it."""

from __future__ import annotations

import sys

import torch
from torch import nn

from layerwise.pretraining import pretrain

if __name__ == "__main__":
    checkpoint, out = sys.argv[1:]
    torch.manual_seed(0)
    first, second, third = nn.Linear(8, 7), nn.Linear(7, 6), nn.Linear(6, 5)
    model = nn.Sequential(first, nn.Sigmoid(), second, nn.Sigmoid(), third, nn.BatchNorm1d(5), nn.Tanh())
    x = torch.rand(200, 8)
    print("ready", flush=True)
    found = pretrain(
        model, x, ["rbm", "denoising", "sparse"], epochs=[10, 20, 40], batch_size=20, patience=25, tied=False,
        reconstruction=["auto", "squared_error", "squared_error"], penalty=0.01, checkpoint=checkpoint or None,
        progress=lambda told: print(told.place, told.epoch, flush=True),
    )  # fmt: skip
    state = {**found.model.state_dict(), **{f"bias{k}": layer.decoder.bias for k, layer in enumerate(found.layers)}}
    torch.save({"state": state, "curves": [[c.values for c in layer.curves] for layer in found.layers]}, out)
