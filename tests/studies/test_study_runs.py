"""What a study trains: its design, its phases, what crashes, and that engines make no difference."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from tiny_study import FIELDS, TINY, Canned, expected, records, tiny, undisturbed

from layerwise._base import InvalidInput, UnknownName
from layerwise.data import circles, load
from layerwise.population import fit
from layerwise.store import MemberRow, StudyReader, StudyStore, scores_of
from layerwise.studies.study import Study, StudyResult, export, resume_study, run_study, same_records
from layerwise.studies.study._design import make_design, rungs
from layerwise.studies.study._phases import dropped_arms
from layerwise.studies.study.engines import Local, Ray, as_engine

ARMS = 3


def design_of(study, data="circles"):
    return make_design(study, load(data))


def test_members_are_trained_as_fit_trains_them(tmp_path):
    rows = records_of(tmp_path, tiny())
    fitted = fit(tiny().recipes, "circles", seeds=6, chunk_size=2, keep_models=False, progress=False)
    assert len(rows) == len(fitted.runs) == ARMS * 6
    for row, run in zip(rows, fitted.runs, strict=True):
        mine = row.run(run.recipe)
        assert (mine.seed, mine.scores, mine.status) == (run.seed, run.scores, run.status)
        assert (mine.curves[1:], mine.measures) == (run.curves[1:], run.measures)


def records_of(folder, study, **options):
    run_study(study, folder, progress=False, **options)
    with StudyReader(folder) as reader:
        return list(reader.whole_rows())


def test_runs_come_back_whole_without_those_of_the_search(tmp_path):
    study = tiny(learning_rates=[0.1, 0.3], search_seeds=1, probe_every=5, seeds=2)
    found = run_study(study, tmp_path, progress=False).runs()
    rates = {arm.name: arm.learning_rate for arm in StudyResult(tmp_path).record.arms}
    recipes = [recipe.replace(learning_rate=rates[recipe.name]) for recipe in study.recipes]
    expected = fit(recipes, "circles", 2, probe_every=5, chunk_size=2, progress=False).runs
    assert [replace(run, seconds=0.0) for run in found] == [replace(run, seconds=0.0) for run in expected]


def halved(start):
    """Halve all parameters: a preparation that is not the usual one."""
    for parameter in start.stack.parameters():
        parameter.mul_(0.5)
    return [()] * len(start.seeds)


def test_another_preparation_belongs_to_the_design(tmp_path):
    study = tiny(learning_rates=[0.1, 0.3], search_seeds=1, seeds=2)
    found = run_study(study, tmp_path, prepare=halved, progress=False)
    rate = found.record.arm("fast").learning_rate
    alone = fit(study.recipes[0].replace(learning_rate=rate), "circles", 2, prepare=halved, probe_every=0, chunk_size=2,
                progress=False)  # fmt: skip
    assert [run.scores for run in found.runs()[:2]] == [run.scores for run in alone.runs]
    with StudyReader(tmp_path) as reader:
        assert reader.design()["prepare"].endswith(".halved")
    with pytest.raises(InvalidInput, match=r"`prepare`: '.*halved' is now nothing"):
        resume_study(tmp_path, progress=False)


def test_the_design_is_computed_from_the_study_alone(monkeypatch):
    first = design_of(tiny(chunk_size=None)).described()
    monkeypatch.setattr("layerwise.population._plan.n_cores", lambda: 64)
    monkeypatch.setattr("layerwise.population._memory.free_bytes", lambda _: 2**50)
    assert design_of(tiny(chunk_size=None)).described() == first


def test_a_search_comes_first_with_seeds_of_its_own():
    study = tiny(learning_rates=[0.1, 0.3], search_seeds=3)
    search, final = design_of(study).phases
    assert (search.name, final.name) == ("search", "final")
    assert len(search.entries) == ARMS * 2 * 3
    assert {entry.seed for entry in search.entries} == {1_000_000, 1_000_001, 1_000_002}
    assert [entry.member for entry in final.entries] == list(range(18, 36))
    assert final.first_chunk == len(search.plan.chunks)


def test_one_rate_is_used_and_not_searched_for():
    (final,) = design_of(tiny(learning_rates=[0.07])).phases
    assert {entry.recipe.optimizer.learning_rate for entry in final.entries} == {0.07}


def test_a_search_chooses_on_validation_data(tmp_path):
    study = tiny(learning_rates=[1e-5, 0.3], search_seeds=2, seeds=2)
    result = run_study(study, tmp_path, progress=False)
    assert [arm.learning_rate for arm in result.record.arms] == [0.3] * ARMS
    assert [[trial.learning_rate for trial in arm.trials] for arm in result.record.arms] == [[1e-5, 0.3]] * ARMS
    assert {event.kind for event in result.record.events} == {"rate"}
    best = result.frame().query("phase == 'search'").groupby("learning_rate")["validation_accuracy"].mean()
    assert best[0.3] > best[1e-5]
    assert result.record.search_seeds == (1_000_000, 1_000_001)


def test_rungs_double_and_end_with_all_seeds():
    for n_arms in (1, 2, 3, 4, 8, 100):
        for n_seeds in (2, 3, 5, 12, 30):
            found = rungs(tiny(seeds=n_seeds, halving=True), n_arms)
            assert [seed for _, seeds in found for seed in seeds] == list(range(n_seeds))
            assert all(seeds for _, seeds in found)
            assert len(found[0][1]) >= 2


def halving(n_arms, named=0, seeds=8):
    arms = [{"name": f"a{k}", "width": k + 2, "depth": 1, "epochs": 1} for k in range(n_arms)]
    return Study(**(FIELDS | {"arms": arms, "seeds": seeds, "halving": True, "chunk_size": 2,
                              "decision": {"arm": f"a{named}", "at_least": 0.5}}))  # fmt: skip


def scored(design, score_of_arm):
    """Rows as if every member of every phase had been trained to its arm's validation score."""
    found = []
    for phase in design.phases:
        for e in phase.entries:
            scores = json.dumps({"validation_accuracy": score_of_arm(e.arm)})
            row = MemberRow(e.member, e.arm, phase.name, e.seed, 0.1, "finished", 1, 0.0, scores, "", "", None)
            found.append(row)
    return found


