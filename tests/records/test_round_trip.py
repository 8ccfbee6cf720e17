"""Every record that the room offers goes to JSON and comes back as it was. A new one is tested by being listed."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layerwise import records
from layerwise.records import Arm, Curve, Fact, StudyArm, TrainabilityRecord, dump, load

KINDS = [value for name in records.__all__ if isinstance(value := getattr(records, name), type)]
FINITE = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)

CHOICES = st.dictionaries(st.text(max_size=5), JSON, max_size=2)

# All other fields are drawn from their annotations; floats are not-a-number and infinite at times.
st.register_type_strategy(Fact, st.builds(Fact, value=st.text() | st.integers() | FINITE | st.booleans()))
st.register_type_strategy(Arm, st.builds(Arm, recipe=CHOICES))
st.register_type_strategy(StudyArm, st.builds(StudyArm, recipe=CHOICES))
VERSIONED = {kind: kind.__dataclass_fields__.get("schema_version") for kind in KINDS}
OF_THEIR_OWN = {TrainabilityRecord: {"recipe": CHOICES}}
for kind, field in VERSIONED.items():
    if field is not None:
        drawn = {"schema_version": st.just(field.default), **OF_THEIR_OWN.get(kind, {})}
        st.register_type_strategy(kind, st.builds(kind, **drawn))


@pytest.mark.parametrize("kind", KINDS)
@given(draw=st.data())
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_record_comes_back_as_it_was(kind, draw):
    before = draw.draw(st.from_type(kind))
    after = load(kind, dump(before))
    assert type(after) is kind
    assert spelled(after) == spelled(before)
    assert dump(after) == dump(before)


@pytest.mark.parametrize(("value", "text"), [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")])
def test_what_is_not_finite_is_a_string_that_any_json_reader_takes(value, text):
    curve = Curve(name="train_loss", steps=(0,), values=(value,))
    written = dump(curve)
    assert json.loads(written, parse_constant=pytest.fail) == {"name": "train_loss", "steps": [0], "values": [text]}
    assert repr(load(Curve, written).values[0]) == repr(value)


def test_a_record_is_one_line():
    assert "\n" not in dump(Fact(name="two\nlines", value=1))


@given(value=st.integers() | FINITE | st.booleans() | st.text())
def test_a_fact_keeps_the_type_of_its_value(value):
    returned = load(Fact, dump(Fact(name="x", value=value))).value
    assert type(returned) is type(value)
    assert returned == value


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_is_frozen_keyword_only_and_takes_no_new_attribute(kind):
    first = dataclasses.fields(kind)[0].name
    blank = object.__new__(kind)
    with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot assign to field '{first}'"):
        setattr(blank, first, 0)
    with pytest.raises((TypeError, dataclasses.FrozenInstanceError)):
        blank.brand_new = 1
    with pytest.raises(TypeError, match="positional argument"):
        kind(1)


def spelled(record):
    """Return all fields as text: equal for equal records, with nan equal to itself and 0.0 unlike -0.0 and 0."""
    return repr(dataclasses.asdict(record))
