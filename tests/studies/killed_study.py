"""A program that pre-trains an encoder and trains all layers together, with checkpoints; tests kill it."""

from __future__ import annotations

import sys

import torch

from layerwise.studies import PretrainingStudy, study_pretraining

OPTIONS = {"objective": "rbm", "widths": (6, 3), "epochs": [6, 4], "fine_tune": 8, "seed": 2}


def studied(checkpoint: str | None, tell=None) -> PretrainingStudy:
    torch.set_num_threads(1)
    return study_pretraining("circles", **OPTIONS, checkpoint=checkpoint, progress=tell)


if __name__ == "__main__":
    print("ready", flush=True)
    place, out = sys.argv[1:]
    studied(place, lambda told: print(told.task, told.done, flush=True)).save(out)
