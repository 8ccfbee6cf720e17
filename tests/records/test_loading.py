"""Text that is no record gets an error that names the first thing wrong."""

from __future__ import annotations

import dataclasses
import json

import pytest

from layerwise._base import InvalidInput
from layerwise.records import (
    SCHEMA_VERSION,
    Arm,
    ComparisonRecord,
    DataSummary,
    Fact,
    Run,
    Summary,
    dump,
    load,
)

DATA = DataSummary(
    name="digits",
    kind="classification",
    n_train=3,
    n_validation=1,
    n_test=1,
    n_features=64,
    n_outputs=10,
    scaling="global",
    source="scikit-learn",
)
SUMMARY = Summary(median=0.5, low=0.25, high=0.75, values=(0.25, 0.5, 0.75))
ARM = Arm(
    name="a",
    recipe={},
    learning_rate=0.1,
    trials=(),
    n_seeds=3,
    n_trained=2,
    trained_low=0.2,
    trained_high=0.9,
    test_accuracy=SUMMARY,
    test_r2=None,
    steps_to_target=SUMMARY,
    seconds=1.0,
    findings=(),
    curves=(),
)
COMPARISON = ComparisonRecord(
    arms=(ARM,),
    pairs=(),
    data=DATA,
    metric="test_accuracy",
    chance=0.1,
    trained_at=0.3,
    target=0.4,
    seeds=(4, 5, 6),
    search_seeds=(1, 2),
    device="cpu",
    versions={"layerwise": "0.1.0"},
    command="layerwise compare",
    seconds=2.0,
)
CURE = "Was the file cut short or edited?"


@pytest.mark.parametrize("text", [dump(COMPARISON)[:-20], dump(COMPARISON)[:-20].encode()])
def test_a_text_cut_short_says_so(text):
    message = (
        "A ComparisonRecord in JSON must follow its schema: the text itself: "
        f"Invalid JSON: EOF while parsing an object at line 1 column {len(text)}. {CURE}"
    )
    assert _error(ComparisonRecord, text) == message


@pytest.mark.parametrize("length", range(0, len(dump(COMPARISON)), 7))
def test_no_part_of_a_text_loads(length):
    assert _error(ComparisonRecord, dump(COMPARISON)[:length]).endswith(CURE)


@pytest.mark.parametrize("text", ["", "[]", "3", "null", "hello", b"\xff\xfe", b"\x00"])
def test_what_is_no_object_gets_the_sentence(text):
    message = _error(ComparisonRecord, text)
    assert message.startswith("A ComparisonRecord in JSON must follow its schema: the text itself: ")
    assert message.endswith(CURE)


@pytest.mark.parametrize(("version", "shown"), [(2, "2"), (0, "0"), ("1", "'1'"), (None, "None")])
def test_another_schema_version_is_refused_before_anything_else(version, shown):
    text = json.dumps({"schema_version": version, "shape": "of another time"})
    assert _error(ComparisonRecord, text) == (
        f"`schema_version` must be {SCHEMA_VERSION}. Got {shown} instead. "
        "Read it with the version of layerwise that wrote it (`versions.layerwise` in the file)."
    )


def test_a_missing_schema_version_is_refused():
    values = json.loads(dump(COMPARISON))
    del values["schema_version"]
    assert "`schema_version` must be 1. Got None instead." in _error(ComparisonRecord, json.dumps(values))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chance": "low"}, "chance: Input should be a valid number, unable to parse string as a number"),
        ({"seeds": [1, 2.5]}, "seeds.1: Input should be a valid integer, got a number with a fractional part"),
        ({"shape": 3}, "shape: Unexpected keyword argument"),
        ({"arms": [{}]}, "arms.0.name: Field required"),
    ],
)
def test_the_first_wrong_field_is_named(change, message):
    text = json.dumps(json.loads(dump(COMPARISON)) | change)
    assert _error(ComparisonRecord, text) == f"A ComparisonRecord in JSON must follow its schema: {message}. {CURE}"


def test_a_missing_field_is_named():
    assert _error(Fact, '{"value": 1}') == f"A Fact in JSON must follow its schema: name: Field required. {CURE}"


def test_a_word_that_is_not_among_the_allowed_is_named():
    run = Run(recipe="a", seed=0, learning_rate=0.1, status="finished", n_steps=1, seconds=1.0, scores={})
    text = dump(run).replace("finished", "lost")
    assert "status: Input should be 'finished', 'stopped_early', 'diverged' or 'interrupted'" in _error(Run, text)


def test_an_arm_is_found_by_name():
    assert COMPARISON.arm("a") is ARM
    with pytest.raises(KeyError, match="b"):
        COMPARISON.arm("b")


def test_an_arm_has_one_score():
    r2 = dataclasses.replace(ARM, test_accuracy=None, test_r2=SUMMARY)
    assert ARM.score is SUMMARY
    assert r2.score is SUMMARY
    with pytest.raises(ValueError, match="arm 'a' has no score"):
        dataclasses.replace(r2, test_r2=None).score  # noqa: B018


def test_a_curve_is_found_by_name_or_none():
    run = Run(recipe="a", seed=0, learning_rate=0.1, status="finished", n_steps=1, seconds=1.0, scores={})
    assert run.curve("train_loss") is None


def _error(kind, text):
    with pytest.raises(InvalidInput) as caught:
        load(kind, text)
    assert caught.value.__cause__ is None
    return str(caught.value)
