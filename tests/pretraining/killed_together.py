"""A program that pre-trains and fine-tunes in several processes, with checkpoints; tests kill all of them."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from together import network, rows
from torch import distributed

from layerwise.pretraining import pretrain

if __name__ == "__main__":
    distributed.init_process_group("gloo")
    folder = Path(sys.argv[1])
    found = pretrain(
        network(), rows()[0], ["rbm", "denoising"], epochs=10, batch_size=20, checkpoint=folder / "pretraining",
        progress=lambda told: print(told.place, told.epoch, flush=True),
    )  # fmt: skip
    tuned = found.fine_tune(*rows(), epochs=5, batch_size=20, checkpoint=folder / "tuning")
    torch.save({"model": tuned.model.state_dict()}, folder / f"found{distributed.get_rank()}")
    distributed.destroy_process_group()
