"""Noise on the inputs of training batches: how much, where from, and where not."""

from __future__ import annotations

import pytest
import torch

from layerwise.models import Recipe
from layerwise.population import fit
from layerwise.population._noise import InputNoise

TINY = Recipe().replace(depth=1, width=4, epochs=2, batch_size=16)


def sources(*seeds):
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def test_it_has_the_standard_deviation_asked_for_and_leaves_its_input():
    x = torch.ones(1, 2000, 3).expand(2, -1, -1)
    found = InputNoise(0.5, sources(0, 1))(x)
    assert (x == 1).all()
    assert found.shape == x.shape
    assert abs(float((found - 1).std()) - 0.5) < 0.01
    assert abs(float((found - 1).mean())) < 0.02
    assert not torch.equal(found[0], found[1])


def test_a_network_draws_from_its_own_generator_alone():
    x = torch.zeros(2, 5, 3)
    both = InputNoise(1.0, sources(0, 7))(x)
    assert torch.equal(both[1], InputNoise(1.0, sources(7))(x[:1])[0])


def seen_by_the_first_layer(recipe, seeds, **options):
    seen = []
    fit(recipe, "circles", seeds=seeds, observe=lambda one: seen.append(one.layers[0].x.clone()) and None,
        probe_every=1, progress=False, **options)  # fmt: skip
    return torch.stack(seen)


def test_training_inputs_are_noisy_by_as_much_and_anew_at_each_step():
    plain = seen_by_the_first_layer(TINY, 3)
    noisy = seen_by_the_first_layer(TINY.replace(input_noise=0.3), 3)
    noise = noisy - plain
    assert abs(float(noise.std()) - 0.3) < 0.03
    assert not torch.equal(noise[0], noise[1])


def test_members_of_another_chunk_get_the_same_noise():
    noisy = TINY.replace(input_noise=0.3)
    assert torch.equal(seen_by_the_first_layer(noisy, [2])[:, 0], seen_by_the_first_layer(noisy, 3)[:, 2])


def test_networks_are_scored_without_it():
    # so much noise that a network which saw it could only guess
    runs = fit(TINY.replace(learning_rate=1e-9, input_noise=1e6), "circles", seeds=2, progress=False).runs
    quiet = fit(TINY.replace(learning_rate=1e-9), "circles", seeds=2, progress=False).runs
    for a, b in zip(runs, quiet, strict=True):
        assert a.curve("validation_accuracy").values[0] == b.curve("validation_accuracy").values[0]
        assert a.curve("train_loss").values[0] > 100 * b.curve("train_loss").values[0]


@pytest.mark.parametrize("value", [-0.1, float("nan")])
def test_it_must_be_a_size(value):
    with pytest.raises(ValueError, match="`input_noise` must be"):
        TINY.replace(input_noise=value)
