"""A whole model initialized: signal and gradient at depth, and every kind of parameter as it should be."""

from __future__ import annotations

import copy
import math
import statistics

import pytest
import torch
from deep_chains import chain, inputs, profile, seeded
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # as everybody writes it
from torch.nn.utils import parametrizations

from layerwise._base import InvalidInput, UnknownName
from layerwise.activations import ACTIVATIONS, moments
from layerwise.initializers import INITIALIZERS, initialize_
from layerwise.initializers._point import critical_at, held_point
from layerwise.records import Change, dump, load
from layerwise.theory import critical_point

HELD_AT_1 = ("tanh", "erf", "hardtanh", "softsign", "sine", "elu", "selu", "relu", "leaky_relu", "prelu")
HELD_ABOVE = {"mish": 2.0, "gelu": 4.0, "gelu_tanh": 4.0, "hardswish": 8.0, "silu": 16.0}
CENTERED = ("sigmoid", "hard_sigmoid", "softplus", "log_sigmoid", "squareplus")
RUN_AWAY = ("squared_relu", "geglu", "swiglu")


def ratios(name: str, width: int, seeds: int, *, bias: bool = True) -> tuple[list[float], list[float], list[float]]:
    """Return, for each seed: rms at layer 30 over rms at layer 1, the same of the gradient at 1 over 30, output rms."""
    rows = []
    for seed in range(seeds):
        model, x = chain(name, width, bias=bias), inputs(width, seed)
        initialize_(model, x, generator=seeded(seed))
        z, gradient, out = profile(model, x)
        rows.append((z[-1] / z[0], gradient[0] / gradient[-1], out))
    return tuple(map(list, zip(*rows, strict=True)))


# --- depth ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tanh", "relu", "gelu", "silu", "sigmoid", "maxout"])
def test_thirty_layers_keep_signal_and_gradient(name):
    signal, gradient, out = ratios(name, 256, 2)
    assert all(0.4 < ratio < 2.5 for ratio in signal), signal
    assert all(1 / 3 < ratio < 3 for ratio in gradient), gradient
    assert all(0.3 < one < 3 for one in out)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*HELD_AT_1, "gelu", "silu", "mish", "hardswish", "sigmoid"])
def test_thirty_wide_layers_keep_signal_and_gradient(name):
    signal, gradient, _ = ratios(name, 1024, 3)
    assert 0.7 < statistics.median(signal) < 1.4, signal
    assert 0.8 < statistics.median(gradient) < 1.25, gradient
    assert all(0.6 < ratio < 1.7 for ratio in (*signal, *gradient))


@pytest.mark.parametrize("name", ["tanh", "silu", "sigmoid"])
def test_without_biases_thirty_layers_keep_signal_and_gradient(name):
    signal, gradient, _ = ratios(name, 256, 2, bias=False)
    assert all(1 / 2 < ratio < 2 for ratio in signal), signal
    assert all(1 / 2 < ratio < 2 for ratio in gradient), gradient


def test_the_gain_alone_makes_silu_explode_and_the_default_of_torch_fade():
    x = inputs(256)
    exploding, fading = chain("silu", 256), chain("silu", 256)
    initialize_(exploding, x, "gain", generator=seeded())
    initialize_(fading, x, "torch_default", generator=seeded())
    z, gradient, _ = profile(exploding, x)
    assert z[-1] / z[0] > 5
    assert gradient[0] / gradient[-1] > 10
    assert profile(fading, x)[0][-1] < 1e-6


# --- where layers work ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HELD_AT_1)
def test_layers_that_hold_q_at_1_get_the_critical_point_there(name):
    point, known = held_point(ACTIVATIONS[name], 30), critical_point(name, q=1.0)
    assert point.q == 1
    assert not point.centered
    assert point.weight_variance == pytest.approx(known.weight_variance, rel=1e-9)
    assert point.bias_variance == pytest.approx(known.bias_variance, rel=1e-8, abs=1e-11)


@pytest.mark.parametrize("name", HELD_ABOVE)
def test_others_get_the_least_power_of_two_at_which_they_hold_it(name):
    q = held_point(ACTIVATIONS[name], 30).q
    assert q == HELD_ABOVE[name]
    assert critical_point(name, q=q).stable
    assert not critical_point(name, q=q / 2).stable


@pytest.mark.parametrize("name", CENTERED)
def test_where_the_line_does_not_reach_weights_are_centered(name):
    point, here = held_point(ACTIVATIONS[name], 30), moments(name)
    assert point.centered
    assert point.weight_variance == pytest.approx(1 / here.slope_square, rel=1e-9)
    assert point.bias_variance == pytest.approx(1 - (here.square - here.mean**2) / here.slope_square, rel=1e-6)
    assert "summing to 0" in point.why


