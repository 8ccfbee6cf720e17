"""Initializers from data on a convolutional network of 50 layers, against the package lsuv, as ratios in one run.

    python bench/initializers.py                  the tables, three rounds, processes in turn
    python bench/initializers.py --rounds 1 --data path/to/folder/with/cifar10

The network: 49 convolutions of 3 x 3 (32, 48, 64 channels at 32 x 32, 16 x 16, 8 x 8) with relu, and a linear layer.
One batch of 128 pictures of CIFAR-10 with unit variance; random numbers where there is no CIFAR-10. Every peer gets the
same tolerance, 0.01. Each runs in a process of its own, in turn, several rounds; the medians are shown. "Registered in
reverse" is the same network whose layers are registered last to first and run first to last.

  lsuv             lsuv_with_singlebatch of the package lsuv: one pass of the data for each layer and iteration
  lsuv_            layerwise.initializers.lsuv_, orthonormal draws included as in the package
  data_dependent_  the same for data_dependent_: channel by channel, and one gradient rate for all layers
  ... pca, kmeans  with filters found in the data
  forward          one forward pass, for comparison

What came out is measured by hooks, in the order of execution: "output std" from the smallest to the largest of the
layers and "off", how many are not within 0.01 of 1 (what lsuv is for); "channels", the largest ratio between the
standard deviations of two channels of one layer, and "rates", between the gradient rates ||dl/dW|| / ||W|| of two
layers, for another random l than the one they were made equal for (what data_dependent_ is for).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from functools import partial

DEPTH, BATCH, TOLERANCE = 50, 128, 0.01
STAGES = (
    (32, 16),
    (48, 16),
    (64, 17),
)  # channels and convolutions; then half the picture's side


def network(backwards):
    import torch
    from torch import nn

    torch.manual_seed(0)
    layers, channels = {}, 3
    for stage, (width, n_layers) in enumerate(STAGES):
        for k in range(n_layers):
            is_last = k == n_layers - 1
            shrink = [nn.MaxPool2d(2)] if is_last and stage < len(STAGES) - 1 else []
            layers[f"conv{stage}_{k}"] = nn.Sequential(nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(), *shrink)
            channels = width
    layers["head"] = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))

    class Chain(nn.Module):
        def __init__(self):
            super().__init__()
            for name in reversed(layers) if backwards else layers:
                self.add_module(name, layers[name])

        def forward(self, x):
            for name in layers:
                x = self.get_submodule(name)(x)
            return x

    return Chain()


def pictures(folder):
    """Return a batch and what it is."""
    import torch

    from layerwise.data import cifar10

    try:
        rows, said = torch.as_tensor(cifar10(folder).features[:BATCH]), "CIFAR-10"
    except ValueError:
        rows, said = torch.rand(BATCH, 3 * 32 * 32, generator=torch.Generator().manual_seed(0)), "random numbers"
    x = rows.float().view(-1, 3, 32, 32)
    return (x - x.mean((0, 2, 3), keepdim=True)) / x.std((0, 2, 3), keepdim=True), said


def package(model, x):
    from lsuv import lsuv_with_singlebatch

    lsuv_with_singlebatch(model, x, std_tol=TOLERANCE, verbose=False)


def ours(model, x):
    from layerwise.initializers import lsuv_

    lsuv_(model, x, tolerance=TOLERANCE)


def data_dependent(weights, model, x):
    from layerwise.initializers import data_dependent_

    data_dependent_(model, x, weights=weights, tolerance=TOLERANCE)


def forward(model, x):
    import torch

    with torch.no_grad():
        model(x)


PEERS = {
    "lsuv": package,
    "lsuv_": ours,
    "data_dependent_": partial(data_dependent, "gaussian"),
    "data_dependent_ pca": partial(data_dependent, "pca"),
    "data_dependent_ kmeans": partial(data_dependent, "kmeans"),
    "forward": forward,
}


def came_out(model, x):
    """Return the outputs' standard deviations in the order of execution, and ratios within and between layers."""
    import torch
    from torch import nn

    found, apart = [], []
    layers = [module for module in model.modules() if isinstance(module, nn.Conv2d | nn.Linear)]

    def see(_, __, z):
        by_channel = z.detach().movedim(1, -1).flatten(0, -2).double().std(0)
        found.append(z.detach().double().std().item())
        apart.append((by_channel.max() / by_channel.min()).item())

    for layer in layers:
        layer.register_forward_hook(see)
    z = model.eval()(x)
    weights = [layer.weight for layer in layers]
    draw = torch.randn(z.shape, generator=torch.Generator().manual_seed(1))
    gradients = torch.autograd.grad(z, weights, draw)
    rates = [(one.norm() / weight.norm()).item() for one, weight in zip(gradients, weights, strict=True)]
    return {"std": found, "channels": max(apart), "rates": max(rates) / min(rates) if min(rates) else float("inf")}


