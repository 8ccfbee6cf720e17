"""Training: a step against a plain twin, populations against single machines, likelihoods that rise, and all that is
refused.
"""

from __future__ import annotations

import copy
import math

import pytest
import torch
from golden_machine import DATA, golden, random_machine, states

from layerwise._base import InvalidInput, UnknownName
from layerwise.pretraining.rbm import (
    RBM,
    RBM_PRESETS,
    Diverged,
    Gaussian,
    RBMTraining,
    free_energy_gap,
    log_likelihood,
    log_partition,
    train_,
)
from layerwise.pretraining.rbm._centering import Offsets
from layerwise.pretraining.rbm._layers import Layers
from layerwise.pretraining.rbm._noise import Noise
from layerwise.pretraining.rbm._part import shuffled
from layerwise.pretraining.rbm._step import Step


def source(seed=0):
    return torch.Generator().manual_seed(seed)


def bars_and_stripes(n):
    """Return all patterns of rows and all patterns of columns: 2^(n + 1) images, two of them twice."""
    lines = states(n)
    rows = lines.unsqueeze(2).expand(-1, n, n)
    return torch.cat([rows, rows.mT]).flatten(1)


@pytest.mark.parametrize(("n", "best", "distinct"), [(3, -41.5888308, -36.947), (4, -108.1309602, -102.036)])
def test_the_best_likelihood_of_bars_and_stripes(n, best, distinct):
    images, counts = bars_and_stripes(n).unique(dim=0, return_counts=True)
    assert len(images) == 2 ** (n + 1) - 2
    total = (counts * (counts.double() / counts.sum()).log()).sum()
    assert total.item() == pytest.approx(best, abs=1e-5)
    assert -len(images) * math.log(len(images)) == pytest.approx(distinct, abs=5e-4)


@pytest.mark.parametrize(
    "settings",
    [
        RBMTraining(epochs=750, learning_rate=0.3),
        RBMTraining(epochs=1750, learning_rate=0.1, method="pcd", chains=50),
        RBMTraining(epochs=1250, learning_rate=0.1, method="pcd", chains=50, centering=True),
        RBMTraining(epochs=750, learning_rate=0.3, method="tempering", chains=50, temperatures=4),
    ],
    ids=["cd", "pcd", "centered", "tempering"],
)
def test_the_exact_likelihood_rises_towards_the_best(settings):
    rows = bars_and_stripes(3)
    machine = RBM(9, 12, weight_std=0.1, generator=source(), dtype=torch.float64)
    assert log_likelihood(machine, rows).sum() == pytest.approx(-16 * 9 * math.log(2), abs=1)  # all images alike: -99.8
    train_(machine, rows, settings, generator=source())
    assert -41.5888 - 20 < log_likelihood(machine, rows).sum() < -41.5888


TWINS = {
    "plain": RBMTraining(),
    "two steps": RBMTraining(steps=2),
    "means": RBMTraining(sample_visible=False),
    "momentum": RBMTraining(momentum=0.5, final_momentum=0.9, momentum_epochs=2),
    "decay": RBMTraining(weight_decay=0.1),
    "sparsity": RBMTraining(sparsity_target=0.1, sparsity_cost=0.5),
    "pcd": RBMTraining(method="pcd", chains=5, weight_decay=0.01, momentum=0.3),
    "pcd, two steps": RBMTraining(method="pcd", steps=2),
    "all": RBMTraining(momentum=0.5, weight_decay=0.01, sparsity_target=0.2, centering=True, offset_rate=0.2),
}


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian", Gaussian(variance=0.5), Gaussian(learned=True)], ids=str)
@pytest.mark.parametrize("name", TWINS)
def test_a_step_is_that_of_a_plain_loop(name, visible):
    settings = TWINS[name]
    machine = random_machine(5, 3, weight_std=0.3, visible=visible)
    twin = PlainStep(copy.deepcopy(machine), settings)
    step = Step(Layers.of(machine), 4, settings, [source()])
    if settings.centering:
        step.offsets = Offsets(twin.mu.view(1, 1, -1).clone(), twin.lam.view(1, 1, -1).clone(), 0.2)
    rows = torch.rand(6, 4, 5, dtype=torch.float64, generator=source(3))
    with torch.no_grad():
        for number, batch in enumerate(rows):
            step.momentum = settings.momentum_at(number)
            step(batch.unsqueeze(0))
            twin.step(batch, settings.momentum_at(number))
    for parameter, wanted in zip(machine.parameters(), twin.machine.parameters(), strict=True):
        torch.testing.assert_close(parameter, wanted, atol=1e-12, rtol=0)


