"""A program that asks whether pre-training helped, with a checkpoint; tests kill it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from layerwise.pretraining import Pretrained, pretrain
from layerwise.records import VerdictRecord

ARMS = 6
"""Two numbers of labels, three starts."""


def pretrained() -> Pretrained:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 8), nn.Sigmoid(), nn.Linear(8, 5), nn.Tanh())
    return pretrain(model, rows()[0], "denoising", epochs=2)


def rows() -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.randn(120, 6, generator=torch.Generator().manual_seed(0))
    return x, (x[:, 0] * x[:, 1] > 0).long()


def judged(
    checkpoint: Path | str | None, progress: Callable[[str], None] = lambda _: None, **changes: object
) -> VerdictRecord:
    options = {"fractions": (0.3, 1.0), "seeds": 3, "epochs": 4, "patience": 3, "learning_rates": (0.01, 0.03)}
    return pretrained().verdict(*rows(), checkpoint=checkpoint, progress=progress, **options | changes).record


if __name__ == "__main__":
    judged(sys.argv[1], lambda said: print(said, flush=True))