def test_halving_drops_the_worse_half_but_never_what_the_decision_names():
    design = design_of(halving(8, named=0))
    rows = scored(design, lambda arm: arm / 10)
    assert [phase.name for phase in design.phases] == ["rung 1", "rung 2", "rung 3"]
    assert dropped_arms(design, design.phases[0], rows) == {}
    assert set(dropped_arms(design, design.phases[1], rows)) == {1, 2, 3}  # arm 0 is named
    last = dropped_arms(design, design.phases[2], rows)
    assert set(last) == {1, 2, 3, 4}  # of 0, 4, 5, 6, 7 three stay, and the named one
    assert last[3].startswith("Dropped after rung 1: its mean validation score over 2 seeds, 0.3, was number 5 of 8")


def test_dropped_members_are_recorded_and_totals_equal_the_design(tmp_path):
    study = halving(6, named=5)
    result = run_study(study, tmp_path, progress=False)
    record = result.record
    assert result.complete
    assert record.n_recorded == 6 * 8
    statuses = result.frame()["status"].value_counts()
    assert statuses["dropped"] > 0
    assert statuses.sum() == 6 * 8
    dropped = [arm for arm in record.arms if arm.dropped]
    assert 1 <= len(dropped) <= 4
    assert not record.arm("a5").dropped
    assert len([event for event in record.events if event.kind == "dropped"]) >= len(dropped)
    assert all(sum(arm.statuses.values()) == 8 for arm in record.arms)


def test_a_halving_that_is_cut_into_pieces_ends_with_the_same_records(tmp_path):
    study = halving(6)
    run_study(study, tmp_path / "whole", progress=False)
    while not run_study(study, tmp_path / "pieces", max_time=0.05, progress=False).complete:
        pass
    assert records(tmp_path / "pieces") == records(tmp_path / "whole")