@pytest.mark.parametrize("name", RUN_AWAY)
def test_what_nothing_holds_gets_its_gain_and_says_so(name):
    point = held_point(ACTIVATIONS[name], 30)
    assert point.weight_variance == pytest.approx(1 / moments(name).square)
    assert "nothing holds the signal" in point.why


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("q", [0.01, 1.0, 30.0])
def test_centered_biases_never_need_a_variance_below_0(name, q):
    assert critical_at(ACTIVATIONS[name], q, centered=True).bias_variance >= -1e-9 * q


@pytest.mark.parametrize("name", ["tanh", "gelu", "softsign", "silu"])
def test_without_biases_q_loses_at_most_a_quarter(name):
    point = held_point(ACTIVATIONS[name], 30, with_biases=False)
    larger = critical_point(name, q=2 * point.q)
    assert point.bias_variance * 30 <= 0.25 * point.q
    assert larger.bias_variance * 30 > 0.25 * larger.q


# --- what belongs to which layer -----------------------------------------------------------------------------------


def variances(model: nn.Module) -> dict[str, float]:
    return {name: one.detach().double().square().mean().item() for name, one in model.named_parameters()}


def test_weights_belong_to_the_activation_they_read_and_biases_to_the_one_they_feed():
    width = 1200
    model = nn.Sequential(
        nn.Linear(300, width), nn.Tanh(), nn.Linear(width, width), nn.Softsign(), nn.Linear(width, 400)
    )
    x = 3 * torch.randn(50, 300, generator=seeded())
    initialize_(model, x, "critical", generator=seeded())
    tanh, softsign, found = moments("tanh"), moments("softsign"), variances(model)
    square, bias = x.double().square().mean().item(), critical_point("tanh", q=1.0).bias_variance
    assert found["0.weight"] * 300 * square == pytest.approx(1 - bias, rel=0.02)
    assert found["0.bias"] == pytest.approx(bias, rel=0.15)
    assert found["2.weight"] * width == pytest.approx(1 / tanh.slope_square, rel=0.01)
    assert found["2.bias"] == pytest.approx(1 - tanh.square / tanh.slope_square, rel=0.15)
    assert found["4.weight"] * width == pytest.approx(1 / softsign.square, rel=0.01)
    assert found["4.bias"] == 0


def test_where_biases_would_need_less_than_nothing_the_weights_alone_bring_the_signal_down():
    model = nn.Sequential(nn.Linear(300, 300), nn.SiLU(), nn.Linear(300, 300), nn.Tanh(), nn.Linear(300, 2))
    changes = initialize_(model, inputs(300), "critical", generator=seeded())
    assert variances(model)["2.weight"] * 300 == pytest.approx(1 / moments("silu", 16.0).square, rel=0.03)
    assert changes[2].reason.startswith("brings what silu gives to q = 1 for tanh")


def test_five_layers_in_a_row_get_the_gain_and_six_the_critical_line():
    for depth, bias in ((4, 0.0), (5, 0.1510)):
        model = chain("tanh", 400, depth)
        initialize_(model, inputs(400), generator=seeded())
        assert model[2].bias.square().mean().item() == pytest.approx(bias, rel=0.2)


def test_a_given_activation_takes_the_place_of_what_is_found():
    model = nn.Sequential(nn.Linear(300, 300), nn.Hardshrink(), nn.Linear(300, 300), nn.Hardshrink(), nn.Linear(300, 2))
    initialize_(model, inputs(300), "critical", activation="tanh", generator=seeded())
    assert variances(model)["2.weight"] * 300 == pytest.approx(critical_point("tanh", q=1.0).weight_variance, rel=0.03)


