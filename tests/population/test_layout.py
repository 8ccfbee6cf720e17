"""Who shares a batch: from the recipes and the chunk size alone."""

from __future__ import annotations

import math

import pytest

from layerwise.models import Recipe
from layerwise.population import Member, chunk_size, member_bytes
from layerwise.population._layout import MAX_MEMBERS, chunks, n_parameters


def test_recipes_of_one_structure_share_a_batch():
    a = Recipe(name="a")
    b = a.replace(name="b", initializer="normal", scale=1.0, learning_rate=3.0, l2=0.1)
    c = a.replace(name="c", activation="tanh")
    members = [Member(recipe, seed) for recipe in (a, c, b) for seed in range(3)]
    assert chunks(members, 4, 2, "cpu") == [[0, 1, 2, 6, 7, 8], [3, 4, 5]]
    assert chunks(members, 4, 2, "cpu", size=4) == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]  # structures take turns


@pytest.mark.parametrize(("n", "size"), [(1, 5), (16, 10), (31, 16), (7, 3), (5, 5)])
def test_chunks_are_few_and_even(n, size):
    cut = chunks([Member(Recipe(), seed) for seed in range(n)], 4, 2, "cpu", size)
    assert [place for part in cut for place in part] == list(range(n))
    assert len(cut) == math.ceil(n / size)
    assert max(map(len, cut)) <= min(size, min(map(len, cut)) + 1)


def test_small_networks_fill_a_chunk_and_large_ones_stand_alone():
    assert chunk_size(Recipe(), 64, 10) == MAX_MEMBERS
    assert chunk_size(Recipe().replace(width=64, depth=100), 64, 10) == MAX_MEMBERS  # layers take turns in the cache
    assert chunk_size(Recipe().replace(width=4000), 784, 10) == 1
    assert chunk_size(Recipe().replace(width=4000), 784, 10, "cuda") > 1


@pytest.mark.parametrize("choices", [{}, {"width": (5, 7, 3), "depth": 3}, {"activation": "maxout", "pieces": 3}])
def test_parameters_are_counted(choices):
    import torch

    from layerwise.models import build

    recipe = Recipe().replace(**choices)
    net = build(recipe, 6, 4, torch.Generator())
    assert n_parameters(recipe, 6, 4) == sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize("choices", [{}, {"channels": (4, 3, 2), "dense": ()}, {"activation": "maxout", "kernel": 5}])
def test_parameters_of_convolutions_are_counted(choices):
    import torch

    from layerwise.models import build

    recipe = Recipe().replace(kind="conv", **choices)
    net = build(recipe, (3, 9, 10), 4, torch.Generator())
    assert n_parameters(recipe, (3, 9, 10), 4) == sum(p.numel() for p in net.parameters())


def test_a_member_takes_what_its_images_take():
    recipe = Recipe().replace(kind="conv", channels=2, dense=(), batch_size=10)
    # parameters 2 * (9 + 1) + 5 * (2 * 4 + 1); images of 16, 2 channels of 16 before and after the activation and for
    # the way back, 2 of 4 pooled and for the way back, 5 outputs
    floats = 65 + 10 * (16 + 3 * 32 + 2 * 8 + 2 * 5)
    assert member_bytes(recipe, (1, 4, 4), 5) == 4 * floats
    assert chunk_size(recipe.replace(channels=(16, 32)), (1, 28, 28), 10) > 1
    assert chunk_size(recipe.replace(channels=(64, 64), batch_size=32), (1, 28, 28), 10) == 1
