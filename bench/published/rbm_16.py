"""RBMs with 16 hidden units on MNIST, held to published exact log-likelihoods.

    python bench/published/rbm_16.py                               all arms, five seeds, 50 epochs: some minutes
    python bench/published/rbm_16.py --seeds 0,1 --epochs 10
    python bench/published/rbm_16.py --output bench/results/published_rbm_16.md

The published settings, as their program has them: 60,000 images, pixels of at least 0.5 set to 1 and others to 0
(`--real-valued` leaves them as they are), PCD-1, 100 chains, batches of 100, learning rate 0.01, no momentum, no decay,
50 epochs; with centering, offsets that follow the batches at rate 0.01; "flipped" is 1 - MNIST. They start at weights
uniform in +-4 sqrt(6 / (784 + 16)), visible biases at the log-odds of the training means (kept within 0.001 and 0.999)
and hidden biases at 0, in the centered machine seen from its offsets: mean image and 0.5. `--start small` starts at
weights from N(0, 0.01^2) and biases at 0 instead. Ours takes its batches in random order, theirs in the order of the
file. log Z is exact, by enumeration of the 2^16 hidden states. All seeds of an arm are trained as one batch.

Published by the tutorials of PyDeep (Melchior), one seed each: mean log-likelihood in nats.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from pathlib import Path

import torch

import layerwise
from layerwise import initializers
from layerwise.data import mnist
from layerwise.pretraining.rbm import RBM, RBMTraining, log_likelihood, log_partition, train_

ARMS = {  # centering, flipped, published log Z, published log-likelihood of training and test part
    "centered": (True, False, 310.18, -143.15, -142.56),
    "normal": (False, False, 190.95, -149.61, -149.05),
    "centered, flipped": (True, True, None, -142.81, -142.09),
    "normal, flipped": (False, True, None, -183.26, -183.36),
}


def train(arm, seeds, options):
    centering, flipped, *_ = ARMS[arm]
    train_rows, test_rows = (1 - part if flipped else part for part in parts(options))
    sources = [torch.Generator().manual_seed(seed) for seed in seeds]
    machine = RBM(784, 16, seeds=len(seeds), generator=sources)
    if options.start == "published":
        start_as_published(machine, train_rows, sources, centering=centering)
    settings = RBMTraining(
        method="pcd", epochs=options.epochs, learning_rate=0.01, batch_size=100, centering=centering, offset_rate=0.01
    )
    start = time.perf_counter()
    train_(machine, train_rows, settings, generator=sources)
    seconds = time.perf_counter() - start
    log_z = log_partition(machine)
    found = [log_likelihood(machine, rows, log_partition=log_z).mean(-1) for rows in (train_rows, test_rows)]
    return {"log_z": log_z.tolist(), "train": found[0].tolist(), "test": found[1].tolist(), "seconds": seconds}


@torch.no_grad()
def start_as_published(machine, rows, sources, *, centering):
    for weight, source in zip(machine.weight, sources, strict=True):
        initializers.glorot_uniform_(weight, gain=4.0, generator=source)
    mean = rows.mean(0)
    machine.visible_bias[:] = torch.logit(mean.clamp(0.001, 0.999))
    if centering:
        machine.visible_bias -= 0.5 * machine.weight.sum(-1)
        machine.hidden_bias -= mean @ machine.weight


def parts(options):
    data = mnist(options.data)
    rows = torch.from_numpy(data.features)
    rows = rows if options.real_valued else (rows >= 0.5).float()
    return rows[: -data.n_fixed_test], rows[-data.n_fixed_test :]


def table(results, seeds, options):
    yield "# RBMs with 16 hidden units on MNIST: exact log-likelihoods held to published ones\n"
    real = " --real-valued" if options.real_valued else ""
    yield f"`python bench/published/rbm_16.py --seeds {','.join(map(str, seeds))} --epochs {options.epochs}"
    yield f"--start {options.start}{real}`; layerwise {layerwise.__version__}, torch {torch.__version__},"
    yield f"Python {platform.python_version()}.\n"
    pixels = "gray levels" if options.real_valued else "pixels 0 or 1"
    yield f"PCD-1, 100 chains, batches of 100, learning rate 0.01, offset rate 0.01, 60,000 images, {pixels}; log Z by"
    yield "enumeration. Nats; median over seeds (lowest to highest). Published: one seed.\n"
    yield "| machine | test, published | ours | training, published | ours | log Z, ours | seconds a seed |"
    yield "|---|---|---|---|---|---|---|"
    for arm, found in results.items():
        _, _, _, train_published, test_published = ARMS[arm]
        cells = [f"{test_published:.2f}", spread(found["test"]), f"{train_published:.2f}", spread(found["train"])]
        seconds = found["seconds"] / len(seeds)
        yield f"| {arm} | " + " | ".join(cells) + f" | {spread(found['log_z'])} | {seconds:.0f} |"
    yield "\nTest log-likelihood by seed\n"
    yield "| machine | " + " | ".join(map(str, seeds)) + " |"
    yield "|---|" + "---|" * len(seeds)
    for arm, found in results.items():
        yield f"| {arm} | " + " | ".join(f"{value:.2f}" for value in found["test"]) + " |"


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arms", default=";".join(ARMS), help="separated by ;")
    parser.add_argument("--seeds", default="0,1,2,3,4")
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--start", choices=("published", "small"), default="published", help="weights and biases")
    parser.add_argument("--real-valued", action="store_true", help="gray levels instead of pixels of 0 and 1")
    parser.add_argument("--data", help="folder with the MNIST files")
    parser.add_argument("--output", type=Path, help="file for the table; else it is printed")
    options = parser.parse_args()
    seeds = [int(seed) for seed in options.seeds.split(",")]
    results = {}
    for arm in options.arms.split(";"):
        results[arm] = train(arm, seeds, options)
        print(f"{arm}: {results[arm]}", flush=True)
    text = "\n".join(table(results, seeds, options)) + "\n"
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
