"""Running the lecture: which claims, in what order, kept and gone on with."""

from __future__ import annotations

import dataclasses

import pytest

from layerwise._base import InvalidInput, UnknownName
from layerwise.lecture import CLAIMS, Claim, Outcome, run_lecture
from layerwise.lecture import _run as running
from layerwise.lecture._exact import Sides, largest
from layerwise.store import read


@pytest.fixture
def few(monkeypatch):
    """Three claims that count how often they are shown."""
    shown: list[str] = []

    def made(claim_id):
        def show(ground):
            shown.append(claim_id)
            ground.tell(0.5)
            return Outcome(verdict="holds", finding="So.", metric="number", value=ground.n_seeds())

        return Claim(id=claim_id, title=claim_id, kind="exact", statement="", prediction="", decision_rule="",
                     source="", show=show)  # fmt: skip

    table = type(CLAIMS)("claim", {name: made(name) for name in ("C1.1", "C1.2", "C3.1")})
    monkeypatch.setattr(running, "CLAIMS", table)
    return shown


def ids(lecture):
    return [claim.id for claim in lecture.record.claims]


def test_all_claims_run_in_the_order_of_the_lecture(few):
    assert ids(run_lecture()) == ["C1.1", "C1.2", "C3.1"] == few


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("C1", ["C1.1", "C1.2"]),
        ("c3.1", ["C3.1"]),
        (["C3", "C1.1"], ["C1.1", "C3.1"]),
        (["C1.1", "C1"], ["C1.1", "C1.2"]),
    ],
)
def test_claims_are_chosen_by_name_or_module(few, asked, found):
    assert ids(run_lecture(asked)) == found


def test_an_unknown_claim_is_answered_with_near_ones(few):
    with pytest.raises(UnknownName, match=r"There is no claim 'C1\.9'\. Did you mean 'C1\.2'"):
        run_lecture("C1.9")


@pytest.mark.parametrize(("options", "message"), [({"seeds": 0}, "`seeds` must be"), ({"claims": []}, "`claims` must")])
def test_bad_choices_are_refused(few, options, message):
    with pytest.raises(InvalidInput, match=message):
        run_lecture(**options)
    assert not few


def test_seeds_reach_the_claims(few):
    assert [claim.value for claim in run_lecture("C1.1", seeds=7).record.claims] == [7]
    assert [claim.value for claim in run_lecture("C1.1").record.claims] == [20]


def test_a_value_without_an_interval_stands_for_its_ends(few):
    claim = run_lecture("C1.1", seeds=3).record.claims[0]
    assert (claim.low, claim.value, claim.high) == (3, 3, 3)


def test_listeners_hear_of_every_claim(few):
    steps = []
    run_lecture("C1", progress=steps.append)
    assert [(step.claim.id, step.share, step.record is not None) for step in steps] == [
        ("C1.1", 0.5, False), ("C1.1", 1.0, True), ("C1.2", 0.5, False), ("C1.2", 1.0, True)
    ]  # fmt: skip


def test_a_lecture_that_was_stopped_goes_on(few, tmp_path):
    def stop(step):
        if step.claim.id == "C1.2":
            raise KeyboardInterrupt

    first = run_lecture(folder=tmp_path, progress=stop)
    assert first.record.interrupted
    assert ids(first) == ["C1.1"]
    again = run_lecture(folder=tmp_path)
    assert ids(again) == ["C1.1", "C1.2", "C3.1"]
    assert few == ["C1.1", "C1.2", "C1.2", "C3.1"]
    assert again.record.claims[0] == first.record.claims[0]


def test_what_was_asked_otherwise_is_shown_anew(few, tmp_path):
    run_lecture("C1.1", folder=tmp_path)
    run_lecture("C1.1", seeds=5, folder=tmp_path)
    run_lecture("C1.1", "circles", folder=tmp_path)
    assert few == ["C1.1"] * 3
    run_lecture("C1.1", seeds=5, folder=tmp_path)
    assert few == ["C1.1"] * 3


def test_a_damaged_file_is_replaced(few, tmp_path):
    run_lecture("C1.1", folder=tmp_path)
    (file,) = (tmp_path / "claims").iterdir()
    whole = file.read_text()
    file.write_text(whole[: len(whole) // 2])
    assert ids(run_lecture("C1.1", folder=tmp_path)) == ["C1.1"]
    assert few == ["C1.1", "C1.1"]
    assert '"verdict":"holds"' in file.read_text()


def test_a_lecture_is_saved_and_read_again(few, tmp_path):
    lecture = run_lecture()
    lecture.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lecture.html", "lecture.json"]
    assert read(tmp_path) == lecture.record == read(tmp_path / "lecture.json")


def test_every_command_shows_its_claim_again(few):
    claims = run_lecture(data="circles", seeds=2).record.claims
    assert claims[2].command == "layerwise lecture C3.1 --data circles --seeds 2"


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_every_claim_says_beforehand_what_would_decide_it(claim):
    texts = dataclasses.asdict(claim) | {"show": "Shown."}
    for name in ("statement", "prediction", "decision_rule", "source"):
        assert texts[name].endswith("."), name
    assert len(claim.title) <= 46
    assert claim.source.startswith("CS7015")


def test_sides_differ_by_the_larger_of_absolute_and_relative():
    assert Sides("", 1e-13, 0.0).difference == pytest.approx(1e-13)
    assert Sides("", 1001.0, 1000.0).difference == pytest.approx(1e-3)
    assert largest([Sides("", 1.0, 1.0), Sides("", 1.0, 1.5)]) == pytest.approx(1 / 3)