class PlainStep:
    """The formulas one after another, for one machine, each product on its own; noise in the order of the real step."""

    def __init__(self, machine, settings):
        self.machine, self.settings = machine, settings
        generator, chains = source(), settings.chains or 4
        self.noise = [
            Noise(unit.noise, (1, chains, n), machine.weight.detach(), [generator])
            for unit, n in ((machine.visible, 5), (machine.hidden, 3))
        ]
        self.velocity = [torch.zeros_like(p) for p in (machine.weight, machine.visible_bias, machine.hidden_bias)]
        self.activity = torch.full((3,), settings.sparsity_target or 0.0, dtype=torch.float64)
        self.mu, self.lam = torch.full((5,), 0.3, dtype=torch.float64), torch.full((3,), 0.6, dtype=torch.float64)
        if settings.method == "pcd":
            self.h = self.draw_h(machine.hidden_bias.sigmoid().expand(chains, 3))

    def draw_h(self, mean):
        return (self.noise[1].next()[0] < mean).double()

    def draw_v(self, mean):
        noise = self.noise[0].next()[0]
        return (noise < mean).double() if self.machine.visible.name == "bernoulli" else mean + noise * self.spread

    def step(self, batch, momentum):
        m, s = self.machine, self.settings
        variance = torch.as_tensor(m.variance, dtype=torch.float64).clone()
        self.spread = variance.sqrt()
        h_pos = m.hidden_mean(batch)
        h = self.draw_h(h_pos) if s.method == "cd" else self.h
        for _ in range(s.steps - 1):
            h = self.draw_h(m.hidden_mean(self.draw_v(m.visible_mean(h))))
        mean = m.visible_mean(h)
        v_neg = self.draw_v(mean) if s.sample_visible else mean
        h_neg = m.hidden_mean(v_neg)
        if s.method == "pcd":
            self.h = self.draw_h(h_neg)
        if s.sparsity_target is not None:
            self.activity = 0.9 * self.activity + 0.1 * h_pos.mean(0)
            h_pos = h_pos + s.sparsity_cost * (s.sparsity_target - self.activity)
        x_pos, x_neg = batch / variance, v_neg / variance
        d_weight = x_pos.T @ h_pos / len(x_pos) - x_neg.T @ h_neg / len(x_neg)
        d_b, d_c = x_pos.mean(0) - x_neg.mean(0), h_pos.mean(0) - h_neg.mean(0)
        if s.centering:
            self.mu = 0.8 * self.mu + 0.2 * x_pos.mean(0)
            self.lam = 0.8 * self.lam + 0.2 * h_pos.mean(0)
            d_weight = d_weight - torch.outer(d_b, self.lam) - torch.outer(self.mu, d_c)
        if m.log_variance is not None:
            self.learn_variance(((batch, h_pos), (v_neg, h_neg)), variance)
        changes = (d_weight - s.weight_decay * m.weight, d_b, d_c)
        self.velocity = [momentum * v + s.learning_rate * d for v, d in zip(self.velocity, changes, strict=True)]
        turn = s.centering
        m.weight += self.velocity[0]
        m.visible_bias += self.velocity[1] - turn * (self.velocity[0] @ self.lam)
        m.hidden_bias += self.velocity[2] - turn * (self.mu @ self.velocity[0])

    def learn_variance(self, phases, variance):
        m, s = self.machine, self.settings
        means = [(((v - m.visible_bias) ** 2 / 2 - v * (h @ m.weight.T)) / variance).mean(0) for v, h in phases]
        m.log_variance += s.learning_rate * s.variance_rate * (means[0] - means[1])
        m.log_variance.clamp_(math.log(0.01), math.log(2.0))


