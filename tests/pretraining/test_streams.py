"""Data without an end: batches are used once and never kept, and give what kept rows give."""

from __future__ import annotations

import random
import weakref
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from layerwise._base import InvalidInput
from layerwise.pretraining import pretrain
from layerwise.pretraining._layer_training import source


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), nn.Sigmoid(), nn.Linear(5, 4), nn.Sigmoid()).double()


def endless() -> Iterator[Tensor]:
    while True:
        yield torch.rand(8, 6)


def rows(n: int = 40) -> Tensor:
    return torch.rand(n, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def in_kept_order(x: Tensor, y: Tensor | None = None) -> Callable[[], Iterator[object]]:
    """Return a stream that gives, in turn to each layer, the batches of 10 that kept rows are trained on, seed 0."""
    order = torch.randperm(len(x), generator=source(0, "split"))
    reads = iter([None, None, 0, 1])  # the first rows are looked at, and again when the settings are known

    def read() -> Iterator[object]:
        place = next(reads)
        generator = source(0, f"layer {place or 0}")
        if y is not None:
            torch.rand(3, 5 - (place or 0), dtype=torch.float64, generator=generator)  # the output layer is drawn first
        for _ in range(3):
            for some in order[torch.randperm(len(x), generator=generator)].split(10):
                yield x[some] if y is None else (x[some], y[some])

    return read


@pytest.mark.parametrize("objective", ["autoencoder", "contractive", "supervised"])
def test_in_the_same_order_it_gives_what_kept_rows_give(objective):
    x = rows()
    y = (3 * x[:, 0]).long() if objective == "supervised" else None
    options = {"validation": 0.0, "epochs": 3, "learning_rate": 0.01}
    kept = pretrain(network(), x if y is None else (x, y), objective, batch_size=10, **options)
    streamed = pretrain(network(), in_kept_order(x, y), objective, steps=12, **options)
    assert torch.equal(kept.model[0].weight, streamed.model[0].weight)  # the same batches: the same bits
    for one, other in zip(kept.layers, streamed.layers, strict=True):
        # codes of 10 rows at a time differ from those of 40 in their rounding
        torch.testing.assert_close(one.decoder and one.decoder.bias, other.decoder and other.decoder.bias)
        assert one.curves[0].values == pytest.approx(other.curves[0].values, abs=1e-12)
    torch.testing.assert_close(kept.model[2].weight, streamed.model[2].weight, atol=1e-12, rtol=0)


def test_batches_are_not_kept():
    alive: list[weakref.ref[Tensor]] = []
    most = 0

    def counted() -> Iterator[Tensor]:
        nonlocal most
        for _ in range(300):
            batch = torch.rand(50, 6, dtype=torch.float64)
            alive.append(weakref.ref(batch))
            most = max(most, sum(one() is not None for one in alive))
            yield batch
            del batch

    pretrain(network(), counted, steps=250, epochs=5)
    assert len(alive) > 2 * 250
    assert most <= 6  # as many as are held out, 10% of 50 batches, while they are joined, and the one that is made


def test_layers_below_stay_as_they_are_to_the_last_bit():
    model, seen = network(), {}
    pretrain(
        model, endless, steps=12, epochs=3, inplace=True,
        progress=lambda told: seen.setdefault(told.place, []).append([model[k].weight.clone() for k in (0, 2)]),
    )  # fmt: skip
    assert not torch.equal(seen[0][0][0], seen[0][-1][0])
    assert torch.equal(seen[0][-1][0], seen[1][-1][0])
    assert torch.equal(seen[0][0][1], seen[0][-1][1])
    assert not torch.equal(seen[1][0][1], seen[1][-1][1])


class Rows(IterableDataset):
    def __iter__(self) -> Iterator[Tensor]:
        return iter(rows())


class Batches:
    """An iterable of batches that has a length."""

    def __len__(self) -> int:
        return 4

    def __iter__(self) -> Iterator[Tensor]:
        return iter(rows().split(10))


def test_the_same_rows_in_any_form_give_the_same_bits():
    forms = [
        lambda: iter(rows().split(10)),
        lambda: ((part, torch.zeros(10)) for part in rows().split(10)),  # labels that nobody asked for
        Batches(),
        Rows(),
        DataLoader(Rows(), batch_size=10),
        DataLoader(TensorDataset(rows()), batch_size=10),
    ]
    found = [pretrain(network(), form, steps=9, epochs=3, batch_size=10).model[2].weight for form in forms]
    assert all(torch.equal(found[0], other) for other in found[1:])


def test_steps_are_cut_into_epochs_of_which_the_last_may_be_shorter():
    found = pretrain(network(), endless, steps=[25, 3], epochs=10)
    assert [layer.settings.epochs for layer in found.layers] == [9, 3]
    assert [len(layer.curves[0].values) for layer in found.layers] == [9, 3]
    assert found.n_rows == 3 * 8
    untouched = pretrain(network(), endless, epochs=0)
    assert torch.equal(untouched.model[0].weight, network()[0].weight)


def test_where_the_length_is_known_an_epoch_is_a_pass_without_what_is_held_out():
    seen: list[int] = []

    class Told(Batches):
        def __iter__(self) -> Iterator[Tensor]:
            for k, batch in enumerate(rows().split(10)):
                seen.append(k)
                yield batch

    found = pretrain(network(), Told(), layers=["0"], epochs=2)
    assert found.layers[0].settings.steps == 2 * 3
    assert seen[-4:] == [0, 1, 2, 3]


def test_the_first_batches_are_held_out():
    x = rows()
    found = pretrain(network(), Batches(), layers=["0"], steps=6, epochs=2)
    with torch.no_grad():
        decoded = found.layers[0].decoder(found.encoder()(x[:10]))
    expected = nn.functional.binary_cross_entropy(decoded, x[:10], reduction="none").sum(1).mean()
    assert found.layers[0].curves[1].values[-1] == pytest.approx(float(expected), abs=1e-9)


def states(own: torch.Generator) -> list[object]:
    found = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002  # a stream may draw from it
    return [*found, torch.get_rng_state().tolist(), own.get_state().tolist()]


def test_global_generators_and_a_loaders_own_are_left_alone_and_a_seed_gives_the_same_bits():
    def mixed() -> Iterator[Tensor]:
        while True:
            yield torch.rand(8, 6) * random.random() / 2 + torch.from_numpy(np.random.rand(8, 6)) / 2  # noqa: NPY002

    own, model = torch.Generator().manual_seed(5), network()
    before = states(own)
    one, two, other = (pretrain(model, mixed, steps=5, seed=seed).model[2].weight for seed in (2, 2, 3))
    for generator in (own, None):
        loader = DataLoader(TensorDataset(rows()), batch_size=10, shuffle=True, generator=generator)
        pretrain(model, loader, epochs=2)
    assert states(own) == before
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


@pytest.mark.parametrize(("place", "epoch"), [(0, 2), (0, 3), (1, 1)])
def test_stopped_it_reads_the_stream_again_and_goes_on_to_the_same_bits(tmp_path, place, epoch):
    class Stopped(Exception):
        pass

    def stop(told):
        if (told.place, told.epoch) == (place, epoch):
            raise Stopped

    options = {"steps": 14, "epochs": 4, "objective": "denoising"}
    plain = pretrain(network(), endless, **options)
    with pytest.raises(Stopped):
        pretrain(network(), endless, checkpoint=tmp_path / "state", progress=stop, **options)
    found = pretrain(network(), endless, checkpoint=tmp_path / "state", **options)
    assert all(torch.equal(value, plain.model.state_dict()[name]) for name, value in found.model.state_dict().items())
    assert [layer.curves for layer in found.layers] == [layer.curves for layer in plain.layers]


def test_a_stream_that_never_gives_the_same_is_refused_with_a_checkpoint(tmp_path):
    own = torch.Generator().manual_seed(0)

    def new() -> Iterator[Tensor]:
        while True:
            yield torch.rand(8, 6, generator=own)

    pretrain(network(), new, steps=2)
    with pytest.raises(InvalidInput, match=r"the same each time it is read.*other rows in its first batches"):
        pretrain(network(), new, steps=2, checkpoint=tmp_path / "state")
    assert not (tmp_path / "state").exists()


def changed(number: int, value: object) -> Callable[[], Iterator[object]]:
    """Return a stream whose batch of this number, from 1, is another."""

    def read() -> Iterator[object]:
        for k in range(1, 20):
            yield value if k == number else (rows(8), torch.arange(8) % 2)

    return read


@pytest.mark.parametrize(
    ("stream", "options", "message"),
    [
        (endless, {"steps": None}, r"`steps` must be given for a stream whose length is not known. Say how many"),
        (endless, {"steps": 0}, "`steps` must be a positive int. Got 0"),
        (lambda: iter(()), {}, "at least 4 rows.*Got 0 rows in 0 batches.*new iterator"),
        (endless(), {}, "readable from its start, once for each layer. Got a generator.*function that makes it"),
        (lambda: iter([rows(8)]), {}, "more batches than the 1 held out, each time it is read. Got 1 instead"),
        (changed(7, rows(8)[:, :5]), {}, r"Batch 7 .*rows of the shape of those before, \[6\]. Got shape \[5\]"),
        (changed(7, rows(8) * float("nan")), {}, "Batch 7 of the stream must be finite. Got not a number"),
        (changed(7, rows(8)[:0]), {}, r"Batch 7 of the stream must hold rows.*Got shape \[0, 6\]"),
        (changed(7, (1, 2, 3)), {}, "Batch 7 of the stream must be x, or a pair .*Got 3 parts"),
        (changed(7, 2 * rows(8)), {}, r"must be in \[0, 1\]. Got 0\.\d+ to 1\.9"),
        (changed(7, 2 * rows(8)), {"objective": "rbm"}, r"must be in \[0, 1\]. Got 0\.\d+ to 1\.9"),
        (endless, {"objective": "supervised"}, "Batch 1 of the stream must come with labels"),
        (changed(7, (rows(8), torch.arange(8))), {"objective": "supervised"}, "labels below 2.*Got 7 .*`n_classes`"),
        (endless, {"batch_size": [5, 6]}, r"`batch_size` must be one for all layers of a stream. Got \[5, 6\]"),
    ],
)
def test_bad_input_says_value_rule_and_cure(stream, options, message):
    model = network()
    with pytest.raises(InvalidInput, match=message):
        pretrain(model, stream, **{"steps": 12, "epochs": 2, "inplace": True, **options})
    assert torch.equal(model[0].weight, network()[0].weight)


def test_classes_that_the_first_batches_lack_can_be_told():
    stream = changed(7, (rows(8), torch.arange(8)))
    found = pretrain(network(), stream, "supervised", steps=12, epochs=2, n_classes=8)
    assert found.layers[1].n_decoder_weights == 8 * 4
