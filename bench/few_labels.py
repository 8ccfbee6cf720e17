"""Does pre-training help where labels are few? LayerwiseClassifier on digits, with and without, beside MLPClassifier.

    python bench/few_labels.py --seeds 10 --labels 20,50,100,300,1000

For each seed 500 rows are kept for the test; of the others, so many keep their label and the rest are -1, so that they
are used for pre-training only. Accuracy in per cent with its standard error; differences are paired by seed.
"""

from __future__ import annotations

import argparse
import platform
import warnings

import numpy as np
import sklearn
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from layerwise.sklearn import LayerwiseClassifier


def scores(seed, n_labels):
    x, y = load_digits(return_X_y=True)
    x, test_x, y, test_y = train_test_split(x / 16, y, test_size=500, random_state=seed, stratify=y)
    _, kept = train_test_split(np.arange(len(y)), test_size=n_labels, random_state=seed, stratify=y)
    told = np.full(len(y), -1)
    told[kept] = y[kept]
    arms = [
        LayerwiseClassifier(objective=objective, epochs=100, batch_size=32, unlabeled=-1, random_state=seed)
        for objective in (None, "denoising")
    ]
    ours = [arm.fit(x, told).score(test_x, test_y) for arm in arms]
    theirs = MLPClassifier((100, 100), random_state=seed).fit(x[kept], y[kept]).score(test_x, test_y)
    return [*ours, theirs]


def cell(values):
    return f"{100 * values.mean():.1f} ± {100 * values.std(ddof=1) / len(values) ** 0.5:.1f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--labels", default="20,50,100,300,1000")
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # MLPClassifier says that it has not converged
    print(
        f"{platform.machine()}, torch {torch.__version__}, scikit-learn {sklearn.__version__}; {options.seeds} seeds\n"
    )
    print("| labels | no pre-training | denoising | difference | MLPClassifier |\n|---|---|---|---|---|")
    for n_labels in map(int, options.labels.split(",")):
        plain, ours, theirs = np.array([scores(seed, n_labels) for seed in range(options.seeds)]).T
        print(f"| {n_labels} | {cell(plain)} | {cell(ours)} | {cell(ours - plain)} | {cell(theirs)} |", flush=True)


if __name__ == "__main__":
    main()