def test_a_learned_variance_finds_that_of_the_data_and_stays_in_bounds():
    rows = torch.randn(2000, 3, generator=source()) * torch.tensor([0.3, 0.7, 0.0])
    machine = RBM(3, 2, visible=Gaussian(learned=True, bounds=(0.05, 2.0)), generator=source())
    training = RBMTraining(epochs=40, batch_size=50, learning_rate=0.005, variance_rate=4.0)
    train_(machine, rows, training, generator=source(1))
    variance = machine.variance.flatten()
    assert variance[0].item() == pytest.approx(0.09, rel=0.2)
    assert variance[1].item() == pytest.approx(0.49, rel=0.2)
    assert variance[2].item() == pytest.approx(0.05, rel=1e-5)  # a constant would drive it to 0


@pytest.mark.parametrize(
    "kinds", [{}, {"visible": "gaussian"}, {"hidden": "rectified"}, {"hidden": "gaussian"}], ids=str
)
@pytest.mark.parametrize(
    "settings",
    [{"momentum": 0.5}, {"method": "pcd", "centering": True}, {"sparsity_target": 0.2}, {"method": "tempering"}],
    ids=str,
)
def test_a_population_learns_what_its_members_learn_alone(kinds, settings):
    if settings.get("method") == "tempering" and kinds:
        pytest.skip("tempering is for Bernoulli units")
    rows = torch.rand(3, 40, 6, generator=source(9), dtype=torch.float64)
    training = RBMTraining(epochs=3, batch_size=8, learning_rate=0.02, **settings)
    together = RBM(6, 4, seeds=3, weight_std=0.3, generator=[source(k) for k in range(3)], dtype=torch.float64, **kinds)
    history = train_(together, rows, training, generator=[source(10 + k) for k in range(3)], validation=rows[0])
    for k in range(3):
        alone = RBM(6, 4, weight_std=0.3, generator=source(k), dtype=torch.float64, **kinds)
        one = train_(alone, rows[k], training, generator=source(10 + k), validation=rows[0])
        for name, parameter in alone.named_parameters():
            torch.testing.assert_close(getattr(together, name)[k], parameter, atol=1e-10, rtol=0)
        for curve, wanted in zip(history.curves[k], one.curves[0], strict=True):
            assert (curve.name, curve.steps) == (wanted.name, (1, 2, 3))
            assert curve.values == pytest.approx(wanted.values, abs=1e-9)


@pytest.mark.parametrize("method", ["cd", "pcd", "tempering"])
def test_the_number_of_cores_changes_no_bit(monkeypatch, method):
    monkeypatch.setattr("layerwise.pretraining.rbm._step._TWO_LANES", 1)
    found = []
    for cores in (1, 2, 3):
        monkeypatch.setattr("layerwise.pretraining.rbm._learn.n_cores", lambda n=cores: n)
        machine = RBM(5, 3, generator=source())
        training = RBMTraining(method=method, batch_size=4, momentum=0.5, centering=True, sparsity_target=0.1)
        train_(machine, torch.rand(40, 5, generator=source(2)), training, generator=source(1))
        found.append(machine.weight)
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


def test_a_large_population_is_trained_in_parts(monkeypatch):
    monkeypatch.setattr("layerwise.pretraining.rbm._epochs.TOGETHER", 2)
    training, rows = RBMTraining(batch_size=5), torch.rand(20, 4, generator=source())
    parts = RBM(4, 3, seeds=5, generator=[source(k) for k in range(5)])
    train_(parts, rows, training, generator=[source(k) for k in range(5)])
    for k in range(5):
        alone = RBM(4, 3, generator=source(k))
        train_(alone, rows, training, generator=source(k))
        torch.testing.assert_close(parts.weight[k], alone.weight)


@pytest.mark.parametrize("seeds", [1, 3])
def test_rows_are_gathered_in_the_same_order_whatever_the_number_at_a_time(monkeypatch, seeds):
    rows, found = torch.rand(3, 23, 4, generator=source()), []
    for block in (1, 100, 10**6):
        monkeypatch.setattr("layerwise.pretraining.rbm._part._BLOCK", block)
        found.append(list(shuffled(rows[:seeds], 5, [source(k) for k in range(seeds)])))
    assert [batch.shape for batch in found[0]] == [(seeds, 5, 4)] * 4
    for batches in found:
        for k in range(seeds):
            order = torch.randperm(23, generator=source(k))[:20]
            assert torch.equal(torch.cat(batches, 1)[k], rows[k][order])


