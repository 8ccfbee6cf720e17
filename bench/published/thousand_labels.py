"""A thousand labels of MNIST: pre-trained on images without labels, then fine-tuned, against a random start.

    python bench/published/thousand_labels.py            pre-training on 10,000 images, 12 seeds: a quarter of an hour
    python bench/published/thousand_labels.py --quick    a minute
    python bench/published/thousand_labels.py --full     pre-training on 50,000 images, layers of 1,000 units
    python bench/published/thousand_labels.py --report

Held to a published accuracy of 93.65 % (RBM, then fine-tuning) against 88.71 % (random), that is errors of 6.35 % and
11.29 % (yell/boltzmann-machines: one RBM of 1,024 units, pre-trained on all images). No validation labels stop the
training: the weights are those of the last epoch.
"""

from __future__ import annotations

from dataclasses import replace

from _classifiers import MODERN, SIGMOID, Arm, main
from three_layers import PROTOCOLS

ARMS = {
    "sigmoid, RBM": Arm(SIGMOID, "rbm", published="6.35"),
    "sigmoid, uniform": Arm(SIGMOID, published="11.29"),
    "relu, batch norm": Arm(MODERN),
    "relu, batch norm, denoising": Arm(MODERN, "denoising"),
}
PAIRS = [
    ("sigmoid, RBM", "sigmoid, uniform", "test", "-4.94"),
    ("relu, batch norm, denoising", "relu, batch norm", "test", ""),
    ("sigmoid, RBM", "relu, batch norm", "test", ""),
    ("sigmoid, RBM", "relu, batch norm, denoising", "test", ""),
]
FEW = {
    "quick": {"n_labels": 100},
    "reduced": {"n_labels": 1000, "epochs": 100, "patience": None},
    "full": {"n_labels": 1000, "epochs": 300, "patience": None},
}

if __name__ == "__main__":
    protocols = {name: replace(PROTOCOLS[name], **few) for name, few in FEW.items()}
    title = "A thousand labels of MNIST, with and without pre-training, held to published errors"
    main(__doc__, name="thousand_labels", title=title, arms=ARMS, pairs=PAIRS, protocols=protocols, seeds=12)