def test_a_member_that_crashes_is_a_recorded_result(tmp_path, monkeypatch):
    from layerwise.population import _train

    whole, original = expected(), _train._build

    def fragile(member, *rest):
        if member.recipe.name == "slow" and member.seed == 3:
            raise RuntimeError("the network fell apart")
        return original(member, *rest)

    monkeypatch.setattr(_train, "_build", fragile)
    result = run_study(tiny(), tmp_path, progress=False)
    frame = result.frame()
    assert result.complete
    assert len(frame) == 18
    (crashed,) = frame[frame["status"] == "crashed"].to_dict("records")
    assert (crashed["arm"], crashed["seed"]) == ("slow", 3)
    assert crashed["reason"].startswith("Traceback (most recent call last)")
    assert crashed["reason"].strip().endswith("RuntimeError: the network fell apart")
    assert result.record.arm("slow").statuses == {"crashed": 1, "finished": 5}
    assert result.record.arm("slow").error == "RuntimeError: the network fell apart"
    assert "slow: 1 member crashed. RuntimeError: the network fell apart" in " ".join(str(result).split())
    # Seed 2, which shared the chunk, was trained again alone.
    assert [r for r in records(tmp_path) if r.member not in (8, 9)] == [r for r in whole if r.member not in (8, 9)]


def test_a_changed_study_is_refused_with_what_changed(tmp_path):
    run_study(tiny(), tmp_path, engine=Canned(), progress=False)
    arms = [*FIELDS["arms"][:2], FIELDS["arms"][2] | {"depth": 3}]
    with pytest.raises(InvalidInput) as caught:
        run_study(tiny(arms=arms, prediction="No."), tmp_path, engine=Canned(), progress=False)
    message = str(caught.value)
    assert message.startswith(f"The study in `{tmp_path}` must be what it was when it began. Got a change (")
    assert "`prediction`: 'Yes.' is now 'No.'" in message
    assert "`arms.2.architecture.depth`: 2 is now 3" in message
    assert message.endswith("Put that back, or give the changed study a folder of its own with --output.")
    assert records(tmp_path) == expected()


def test_the_order_of_a_grid_is_kept_and_belongs_to_the_design(tmp_path):
    arms, rule = [TINY | {"name": "net"}], {"arm": "net width=4 batch_size=16", "at_least": 0.1}
    grid = {"width": [4, 8], "batch_size": [16, 32]}
    study = tiny(arms=arms, grid=grid, decision=rule, seeds=1)
    names = [arm.name for arm in run_study(study, tmp_path, progress=False).record.arms]
    assert names == [f"net width={w} batch_size={b}" for w in (4, 8) for b in (16, 32)]
    turned = tiny(arms=arms, grid=dict(reversed(grid.items())), seeds=1,
                  decision={"arm": "net batch_size=16 width=4", "at_least": 0.1})  # fmt: skip
    with pytest.raises(InvalidInput, match="must be what it was when it began"):
        run_study(turned, tmp_path, progress=False)


def test_changed_data_are_refused(tmp_path):
    run_study(tiny(), tmp_path, data=circles(seed=0), engine=Canned(), progress=False)
    with pytest.raises(InvalidInput, match=r"`data.bytes`"):
        run_study(tiny(), tmp_path, data=circles(seed=1), engine=Canned(), progress=False)


def test_resuming_needs_the_folder_alone(tmp_path):
    assert not run_study(tiny(), tmp_path, max_time=1e-9, progress=False).complete
    assert resume_study(tmp_path, progress=False).complete
    assert records(tmp_path) == expected()
    with pytest.raises(InvalidInput, match="must be the folder of a study"):
        resume_study(tmp_path / "other")


def test_a_finished_study_is_left_as_it_is(tmp_path):
    run_study(tiny(), tmp_path, engine=Canned(), progress=False)
    again = Canned()
    assert run_study(tiny(), tmp_path, engine=again, progress=False).complete
    assert again.asked == []


def test_every_sitting_is_recorded(tmp_path):
    run_study(tiny(), tmp_path, max_time=1e-9, command="first", progress=False)
    run_study(tiny(), tmp_path, engine=Canned(), command="second", progress=False)
    with StudyReader(tmp_path) as reader:
        first, second = reader.sittings()
        assert set(reader.sitting_of().values()) == {2}
    assert (first.engine, first.command, second.engine, second.command) == ("local", "first", "canned", "second")
    assert {"layerwise", "torch", "python", "machine"} <= set(second.versions)


