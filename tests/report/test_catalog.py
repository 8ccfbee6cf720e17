"""A table of entries as text: in 80 columns, entry by entry, and as Markdown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise._base import Registry, UnknownName
from layerwise.report import Catalog, described

SHADES = Registry("shade", {"grey": 0.5, "white": 1.0}, aliases={"gray": "grey"})
CATALOG = Catalog(
    room="shades",
    entries=SHADES,
    sample="grey",
    row=lambda light: {"name": "grey" if light < 1 else "white", "share of-light": f"{light:g}", "a|b": "x|y"},
    facts=lambda light: {"light": f"{light:g} " + "of it " * 30, "code": "f(x)", "hue": ""},
    legend={"share of-light": "1 is white"},
    introduction="More.",
    further={"dye": {"call": "dye(wool)"}},
    code=frozenset({"call", "code"}),
)


def test_the_listing_by_hand():
    assert CATALOG.listing() == [
        "       share",
        "       of-",
        "name   light  a|b",
        "-----------------",
        "grey   0.5    x|y",
        "white  1      x|y",
        "",
        "share of-light: 1 is white. `layerwise shades grey` says more of one.",
        "Beside the table: dye.",
    ]


def test_one_entry_is_wrapped_and_leaves_out_what_has_no_text():
    title, *lines = CATALOG.one("white")
    assert title == "white"
    assert max(map(len, lines)) <= 80
    assert len(lines) == 4
    assert " ".join(" ".join(lines).split()) == "light 1 " + "of it " * 30 + "code f(x)"
    assert {line[:7] for line in lines[1:-1]} == {" " * 7}


def test_further_names_and_what_stands_beside_the_table():
    assert CATALOG.one("gray") == CATALOG.one("grey")
    assert CATALOG.one("dye") == ["dye", "call  dye(wool)"]


def test_an_unknown_name_gets_near_misses():
    with pytest.raises(UnknownName, match=r"There is no shade 'whte'\. Did you mean 'white'"):
        CATALOG.one("whte")


def test_the_page_by_hand():
    first, *rest = CATALOG.page().splitlines()
    assert "`python -m layerwise.shades > docs/shades.md`" in first
    assert rest[1] == "# Shades"
    assert "More." in rest
    table = rest.index("| name | share of-light | a\\|b |")
    assert rest[table - 2] == "- *share of-light*: 1 is white"
    assert rest[table + 1 : table + 4] == ["| --- | --- | --- |", "| grey | 0.5 | x\\|y |", "| white | 1 | x\\|y |"]
    assert rest[table + 4 : table + 6] == ["", "## grey"]
    assert "hue" not in CATALOG.page()
    assert rest[-3:] == ["## dye", "", "- call: `dye(wool)`"]
    assert "- code: `f(x)`" in rest


@given(cells=st.lists(st.text("ab -|", max_size=12), min_size=1, max_size=4))
def test_every_cell_is_under_its_heading(cells):
    table = {f"n{place}": cell for place, cell in enumerate(cells)}
    catalog = Catalog(
        room="x",
        entries=table,
        sample="n0",
        row=lambda cell: {"one": "#", "two words": f"[{cell}]"},
        facts=lambda cell: {},
        legend={},
    )
    lines = catalog.listing()
    column = lines[0].index("two")
    rule = next(place for place, line in enumerate(lines) if set(line) == {"-"})
    assert [line[column:] for line in lines[rule + 1 : rule + 1 + len(cells)]] == [f"[{cell}]" for cell in cells]


def test_a_docstring_gives_call_first_sentence_and_source():
    def dye(wool: str, *, shade: float = 0.5) -> str:
        """Return wool
        that is dyed.

        Args:
            wool: Any.

        References:
            Perkin 1856, On
            mauveine.
        """

    assert described(dye) == {
        "call": "dye(wool, *, shade=0.5)",
        "in short": "Return wool that is dyed.",
        "source": "Perkin 1856, On mauveine",
    }


def test_without_docstring_there_is_the_call():
    def bare(x):
        pass

    assert described(bare) == {"call": "bare(x)", "in short": "", "source": ""}