def one(peer, backwards, folder):
    import resource

    import torch

    x, said = pictures(folder)
    model = network(backwards)
    forward(model, x)  # the first pass of a process is slower
    passes = []
    handle = model.register_forward_pre_hook(lambda *_: passes.append(1))
    start, start_cpu = time.perf_counter(), time.process_time()
    PEERS[peer](model, x)
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    handle.remove()
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {"s": seconds, "cpu": cpu, "passes": len(passes), "mib": mib} | came_out(model, x)
    print(json.dumps(found | {"data": said, "threads": torch.get_num_threads()}))


def measure(peer, backwards, folder):
    command = [sys.executable, __file__, "--data", folder, "--one", peer, str(int(backwards))]
    done = subprocess.run(
        command, check=False, env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{peer}: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", default="../shared/data", help="the folder that holds CIFAR-10")
    parser.add_argument("--one", nargs=2, metavar=("PEER", "BACKWARDS"), help="one measurement, as JSON")
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments.one[0], arguments.one[1] == "1", arguments.data)
        return
    runs = {peer: [] for peer in PEERS}
    for _ in range(arguments.rounds):
        for peer, found in runs.items():
            found.append(measure(peer, False, arguments.data))
    show(runs, {peer: measure(peer, True, arguments.data) for peer in ("lsuv", "lsuv_")}, arguments.rounds)


def show(runs, backwards, rounds):
    from importlib.metadata import version

    first = runs["lsuv"][0]
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "lsuv", "scikit-learn"))
    print(f"{platform.machine()}, {os.cpu_count()} cores, {first['threads']} threads, {versions}; {first['data']};")
    print(f"medians of {rounds} rounds, processes in turn (range in brackets)\n")
    print(f"| peer | seconds | lsuv / peer | CPU seconds | lsuv / peer | passes | MiB | {OUTCOME} |")
    print("|---" * 11 + "|")
    base = {key: statistics.median(run[key] for run in runs["lsuv"]) for key in ("s", "cpu")}
    for peer, found in runs.items():
        cells = [times([run[key] for run in found], base[key]) for key in base]
        mib = max(run["mib"] for run in found)
        print(f"| {peer} | {' | '.join(cells)} | {found[0]['passes']} | {mib:,.0f} | {outputs(found[0])} |")
    print(f"\nRegistered in reverse\n\n| peer | {OUTCOME} |\n|---|---|---|---|---|")
    for peer, run in backwards.items():
        print(f"| {peer} | {outputs(run)} |")


OUTCOME = "output std | off | channels | rates"


def times(seconds, base):
    middle = statistics.median(seconds)
    spread = f" ({min(seconds):.1f}-{max(seconds):.1f})" if len(seconds) > 1 else ""
    return f"{middle:.1f}{spread} | {base / middle:.1f}"


def outputs(run):
    off = sum(not abs(std - 1) <= TOLERANCE for std in run["std"])
    std = f"{min(run['std']):.3g} to {max(run['std']):.3g} | {off} of {len(run['std'])}"
    return f"{std} | {run['channels']:.3g} | {run['rates']:.3g}"


if __name__ == "__main__":
    main()
