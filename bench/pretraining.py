"""Pre-training and fine-tuning many seeds as one population, against one seed after another.

    python bench/pretraining.py [--seeds 100] [--singles 5] [--rounds 3]

Digits, 64-100-100-10, sigmoid units: two layers pre-trained for 10 epochs each, then fine-tuned for 20. `loop` is what
one writes by hand with torch for one network, with the same losses, batches and updates; `fit x 1` calls layerwise for
each seed. Both run `singles` seeds, and seconds are given for `seeds` of them. Prints a table as Markdown.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from torch.nn import functional

from layerwise.data import digits
from layerwise.models import build, preset
from layerwise.population import fit
from layerwise.pretraining import prepare

SHAPE = {"depth": 2, "width": 100, "epochs": 20, "learning_rate": 0.3}
ARMS = ("autoencoder_2006", "denoising_2010", "rbm_2006")


def in_population(recipe, seeds):
    fit(recipe, "digits", seeds, prepare=prepare, probe_every=0, keep_models=False, progress=False)


def batches(n_rows, size):
    return torch.randperm(n_rows).split(size)


def pretrain_autoencoder(layer, codes, rate, recipe):
    bias = torch.zeros(layer.in_features, requires_grad=True)
    optimizer = torch.optim.SGD([*layer.parameters(), bias], rate)
    share = recipe.pretraining.corruption if recipe.pretraining.pretraining == "denoising" else 0.0
    first = bool(codes.min() < 0)
    for _ in range(recipe.pretraining.pretraining_epochs):
        for rows in batches(len(codes), recipe.training.batch_size):
            x = codes[rows]
            seen = x * (torch.rand_like(x) > share) if share else x
            decoded = functional.linear(torch.sigmoid(layer(seen)), layer.weight.T, bias)
            if first:
                error = (decoded - x).square()
            else:
                error = functional.binary_cross_entropy_with_logits(decoded, x, reduction="none")
            optimizer.zero_grad()
            error.sum(1).mean().backward()
            optimizer.step()


@torch.no_grad()
def pretrain_machine(layer, codes, rate, recipe):
    """Contrastive divergence as it is usually written."""
    weight, hidden, visible = layer.weight, layer.bias, torch.zeros(layer.in_features)
    first = bool(codes.min() < 0)
    moved = [torch.zeros_like(part) for part in (weight, hidden, visible)]
    for epoch in range(recipe.pretraining.pretraining_epochs):
        momentum = 0.5 if epoch < 5 else 0.9
        for rows in batches(len(codes), recipe.training.batch_size):
            v = codes[rows]
            h = torch.sigmoid(v @ weight.T + hidden)
            back = torch.bernoulli(h) @ weight + visible
            back = back if first else torch.sigmoid(back)
            again = torch.sigmoid(back @ weight.T + hidden)
            n = len(v)
            steps = (h.T @ v - again.T @ back) / n - 2e-4 * weight, (h - again).mean(0), (v - back).mean(0)
            for part, speed, step in zip((weight, hidden, visible), moved, steps, strict=True):
                speed.mul_(momentum).add_(step, alpha=rate)
                part.add_(speed)


def by_hand(recipe, seed):
    data = digits()
    split = data.split(seed)
    x = torch.from_numpy(split.scaled(data, split.train))
    y = torch.from_numpy(data.targets[split.train])
    net = build(recipe, 64, 10, torch.Generator().manual_seed(seed))
    codes = x
    pretrain_layer = pretrain_machine if recipe.pretraining.pretraining == "rbm" else pretrain_autoencoder
    for k in (1, 2):
        layer = net.get_submodule(f"linear{k}")
        rate = recipe.pretraining.pretraining_rate
        pretrain_layer(layer, codes, rate / 10 if k == 1 else rate, recipe)
        with torch.no_grad():
            codes = torch.sigmoid(layer(codes))
    optimizer = torch.optim.SGD(net.parameters(), recipe.optimizer.learning_rate)
    for _ in range(recipe.training.epochs):
        for rows in batches(len(x), recipe.training.batch_size)[: len(x) // recipe.training.batch_size]:
            optimizer.zero_grad()
            functional.cross_entropy(net(x[rows]), y[rows]).backward()
            optimizer.step()
    return net


def seconds(function, *arguments):
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def measured(name, n_seeds, n_singles):
    """Return seconds for all seeds, in each of the three ways; one round of all three in turn."""
    recipe = preset(name).replace(**SHAPE)
    together = seconds(in_population, recipe, n_seeds)
    alone = [seconds(in_population, recipe, [seed]) for seed in range(n_singles)]
    loop = [seconds(by_hand, recipe, seed) for seed in range(n_singles)]
    return together, n_seeds * statistics.median(alone), n_seeds * statistics.median(loop)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--singles", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    in_population(preset("autoencoder_2006").replace(**SHAPE, name="warm up").replace(epochs=1), 2)
    print(f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}")
    print(f"\nSeconds for {options.seeds} seeds, medians of {options.rounds} rounds (in brackets: ratios)\n")
    print("| recipe | population | fit x 1 | loop |\n|---|---|---|---|")
    for name in ARMS:
        rounds = [measured(name, options.seeds, options.singles) for _ in range(options.rounds)]
        together, alone, loop = (statistics.median(column) for column in zip(*rounds, strict=True))
        ratios = [statistics.median(one[k] / one[0] for one in rounds) for k in (1, 2)]
        print(f"| {name} | {together:.1f} | {alone:.0f} ({ratios[0]:.1f}) | {loop:.0f} ({ratios[1]:.1f}) |", flush=True)


if __name__ == "__main__":
    main()
