"""A registry reads like a dict and answers an unknown name with what is near."""

from __future__ import annotations

import pytest

from layerwise._base import InvalidInput, Registry, UnknownName

COLORS = Registry("color", {"grey": 1, "green": 2, "blue": 3})


def test_it_reads_like_a_dict_in_order():
    assert dict(COLORS) == {"grey": 1, "green": 2, "blue": 3}
    assert list(COLORS) == ["grey", "green", "blue"]
    assert len(COLORS) == 3
    assert "grey" in COLORS
    assert "gray" not in COLORS
    assert 3 not in COLORS
    assert repr(COLORS) == "Registry('color': grey, green, blue)"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gray", "There is no color 'gray'. Did you mean 'grey'? Known: grey, green, blue."),
        ("GREEN", "There is no color 'GREEN'. Did you mean 'green' or 'grey'? Known: grey, green, blue."),
        ("gree", "There is no color 'gree'. Did you mean 'green' or 'grey'? Known: grey, green, blue."),
        ("xyzzy", "There is no color 'xyzzy'. Known: grey, green, blue."),
        (7, "There is no color 7. Known: grey, green, blue."),
        ([], "There is no color []. Known: grey, green, blue."),
    ],
)
def test_an_unknown_name_gets_near_misses_and_the_list(name, message):
    with pytest.raises(UnknownName) as caught:
        COLORS[name]
    assert str(caught.value) == message


def test_get_on_an_unknown_name_raises_too_so_no_typing_error_is_swallowed():
    with pytest.raises(InvalidInput, match="Did you mean 'grey'"):
        COLORS.get("gray")


def test_later_changes_of_the_table_do_not_reach_it():
    table = {"a": 1}
    registry = Registry("letter", table)
    table["b"] = 2
    assert list(registry) == ["a"]


def test_an_alias_finds_its_entry_and_is_neither_listed_nor_counted():
    shades = Registry("shade", {"grey": 1, "green": 2}, aliases={"gray": "grey"})
    assert shades["gray"] == shades.get("gray") == 1
    assert "gray" in shades
    assert list(shades) == ["grey", "green"]
    assert len(shades) == 2
    assert "gray" not in repr(shades)
