"""The deep autoencoder 784-1000-500-250-30 on MNIST, with RBM pre-training and without: the squared error of 2006.

    python bench/published/deep_autoencoder.py             some minutes of one core for each seed of each arm
    python bench/published/deep_autoencoder.py --quick     a minute
    python bench/published/deep_autoencoder.py --full      the published 50 epochs a layer, and 1,000 of fine-tuning
    python bench/published/deep_autoencoder.py --report

Held to Hinton and Salakhutdinov 2006, Reducing the dimensionality of data with neural networks. Four RBMs (sigmoid
units, at the top a linear code) by CD-1 with their settings (batches of 100, rate 0.1, of the code layer 0.001,
momentum 0.5 and after five epochs 0.9, weight decay 0.0002, first weights from N(0, 0.1^2)) on all 60,000 training
images; unrolled with decoders of their own; then all layers together on the cross-entropy. Theirs: conjugate gradients
on batches of 1,000, 200 epochs. Ours: Adam, its rate falling to 0 along half a cosine. Reported is the squared error,
summed over pixels, mean over the 10,000 test images, after the last epoch.

The arm `none` is the same network from small random weights, N(0, 0.01^2); `none, torch's weights` starts from
U(+-1 / sqrt(fan_in)); `relu, He` is today's recipe. Killed at any moment, the same command goes on from the last epoch.
"""

from __future__ import annotations

import math
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import product

import torch
from _rows import Results, head, options, spread
from torch import nn
from torch.nn import functional

import layerwise as lw
from layerwise.data import mnist

WIDTHS = (1000, 500, 250, 30)
ARMS = ("pre-trained", "none", "none, torch's weights", "relu, He")
PUBLISHED = {"pre-trained": "3.00", "none": "the mean image"}


@dataclass(frozen=True)
class Settings:
    """How long, in what steps; `short_floats` is the share of fine-tuning whose products are in bfloat16.

    `plateau_epochs` are those of sigmoid units without pre-training, which soon learn nothing more.
    """

    rbm_epochs: int = 10
    epochs: int = 50
    plateau_epochs: int = 20
    batch_size: int = 200
    learning_rate: float = 1e-3
    short_floats: float = 0.9
    n_images: int = 60_000


PROTOCOLS = {
    "quick": Settings(rbm_epochs=1, epochs=2, plateau_epochs=2, n_images=5_000),
    "reduced": Settings(),
    "full": Settings(rbm_epochs=50, epochs=1000, plateau_epochs=200, short_floats=0.0),
}


PLAIN = {
    "none": {"activation": "sigmoid", "initializer": "normal", "scale": 0.01},
    "none, torch's weights": {"activation": "sigmoid", "initializer": "torch_default"},
    "relu, He": {"activation": "relu", "initializer": "he_normal"},
}
"""The arms without pre-training."""


def unrolled(seed, rows, settings, given):
    """Return four RBMs as one network."""
    recipe = lw.Recipe().replace(width=WIDTHS, activation="sigmoid", initializer="normal", scale=0.1)
    encoder = lw.build(recipe, 784, 1, torch.Generator().manual_seed(seed))[:-2]  # up to the linear code
    found = lw.pretrain(
        encoder.to(given.device),
        rows,
        "rbm",
        layers=[f"linear{k}" for k in range(1, 5)],
        validation=0.0,
        epochs=settings.rbm_epochs,
        seed=seed,
        checkpoint=given.state / f"deep_autoencoder_{given.protocol}_{seed}.rbm",
    )
    network = found.unroll()
    network[-1].squash = nn.Identity()
    return network


def mirrored(seed, choices):
    """Return the same network without pre-training."""
    recipe = lw.Recipe().replace(width=(*WIDTHS, *WIDTHS[-2::-1]), **choices)
    network = lw.build(recipe, 784, 784, torch.Generator().manual_seed(seed))
    network.activation4 = nn.Identity()
    return network


