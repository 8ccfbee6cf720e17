"""Errors say rule, value and cure, in that order."""

from __future__ import annotations

import pytest

from layerwise._base import InvalidInput, LayerwiseError, UnknownName
from layerwise._base._errors import Text


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (InvalidInput("`x` must be small"), "`x` must be small."),
        (InvalidInput("`x` must be small."), "`x` must be small."),
        (InvalidInput("`x` must be small", got="a\n"), "`x` must be small. Got 'a\\n' instead."),
        (InvalidInput("`x` must be small", got=None), "`x` must be small. Got None instead."),
        (InvalidInput("`x` must be small", got=""), "`x` must be small. Got '' instead."),
        (InvalidInput("`x` must be small", got=Text("3 rows")), "`x` must be small. Got 3 rows instead."),
        (InvalidInput("`x` must be small", cure="Use 1."), "`x` must be small. Use 1."),
        (InvalidInput("`x` must be small", got=2, cure="Use 1."), "`x` must be small. Got 2 instead. Use 1."),
    ],
)
def test_the_message_is_rule_value_cure(error, message):
    assert str(error) == message


def test_one_except_catches_them_all():
    assert issubclass(UnknownName, InvalidInput)
    assert issubclass(InvalidInput, LayerwiseError)
    assert issubclass(InvalidInput, ValueError)