def test_a_function_without_a_name_has_moments_of_its_own():
    class Own(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.atan(2 * x)

    model = nn.Sequential(nn.Linear(300, 300), Own(), nn.Linear(300, 300), Own(), nn.Linear(300, 2))
    initialize_(model, inputs(300), "critical", generator=seeded())
    expected = 1 / moments(lambda z: torch.atan(2 * z)).slope_square
    assert variances(model)["2.weight"] * 300 == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("mode", [True, False])
def test_random_slopes_count_with_their_mean_in_either_mode(mode):
    model = chain("rrelu", 300, 6).train(mode)
    initialize_(model, inputs(300), generator=seeded())
    expected = critical_point("rrelu", q=1.0).weight_variance
    assert model[2].weight.square().mean().item() * 300 == pytest.approx(expected, rel=0.03)


def test_centered_weights_sum_to_0_and_keep_their_variance():
    model = chain("sigmoid", 300, 8)
    initialize_(model, inputs(300), generator=seeded())
    weight = model[4].weight.detach()
    assert weight.sum(1).abs().max() < 1e-4
    assert weight.square().mean().item() * 300 == pytest.approx(1 / moments("sigmoid").slope_square, rel=0.03)


# --- order, randomness, errors -------------------------------------------------------------------------------------


class Stack(nn.Module):
    """Layers registered in the given order, run in the order of their numbers."""

    def __init__(self, order: list[int], width: int = 20) -> None:
        super().__init__()
        for k in order:
            self.add_module(f"layer{k}", nn.Linear(width, width))
        self.depth = len(order)

    def forward(self, x: Tensor) -> Tensor:
        for k in range(self.depth):
            x = torch.tanh(self.get_submodule(f"layer{k}")(x))
        return x


def test_the_order_of_registration_changes_no_bit():
    one, other = Stack([0, 1, 2, 3, 4, 5, 6]), Stack([3, 6, 5, 0, 2, 4, 1])
    first = initialize_(one, inputs(20), generator=seeded(3))
    second = initialize_(other, inputs(20), generator=seeded(3))
    assert [change.after for change in first] == [change.after for change in second]
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())


def test_a_generator_is_all_that_moves():
    before = torch.get_rng_state()
    model, same, other = (chain("tanh", 10, 7) for _ in range(3))
    before = torch.get_rng_state()
    for one, seed in ((model, 1), (same, 1), (other, 2)):
        initialize_(one, inputs(10), generator=seeded(seed))
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(model[2].weight, same[2].weight)
    assert not torch.equal(model[2].weight, other[2].weight)


def test_without_a_generator_torch_draws_as_elsewhere():
    model = chain("tanh", 10, 2)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        initialize_(model)
        first = model[0].weight.clone()
        initialize_(model)
        assert not torch.equal(first, model[0].weight)
        torch.manual_seed(0)
        initialize_(model)
    assert torch.equal(first, model[0].weight)


def test_a_chain_needs_no_batch_and_is_as_if_its_input_had_mean_square_1():
    one, other = chain("elu", 12, 7), chain("elu", 12, 7)
    initialize_(one, generator=seeded())
    initialize_(other, torch.ones(3, 12), generator=seeded())
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_dtype_mode_and_gradients_stay(dtype):
    model = nn.Sequential(nn.Linear(6, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 2)).to(dtype).eval()
    running = copy.deepcopy(model[1].running_mean)
    initialize_(model, inputs(6).to(dtype), generator=seeded())
    assert {one.dtype for one in model.parameters()} == {dtype}
    assert not model.training
    assert torch.equal(model[1].running_mean, running)
    assert all(one.grad is None and one.requires_grad for one in model.parameters())


@pytest.mark.parametrize(
    ("make", "scheme", "options", "message"),
    [
        (lambda: nn.Sequential(nn.Linear(3, 3), nn.ReLU()), "hee_normal", {}, "Did you mean 'he_normal'"),
        (lambda: nn.Sequential(nn.Linear(3, 3), nn.ReLU()), "gain", {"std": 1.0}, "'gain' takes no option 'std'"),
        (
            lambda: nn.Sequential(nn.Linear(3, 3), nn.ReLU()),
            "normal",
            {"std": -1.0},
            "`std` must be a number of at least 0",
        ),
        (lambda: nn.Sequential(nn.ReLU(), nn.Linear(3, 3)), "auto", {}, "Give some of its inputs"),
        (
            lambda: nn.Sequential(nn.Linear(3, 4), nn.Unflatten(1, (1, 4)), nn.Conv1d(1, 2, 3)),
            "identity",
            {},
            "must be a matrix",
        ),
    ],
)
def test_bad_input_says_what_to_do_and_changes_nothing(make, scheme, options, message):
    model = make()
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(InvalidInput, match=message):
        initialize_(model, None, scheme, generator=seeded(), **options)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_what_is_no_module_or_has_no_weights_is_refused():
    with pytest.raises(InvalidInput, match=r"`model` must be a torch\.nn\.Module"):
        initialize_(torch.relu, torch.ones(2, 3))
    with pytest.raises(InvalidInput, match="must run at least one layer of weights"):
        initialize_(nn.ReLU(), torch.ones(2, 3))
    with pytest.raises(UnknownName, match="There is no activation"):
        initialize_(chain("tanh", 3, 1), activation="tanhh")


