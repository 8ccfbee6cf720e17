"""Speed of training restricted Boltzmann machines, against BernoulliRBM and learnergy, as ratios in one run.

    python bench/rbm.py                         the tables, three rounds, processes in turn
    python bench/rbm.py --rounds 1 --rows 2000

784-500 on MNIST, float32, one step of Gibbs sampling, learning rate 0.01, in batches of 10 and of 100. All train on the
same rows in [0, 1] for the same number of epochs; their log pseudo-likelihood is computed by one function, exactly, on
test images of which pixels of at least 0.5 are set to 1. Microseconds a step are over the epochs after the first.

  scikit-learn     BernoulliRBM.fit, which is PCD, its default threads
  layerwise        train_ with method="pcd"
  bf16             the same with autocast="bfloat16"
  products         the matrix products of one step, in as many threads as layerwise uses, and nothing else: the limit
  layerwise, CD-1  train_ with method="cd"
  learnergy, CD-1  learnergy.models.bernoulli.RBM.fit, torch's default threads; left out where it is not installed

Then an autoencoder layer of that size, cross-entropy, tied weights, Adam at 0.001, by `pretrain`, in one thread, its
products in float32 and in bfloat16: microseconds a step over the epochs after the first, and the cross-entropy of test
images.

Then 20 machines of 64-100 on scikit-learn's digits, batches of 10: all at once; one fit after another; 20 fits of
BernoulliRBM; and the matrix products of all steps of the 20, in as many threads as all at once.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import time

EPOCHS = {10: 3, 100: 6}
RATE = 0.01
MANY, DIGITS_EPOCHS = 20, 10


def images(options):
    from layerwise.data import mnist

    data = mnist(options.data)
    return data.features[: options.rows], data.features[-2000:]


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def scikit_learn(batch, options):
    from sklearn.neural_network import BernoulliRBM

    x, _ = images(options)
    n = EPOCHS[batch]
    first, whole = (
        BernoulliRBM(500, learning_rate=RATE, batch_size=batch, n_iter=epochs, random_state=0) for epochs in (1, n)
    )
    seconds = -timed(lambda: first.fit(x)) + timed(lambda: whole.fit(x))
    found = whole.components_.T.copy(), whole.intercept_visible_, whole.intercept_hidden_
    return {"us": seconds / (n - 1) / (len(x) // batch) * 1e6, "pseudo": pseudo(found, options)}


def learnergy(batch, options):
    import torch
    from learnergy.models.bernoulli.rbm import RBM

    x = torch.from_numpy(images(options)[0])
    torch.manual_seed(0)
    machine, n = RBM(784, 500, steps=1, learning_rate=RATE), EPOCHS[batch]
    rows = torch.utils.data.TensorDataset(x, torch.zeros(len(x)))
    machine.fit(rows, batch_size=batch, epochs=1)
    seconds = timed(lambda: machine.fit(rows, batch_size=batch, epochs=n - 1))
    found = [value.detach().numpy() for value in (machine.W, machine.a, machine.b)]
    return {"us": seconds / (n - 1) / (len(x) // batch) * 1e6, "pseudo": pseudo(found, options)}


def ours(batch, options, autocast=None, method="pcd"):
    import torch

    from layerwise.pretraining.rbm import RBM, RBMTraining, train_

    x = torch.from_numpy(images(options)[0])
    machine = RBM(784, 500, generator=torch.Generator().manual_seed(0))
    settings = RBMTraining(method=method, learning_rate=RATE, batch_size=batch, epochs=EPOCHS[batch], autocast=autocast)
    ends = []
    train_(
        machine,
        x,
        settings,
        generator=torch.Generator().manual_seed(1),
        on_epoch=lambda *_: ends.append(time.perf_counter()),
    )
    steps = (len(ends) - 1) * (len(x) // batch)
    found = [parameter.detach().numpy() for parameter in machine.parameters()]
    return {"us": (ends[-1] - ends[0]) / steps * 1e6, "pseudo": pseudo(found, options)}


def in_bfloat16(batch, options):
    return ours(batch, options, "bfloat16")


def by_contrast(batch, options):
    return ours(batch, options, method="cd")


def layer(batch, options, autocast=None):
    import torch
    from torch import nn

    from layerwise.pretraining import pretrain

    torch.set_num_threads(1)
    seen, fresh = map(torch.from_numpy, images(options))
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(784, 500), nn.Sigmoid())
    ends, n_held = [], 100
    found = pretrain(
        model, seen, epochs=EPOCHS[batch], batch_size=batch, autocast=autocast, validation=n_held / len(seen),
        progress=lambda _: ends.append(time.perf_counter()),
    )  # fmt: skip
    steps = (len(ends) - 1) * -(-(len(seen) - n_held) // batch)
    with torch.no_grad():
        error = nn.functional.binary_cross_entropy(found.unroll()(fresh), fresh, reduction="none").sum(1).mean().item()
    return {"us": (ends[-1] - ends[0]) / steps * 1e6, "error": error}


def layer_in_bfloat16(batch, options):
    return layer(batch, options, "bfloat16")


def pseudo(parameters, options):
    """Return the mean log pseudo-likelihood of 500 test images."""
    import torch

    from layerwise.pretraining.rbm import RBM, pseudo_log_likelihood

    machine = RBM(784, 500, generator=torch.Generator())
    for parameter, value in zip(machine.parameters(), parameters, strict=True):
        parameter.data = torch.from_numpy(value)
    rows = torch.from_numpy(images(options)[1][:500])
    return pseudo_log_likelihood(machine, (rows >= 0.5).float()).mean().item()


def products(batch, _options):
    import torch

    from layerwise.population import workers

    n_lanes = 2 if batch == 100 else 1
    rows = batch // n_lanes
    weight, steps = torch.randn(784, 500), 20_000 // batch

    def lane(_):
        v, h = torch.randn(2 * batch, 784 // n_lanes), torch.randn(2 * batch, 500)
        mine, both, codes = weight[: 784 // n_lanes].clone(), torch.randn(2 * rows, 784), torch.randn(rows, 500)
        for _ in range(steps):
            torch.mm(codes, weight.T)
            torch.mm(both, weight)
            mine.addmm_(v.T, h, alpha=1e-9)

    with workers(n_lanes) as pool:
        list(pool.map(lane, range(n_lanes)))
        return {"us": timed(lambda: list(pool.map(lane, range(n_lanes)))) / steps * 1e6}


def digits():
    from sklearn.datasets import load_digits

    return load_digits().data.astype("float32") / 16


def together(_batch, _options):
    return {"s": many(together=True)}


def alone(_batch, _options):
    return {"s": many(together=False)}


def many(*, together):
    import torch

    from layerwise.pretraining.rbm import RBM, RBMTraining, train_

    x = torch.from_numpy(digits())
    settings = RBMTraining(method="pcd", learning_rate=RATE, batch_size=10, epochs=DIGITS_EPOCHS)

    def generators():
        return [torch.Generator().manual_seed(seed) for seed in range(MANY)]

    def fit(machine, sources):
        train_(machine, x, settings, generator=sources)

    def one_by_one():
        for source in generators():
            fit(RBM(64, 100, generator=source), source)

    sources = generators()
    return timed(lambda: fit(RBM(64, 100, seeds=MANY, generator=sources), sources) if together else one_by_one())


def scikit_learn_many(_batch, _options):
    from sklearn.neural_network import BernoulliRBM

    x = digits()

    def fits():
        for seed in range(MANY):
            BernoulliRBM(100, learning_rate=RATE, batch_size=10, n_iter=DIGITS_EPOCHS, random_state=seed).fit(x)

    return {"s": timed(fits)}


def products_together(_batch, _options):
    import torch

    from layerwise.population import workers

    n_threads, batch = 2, 10
    steps = DIGITS_EPOCHS * (len(digits()) // batch)

    def part(_):
        n = MANY // n_threads
        weight, codes, mean = torch.zeros(n, 64, 100), torch.rand(n, batch, 100), torch.empty(n, batch, 64)
        v, h = torch.rand(n, 2 * batch, 64), torch.rand(n, 2 * batch, 100)
        for _ in range(steps):
            torch.bmm(codes, weight.mT, out=mean)
            torch.bmm(v, weight, out=h)
            weight.baddbmm_(v.mT, h, alpha=1e-9)

    with workers(n_threads) as pool:
        return {"s": timed(lambda: list(pool.map(part, range(n_threads))))}


PEERS = {
    "scikit-learn": scikit_learn,
    "layerwise": ours,
    "layerwise, bf16": in_bfloat16,
    "products": products,
    "layerwise, CD-1": by_contrast,
    "learnergy, CD-1": learnergy,
}
LAYERS = {"autoencoder": layer, "autoencoder, bf16": layer_in_bfloat16}
MANY_PEERS = {
    "layerwise, at once": together,
    "layerwise, in turn": alone,
    "scikit-learn, in turn": scikit_learn_many,
    "products, at once": products_together,
}
NEEDS = {"learnergy, CD-1": "learnergy"}
"""Packages of peers that nothing else needs."""


def measure(peer, batch, options):
    """Run one peer in a process of its own."""
    command = [sys.executable, __file__, "--one", peer, str(batch), "--rows", str(options.rows)]
    command += ["--data", options.data] if options.data else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{peer}: {done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--data", help="folder with the MNIST files")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        peer, batch = options.one
        print(json.dumps((PEERS | LAYERS | MANY_PEERS)[peer](int(batch), options)))
        return
    for peer, package in NEEDS.items():
        if importlib.util.find_spec(package) is None:
            print(f"{peer} is left out: there is no package {package}")
            del PEERS[peer]
    found = {(peer, batch): [] for peer in [*PEERS, *LAYERS] for batch in EPOCHS} | {
        (peer, 0): [] for peer in MANY_PEERS
    }
    for _ in range(options.rounds):
        for peer, batch in found:
            found[peer, batch].append(measure(peer, batch, options))
    show(found, options)


def show(found, options):
    import sklearn
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(
        f"{platform.machine()}, {cores} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}, ",
        end="",
    )
    print(f"torch {torch.__version__}, scikit-learn {sklearn.__version__}; medians of {options.rounds} rounds\n")
    print("Microseconds a step, 784-500 (in brackets: range over rounds), and log pseudo-likelihood after the epochs\n")
    table(PEERS, "pseudo", found)
    print("\nRatios in the same run: median of the rounds' ratios\n")
    print("| what | " + " | ".join(f"batch {batch}" for batch in EPOCHS) + " |")
    print("|---|" + "---|" * len(EPOCHS))
    for text, a, b in (
        ("scikit-learn / layerwise", "scikit-learn", "layerwise"),
        ("layerwise / layerwise, bf16", "layerwise", "layerwise, bf16"),
        ("share of the product rate: products / layerwise", "products", "layerwise"),
        ("learnergy / layerwise, CD-1", "learnergy, CD-1", "layerwise, CD-1"),
    ):
        if not {a, b} <= PEERS.keys():
            continue
        print(f"| {text} | " + " | ".join(f"{ratio(found, (a, n), (b, n), 'us'):.2f}" for n in EPOCHS) + " |")
    print("\nAn autoencoder layer, 784-500: microseconds a step, and cross-entropy of test images after them\n")
    table(LAYERS, "error", found)
    times = (f"{ratio(found, ('autoencoder', n), ('autoencoder, bf16', n), 'us'):.2f}" for n in EPOCHS)
    print(f"\nautoencoder / autoencoder, bf16: {' and '.join(times)} at batches of {' and '.join(map(str, EPOCHS))}")
    print(f"\n{MANY} machines of 64-100, {DIGITS_EPOCHS} epochs of digits, batches of 10\n")
    print("| peer | seconds | / layerwise, at once |\n|---|---|---|")
    for peer in MANY_PEERS:
        seconds = spread([m["s"] for m in found[peer, 0]], ".2f")
        print(f"| {peer} | {seconds} | {ratio(found, (peer, 0), ('layerwise, at once', 0), 's'):.2g} |")


def table(peers, score, found):
    print("| peer | " + " | ".join(f"batch {batch} | nats, {n} epochs" for batch, n in EPOCHS.items()) + " |")
    print("|---|" + "---|---|" * len(EPOCHS))
    for peer in peers:
        cells = []
        for batch in EPOCHS:
            cells.append(spread([m["us"] for m in found[peer, batch]], ",.0f"))
            values = [m[score] for m in found[peer, batch] if score in m]
            cells.append(f"{statistics.median(values):.1f}" if values else "")
        print(f"| {peer} | " + " | ".join(cells) + " |")


def spread(values, form):
    return f"{statistics.median(values):{form}} ({min(values):{form}}-{max(values):{form}})"


def ratio(found, a, b, key):
    return statistics.median(x[key] / y[key] for x, y in zip(found[a], found[b], strict=True))


if __name__ == "__main__":
    main()