def test_progress_counts_members(tmp_path):
    told = []
    run_study(tiny(), tmp_path, progress=told.append)
    assert [report.done for report in told] == list(range(2, 19, 2))
    assert {report.total for report in told} == {18}
    assert told[-1].remaining == 0


@pytest.mark.parametrize("n_workers", [1, 3])
def test_the_number_of_threads_changes_no_bit(tmp_path, n_workers):
    run_study(tiny(), tmp_path, engine=Local(n_workers), progress=False)
    assert records(tmp_path) == expected()


@pytest.mark.parametrize("backend", ["threading", pytest.param("loky", marks=pytest.mark.slow)])
def test_joblib_gives_the_same_bits(tmp_path, backend):
    import joblib

    with joblib.parallel_config(backend, n_jobs=2):
        run_study(tiny(), tmp_path, engine="joblib", progress=False)
    assert records(tmp_path) == expected()


def test_an_error_of_the_store_is_raised_whichever_thread_it_struck(tmp_path, monkeypatch):
    def broken(self, chunks):
        raise OSError("the disk is gone")

    monkeypatch.setattr(StudyStore, "claim", broken)
    with pytest.raises(OSError, match="the disk is gone"):
        run_study(tiny(), tmp_path, engine="joblib", progress=False)


def test_engines_by_name():
    assert as_engine("ray") == Ray()
    with pytest.raises(UnknownName, match=r"There is no engine 'rey'. Did you mean 'ray'"):
        as_engine("rey")


def test_members_as_tables(tmp_path):
    import pandas as pd

    result = run_study(tiny(), tmp_path, engine=Canned(), progress=False)
    frame = result.frame()
    assert list(frame["member"]) == list(range(18))
    assert list(frame["arm"].unique()) == ["fast", "slow", "deep"]
    scores = [scores_of(row.scores)["test_loss"] for row in undisturbed()]
    assert list(frame["test_loss"]) == scores
    assert pd.read_csv(export(tmp_path, "csv"))["test_loss"].tolist() == pytest.approx(scores)
    assert pd.read_parquet(export(tmp_path, "parquet"))["test_loss"].tolist() == scores
    assert [row["status"] for row in json.loads(export(tmp_path, "json").read_text())] == ["finished"] * 18
    with pytest.raises(InvalidInput, match=r"`format` must be one of 'csv', 'parquet', 'json'. Got 'xls' instead."):
        export(tmp_path, "xls")


def test_two_runs_are_told_to_be_the_same_or_not(tmp_path):
    run_study(tiny(), tmp_path / "a", engine=Canned(), progress=False)
    run_study(tiny(), tmp_path / "b", progress=False)
    run_study(tiny(seeds=[5, 1, 2, 3, 4, 0]), tmp_path / "c", progress=False)
    assert same_records(tmp_path / "a", tmp_path / "b") == "All 18 records are the same, bit for bit, times aside."
    assert same_records(tmp_path / "a", tmp_path / "c") != same_records(tmp_path / "a", tmp_path / "b")


def test_regression_is_measured_by_r2(tmp_path):
    arms = [{"name": "good", "learning_rate": 0.1, **TINY}, {"name": "still", "learning_rate": 1e-6, **TINY}]
    study = tiny(data="linear_teacher", arms=arms, decision={"better": "good", "than": "still"}, seeds=7)
    record = run_study(study, tmp_path, progress=False).record
    assert (record.metric, record.verdict) == ("test_r2", "holds")


def test_rows_with_several_labels_are_measured_by_accuracy(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4))
    data = load((x, (x[:, :3] > 0).astype(float)), task="multilabel", name="signs")
    result = run_study(tiny(data="signs", seeds=2), tmp_path, data=data, progress=False)
    assert result.complete
    assert result.record.metric == "test_accuracy"
    assert result.record.arm("fast").mean > result.record.arm("slow").mean


def test_a_loss_is_better_when_it_is_less(tmp_path):
    study = tiny(metric="test_loss", seeds=7)
    record = run_study(study, tmp_path, progress=False).record
    assert record.lower_is_better
    assert record.verdict == "holds"
    pair = next(pair for pair in record.pairs if (pair.a, pair.b) == ("fast", "slow"))
    assert pair.difference < 0
    assert pair.wins == 7