def run(arm, seed, parts, settings, given):
    """Return test and training error of one network, and both along the way."""
    train_rows, _ = parts
    network = mirrored(seed, PLAIN[arm]) if arm in PLAIN else unrolled(seed, train_rows, settings, given)
    network.to(given.device)
    epochs = settings.plateau_epochs if arm.startswith("none") else settings.epochs
    optimizer = torch.optim.Adam(network.parameters(), settings.learning_rate, fused=True)
    source = torch.Generator().manual_seed(seed)
    path = given.state / f"deep_autoencoder_{given.protocol}_{arm.replace(' ', '_')}_{seed}.pt"
    state = {"curve": [read(network, 0, parts)]}
    if path.exists():
        state = torch.load(path)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        source.set_state(state["source"].cpu())
    for epoch in range(state.get("epoch", 0) + 1, epochs + 1):
        train_epoch(network, optimizer, source, train_rows, ((epoch - 1) / epochs, epoch / epochs), settings)
        if epoch % 5 == 0 or epoch == epochs:
            state["curve"].append(read(network, epoch, parts))
            print(arm, seed, state["curve"][-1], flush=True)
        state |= {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "source": source.get_state()}
        state["epoch"] = epoch
        torch.save(state, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)
    _, train, test = state["curve"][-1]
    return {"test": test, "train": train, "curve": state["curve"]}


def train_epoch(network, optimizer, source, rows, progress, settings):
    """Go through `rows` once, while training goes from one share of its length to the other."""
    start, end = progress
    short = end <= settings.short_floats
    batches = torch.randperm(len(rows), generator=source).to(rows.device).split(settings.batch_size)
    for k, batch in enumerate(batches):
        share = start + (end - start) * k / len(batches)
        optimizer.param_groups[0]["lr"] = settings.learning_rate * (1 + math.cos(math.pi * share)) / 2
        x = rows[batch]
        with torch.autocast(rows.device.type, torch.bfloat16) if short else nullcontext():
            logits = network(x)
        loss = functional.binary_cross_entropy_with_logits(logits.float(), x, reduction="sum") / len(x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@torch.no_grad()
def read(network, epoch, parts):
    """Return the epoch, and the squared error an image on 10,000 training images and on the test images."""
    errors = [
        torch.cat([(torch.sigmoid(network(x)) - x).square().sum(1) for x in rows[:10_000].split(1000)]).mean()
        for rows in parts
    ]
    return [epoch, *(round(float(error), 4) for error in errors)]


def table(results, settings, given):
    yield "# The deep autoencoder 784-1000-500-250-30 on MNIST, held to its published error\n"
    yield from head(results, settings, given)
    yield "| arm | seeds | test error, published | ours | training error, ours |"
    yield "|---|---|---|---|---|"
    runs = results.where(settings=str(settings))
    arms = {arm: [run for run in runs if run["arm"] == arm] for arm in ARMS}
    for arm, own in arms.items():
        if own:
            cells = [spread([run[name] for run in own]) for name in ("test", "train")]
            yield f"| {arm} | {len(own)} | {PUBLISHED.get(arm, '')} | {' | '.join(cells)} |"
    yield "\nAlong the way, first seed of each arm: test error (training error) after so many epochs of fine-tuning\n"
    curves = {arm: {step: (test, train) for step, train, test in own[0]["curve"]} for arm, own in arms.items() if own}
    every = (0, 2, 5, 10, 20, 30, 40, 50, 100, 200, 500, 1000)
    steps = [step for step in every if any(step in one for one in curves.values())]
    yield "| arm | " + " | ".join(map(str, steps)) + " |"
    yield "|---|" + "---|" * len(steps)
    for arm, curve in curves.items():
        cells = ["{:.2f} ({:.2f})".format(*curve[step]) if step in curve else "" for step in steps]
        yield f"| {arm} | " + " | ".join(cells) + " |"


def main():
    given = options(__doc__, seeds=1, arms=ARMS, protocols=PROTOCOLS)
    settings, results = PROTOCOLS[given.protocol], Results("deep_autoencoder", given)
    if not given.report:
        data = mnist(given.data)
        rows = torch.from_numpy(data.features).to(given.device)
        parts = rows[: -data.n_fixed_test][: settings.n_images], rows[-data.n_fixed_test :]
        for seed, arm in product(given.own_seeds, given.arms):
            key = {"settings": str(settings), "arm": arm, "seed": seed}
            results.once(run, arm, seed, parts, settings, given, key=key)
    results.report(table(results, settings, given))


if __name__ == "__main__":
    main()
