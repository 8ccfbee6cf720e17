"""`study_pretraining`: its numbers against twins that take the long way, and what it leaves alone."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise._base import InvalidInput
from layerwise.data import Data, digits, load, mnist, multilabel
from layerwise.pretraining import Pretrained
from layerwise.records import PretrainingRecord, dump
from layerwise.records import load as load_record
from layerwise.studies import PretrainingStudy, study_pretraining
from layerwise.studies._autoencoder import errors_by_depth
from layerwise.studies._code_map import code_map
from layerwise.studies._pictures import as_bytes, as_filters, chosen_rows, image_shape
from layerwise.studies._pretraining import _usual_epochs
from layerwise.studies._principal_components import PrincipalComponents
from layerwise.studies._unit_rows import unit_rows

TINY = {"objective": "denoising", "widths": (12, 5, 3), "epochs": 2, "fine_tune": 3, "seed": 4}


@functools.cache
def tiny() -> PretrainingStudy:
    return study_pretraining("digits", **TINY)


def test_the_final_error_is_that_of_the_autoencoder_on_test_rows():
    found, rows = tiny(), unit_rows(digits(), 4)
    given_back = found.autoencoder(torch.from_numpy(rows.test)).detach().numpy()
    by_hand = np.mean([((x - y) ** 2).sum() for x, y in zip(rows.test, given_back, strict=True)])
    assert found.record.fine_tuned_error == pytest.approx(by_hand, rel=1e-5)
    assert found.record.error == found.record.fine_tuned_error


def test_the_errors_by_depth_are_those_of_the_layers_one_after_the_other():
    found, rows = tiny(), torch.from_numpy(unit_rows(digits(), 4).test)
    model, errors = found.pretrained.model, []
    for depth in (1, 2, 3):
        code = rows
        for k in range(1, depth + 1):
            code = torch.sigmoid(model.get_submodule(f"linear{k}")(code))
        for layer in reversed(found.pretrained.layers[:depth]):
            code = torch.sigmoid(code @ layer.decoder.weight + layer.decoder.bias)
        errors.append(float((code - rows).square().sum(1).mean().detach()))
    assert errors_by_depth(found.pretrained, rows) == pytest.approx(errors, rel=1e-5)
    assert [layer.test_error for layer in found.record.layers] == pytest.approx(errors, rel=1e-5)
    assert found.record.pretrained_error == found.record.layers[-1].test_error


def test_fine_tuning_takes_the_best_epoch_and_leaves_the_layers_alone():
    alone = study_pretraining("digits", **TINY | {"fine_tune": 0})
    assert alone.record.fine_tuned_error is None
    assert alone.record.error == alone.record.pretrained_error == tiny().record.pretrained_error
    for one, other in zip(alone.pretrained.model.parameters(), tiny().pretrained.model.parameters(), strict=True):
        assert torch.equal(one, other)
    training, validation = tiny().record.fine_tuning
    assert (training.name, validation.name) == ("train_error", "validation_error")
    assert len(training.values) == len(validation.values) == 3
    assert validation.values[2] < validation.values[1] < validation.values[0]
    assert tiny().record.error < tiny().record.pretrained_error


def test_the_same_seed_gives_the_same_record():
    again = study_pretraining("digits", **TINY).record
    assert again.layers == tiny().record.layers
    assert again.codes == tiny().record.codes
    assert again.pictures == tiny().record.pictures
    assert study_pretraining("digits", **TINY | {"seed": 5}).record.layers != again.layers


def test_global_generators_are_left_alone():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    study_pretraining("circles", objective="autoencoder", widths=(3, 2), epochs=1, fine_tune=1)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_linear_code_is_the_last_layer_without_an_activation():
    found = study_pretraining("digits", objective="rbm", widths=(6, 2), epochs=1, fine_tune=0, linear_code=True)
    assert [name for name, _ in found.pretrained.model.named_children()] == ["linear1", "activation1", "linear2"]
    assert [layer.name for layer in found.pretrained.layers] == ["linear1", "linear2"]
    layer, code = (found.pretrained.model.get_submodule(name) for name in ("linear1", "linear2"))
    rows = torch.from_numpy(unit_rows(digits(), 0).test)
    x, y = code(torch.sigmoid(layer(rows))).detach().T.tolist()
    assert found.record.codes.method == "codes"
    assert found.record.codes.x == pytest.approx(x, rel=1e-3)
    assert found.record.codes.y == pytest.approx(y, rel=1e-3)


def test_the_shown_numbers_are_the_networks():
    record, rows = tiny().record, unit_rows(digits(), 4)
    assert [pictures.version for pictures in record.pictures] == ["original", "fine_tuned", "pretrained", "pca"]
    labels = [rows.targets[(np.rint(255 * rows.test) == row).all(1)][0] for row in record.pictures[0].rows]
    assert labels == list(range(10))
    assert record.image == (8, 8, 1)
    weight = tiny().pretrained.model.linear1.weight.detach().numpy()
    assert np.array_equal(record.filters, as_filters(weight))
    assert len(record.codes.x) == len(record.codes.labels) == len(rows.test)


def test_it_is_saved_and_the_networks_are_read_back(tmp_path):
    from safetensors.torch import load_file

    place = tiny().save(tmp_path / "new")
    other = study_pretraining("digits", **TINY | {"epochs": 0, "fine_tune": 0})
    other.pretrained.load_(place / "pretrained.safetensors")
    assert torch.equal(other.pretrained.model.linear1.weight, tiny().pretrained.model.linear1.weight)
    other.autoencoder.load_state_dict(load_file(place / "autoencoder.safetensors"))
    assert torch.equal(other.autoencoder[1].weight, tiny().autoencoder[1].weight)


@pytest.mark.parametrize(("n_rows", "epochs"), [(1294, 116), (54_000, 10), (90, 1500)])
def test_few_rows_get_more_epochs(n_rows, epochs):
    batches = -(-n_rows // 100)
    assert _usual_epochs(n_rows, 100) == epochs
    assert epochs == 10 or (epochs - 1) * batches < 1500 <= epochs * batches


def test_repr_tells_the_errors():
    assert repr(tiny()).startswith("PretrainingStudy(64-12-5-3, denoising on digits: squared error ")


@given(rows=st.integers(5, 30), columns=st.integers(1, 6), seed=st.integers(0, 99), wide=st.booleans())
@settings(max_examples=20)
def test_pca_is_the_slow_one(rows, columns, seed, wide):
    source = np.random.default_rng(seed)
    shape = (columns + 1, rows) if wide else (rows, columns)
    train, test = (source.random(shape).astype(np.float32) for _ in range(2))
    found = PrincipalComponents.fit(train, test)
    mean = train.mean(0, dtype=np.float64)
    directions = np.linalg.svd(train - mean, full_matrices=False)[2]
    for k in range(min(len(train) - 1, train.shape[1]) + 1):
        back = mean + (test - mean) @ directions[:k].T @ directions[:k]
        assert found.error(k) == pytest.approx(float(((test - back) ** 2).sum(1).mean()), abs=1e-6)
        assert found.reconstruct(test, k) == pytest.approx(back, abs=1e-5)
    assert found.error(10**6) == found.errors[-1]


@pytest.mark.slow
def test_pca_on_mnist_is_the_published_one(shared_data):
    rows = unit_rows(mnist(shared_data / "mnist"), 0)
    assert len(rows.train) == 60_000
    assert PrincipalComponents.fit(rows.train, rows.test).error(30) == pytest.approx(13.87, abs=0.005)


def test_tables_are_scaled_column_by_column_by_training_rows():
    source = np.random.default_rng(0)
    features = np.c_[source.normal(5, 3, 60), source.random(60), source.integers(0, 9, 60)]
    data = load((features, [0, 1] * 30))
    rows = unit_rows(data, 0)
    assert rows.train.min(0) == pytest.approx([0, 0, 0], abs=1e-6)
    assert rows.train.max(0) == pytest.approx([1, 1, 1], abs=1e-6)
    assert rows.summary.scaling == "each feature to [0, 1] by its least and largest value over the 48 training rows"
    assert (rows.summary.n_train, rows.summary.n_validation, rows.summary.n_test) == (43, 5, 12)


def test_images_are_scaled_as_one():
    images = np.random.default_rng(0).random((40, 3, 3)) * np.r_[4.0, np.ones(8)].reshape(3, 3)
    rows = unit_rows(Data.create("bright", images, [0, 1] * 20), 0)
    assert rows.train.max() == pytest.approx(1)
    assert rows.train[:, 1:].max() < 0.3  # the first pixel is four times as bright
    assert rows.summary.scaling.startswith("all pixels to [0, 1] by the largest value")


@pytest.mark.parametrize(
    ("shape", "image"),
    [((5, 5), (5, 5, 1)), ((3, 4, 4), (4, 4, 3)), ((2, 5), (2, 5, 1)), ((2, 4, 4), None), ((12,), None)],
)
def test_images_have_a_shape_where_they_can_be_drawn(shape, image):
    rows = np.random.default_rng(0).random((12, *shape))
    assert image_shape(Data.create("rows", rows, [0, 1] * 6)) == image


def test_weights_and_pixels_become_bytes():
    assert as_bytes(np.array([[-0.1, 0.2, 1.0]])) == ((0, 51, 255),)
    assert as_filters(np.array([[2.0, -1.0, 0.0], [0.0, 0.0, 0.0]])) == ((255, 64, 128), (128, 128, 128))


def test_without_classes_the_first_rows_are_shown():
    data = load((np.random.default_rng(0).random((30, 2)), np.linspace(0, 1, 30)), task="regression")
    assert chosen_rows(data, data.targets).tolist() == list(range(12))


def test_the_plane_holds_what_varies_most():
    codes = np.random.default_rng(0).normal(size=(200, 4)) * [1, 5, 0.1, 3]
    found = code_map(codes, np.zeros(200, dtype=int), digits(), tsne=False, seed=0)
    assert found.method == "pca"
    assert np.var(found.x) + np.var(found.y) == pytest.approx(np.var(codes[:, [1, 3]], axis=0).sum(), rel=0.02)
    assert found.explained == pytest.approx((np.var(found.x) + np.var(found.y)) / np.var(codes, axis=0).sum(), rel=1e-3)
    same = code_map(np.ones((9, 3)), np.zeros(9, dtype=int), digits(), tsne=False, seed=0)
    assert (set(same.x), same.explained) == ({0.0}, 1.0)


def test_rows_of_several_labels_have_no_one_color():
    data = multilabel(n=120)
    found = study_pretraining(data, widths=(4,), epochs=1, seed=0).record.codes
    assert found.labels == ()
    assert len(found.x) > 0


def test_neighbors_can_be_asked_for():
    codes = np.r_[np.zeros((8, 3)), np.ones((8, 3))] + np.random.default_rng(0).normal(size=(16, 3)) / 100
    found = code_map(codes, np.arange(16) // 8, digits(), tsne=True, seed=0)
    assert (found.method, found.explained, len(found.x)) == ("t-sne", None, 16)
    assert found.labels == ("0",) * 8 + ("1",) * 8


def test_one_number_is_drawn_on_a_line():
    found = code_map(np.arange(5.0)[:, None], np.zeros(5, dtype=int), digits(), tsne=False, seed=0)
    assert (found.method, found.x, found.y) == ("codes", (0, 1, 2, 3, 4), (0,) * 5)


def test_values_to_predict_are_scaled_by_the_training_rows_and_a_verdict_says_so(monkeypatch):
    images = digits().features
    data = Data.create("sums", images, 3.0 * images.sum(1) + 100.0, kind="image")
    rows, split = unit_rows(data, 0), data.split(0)
    known = data.targets[[*split.train, *split.validation]]
    assert rows.targets == pytest.approx((data.targets[split.test] - known.mean(0)) / known.std(0))
    assert (rows.train_targets.mean(), rows.train_targets.std()) == pytest.approx((0, 1), abs=1e-6)
    judge, few = Pretrained.verdict, {"fractions": (1.0,), "epochs": 1, "learning_rates": (0.01,)}
    monkeypatch.setattr(Pretrained, "verdict", lambda self, x, y, **given: judge(self, x, y, **given, **few))
    verdict = study_pretraining(
        data, objective="denoising", widths=(4,), epochs=1, fine_tune=0, verdict=True, verdict_seeds=2
    ).record.verdict
    assert "Targets were scaled to variance 1" in verdict.notes[-1]
    assert all(-10 < value < 0 for arm in verdict.arms for value in arm.score.values)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_supervised_layers_are_told_by_their_labels_and_nothing_is_reconstructed(task, tmp_path):
    data = digits()
    if task == "regression":
        data = Data.create("sums", data.features, 3.0 * data.features.sum(1) + 100.0, kind="image")
    found = study_pretraining(data, objective="supervised", widths=(12, 5), epochs=3, seed=1)
    record = found.record
    assert found.autoencoder is None
    assert (record.pretrained_error, record.fine_tuned_error, record.error, record.pictures) == (None, None, None, ())
    assert [layer.test_error for layer in record.layers] == [None, None]
    assert [(layer.n_inputs, layer.n_units) for layer in record.layers] == [(64, 12), (12, 5)]
    kind = {"classification": "label_cross_entropy", "regression": "label_squared_error"}[task]
    assert {layer.reconstruction for layer in record.layers} == {kind}
    assert len(record.layers[0].own_error) == 4
    assert record.layers[0].own_error[-1] < record.layers[0].own_error[0]
    assert len(record.codes.x) == record.data.n_test
    place = found.save(tmp_path / "out")
    assert sorted(path.name for path in place.iterdir()) == ["pretrained.safetensors", "report.html", "result.json"]
    page = (place / "report.html").read_text()
    assert "What is lost" not in page
    assert "Reconstructions" not in page
    assert "which was then thrown away" in page
    assert load_record(PretrainingRecord, dump(record)) == record
    assert "no way back" in " ".join(str(found).split())
    assert "no way back" in repr(found)


def test_supervised_layers_can_not_be_trained_together_to_give_the_input_back():
    with pytest.raises(InvalidInput, match=r"`fine_tune` must be 0 with the objective 'supervised'.*Got 3 instead"):
        study_pretraining("digits", objective="supervised", widths=(4,), epochs=1, fine_tune=3)
