"""Every initializer of the table keeps one contract; a new one is tested by being listed."""

from __future__ import annotations

import inspect
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise.initializers import INITIALIZERS, Initializer

ALL = list(INITIALIZERS.values())
DRAWN = [entry for entry in ALL if entry.name not in {"zeros", "constant", "identity"}]
CONVOLUTIONAL = [entry for entry in ALL if entry.name != "identity"]


def mean_by_hand(name: str, i: int, o: int) -> float:
    """Return the mean that a weight with fan_in i and fan_out o must have."""
    return 1 / max(i, o) if name == "identity" else 0.0


def variance_by_hand(name: str, i: int, o: int) -> float:
    """Return the variance that a weight with fan_in i and fan_out o must have."""
    return {
        "zeros": 0,
        "constant": 0,
        "normal": 0.01**2,
        "uniform": 0.05**2 / 3,
        "lecun_normal": 1 / i,
        "lecun_uniform": 1 / i,
        "glorot_normal": 2 / (i + o),
        "glorot_uniform": 2 / (i + o),
        "he_normal": 2 / i,
        "he_uniform": 2 / i,
        "truncated_normal": 0.01**2,
        "orthogonal": 1 / max(i, o),
        "identity": 1 / max(i, o) - 1 / max(i, o) ** 2,
        "sparse": min(15, i) / i,
        "torch_default": 1 / (3 * i),
    }[name]


def named(entries):
    return pytest.mark.parametrize("entry", entries, ids=lambda entry: entry.name)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def filled(entry: Initializer, shape=(30, 20), dtype=torch.float32, seed=0, **options) -> torch.Tensor:
    return entry.fill(torch.full(shape, math.nan, dtype=dtype), generator=seeded(seed), **options)


@named(ALL)
def test_it_is_listed_under_its_name_with_a_source(entry):
    assert INITIALIZERS[entry.name] is entry
    assert any(part.isdigit() and len(part) == 4 for part in entry.citation.replace(",", "").split())


@named(ALL)
def test_its_docstring_says_what_comes_back_its_source_and_an_example(entry):
    text = inspect.getdoc(entry.function)
    assert text.startswith("Return ")
    assert "\nExample:\n" in text
    assert entry.citation in " ".join(text.partition("\nReferences:\n")[2].split())


@named(ALL)
@pytest.mark.parametrize("generator", [None, "cpu"])
def test_the_device_is_kept(entry, generator):
    tensor = torch.empty(6, 4, device="meta")
    assert entry.fill(tensor, generator=None if generator is None else seeded()) is tensor
    assert tensor.device.type == "meta"


@named(ALL)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_it_fills_in_place_and_keeps_the_dtype(entry, dtype):
    tensor = torch.full((6, 4), math.nan, dtype=dtype)
    out = entry.fill(tensor, generator=seeded())
    assert out is tensor
    assert out.dtype == dtype
    assert bool(out.isfinite().all())


@named(ALL)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_same_generator_same_bits(entry, dtype):
    assert torch.equal(filled(entry, dtype=dtype, seed=5), filled(entry, dtype=dtype, seed=5))


@named(DRAWN)
def test_another_seed_gives_other_numbers_and_a_generator_moves_on(entry):
    assert not torch.equal(filled(entry, seed=1), filled(entry, seed=2))
    draw = seeded()
    first, second = (entry.fill(torch.empty(30, 20), generator=draw) for _ in range(2))
    assert not torch.equal(first, second)


@named(ALL)
def test_the_global_generator_is_not_touched(entry):
    before = torch.get_rng_state()
    filled(entry)
    assert torch.equal(torch.get_rng_state(), before)


@named(DRAWN)
def test_without_generator_the_default_one_is_used(entry):
    with torch.random.fork_rng():
        torch.manual_seed(7)
        default = entry.fill(torch.empty(30, 20))
    assert torch.equal(default, filled(entry, seed=7))


@named(ALL)
def test_parameters_stay_outside_autograd(entry):
    layer = torch.nn.Linear(4, 6)
    assert entry.fill(layer.weight, generator=seeded()) is layer.weight
    assert layer.weight.is_leaf
    assert layer.weight.requires_grad


@named(ALL)
@pytest.mark.parametrize("shape", [(300, 200), (200, 300)])
def test_mean_and_variance(entry, shape):
    weight = filled(entry, shape, torch.float64)
    out, fan_in = shape
    variance = variance_by_hand(entry.name, fan_in, out)
    mean, n = mean_by_hand(entry.name, fan_in, out), weight.count_nonzero().clamp_min(1).item()
    assert abs(weight.mean().item() - mean) <= 5 * math.sqrt(variance / weight.numel())
    assert weight.var().item() == pytest.approx(variance, rel=5 * math.sqrt(2 / n))


@named(CONVOLUTIONAL)
def test_a_convolution_counts_its_kernel(entry):
    weight = filled(entry, (64, 16, 3, 3), torch.float64)
    variance = variance_by_hand(entry.name, 16 * 9, 64 * 9 if entry.name != "orthogonal" else 64)
    assert weight.var().item() == pytest.approx(
        variance, rel=5 * math.sqrt(2 / weight.count_nonzero().clamp_min(1).item())
    )


@named([entry for entry in ALL if {"std", "bound", "gain"} & set(entry.options)])
@settings(max_examples=20)
@given(factor=st.floats(0.01, 100))
def test_the_scale_multiplies_the_same_numbers(entry, factor):
    option = entry.options[0]
    one, scaled = (filled(entry, dtype=torch.float64, **{option: value}) for value in (1.0, factor))
    torch.testing.assert_close(scaled, factor * one, rtol=1e-12, atol=0)


@named(ALL)
def test_tensors_that_are_not_contiguous(entry):
    weight = torch.full((20, 30), math.nan).T
    assert bool(entry.fill(weight, generator=seeded()).isfinite().all())


@named(ALL)
def test_unknown_options_are_named_with_those_allowed(entry):
    with pytest.raises(ValueError, match=rf"The initializer '{entry.name}' takes no option 'sdt'") as caught:
        filled(entry, sdt=0.1)
    taken = ", ".join(map(repr, entry.options)) or "none"
    assert str(caught.value).endswith(f"It takes: {taken}.")


@named(ALL)
def test_options_are_checked_without_a_tensor(entry):
    for option in entry.options:
        assert entry.checked({option: 2}) == {option: 2.0}
        for bad in (math.nan, math.inf, "big", True, None, *([0, 2.5] if option == "n_connections" else [])):
            with pytest.raises(ValueError, match=f"`{option}` must be a"):
                entry.checked({option: bad})
    assert entry.checked({}) == {}


@named(ALL)
def test_integers_and_what_is_no_tensor_are_refused(entry):
    with pytest.raises(ValueError, match=r"`tensor` must hold floating-point numbers\. Got torch\.int64 instead\."):
        entry.fill(torch.zeros(3, 3, dtype=torch.int64))
    with pytest.raises(ValueError, match=r"`tensor` must be a torch\.Tensor\. Got "):
        entry.fill([[1.0]])