# --- parameters of every kind --------------------------------------------------------------------------------------


def changed(model: nn.Module, batch: object, scheme: str = "auto", **options: float) -> dict[str, Change]:
    changes = initialize_(model, batch, scheme, generator=seeded(), **options)
    assert len({change.target for change in changes}) == len(changes)
    assert all(load(Change, dump(change)) == change for change in changes)
    return {change.target: change for change in changes}


def test_every_parameter_has_a_record():
    layer = nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", batch_first=True)
    assert set(changed(layer, torch.randn(2, 3, 8))) == {name for name, _ in layer.named_parameters()}


def test_attention_has_projections_of_variance_1_over_width_each_by_itself():
    layer = nn.TransformerEncoderLayer(120, 4, 240, batch_first=True).eval()
    found = changed(layer, torch.randn(2, 3, 120))
    for block in layer.self_attn.in_proj_weight.detach().chunk(3):
        assert block.square().mean().item() * 120 == pytest.approx(1, rel=0.05)
    assert layer.self_attn.out_proj.weight.square().mean().item() * 120 == pytest.approx(1, rel=0.05)
    assert layer.self_attn.in_proj_bias.abs().max() == 0
    assert "queries, keys and values" in found["self_attn.in_proj_weight"].reason


def test_normalizers_start_at_1_and_0_and_the_layers_before_them_without_biases():
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 2))
    with torch.no_grad():
        model[1].weight.fill_(3.0)
        model[1].bias.fill_(2.0)
    found = changed(model, inputs(4), "critical")
    assert (found["1.weight"].before, found["1.weight"].after) == ("all 3", "all 1")
    assert (found["1.bias"].before, found["1.bias"].after) == ("all 2", "all 0")
    assert found["0.bias"].after == "all 0"
    assert "a normalizer follows" in found["0.weight"].reason


class Words(nn.Module):
    """An embedding whose table is the output layer's weight, if tied."""

    def __init__(self, *, tied: bool) -> None:
        super().__init__()
        self.table = nn.Embedding(300, 64, padding_idx=0)
        self.inner, self.out = nn.Linear(64, 64), nn.Linear(64, 300, bias=False)
        if tied:
            self.out.weight = self.table.weight

    def forward(self, tokens: Tensor) -> Tensor:
        out: Tensor = self.out(F.gelu(self.inner(self.table(tokens))))
        return out


def test_embeddings_have_rows_of_mean_square_1_unless_they_make_the_outputs_too():
    free, tied, tokens = Words(tied=False), Words(tied=True), torch.randint(0, 300, (4, 5))
    changed(free, tokens)
    found = changed(tied, tokens)
    assert free.table.weight[1:].square().mean().item() == pytest.approx(1, rel=0.05)
    assert tied.table.weight[1:].square().mean().item() * 64 == pytest.approx(1, rel=0.05)
    assert free.table.weight[0].abs().max() == 0
    assert found["out.weight"].reason == "left alone: tied to table.weight, and set there"
    assert tied.out.weight is tied.table.weight
    assert tied.inner.weight.square().mean().item() * 64 == pytest.approx(
        64, rel=0.05
    )  # it reads a mean square of 1/64


def test_what_is_frozen_or_never_read_stays_and_says_so():
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))
    model.spare = nn.Linear(3, 3)
    model.forward = lambda x: model[2](model[1](model[0](x)))  # past the spare layer
    model[0].weight.requires_grad_(False)
    before = copy.deepcopy(model.state_dict())
    found = changed(model, inputs(4))
    for name, reason in (("0.weight", "it is frozen"), ("spare.weight", "no operation of this run read it")):
        assert found[name].reason.startswith(f"left alone: {reason}")
        assert torch.equal(model.state_dict()[name], before[name])


def test_recurrent_layers_keep_their_start_and_scalars_theirs():
    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru, self.head, self.scale = nn.GRU(4, 4), nn.Linear(4, 2), nn.Parameter(torch.tensor(0.3))

        def forward(self, x: Tensor) -> Tensor:
            out: Tensor = self.head(self.gru(x)[0]) * self.scale
            return out

    found = changed(Mixed(), torch.randn(3, 2, 4))
    assert found["gru.weight_ih_l0"].reason == "left alone: recurrent layers keep their own start"
    assert found["scale"].reason == "left alone: `mul` reads it, and is no layer of weights"
    assert "what `gru` gives, taken to have mean square 1" in found["head.weight"].reason


