"""Speed of training many networks at once, against four peers, as ratios in one run.

    python bench/population.py                    the table, five rounds, processes in turn
    python bench/population.py --rounds 3 --nets 0,1

Nets: 64-64x3-10 batch 32 with 32 members; 784-100x3-10 batch 60 with 16; 784-500x3-10 batch 100 with 4; tanh, SGD,
cross-entropy, float32. Each peer runs in a process of its own, in turn, several rounds; the medians are shown, in
microseconds per network-step (wall time / steps / members), and so is the time of processors, summed over the threads
of the process: on a machine with other work its ratios hold better.

  eager    a plain loop: nn.Sequential, torch.optim.SGD, one network after another
  vmap     torch.func vmap(grad) over stacked parameters
  jax      vmap + jit, the whole loop in one fori_loop; JAX's default threads
  step     layerwise's training step alone, in worker threads, as `fit` runs it
  fit      layerwise.fit as called from Python, probes off: splits, orders, validation curves and test scores included
  fit+     the same with probes at the default cadence; `fit*` reads them at every step
  study    the same as `fit+` through `run_study`: judged by the rules, every member written to the store
  sklearn  MLPClassifier, one network after another on each core through joblib
  bmm      batched matrix products of the same shapes and number, nothing else: the limit
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

NETS = {
    "64-64x3-10": {"sizes": (64, 64, 64, 64, 10), "batch": 32, "members": 32, "steps": 600},
    "784-100x3-10": {"sizes": (784, 100, 100, 100, 10), "batch": 60, "members": 16, "steps": 300},
    "784-500x3-10": {"sizes": (784, 500, 500, 500, 10), "batch": 100, "members": 4, "steps": 100},
}
ROWS = 2000
FIT_STEPS = 800  # what a recipe trains unless told otherwise: the curves are read about twenty times in it
RATE = 0.1


def arrays(sizes):
    import numpy as np

    rng = np.random.default_rng(0)
    x = rng.standard_normal((ROWS, sizes[0]), dtype=np.float32)
    y = (x @ rng.standard_normal((sizes[0], sizes[-1]))).argmax(1)
    return x, y


def eager(sizes, batch, members, steps):
    import torch
    from torch import nn

    x, y = map(torch.from_numpy, arrays(sizes))
    steps = max(30, steps // 10)

    def make():
        layers = []
        for a, b in pairwise(sizes):
            layers += [nn.Linear(a, b), nn.Tanh()]
        net = nn.Sequential(*layers[:-1])
        return net, torch.optim.SGD(net.parameters(), RATE)

    def run(n_members, n_steps):
        for s in range(n_members):
            net, optimizer = make()
            generator = torch.Generator().manual_seed(s)
            for _ in range(n_steps):
                rows = torch.randint(ROWS, (batch,), generator=generator)
                optimizer.zero_grad()
                nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
                optimizer.step()

    run(1, 10)
    return timed(lambda: run(members, steps)) / steps / members


def vmapped(sizes, batch, members, steps):
    import torch
    from torch.func import grad, vmap

    x, y = map(torch.from_numpy, arrays(sizes))
    parameters = [t for a, b in pairwise(sizes) for t in (torch.randn(members, b, a) / a**0.5, torch.zeros(members, b))]
    steps = max(50, steps // 3)

    def loss(p, xb, yb):
        for k in range(0, len(p), 2):
            xb = torch.nn.functional.linear(xb, p[k], p[k + 1])
            xb = torch.tanh(xb) if k < len(p) - 2 else xb
        return torch.nn.functional.cross_entropy(xb, yb)

    gradient = vmap(grad(loss))

    def run(n):
        generator = torch.Generator().manual_seed(0)
        for _ in range(n):
            rows = torch.randint(ROWS, (members, batch), generator=generator)
            found = gradient(tuple(parameters), x[rows], y[rows])
            for p, g in zip(parameters, found, strict=True):
                p.sub_(g, alpha=RATE)

    run(10)
    return timed(lambda: run(steps)) / steps / members


def jaxed(sizes, batch, members, steps):
    import jax
    import jax.numpy as jnp

    x, y = map(jnp.asarray, arrays(sizes))
    keys = jax.random.split(jax.random.key(0), len(sizes))
    weights = [
        (jax.random.normal(k, (members, a, b)) / a**0.5, jnp.zeros((members, b)))
        for k, (a, b) in zip(keys, pairwise(sizes), strict=False)
    ]

    def loss(p, xb, yb):
        for k, (w, b) in enumerate(p):
            xb = xb @ w + b
            xb = jnp.tanh(xb) if k < len(p) - 1 else xb
        return -jnp.take_along_axis(jax.nn.log_softmax(xb), yb[:, None], 1).mean()

    gradient = jax.vmap(jax.grad(loss))

    def body(_, state):
        p, key = state
        key, sub = jax.random.split(key)
        rows = jax.random.randint(sub, (members, batch), 0, ROWS)
        found = gradient(p, x[rows], y[rows])
        return jax.tree.map(lambda a, g: a - RATE * g, p, found), key

    run = jax.jit(lambda p, key: jax.lax.fori_loop(0, steps, body, (p, key))[0])
    jax.block_until_ready(run(weights, jax.random.key(1)))
    return timed(lambda: jax.block_until_ready(run(weights, jax.random.key(2)))) / steps / members


def our_recipe(sizes, batch, steps):
    from layerwise.models import Recipe

    n_batches = round(ROWS * 0.6) // batch
    return Recipe().replace(
        depth=len(sizes) - 2,
        width=sizes[1],
        activation="tanh",
        initializer="glorot_uniform",
        batch_size=batch,
        epochs=max(1, steps // n_batches),
        learning_rate=RATE,
    )


def step_alone(sizes, batch, members, steps):
    import torch

    from layerwise.data import Data
    from layerwise.population import _train
    from layerwise.population._layout import Member, chunks
    from layerwise.population._splits import Splits
    from layerwise.population._workers import quiet

    recipe = our_recipe(sizes, batch, steps)
    data = Data.create("bench", *arrays(sizes))
    settings = _train.Settings(data, Splits(data), torch.device("cpu"), torch.float32, None, 0, None, None, False)
    everyone = [Member(recipe, seed) for seed in range(members)]
    places = chunks(everyone, data.inputs, data.n_outputs, "cpu")

    def loop(chunk):
        with torch.no_grad():
            for t in range(steps):
                if t % chunk.batches.n_batches == 0:
                    chunk.batches.shuffle()
                chunk.method.advance(t / steps)
                chunk.step(*chunk.batches.take(chunk.batches.rows(t % chunk.batches.n_batches)))

    work = [_train._Chunk([everyone[i] for i in place], settings) for place in places]
    with ThreadPoolExecutor(2, initializer=quiet) as pool:
        list(pool.map(loop, work))
        return timed(lambda: list(pool.map(loop, work))) / steps / members


def fitted(sizes, batch, members, _steps, probe_every=0):
    import layerwise as lw
    from layerwise.data import Data

    data = Data.create("bench", *arrays(sizes))
    recipe = our_recipe(sizes, batch, FIT_STEPS)
    lw.fit(recipe.replace(epochs=1), data, seeds=members, progress=False, probe_every=probe_every)
    result = []
    seconds = timed(lambda: result.append(lw.fit(recipe, data, seeds=members, progress=False, probe_every=probe_every)))
    return seconds / result[0].runs[0].n_steps / members


def studied(sizes, batch, members, _steps):
    """The same through `run_study`: probes at the default cadence, findings, and every member in the store."""
    import tempfile

    from layerwise.data import Data
    from layerwise.studies import Study, run_study

    data = Data.create("bench", *arrays(sizes))
    recipe = our_recipe(sizes, batch, FIT_STEPS).replace(name="net")
    told = {"question": "How fast?", "prediction": "Fast.", "data": "bench", "seeds": members}
    told["decision"] = {"arm": "net", "of": "mean", "at_least": 0.0}
    result = []
    with tempfile.TemporaryDirectory() as folder:
        run_study(
            Study(name="warm", arms=(recipe.replace(epochs=1),), **told), f"{folder}/warm", data=data, progress=False
        )
        study = Study(name="speed", arms=(recipe,), **told)
        seconds = timed(lambda: result.append(run_study(study, f"{folder}/speed", data=data, progress=False)))
        n_steps = int(result[0].frame()["n_steps"].iloc[0])
    return seconds / n_steps / members


def scikit_learn(sizes, batch, members, steps):
    """MLPClassifier, one fit after another on each core through joblib."""
    import warnings

    from joblib import Parallel, delayed
    from sklearn.neural_network import MLPClassifier

    x, y = arrays(sizes)
    n_batches = -(-ROWS // batch)
    epochs = max(1, steps // n_batches)
    members = max(4, members // 4)

    def fit(seed, n_epochs):
        warnings.simplefilter("ignore")
        MLPClassifier(
            sizes[1:-1], activation="tanh", solver="sgd", alpha=0.0, momentum=0.0, batch_size=batch, random_state=seed,
            learning_rate_init=RATE, max_iter=n_epochs, tol=0.0, n_iter_no_change=10**6,
        ).fit(x, y)  # fmt: skip

    with Parallel(n_jobs=os.cpu_count()) as pool:
        pool(delayed(fit)(seed, 1) for seed in range(os.cpu_count()))
        seconds = timed(lambda: pool(delayed(fit)(seed, epochs) for seed in range(members)))
    return seconds._replace(processor=float("nan")) / (epochs * n_batches) / members  # other processes worked


def products(sizes, batch, members, steps):
    """The products of one step: forward, the gradient of each input but the first, the gradient of each weight."""
    import torch

    from layerwise.population import chunk_size
    from layerwise.population._workers import quiet

    size = min(members, chunk_size(our_recipe(sizes, batch, steps), sizes[0], sizes[-1]))

    def make():
        pairs = list(pairwise(sizes))
        w = [torch.randn(size, b, a) for a, b in pairs]
        h = [torch.randn(size, batch, a) for a, _ in pairs]
        d = [torch.randn(size, batch, b) for _, b in pairs]
        return w, h, d

    def loop(parts):
        w, h, d = parts
        for _ in range(steps):
            for k in range(len(w)):
                torch.bmm(h[k], w[k].mT)
                torch.bmm(d[k].mT, h[k])
                if k:
                    torch.bmm(d[k], w[k])

    work = [make() for _ in range(members // size)]
    with ThreadPoolExecutor(2, initializer=quiet) as pool:
        list(pool.map(loop, work))
        return timed(lambda: list(pool.map(loop, work))) / steps / members


PEERS = {
    "eager": eager,
    "vmap": vmapped,
    "jax": jaxed,
    "step": step_alone,
    "fit": fitted,
    "fit+": lambda *a: fitted(*a, probe_every=None),
    "fit*": lambda *a: fitted(*a, probe_every=1),
    "study": studied,
    "sklearn": scikit_learn,
    "bmm": products,
}


class Seconds(NamedTuple):
    """Seconds that went by, and seconds of processors that this process took, over all its threads."""

    wall: float
    processor: float

    def __truediv__(self, n):
        return Seconds(self.wall / n, self.processor / n)


def timed(work):
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return Seconds(time.perf_counter() - wall, time.process_time() - processor)


def one(peer, net):
    chosen = NETS[net]
    seconds = PEERS[peer](chosen["sizes"], chosen["batch"], chosen["members"], chosen["steps"])
    import resource

    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"us": seconds.wall * 1e6, "processor": seconds.processor * 1e6, "mib": mib}))


def measure(peer, net):
    environment = os.environ | {"OMP_WAIT_POLICY": "PASSIVE", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, __file__, "--one", peer, net], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        nothing = dict.fromkeys(("us", "processor", "mib"), float("nan"))
        return nothing | {"error": done.stderr.strip().splitlines()[-1]}
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--nets", default="0,1,2")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--one", nargs=2, metavar=("PEER", "NET"), help="one measurement, as JSON")
    arguments = parser.parse_args()
    if arguments.one:
        one(*arguments.one)
        return
    nets = [list(NETS)[int(i)] for i in arguments.nets.split(",")]
    peers = arguments.peers.split(",")
    found = {(peer, net): [] for peer in peers for net in nets}
    for _ in range(arguments.rounds):
        for net in nets:
            for peer in peers:
                found[peer, net].append(measure(peer, net))
    show(found, peers, nets, arguments.rounds)


def show(found, peers, nets, rounds):
    from importlib.metadata import version

    import torch

    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, ",
        end="",
    )
    print(f"torch {torch.__version__}, jax {version('jax')}; medians of {rounds} rounds, processes in turn\n")
    print("Microseconds per network-step (in brackets: range over rounds; of processors: the median)\n")
    print("| peer | " + " | ".join(nets) + " |")
    print("|---|" + "---|" * len(nets))
    middle = {}
    for peer in peers:
        cells = []
        for net in nets:
            wall, processor = ([m[kind] for m in found[peer, net]] for kind in ("us", "processor"))
            middle[peer, net] = Seconds(statistics.median(wall), statistics.median(processor))
            of_processors = "" if math.isnan(middle[peer, net].processor) else f"; {middle[peer, net].processor:,.0f}"
            cells.append(f"{middle[peer, net].wall:,.0f} ({min(wall):,.0f}-{max(wall):,.0f}{of_processors})")
        print(f"| {peer} | " + " | ".join(cells) + " |")
    print("\nRatios in the same run (in brackets: of processor time)\n")
    print("| what | " + " | ".join(nets) + " |")
    print("|---|" + "---|" * len(nets))
    rows = [
        ("eager / step", "eager", "step", 1),
        ("eager / fit", "eager", "fit", 1),
        ("eager / study", "eager", "study", 1),
        ("scikit-learn / study", "sklearn", "study", 1),
        ("jax / study", "jax", "study", 1),
        ("vmap / step", "vmap", "step", 1),
        ("jax / step", "jax", "step", 1),
        ("jax / fit", "jax", "fit", 1),
        ("share of the product rate: bmm / step", "bmm", "step", 1),
        ("probes at the default cadence: fit+ / fit - 1", "fit+", "fit", 0),
        ("probes at every step: fit* / fit - 1", "fit*", "fit", 0),
    ]
    for text, a, b, as_ratio in rows:
        if a not in peers or b not in peers:
            continue
        cells = []
        for net in nets:
            ratios = [one / other for one, other in zip(middle[a, net], middle[b, net], strict=True)]
            wall, processor = (f"{r:.2f}" if as_ratio else f"{r - 1:+.1%}" for r in ratios)
            cells.append(wall if math.isnan(ratios[1]) else f"{wall} ({processor})")
        print(f"| {text} | " + " | ".join(cells) + " |")
    print("\nPeak memory of the whole process, MiB\n")
    for peer in peers:
        print(f"- {peer}: " + ", ".join(f"{max(m['mib'] for m in found[peer, net]):,.0f}" for net in nets))
    for (peer, net), values in found.items():
        for error in {m["error"] for m in values if "error" in m}:
            print(f"- {peer} on {net} failed: {error}")


if __name__ == "__main__":
    main()
