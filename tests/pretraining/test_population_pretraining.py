"""A population is pre-trained as one batch: every member becomes what it becomes alone, and in `pretrain`."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from layerwise._base import InvalidInput
from layerwise.models import Recipe, build
from layerwise.population import Start, fit, stack
from layerwise.pretraining import CORRUPTIONS, OBJECTIVES, LayerSettings, prepare, pretrain
from layerwise.pretraining._dense import DenseCoder
from layerwise.pretraining._layer_training import LayerTraining, source
from layerwise.pretraining._prepare import layer_settings
from layerwise.pretraining.rbm import RBM, RBM_PRESETS, train_

DEEP = Recipe().replace(
    activation="sigmoid", initializer="glorot_uniform", depth=3, width=6, batch_size=8, pretraining_epochs=2
)
N_ROWS, N_FEATURES = 30, 5
KINDS = ("autoencoder", "denoising", "contractive", "sparse", "supervised", "rbm")


def network(recipe, seed):
    return build(recipe, N_FEATURES, 3, torch.Generator().manual_seed(seed), torch.float64)


def rows(seed):
    return torch.randn(N_ROWS, N_FEATURES, generator=torch.Generator().manual_seed(100 + seed), dtype=torch.float64)


def labels(seed):
    classes = torch.randint(3, (N_ROWS,), generator=torch.Generator().manual_seed(200 + seed))
    classes[:3] = torch.arange(3)  # each class is there, as `pretrain` counts them
    return classes


def start(recipe, seeds, tick=lambda _: None, inputs=None):
    networks = stack([network(recipe, seed) for seed in seeds])
    data = torch.stack([rows(seed) for seed in seeds]) if inputs is None else inputs
    targets = torch.stack([labels(seed) for seed in seeds])
    return Start(networks, (recipe,) * len(seeds), tuple(seeds), lambda: data, lambda: targets, tick)


def prepared(recipe, seeds, **options):
    begun = start(recipe, seeds, **options)
    return begun.stack, prepare(begun)


def member(state, s):
    return {name: value[s] for name, value in state.items()}


def assert_close(mine, theirs, within=1e-9):
    assert mine.keys() == theirs.keys()
    for name in (name for name in mine if "num_batches" not in name):  # the replay of a trace does not count
        torch.testing.assert_close(mine[name], theirs[name], atol=within, rtol=0, equal_nan=True)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_member_becomes_what_it_becomes_alone(kind, activation):
    recipe = DEEP.replace(pretraining=kind, activation=activation)
    together, curves = prepared(recipe, [3, 4, 5])
    before = start(recipe, [3, 4, 5]).stack.state_dict()
    for s, seed in enumerate([3, 4, 5]):
        alone, its_curves = prepared(recipe, [seed])
        assert_close(member(together.state_dict(), s), member(alone.state_dict(), 0))
        assert [curve.name for curve in curves[s]] == [f"pretraining_loss_hidden{k}" for k in (1, 2, 3)]
        for mine, theirs in zip(curves[s], its_curves[0], strict=True):
            assert mine.steps == (1, 2)
            assert mine.values == pytest.approx(theirs.values, rel=1e-6)
    moved = {name for name, value in together.state_dict().items() if not torch.equal(value, before[name])}
    assert len(moved) == 6  # three weights, three biases; not the output layer


@pytest.mark.parametrize("kind", ["autoencoder", "denoising", "sparse", "rbm"])
@pytest.mark.parametrize("activation", ["maxout", "glu", "crelu", "prelu", "linear"])
def test_units_of_several_preactivations_get_decoders_of_their_own(activation, kind):
    recipe = DEEP.replace(pretraining=kind, activation=activation)
    together, curves = prepared(recipe, [3, 4])
    assert all(value.isfinite().all() for value in together.state_dict().values())
    assert all(len(found) == 3 for found in curves)
    if kind in {"autoencoder", "rbm"}:  # what the others lose is lost in their noise after two epochs
        assert all(found[0].values[1] < found[0].values[0] for found in curves)
    assert_close(member(together.state_dict(), 1), member(prepared(recipe, [4])[0].state_dict(), 0))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("normalizer", ["batch", "layer"])
def test_what_comes_out_of_a_normalizer_is_no_probability(normalizer, kind):
    recipe = DEEP.replace(pretraining=kind, normalizer=normalizer, normalizer_place="after_activation")
    together, curves = prepared(recipe, [3, 4])
    assert all(value.isfinite().all() for value in together.state_dict().values())
    assert all(len(found) == 3 for found in curves)
    assert_close(member(together.state_dict(), 1), member(prepared(recipe, [4])[0].state_dict(), 0))


def as_pretrain_orders(data, seed):
    """Return the rows so that `pretrain`, which draws an order before it trains, has them in the order of `data`."""
    order = torch.randperm(len(data), generator=source(seed, "split"))
    found = torch.empty_like(data)
    found[order] = data
    return found


def options_of(recipe, ranges):
    settings = [layer_settings(recipe, reads, gives) for reads, gives in ranges]
    names = ("epochs", "learning_rate", "method", "batch_size", "reconstruction", "corruption_level")
    return {name: [getattr(one, name) for one in settings] for name in names}


@pytest.mark.parametrize("normalizer", ["none", "batch", "layer"])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "rbm"])
def test_it_becomes_what_pretrain_makes_of_the_module(kind, normalizer):
    recipe = DEEP.replace(pretraining=kind, normalizer=normalizer, dropout=0.3, corruption=0.4)
    together, curves = prepared(recipe, [3, 4])
    line, unit = (-torch.inf, torch.inf), (0.0, 1.0)
    options = options_of(recipe, [(line, unit), (unit, unit), (unit, unit)])
    for s, seed in enumerate([3, 4]):
        own = as_pretrain_orders(rows(seed), seed), as_pretrain_orders(labels(seed), seed)
        single = pretrain(network(recipe, seed), own, kind, validation=0.0, seed=seed, **options)
        assert [layer.name for layer in single.layers] == ["linear1", "linear2", "linear3"]
        assert_close(together.networks()[s].state_dict(), single.model.state_dict())
        for mine, theirs in zip(curves[s], single.layers, strict=True):
            assert mine.values == pytest.approx(theirs.curves[0].values, rel=1e-9)


def test_machines_are_trained_as_one_by_one_on_probabilities():
    recipe = DEEP.replace(pretraining="rbm")
    together, _ = prepared(recipe, [3, 4])
    settings = replace(RBM_PRESETS["hinton_2006"], epochs=2, batch_size=8)
    for s, seed in enumerate([3, 4]):
        net, codes = network(recipe, seed), rows(seed)
        for k in (1, 2, 3):
            layer, sources = net.get_submodule(f"linear{k}"), source(seed, f"layer {k - 1}")
            visible, rate = ("gaussian", 0.01) if k == 1 else ("bernoulli", 0.1)
            fan_out, fan_in = layer.weight.shape
            machine = RBM(fan_in, fan_out, visible=visible, generator=sources, dtype=torch.float64)
            with torch.no_grad():
                machine.weight.copy_(layer.weight.T)
                train_(machine, codes, replace(settings, learning_rate=rate), generator=sources)
                layer.weight.copy_(machine.weight.T)
                layer.bias.copy_(machine.hidden_bias)
                codes = machine.hidden_mean(codes)
        assert_close(together.networks()[s].state_dict(), net.state_dict())


@pytest.mark.parametrize("kind", ["autoencoder", "rbm"])
def test_a_member_that_diverges_reaches_no_other(kind):
    recipe = DEEP.replace(pretraining=kind)
    inputs = torch.stack([rows(seed) for seed in (3, 4, 5)])
    inputs[1] *= 1e200
    together, curves = prepared(recipe, [3, 4, 5], inputs=inputs)
    state = together.state_dict()
    assert all(value[1].isnan().all() for value in state.values())
    assert curves[1] == ()
    for s, seed in ((0, 3), (2, 5)):
        assert_close(member(state, s), member(prepared(recipe, [seed])[0].state_dict(), 0))
        assert len(curves[s]) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_where_all_diverge_their_runs_have(kind):
    recipe = DEEP.replace(pretraining=kind, pretraining_rate=1e30, epochs=1, activation="relu")
    fitted = fit(recipe, "circles", 2, prepare=prepare, progress=False)
    assert [(run.status, run.n_steps) for run in fitted.runs] == [("diverged", 0)] * 2


def test_salt_and_pepper_is_of_each_members_own_batch():
    x = torch.rand(2, 50, 4, generator=torch.Generator().manual_seed(0))
    x[1] *= 7
    apply = CORRUPTIONS["salt_and_pepper"].apply
    together, _ = apply(x, 0.5, [source(s, "noise") for s in (0, 1)])
    for s in (0, 1):
        assert torch.equal(together[s : s + 1], apply(x[s : s + 1], 0.5, [source(s, "noise")])[0])


def test_every_member_has_a_patience_of_its_own():
    settings = LayerSettings(epochs=40, learning_rate=0.5, method="sgd", batch_size=5, patience=2, tied=False)
    settings = replace(settings, reconstruction="squared_error")

    def trained(seeds):
        networks = stack([network(DEEP, seed) for seed in seeds])
        sources = [source(seed, "layer 0") for seed in seeds]
        coder = DenseCoder(networks, networks.layers[0], tied=False, generators=sources)
        training = LayerTraining("hidden1", coder, OBJECTIVES["autoencoder"], settings, sources)
        data = torch.stack([rows(seed) for seed in seeds])
        waits = []
        while not training.ended:
            training.epoch(data[:, :20])
            training.best.keep(training.error(data[:, 20:]))
            waits.append(training.best.waiting.clone())
        training.best.restore()
        return [value.detach() for value in coder.parameters()], torch.stack(waits).sum(0)

    together, epochs = trained(range(6))
    assert len(set(epochs.tolist())) > 1  # they stop at different epochs
    for s in range(6):
        alone, its_epochs = trained([s])
        assert its_epochs[0] == epochs[s]
        for mine, theirs in zip(together, alone, strict=True):
            torch.testing.assert_close(mine[s], theirs[0], atol=1e-9, rtol=0)


def test_it_stops_when_it_is_told_to_and_the_mode_is_as_before():
    class Stop(Exception):
        pass

    def tick(_):
        raise Stop

    for kind in ("autoencoder", "rbm"):
        begun = start(DEEP.replace(pretraining=kind), [0, 1], tick)
        with pytest.raises(Stop):
            prepare(begun)
        assert begun.stack.training


@pytest.mark.parametrize("kind", ["none", *KINDS])
def test_it_counts_as_many_updates_as_its_recipe_says(kind):
    ticks = []
    recipe = DEEP.replace(pretraining=kind)
    begun = start(recipe, [0, 1], ticks.append)
    assert len(prepare(begun)) == 2
    assert sum(ticks) == recipe.n_pretraining_steps(N_ROWS) == (0 if kind == "none" else 3 * 2 * 4)


@pytest.mark.parametrize("shared_order", [False, True])
def test_fit_hands_it_the_rows_of_the_training_part(shared_order):
    recipe = DEEP.replace(pretraining="autoencoder", epochs=2)
    told = []
    options = {"prepare": prepare, "shared_order": shared_order, "dtype": torch.float64}
    fitted = fit(recipe, "circles", [1, 2], progress=told.append, **options)
    assert told[-1].done == told[-1].total
    for run in fitted.runs:
        names = [curve.name for curve in run.curves]
        assert names[-3:] == [f"pretraining_loss_hidden{k}" for k in (1, 2, 3)]
    alone = fit(recipe, "circles", [1], progress=False, **options)
    assert_close(fitted.models[0].state_dict(), alone.models[0].state_dict(), 1e-8)


def test_without_it_a_recipe_that_wants_it_is_refused():
    recipe = DEEP.replace(name="early", pretraining="rbm")
    with pytest.raises(InvalidInput) as caught:
        fit(recipe, "circles", progress=False)
    assert str(caught.value) == (
        "`prepare` must be given where a recipe is pre-trained, as 'early' is. "
        "Use `prepare=layerwise.pretraining.prepare`, or `layerwise.compare`, which does."
    )


@pytest.mark.parametrize(
    ("reads", "gives", "rate", "reconstruction"),
    [
        ((0.0, 1.0), (0.0, 1.0), 0.2, "cross_entropy"),
        ((-torch.inf, torch.inf), (0.0, 1.0), 0.02, "squared_error"),
        ((-1.0, 1.0), (-1.0, 1.0), 0.02, "squared_error"),
        ((0.0, torch.inf), (0.0, torch.inf), 0.002, "squared_error"),
    ],
)
def test_the_settings_of_a_layer_follow_from_what_it_reads_and_gives(reads, gives, rate, reconstruction):
    recipe = DEEP.replace(pretraining="denoising", pretraining_rate=0.2, corruption=0.3)
    found = layer_settings(recipe, reads, gives)
    assert found.learning_rate == pytest.approx(rate)
    assert (found.reconstruction, found.corruption_level, found.epochs, found.batch_size) == (reconstruction, 0.3, 2, 8)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["autoencoder_2006", "rbm_2006", "denoising_2010"])
def test_a_deep_sigmoid_network_trains_after_it_and_not_without(name):
    from layerwise.models import preset

    recipes = [preset(name), preset("sigmoid_1986")]
    recipes = [recipe.replace(learning_rate=0.3) for recipe in recipes]
    scores = fit(recipes, "digits", 4, prepare=prepare, progress=False).frame().groupby("recipe").test_accuracy
    assert scores.min()[name] > 0.9
    assert scores.max()["sigmoid_1986"] < 0.2