def test_weight_normalization_takes_the_weight_and_other_parametrizations_stay():
    layers = [parametrizations.weight_norm(nn.Linear(200, 200)), parametrizations.spectral_norm(nn.Linear(200, 200))]
    model = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), nn.Linear(200, 2))
    before = copy.deepcopy(model.state_dict())
    found = changed(model, inputs(200), "he_normal")
    assert layers[0].weight.square().mean().item() * 200 == pytest.approx(2, rel=0.03)
    assert "left alone" not in found["0.weight"].reason
    assert found["2.weight"].reason == "left alone: it is computed by SpectralNorm"
    assert all(torch.equal(model.state_dict()[name], before[name]) for name in before if name.startswith("2.param"))


def test_convolutions_have_the_fans_that_their_groups_and_strides_leave():
    model = nn.Sequential(
        nn.Conv2d(8, 64, 3, groups=4),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 4, stride=2, groups=2),
        nn.ReLU(),
        nn.Conv2d(32, 8, 3),
    )
    x = torch.randn(2, 8, 12, 12, generator=seeded())
    changed(model, x, "gain")
    found, square = variances(model), x.double().square().mean().item()
    assert found["0.weight"] * (2 * 9) * square == pytest.approx(1, rel=0.1)
    assert found["2.weight"] * (32 * 4) == pytest.approx(2, rel=0.05)  # 16 places of the kernel / stride 2 x 2
    with torch.no_grad():
        inner = model[:3](x)[..., 4:-4, 4:-4]
    assert inner.square().mean().item() == pytest.approx(1, rel=0.2)


@pytest.mark.parametrize("name", ["he_normal", "lecun_normal", "glorot_uniform", "torch_default"])
def test_named_schemes_have_their_own_variance_in_every_layout(name):
    class Turned(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.left, self.right = nn.Parameter(torch.zeros(300, 200)), nn.Parameter(torch.zeros(200, 100))
            self.shift = nn.Parameter(torch.ones(200))

        def forward(self, x: Tensor) -> Tensor:
            return torch.relu(x @ self.left + self.shift) @ self.right

    model, x = Turned(), inputs(300)
    found = changed(model, x, name)
    scale = {"gain": math.sqrt(2)} if "gain" in INITIALIZERS[name].options else {}
    expected = INITIALIZERS[name].expected(200, 100, **scale).square
    assert variances(model)["right"] == pytest.approx(expected, rel=0.05)
    assert found["shift"].after == "all 0"
    assert name in found["right"].reason


def test_orthogonal_keeps_the_signal_between_widths():
    model = nn.Sequential(nn.Linear(60, 90), nn.Identity(), nn.Linear(90, 90), nn.Identity(), nn.Linear(90, 60))
    x = inputs(60)
    changed(model, x, "orthogonal")
    assert model(x).square().mean().item() == pytest.approx(1, rel=0.2)
    weight = model[2].weight.detach()
    torch.testing.assert_close(weight @ weight.T, torch.eye(90), atol=1e-4, rtol=0)


def test_a_gate_gives_mean_square_1_whatever_its_activation():
    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gate, self.up, self.down = nn.Linear(300, 300), nn.Linear(300, 300), nn.Linear(300, 4)

        def forward(self, x: Tensor) -> Tensor:
            out: Tensor = self.down(torch.sigmoid(self.gate(x)) * self.up(x))
            return out

    model, x = Gated(), inputs(300)
    found = changed(model, x, "critical")
    assert variances(model)["gate.weight"] * 300 == pytest.approx(1 / x.square().mean().item(), rel=0.03)
    assert "a product of two signals" in found["down.weight"].reason


def test_residual_sums_are_taken_to_have_mean_square_1_and_say_who_sees_to_them():
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = nn.Linear(5, 5), nn.Linear(5, 5)

        def forward(self, x: Tensor) -> Tensor:
            return x + self.two(F.relu(self.one(x)))

    found = changed(nn.Sequential(nn.Linear(5, 5), Block(), nn.Linear(5, 2)), inputs(5))
    assert "a sum of two signals (`fixup_`" in found["2.weight"].reason


def test_gains_that_are_computed_from_a_parameter_stay():
    class Gemma(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight, self.head = nn.Parameter(torch.full((4,), 0.1)), nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            out: Tensor = self.head(F.rms_norm(x, (4,), 1.0 + self.weight))
            return out

    found = changed(Gemma(), inputs(4))
    assert found["weight"].reason == "left alone: what `rms_norm` reads is computed from it"
    assert found["weight"].after == "all 0.1"
