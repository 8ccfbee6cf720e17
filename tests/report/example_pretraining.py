"""A pre-training as it comes out of the main job: 64-20-2 on images of 8 x 8. Numbers invented."""

from __future__ import annotations

from layerwise.records import (
    CodeMap,
    Curve,
    DataSummary,
    LabelArm,
    LabelCurves,
    LabelEffect,
    LayerOutcome,
    Pictures,
    PretrainingRecord,
    Summary,
    VerdictRecord,
)

IMAGE = (8, 8, 1)
N_PICTURES, N_FILTERS = 10, 20


def make_pretraining(**changes: object) -> PretrainingRecord:
    parts = {
        "objective": "rbm",
        "widths": (20, 2),
        "activation": "sigmoid",
        "linear_code": False,
        "initializer": "normal 0.1",
        "layers": (_layer("linear1", 64, 20, 0.5, 0.1), _layer("linear2", 20, 2, 4.0, 3.5)),
        "fine_tuning": (
            Curve(name="train_error", steps=(1, 2, 3), values=(3.9, 3.0, 2.8)),
            Curve(name="validation_error", steps=(1, 2, 3), values=(4.0, 3.2, 3.1)),
        ),
        "fine_tuning_rate": 0.001,
        "pretrained_error": 4.0,
        "fine_tuned_error": 2.8,
        "pca_error": 3.5,
        "mean_error": 4.67,
        "image": IMAGE,
        "pictures": tuple(
            Pictures(version=version, rows=tuple((k + place,) * 64 for k in range(N_PICTURES)))
            for place, version in enumerate(("original", "fine_tuned", "pretrained", "pca"))
        ),
        "filters": tuple((k, 255 - k) * 32 for k in range(N_FILTERS)),
        "codes": CodeMap(
            method="codes", x=(0.1, 0.2, 0.9, 0.7), y=(0.5, 0.4, 0.3, 0.2), labels=("0", "0", "1", "1"), explained=1.0
        ),
        "verdict": None,
        "data": DataSummary(
            name="digits", kind="image", n_train=1294, n_validation=144, n_test=359, n_features=64, n_outputs=10,
            scaling="pixels as they are, in [0, 1]", source="scikit-learn",
        ),
        "seed": 0,
        "device": "cpu",
        "versions": {"layerwise": "0.1.0"},
        "command": "layerwise pretrain",
        "seconds": 12.5,
    }  # fmt: skip
    return PretrainingRecord(**{**parts, **changes})


def make_verdict() -> VerdictRecord:
    """Return one number of labels: much better than a random start, no better than shuffled weights."""
    scores = {"pretrained": 0.9, "random": 0.8, "same_histogram": 0.895}
    return VerdictRecord(
        metric="accuracy",
        arms=tuple(_arm(start, score) for start, score in scores.items()),
        effects=(_effect("random", 0.1, 0.0005), _effect("same_histogram", 0.005, 0.4)),
        seeds=tuple(range(12)),
        notes=("The network was pre-trained once.",),
    )


def _layer(name: str, n_inputs: int, n_units: int, test_error: float, pca_error: float) -> LayerOutcome:
    return LayerOutcome(
        name=name,
        n_inputs=n_inputs,
        n_units=n_units,
        objective="rbm",
        epochs=2,
        learning_rate=0.1,
        batch_size=100,
        reconstruction="cross_entropy",
        curves=(
            Curve(name="train_loss", steps=(1, 2), values=(20.0, 17.0)),
            Curve(name="reconstruction_error", steps=(0, 1, 2), values=(45.8, 20.5, 16.0)),
        ),
        test_error=test_error,
        pca_error=pca_error,
    )


def _arm(start: str, score: float) -> LabelArm:
    summary = Summary(median=score, low=score - 0.01, high=score + 0.01, values=(score,) * 12)
    scores = tuple((0.1, score - 0.1, score + 0.01 * (seed - 5.5)) for seed in range(12))
    curves = LabelCurves(epochs=(0, 1, 2), scores=scores)
    return LabelArm(
        start=start, n_labels=216, learning_rate=0.01, score=summary, epochs=100, best_epoch=20.0, curves=curves
    )


def _effect(against: str, difference: float, p_value: float) -> LabelEffect:
    low, high = difference - 0.02, difference + 0.02
    return LabelEffect(against=against, n_labels=216, difference=difference, low=low, high=high, p_value=p_value, n=12)