def test_threads_are_put_back():
    before = torch.get_num_threads()
    trained()
    assert torch.get_num_threads() == before
    assert torch.is_grad_enabled()


def trained(seed=0, **options):
    machine = RBM(4, 3, generator=source(5))
    history = train_(machine, DATA.repeat(10, 1), RBMTraining(batch_size=5, **options), generator=source(seed))
    return machine, history


def test_the_same_generator_gives_the_same_bits():
    weights = [trained(seed)[0].weight for seed in (0, 0, 1)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_global_generators_are_not_touched():
    before = torch.get_rng_state()
    machine, _ = trained()
    machine.sample(3, 5, generator=source())
    assert torch.equal(torch.get_rng_state(), before)


def test_a_machine_that_is_a_population_of_one():
    alone, one = RBM(4, 3, generator=source()), RBM(4, 3, seeds=1, generator=source())
    for machine in (alone, one):
        train_(machine, DATA, RBMTraining(batch_size=2), generator=source(1))
    assert one.weight.shape == (1, 4, 3)
    assert torch.equal(one.weight[0], alone.weight)
    assert log_partition(one).shape == (1,)
    assert torch.equal(one.free_energy(DATA.float())[0], alone.free_energy(DATA.float()))


def test_curves_and_the_free_energy_gap():
    machine, validation = RBM(4, 3, generator=source()), states(4)[5:9].float()
    seen = []
    history = train_(
        machine,
        DATA.float(),
        RBMTraining(epochs=4, batch_size=2),
        generator=source(1),
        validation=validation,
        on_epoch=lambda epoch, now: (
            seen.append((epoch, free_energy_gap(now, DATA.float(), validation).item())) or epoch == 3
        ),
    )
    ((error, gap),) = history.curves
    assert history.epochs == 3
    assert gap.steps == (1, 2, 3)
    assert [*zip(gap.steps, gap.values, strict=True)] == [(k, pytest.approx(value)) for k, value in seen]
    wanted = (DATA.float() - machine.reconstruct(DATA.float())).square().sum(1).mean().item()
    assert error.values[-1] == pytest.approx(wanted, rel=1e-6)
    assert history.diverged == ()


def test_overfitting_shows_as_a_growing_gap():
    rows = (torch.rand(60, 12, generator=source(2)) < 0.5).float()
    machine = RBM(12, 40, generator=source())
    training = RBMTraining(epochs=300, batch_size=10, learning_rate=0.1, momentum=0.5, final_momentum=0.9)
    history = train_(machine, rows[:20], training, generator=source(1), validation=rows[20:])
    gap = history.curves[0][1].values
    assert abs(gap[0]) < 1
    assert gap[-1] > 3


def test_the_settings_of_2006():
    settings = RBM_PRESETS["hinton_2006"]
    assert (settings.method, settings.steps, settings.batch_size, settings.epochs) == ("cd", 1, 100, 50)
    assert (settings.learning_rate, settings.weight_decay, settings.sample_visible) == (0.1, 0.0002, False)
    assert [settings.momentum_at(epoch) for epoch in (1, 5, 6, 50)] == [0.5, 0.5, 0.9, 0.9]
    assert RBM_PRESETS["hinton_2006_linear"] == RBMTraining(**{**vars(settings), "learning_rate": 0.001})


def test_sparsity_brings_the_activity_down():
    activity = {}
    for target in (None, 0.1):
        machine = RBM(4, 6, generator=source())
        rows = DATA.repeat(20, 1).float()
        training = RBMTraining(epochs=100, batch_size=10, sparsity_target=target, sparsity_cost=1.0)
        train_(machine, rows, training, generator=source(1))
        activity[target] = machine(rows).mean().item()
    assert activity[None] > 0.3
    assert activity[0.1] == pytest.approx(0.1, abs=0.06)


def test_divergence_stops_with_a_reason_and_leaves_the_machine():
    machine = RBM(4, 3, visible="gaussian", generator=source())
    before = copy.deepcopy(machine.state_dict())
    with pytest.raises(Diverged) as caught:
        train_(machine, 10 * DATA, RBMTraining(epochs=50, batch_size=2, learning_rate=4.0), generator=source())
    assert "weights or reconstructions went to infinity. Use a learning rate below 4, say 0.4" in str(caught.value)
    assert "The machine is as it was before." in str(caught.value)
    assert all(torch.equal(value, before[name]) for name, value in machine.state_dict().items())


def test_one_that_diverges_stays_as_it_was_and_reaches_nobody():
    rows = torch.stack([1000 * DATA, DATA]).float()
    machine = RBM(4, 3, seeds=2, visible="gaussian", hidden="rectified", generator=[source(0), source(1)])
    before = machine.weight.detach().clone()
    training = RBMTraining(epochs=20, batch_size=2, learning_rate=0.01)
    history = train_(machine, rows, training, generator=[source(2), source(3)])
    alone = RBM(4, 3, visible="gaussian", hidden="rectified", generator=source(1))
    train_(alone, DATA.float(), training, generator=source(3))
    assert history.diverged == (0,)
    assert torch.equal(machine.weight[0], before[0])
    torch.testing.assert_close(machine.weight[1], alone.weight)


def test_an_interruption_leaves_the_machine(monkeypatch):
    machine = RBM(4, 3, generator=source())
    before = machine.weight.detach().clone()

    def stop(epoch, now):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_(machine, DATA, generator=source(), on_epoch=stop)
    assert torch.equal(machine.weight, before)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            DATA + 0.5,
            r"Data of Bernoulli units must lie in \[0, 1\]. Got values from 0.5 to 1.5 instead. Divide bytes by 255",
        ),
        (DATA / torch.zeros(1), "`data` must hold finite numbers. Got 16 that are not instead. Leave out those rows"),
        (
            DATA[:, :3],
            r"Data must be a tensor \[row, 4\], a column for each visible unit. Got \[4, 3\] instead. Make the",
        ),
        (DATA[:0], "`data` must have at least one row"),
        (DATA.tolist(), "Got a list instead"),
        (DATA.expand(2, 4, 4), "A leading seed axis of data must have 1 entries"),
    ],
)
def test_data_that_do_not_fit(data, message):
    with pytest.raises(InvalidInput, match=message):
        train_(golden(0.5), data, generator=source())


