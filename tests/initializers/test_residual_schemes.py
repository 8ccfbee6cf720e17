"""Residual networks that start as the identity, or with branches that add less the more of them there are."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from deep_chains import inputs, rms, seeded
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # as everybody writes it
from torch.nn.utils import parametrizations, parametrize

from layerwise._base import InvalidInput
from layerwise.initializers import fixup_, initialize_, re_zero_, scale_branches_, skip_init_
from layerwise.records import Change

ALL = (fixup_, skip_init_, re_zero_, scale_branches_)


class Block(nn.Module):
    """`x + W_m relu(... relu(W_1 x))`."""

    def __init__(self, width: int, m: int = 2, end: nn.Module | None = None) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(m))
        self.end = end or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        h = x
        for k, layer in enumerate(self.layers):
            h = layer(F.relu(h) if k else h)
        return x + self.end(h)


def residual(width: int = 12, n_blocks: int = 4, m: int = 2, classes: int = 5) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(7, width), *(Block(width, m) for _ in range(n_blocks)), nn.ReLU(), nn.Linear(width, classes)
    ).double()


class Bottleneck(nn.Module):
    """Convolutions, with a projection where the number of channels changes, as in a ResNet; batch norm if asked for."""

    def __init__(self, into: int, out: int, *, norm: bool) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(into, out, 3, padding=1), nn.Conv2d(out, out, 3, padding=1)
        self.norm1, self.norm2 = (nn.BatchNorm2d(out) if norm else nn.Identity() for _ in range(2))
        self.skip = nn.Identity() if into == out else nn.Conv2d(into, out, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        h += self.skip(x)
        return F.relu(h, inplace=True)


def convolutional(*, norm: bool) -> nn.Sequential:
    blocks = [Bottleneck(4, 4, norm=norm), Bottleneck(4, 6, norm=norm), Bottleneck(6, 6, norm=norm)]
    return nn.Sequential(nn.Conv2d(3, 4, 3), *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 5))


def x_of(seed: int = 0) -> Tensor:
    return inputs(7, seed, rows=9).double()


def by_target(changes: tuple[Change, ...]) -> dict[str, Change]:
    return {change.target: change for change in changes}


def jacobian_of(block: nn.Module, x: Tensor) -> Tensor:
    return torch.func.jacrev(block)(x).detach()


def scheme(function, model, batch):
    return function(model, batch, generator=seeded()) if function in {fixup_, skip_init_} else function(model, batch)


# --- what each paper promises --------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [fixup_, skip_init_, re_zero_])
@pytest.mark.parametrize("m", [1, 2, 3])
def test_blocks_are_the_identity_at_the_start_and_so_is_their_jacobian(function, m):
    model = residual(m=m)
    changes = scheme(function, model, x_of())
    h = model[0](x_of())
    for k in range(1, 5):
        assert torch.equal(model[k](h), h)
        assert torch.equal(jacobian_of(model[k], h[0]), torch.eye(12, dtype=torch.float64))
        end = "the identity" if k < 4 else "the identity but for relu after its sum"
        assert by_target(changes)[str(k)].reason == f"in this run the branch added exactly 0: the block was {end}"
        assert by_target(changes)[str(k)].after == "branch rms 0"


@pytest.mark.parametrize(("m", "power"), [(2, -1 / 2), (3, -1 / 4), (4, -1 / 6)])
def test_fixup_draws_inner_layers_smaller_by_a_root_of_the_number_of_branches(m, power):
    model = residual(width=200, n_blocks=9, m=m)
    fixup_(model, x_of(), generator=seeded())
    for layer in list(model[3].layers)[:-1]:
        assert layer.weight.square().mean().item() * 200 / 2 == pytest.approx(9 ** (2 * power), rel=0.03)
        assert layer.bias.abs().max() == 0
    assert model[3].layers[-1].parametrizations.weight.original.abs().max() == 0
    assert model[0].weight.square().mean().item() * 7 == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 2e-15), (torch.float32, 1e-6)])
def test_fixup_has_outputs_of_0_so_the_loss_is_the_logarithm_of_the_classes(dtype, tolerance):
    model = residual(classes=10).to(dtype)
    fixup_(model, x_of().to(dtype), generator=seeded())
    out = model(x_of(3).to(dtype))
    assert out.abs().max() == 0
    loss = F.cross_entropy(out, torch.arange(9))
    assert loss.item() == pytest.approx(math.log(10), abs=tolerance)


def test_fixups_multiplier_is_learned_and_starts_at_1():
    model, plain = residual(), residual()
    found = by_target(fixup_(model, x_of(), generator=seeded()))
    fixup_(plain, x_of(), multiplier=False, generator=seeded())
    name = "2.layers.1.parametrizations.weight.0.scale"
    assert (found[name].before, found[name].after) == ("none", "1")
    assert dict(model.named_parameters())[name].item() == 1
    assert not any("parametrizations" in one for one, _ in plain.named_parameters())


def test_fixup_trains_forty_blocks_that_he_alone_makes_explode():
    x, y = inputs(7, rows=60), torch.arange(60) % 5
    losses = {}
    for name in ("fixup", "he"):
        model = residual(width=24, n_blocks=40).float()
        fixup_(model, x, generator=seeded()) if name == "fixup" else initialize_(
            model, x, "he_normal", generator=seeded()
        )
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
        for _ in range(20):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        losses[name] = loss.item()
    assert losses["fixup"] < math.log(5) - 0.02
    assert not losses["he"] < 10


@pytest.mark.parametrize("function", [skip_init_, re_zero_])
def test_the_scalar_multiplies_the_whole_branch_with_its_bias(function):
    model = residual(n_blocks=2)
    with torch.no_grad():
        for one in model.parameters():
            one.copy_(torch.randn(one.shape, generator=seeded()))
    before = copy.deepcopy(model)
    found = by_target(scheme(function, model, x_of()))
    scalar = model[1].layers[-1].parametrizations.weight[0].scale
    assert scalar is model[1].layers[-1].parametrizations.bias[0].scale
    assert found["1.layers.1.parametrizations.weight.0.scale"].after == "0"
    h = torch.randn(4, 12, generator=seeded()).double()
    if function is re_zero_:  # which leaves all else as it was
        with torch.no_grad():
            scalar.fill_(0.3)
        torch.testing.assert_close(model[1](h), h + 0.3 * (before[1](h) - h))
        assert torch.equal(model[1].layers[0].weight, before[1].layers[0].weight)
    else:
        assert rms(model[1].layers[0].weight) == pytest.approx(math.sqrt(2 / 12), rel=0.2)
    model(h[:, :7]).sum().backward()
    assert scalar.grad is not None


@pytest.mark.parametrize("function", [skip_init_, re_zero_])
def test_it_learns_from_the_first_step(function):
    model, x = residual(), x_of()
    scheme(function, model, x)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(x).square().sum().backward()
    optimizer.step()
    assert model[2].layers[-1].parametrizations.weight[0].scale.item() != 0


def test_normalizers_at_the_end_of_a_branch_take_the_scalar():
    model, x = convolutional(norm=True), torch.randn(4, 3, 8, 8, generator=seeded())
    found = by_target(skip_init_(model, x, generator=seeded()))
    assert parametrize.is_parametrized(model[1].norm2, "weight")
    assert parametrize.is_parametrized(model[1].norm2, "bias")
    h = model[0](x)
    torch.testing.assert_close(model[1](h), torch.relu(h))
    assert found["1"].reason.endswith("the block was the identity but for relu after its sum")
    assert found["2"].reason.endswith("the block was what its skip connection makes but for relu after its sum")


@pytest.mark.parametrize("norm_first", [True, False])
def test_a_transformer_layer_is_the_identity_up_to_its_normalizers(norm_first):
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=norm_first)
    x = torch.randn(2, 3, 8, generator=seeded())
    re_zero_(layer, x)
    expected = x if norm_first else layer.norm2(layer.norm1(x))
    assert torch.equal(layer(x), expected)
    assert torch.equal(layer.eval()(x), expected)


def test_fixup_sees_to_convolutions_and_projections():
    model, x = convolutional(norm=False), torch.randn(4, 3, 8, 8, generator=seeded())
    found = by_target(fixup_(model, x, generator=seeded()))
    assert model[2].skip.weight.abs().max() > 0
    assert "inner layer of a branch of 2, one of 3 branches: 0.5774 times" in found["3.conv1.weight"].reason
    assert found["3.conv2.weight"].reason == "last layer of a branch of 2, one of 3 branches"
    assert found["6.weight"].reason == "an output layer starts at 0"
    assert model(x).abs().max() == 0


# --- depth-scaled branches -----------------------------------------------------------------------------------------


def test_scaled_branches_add_a_share_of_what_they_added():
    model = residual(n_blocks=4)
    weight, bias, other = (
        one.detach().clone() for one in (*model[2].layers[1].parameters(), model[2].layers[0].weight)
    )
    found = by_target(scale_branches_(model, x_of()))
    assert torch.equal(model[2].layers[1].weight, weight / 2)
    assert torch.equal(model[2].layers[1].bias, bias / 2)
    assert torch.equal(model[2].layers[0].weight, other)
    was, adds = (float(text.removeprefix("branch rms ")) for text in (found["1"].before, found["1"].after))
    assert adds == pytest.approx(was / 2, rel=1e-3)  # the first block's stream is as it was


def test_a_gpt2_of_n_layers_has_its_projections_divided_by_the_root_of_2n():
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True)
    model = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
    before = copy.deepcopy(model.state_dict())
    scale_branches_(model, torch.randn(2, 3, 8))
    for name, value in model.state_dict().items():
        scaled = name.endswith(("out_proj.weight", "out_proj.bias", "linear2.weight", "linear2.bias"))
        torch.testing.assert_close(value, before[name] / math.sqrt(6) if scaled else before[name])


def test_another_factor_may_be_given_and_weight_normalized_branches_take_it():
    block = Block(6)
    block.layers[1] = parametrizations.weight_norm(block.layers[1])
    before = block.layers[1].weight.detach().clone()
    scale_branches_(block, torch.randn(3, 6), factor=0.25)
    torch.testing.assert_close(block.layers[1].weight, before / 4)


def test_scaled_branches_bound_what_he_lets_grow():
    streams = {}
    for name in ("he", "scaled"):
        model, x = nn.Sequential(*(Block(200) for _ in range(16))), inputs(200)
        initialize_(model, x, "he_normal", generator=seeded())
        if name == "scaled":
            scale_branches_(model, x)
        streams[name] = model(x).square().mean().item()
    assert math.log(streams["he"]) == pytest.approx(16 * math.log(3), rel=0.1)  # x + W2 relu(W1 x) adds twice x
    assert streams["scaled"] == pytest.approx((1 + 2 / 16) ** 16, rel=0.3)


# --- what stays, and what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ALL)
@pytest.mark.parametrize(
    ("make", "x", "message"),
    [
        (
            lambda: nn.Sequential(nn.Linear(7, 7), nn.ReLU(), nn.Linear(7, 2)),
            x_of().float(),
            "must have residual branches",
        ),
        (nn.ReLU, x_of(), "must run at least one layer of weights"),
    ],
)
def test_a_model_without_branches_is_refused(function, make, x, message):
    with pytest.raises(InvalidInput, match=message):
        scheme(function, make(), x)


@pytest.mark.parametrize("function", [skip_init_, re_zero_])
def test_a_branch_that_can_not_be_0_is_refused_and_all_is_as_before(function):
    model = nn.Sequential(Block(5), Block(5, end=nn.Sigmoid()))
    model[0].layers[1] = parametrizations.weight_norm(model[0].layers[1])
    before, parameters = copy.deepcopy(model.state_dict()), dict(model.named_parameters())
    with pytest.raises(InvalidInput, match="branch that ends at `1` must add nothing where its last layer is 0"):
        scheme(function, model, torch.randn(3, 5))
    assert {name: id(one) for name, one in model.named_parameters()} == {
        name: id(one) for name, one in parameters.items()
    }
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert type(model[1].layers[1]) is nn.Linear


def test_fixup_refuses_normalizers_and_attention_and_changes_nothing():
    model, x = convolutional(norm=True), torch.randn(4, 3, 8, 8, generator=seeded())
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(InvalidInput, match=r"of weights alone: .*Got `batch_norm` at 1\.norm1"):
        fixup_(model, x)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    with pytest.raises(InvalidInput, match="multi_head_attention_forward"):
        fixup_(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), torch.randn(2, 3, 8))


def test_a_factor_must_be_positive():
    with pytest.raises(InvalidInput, match="`factor` must be a positive number"):
        scale_branches_(Block(4), torch.randn(3, 4), factor=0)


@pytest.mark.parametrize("function", ALL)
def test_global_generators_and_buffers_stay(function):
    model, x = (convolutional(norm=function is not fixup_), torch.randn(4, 3, 8, 8))
    buffers, state = copy.deepcopy(dict(model.named_buffers())), torch.get_rng_state()
    scheme(function, model, x)
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(value, buffers[name]) for name, value in model.named_buffers())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_a_treated_model_can_be_copied_saved_and_loaded():
    model = residual()
    skip_init_(model, x_of(), generator=seeded())
    with torch.no_grad():
        model[1].layers[-1].parametrizations.weight[0].scale.fill_(0.7)
    twin = copy.deepcopy(model)
    assert twin[1].layers[-1].parametrizations.bias[0].scale is twin[1].layers[-1].parametrizations.weight[0].scale
    other = residual()
    skip_init_(other, x_of(), generator=seeded(5))
    other.load_state_dict(model.state_dict())
    assert torch.equal(other(x_of()), model(x_of()))
    assert torch.equal(twin(x_of()), model(x_of()))


def test_fixup_refuses_a_last_layer_that_can_not_be_0_and_changes_nothing():
    model = residual()
    model[2].layers[1] = parametrizations.weight_norm(model[2].layers[1])
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(InvalidInput, match="branch that ends at `2` must add nothing"):
        fixup_(model, x_of(), generator=seeded())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
