"""Only 20 units in the top hidden layer: pre-trained networks fit the training images, others do not.

    python bench/published/narrow_top.py            10,000 training images, 20 seeds: half an hour of one core
    python bench/published/narrow_top.py --quick    a minute
    python bench/published/narrow_top.py --full     50,000 images, layers of 1,000, 1,000 and 20 units
    python bench/published/narrow_top.py --report

Held to experiment 3 of Bengio, Lamblin, Popovici, Larochelle 2007, on all of MNIST, training and test error:
pre-trained as a DBN 0 and 1.5 %, by autoencoders 0 and 1.6 %; without pre-training 0.59 and 2.2 %; one hidden layer 3.6
and 5.0 %. With a wide top layer a network fits whatever lies below, so only a narrow one shows what pre-training does
for the lower layers. All arms train for the same number of epochs; errors are those of the last weights.
"""

from __future__ import annotations

from dataclasses import replace

from _classifiers import SIGMOID, Arm, main
from three_layers import PROTOCOLS

ARMS = {
    "RBM": Arm(SIGMOID, "rbm", published="0 / 1.5"),
    "uniform": Arm(SIGMOID, published="0.59 / 2.2"),
    "one hidden layer": Arm(SIGMOID, width=(20,), published="3.6 / 5.0"),
}
PAIRS = [
    ("RBM", "uniform", "train", "-0.59"),
    ("RBM", "one hidden layer", "train", "-3.6"),
    ("RBM", "uniform", "test", "-0.7"),
    ("RBM", "one hidden layer", "test", "-3.5"),
]

WIDTHS = {"quick": (50, 50, 20), "reduced": (200, 200, 20), "full": (1000, 1000, 20)}

if __name__ == "__main__":
    protocols = {name: replace(PROTOCOLS[name], width=width, patience=None) for name, width in WIDTHS.items()}
    title = "20 units in the top hidden layer, held to published training and test errors"
    main(__doc__, name="narrow_top", title=title, arms=ARMS, pairs=PAIRS, protocols=protocols, seeds=20)
