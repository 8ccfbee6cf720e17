"""A stack of four autoencoders: against the sum of its layers alone, a loop that recomputes the codes, and ClustPy.

    python bench/stack.py --data DIR [--rows 10000] [--epochs 3] [--rounds 3]

784-1000-500-250-30 on MNIST, leaky ReLU, untied decoders, squared error, Adam at 0.001, batches of 128, float32. In one
process, in turn, each round:

  stack      `pretrain` of the whole network: codes of every layer are computed once and kept
  layers     `pretrain` of each layer as a network of its own, on codes given beforehand; the sum
  recompute  a plain torch loop whose every batch runs through the layers below again
  clustpy    `StackedAutoencoder.layerwise_training` (ClustPy 0.0.3), which does so too, and trains linear layers only;
             left out where it is not installed

Seconds are medians over rounds: of the clock, and of the processor, which do not count what other programs take. Ratios
are of processor seconds to those of `stack`, medians over rounds. Prints a table as Markdown.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
import types
from itertools import pairwise
from typing import NamedTuple

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from torch import nn
from torch.nn import functional

from layerwise.data import mnist
from layerwise.pretraining import pretrain

WIDTHS = (784, 1000, 500, 250, 30)
BATCH, RATE = 128, 1e-3
OPTIONS = {"batch_size": BATCH, "learning_rate": RATE, "tied": False, "reconstruction": "squared_error"}


def layer(fan_in, fan_out):
    return nn.Sequential(nn.Linear(fan_in, fan_out), nn.LeakyReLU())


def network():
    torch.manual_seed(0)
    return nn.Sequential(*(layer(*fans) for fans in pairwise(WIDTHS)))


def stack(x, epochs):
    return seconds(lambda: pretrain(network(), x, "autoencoder", validation=0.0, epochs=epochs, **OPTIONS))


def layers(x, epochs):
    """Return the sum of the layers' seconds; the codes between them are computed outside the clock."""
    total, codes = Seconds(0.0, 0.0), x
    for part in network():
        found = []
        total += seconds(lambda part=part, codes=codes, found=found: found.append(
            pretrain(nn.Sequential(part), codes, "autoencoder", validation=0.0, epochs=epochs, **OPTIONS)
        ))  # fmt: skip
        with torch.no_grad():
            codes = found[0].model(codes)
    return total


def recompute(x, epochs):
    return seconds(lambda: _recompute(network(), x, epochs))


def _recompute(net, x, epochs):
    for k, part in enumerate(net):
        decoder = nn.Linear(WIDTHS[k + 1], WIDTHS[k])
        optimizer = torch.optim.Adam([*part.parameters(), *decoder.parameters()], RATE)
        for _ in range(epochs):
            for rows in torch.randperm(len(x)).split(BATCH):
                with torch.no_grad():
                    codes = net[:k](x[rows])
                optimizer.zero_grad()
                functional.mse_loss(decoder(part(codes)), codes).backward()
                optimizer.step()


def clustpy(x, epochs):
    """Return its seconds, None if it is not installed. It imports torchvision for images, which this never needs."""
    sys.modules.setdefault("torchvision", types.ModuleType("torchvision"))
    try:
        from clustpy.deep.neural_networks.stacked_autoencoder import StackedAutoencoder
    except ImportError:
        return None
    coder = StackedAutoencoder(list(WIDTHS), random_state=0)
    told = {"optimizer_params": {"lr": RATE}, "batch_size": BATCH, "data": x.numpy(), "n_epochs_per_layer": epochs}
    return seconds(lambda: coder.layerwise_training(**told))


class Seconds(NamedTuple):
    """Of the clock on the wall, and of all threads of this process."""

    clock: float
    processor: float

    def __add__(self, other):
        return Seconds(self.clock + other.clock, self.processor + other.processor)


def seconds(work):
    start = time.perf_counter(), time.process_time()
    work()
    return Seconds(time.perf_counter() - start[0], time.process_time() - start[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder of MNIST's files")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    x = torch.from_numpy(mnist(options.data).features[: options.rows])
    ways = {"stack": stack, "layers": layers, "recompute": recompute, "clustpy": clustpy}
    stack(x[:1000], 1)  # warm up
    rounds = [{name: way(x, options.epochs) for name, way in ways.items()} for _ in range(options.rounds)]
    print(f"{platform.machine()}, threads: {torch.get_num_threads()}, torch {torch.__version__}, {options.rows} rows, "
          f"{options.epochs} epochs a layer, {options.rounds} rounds\n")  # fmt: skip
    print("| way | seconds | of the processor | times `stack` |\n|---|---|---|---|")
    for name in ways:
        if None not in (found := [one[name] for one in rounds]):
            ratio = statistics.median(one[name].processor / one["stack"].processor for one in rounds)
            clock, processor = (statistics.median(values) for values in zip(*found, strict=True))
            print(f"| {name} | {clock:.1f} | {processor:.1f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
