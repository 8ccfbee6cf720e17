"""A map of trainability as it comes out of the main job: eight depths, thirteen weight variances. Numbers invented.

An accuracy falls from 0.9 to 0.1 where the depth passes `FACTOR` xi_c, over a factor e in depth.
"""

from __future__ import annotations

import math

from layerwise.records import Agreement, DataSummary, MapCell, MapColumn, Run, TrainabilityRecord

DEPTHS = (8, 11, 16, 23, 32, 45, 64, 91)
VARIANCES = tuple(1 + place / 4 for place in range(13))
CRITICAL = 1.76
FACTOR = 5.0


def xi_c(variance: float) -> float:
    return math.inf if variance == CRITICAL else 6 / abs(math.log(variance / CRITICAL))


def accuracy(depth: int, variance: float) -> float:
    return 0.1 + 0.8 / (1 + (depth / (FACTOR * xi_c(variance))) ** 6)


def make_map(**changes: object) -> TrainabilityRecord:
    parts = {
        "activation": "tanh",
        "bias_variance": 0.05,
        "recipe": {
            "architecture": {"width": 100},
            "optimizer": {"method": "sgd", "learning_rate": 0.01},
            "training": {"batch_size": 100},
            "name": "shared by all",
        },
        "n_steps": 200,
        "critical": CRITICAL,
        "columns": tuple(_column(variance) for variance in VARIANCES),
        "cells": tuple(_cell(depth, variance) for depth in DEPTHS for variance in VARIANCES),
        "curve": tuple((x, 6 * xi_c(x)) for x in sorted({*VARIANCES, CRITICAL})),
        "chance": 0.1,
        "trained_at": 0.5,
        "lost_at": 0.18,
        "trained": Agreement(factor=5.0, low=4.8, high=5.2, n=9, rank_correlation=0.96, n_ranked=13),
        "lost": Agreement(factor=6.6, low=6.1, high=7.3, n=9, rank_correlation=0.95, n_ranked=13),
        "data": DataSummary(
            name="mnist", kind="image", n_train=20_000, n_validation=5_000, n_test=2_000, n_features=784, n_outputs=10,
            scaling="one mean and one standard deviation", source="idx files",
        ),
        "seeds": (0,),
        "device": "cpu",
        "versions": {"layerwise": "0.1.0"},
        "command": "layerwise map",
        "seconds": 150.0,
    }  # fmt: skip
    return TrainabilityRecord(**{**parts, **changes})


def _column(variance: float) -> MapColumn:
    depth = FACTOR * xi_c(variance)
    return MapColumn(
        weight_variance=variance,
        phase="ordered" if variance < CRITICAL else "chaotic",
        xi_c=xi_c(variance),
        predicted=6 * xi_c(variance),
        measured=depth if depth <= DEPTHS[-1] else math.inf,
        lost=1.4 * depth if 1.4 * depth <= DEPTHS[-1] else math.inf,
    )


def _cell(depth: int, variance: float) -> MapCell:
    found = accuracy(depth, variance)
    scores = {"train_accuracy": found, "test_accuracy": found - 0.01}
    run = Run(recipe="", seed=0, learning_rate=0.01, status="finished", n_steps=200, seconds=1.0, scores=scores)
    return MapCell(depth=depth, weight_variance=variance, runs=(run,))