def test_validation_data_that_do_not_fit():
    with pytest.raises(InvalidInput, match="`validation` must hold finite numbers"):
        train_(golden(0.5), DATA, generator=source(), validation=DATA * math.inf)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "cdk"}, "`method` must be one of 'cd', 'pcd', 'tempering'. Got 'cdk' instead."),
        ({"steps": 0}, "`steps` must be a positive int. Got 0 instead."),
        ({"chains": 0}, "`chains` must be a positive int. Got 0 instead."),
        ({"momentum": 1.0}, "`momentum` must be a number from 0 up to, but not including, 1. Got 1.0 instead."),
        ({"learning_rate": 0}, "`learning_rate` must be a positive number. Got 0 instead."),
        ({"weight_decay": -1}, "`weight_decay` must be a number of at least 0. Got -1 instead."),
        ({"sparsity_target": 0}, "`sparsity_target` must be a positive number. Got 0 instead."),
    ],
)
def test_settings_out_of_range(options, message):
    with pytest.raises(InvalidInput) as caught:
        RBMTraining(**options)
    assert str(caught.value) == message


def test_tempering_is_for_bernoulli_units():
    with pytest.raises(
        InvalidInput, match=r"'tempering' needs Bernoulli units on both sides\. Got gaussian and bernoulli"
    ):
        train_(golden(0.5, visible="gaussian"), DATA, RBMTraining(method="tempering"), generator=source())


def test_unknown_presets_get_near_misses():
    with pytest.raises(UnknownName, match="Did you mean 'hinton_2006"):
        RBM_PRESETS["hinton"]


def test_gibbs_sampling_reaches_the_model():
    machine = golden(0.5)
    rows = machine.sample(20_000, 30, generator=source())
    wanted = log_likelihood(machine, states(4)).exp()
    found = (rows[:, None] == states(4)).all(-1).double().mean(0)
    assert (found - wanted).abs().max() < 0.015
