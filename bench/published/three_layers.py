"""Three hidden layers on MNIST from several starts: pre-trained, random, and with the histogram of the pre-trained.

    python bench/published/three_layers.py            10,000 training images, 12 seeds: half an hour of one core
    python bench/published/three_layers.py --quick    a minute
    python bench/published/three_layers.py --whole --seeds 2 --arms "sigmoid, RBM;sigmoid, uniform"    50,000 images
    python bench/published/three_layers.py --full     50,000 images, layers of 1,000 units, five rates: for a GPU
    python bench/published/three_layers.py --report

Held to two published results. The tutorials of the LISA lab (SdA 1.3 %, DBN 1.34 %) and Bengio, Lamblin, Popovici,
Larochelle 2007 (DBN 1.2 %, without pre-training 2.4 %), on all of MNIST. And the table of initializations of Erhan,
Bengio, Courville, Manzagol, Vincent, Bengio 2010: pre-trained below uniform, and below weights with the histogram of
the pre-trained ones; theirs are networks of one and two layers, 1.41 / 1.37 %, 1.81 / 1.77 % and 1.94 / 1.69 %.

Sigmoid units by stochastic gradient descent are the period's recipe; RBMs by CD-1 in batches of 100, as Hinton and
Salakhutdinov 2006. Two arms have today's recipe: rectified units, He's weights, batch normalization, Adam.
"""

from __future__ import annotations

from _classifiers import MODERN, SIGMOID, Arm, Settings, main

ARMS = {
    "sigmoid, RBM": Arm(SIGMOID, "rbm", published="1.2 to 1.34; 1.41 / 1.37"),
    "sigmoid, uniform": Arm(SIGMOID, published="2.4; 1.81 / 1.77"),
    "sigmoid, same histogram": Arm(SIGMOID, "rbm", shuffled=True, published="1.94 / 1.69"),
    "relu, batch norm": Arm(MODERN),
    "relu, batch norm, denoising": Arm(MODERN, "denoising"),
}
PAIRS = [
    ("sigmoid, RBM", "sigmoid, uniform", "test", "-1.1 to -1.2; -0.40"),
    ("sigmoid, RBM", "sigmoid, same histogram", "test", "-0.53 / -0.32"),
    ("sigmoid, same histogram", "sigmoid, uniform", "test", "+0.13 / -0.08"),
    ("relu, batch norm, denoising", "relu, batch norm", "test", ""),
    ("sigmoid, RBM", "relu, batch norm", "test", ""),
]
RATES = {"sgd": (0.03, 0.1, 0.3, 1.0, 3.0), "adam": (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)}
PROTOCOLS = {
    "quick": Settings(width=(50, 50), n_images=500, n_labels=500, n_validation=500, pretraining_epochs=1, epochs=2),
    "reduced": Settings(),
    "whole": Settings(
        width=(500, 500, 500),
        n_images=50_000,
        n_labels=50_000,
        n_validation=10_000,
        pretraining_epochs=30,
        rates={"sgd": (1.0,), "adam": (1e-3,)},  # chosen in runs with 10 epochs of pre-training: docs/published.md
    ),
    "full": Settings(
        width=(1000, 1000, 1000),
        n_images=50_000,
        n_labels=50_000,
        n_validation=10_000,
        pretraining_epochs=50,
        epochs=50,
        rates=RATES,
        n_screening=3,
    ),
}

if __name__ == "__main__":
    title = "Three hidden layers on MNIST from several starts, held to published errors"
    main(__doc__, name="three_layers", title=title, arms=ARMS, pairs=PAIRS, protocols=PROTOCOLS, seeds=12)
