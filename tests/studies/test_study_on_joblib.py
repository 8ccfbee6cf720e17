"""Studies in joblib's worker processes: one that dies loses nothing and is recorded."""

from __future__ import annotations

import pytest
from dying_worker import DeadlyJoblib, tries
from tiny_study import expected, records, tiny

from layerwise.store import StudyReader
from layerwise.studies.study import run_study
from layerwise.studies.study.engines import Joblib
from layerwise.studies.study.engines._joblib import _Taken

CHUNK, MEMBERS = 4, (4, 5)


@pytest.mark.slow
def test_members_whose_worker_dies_again_and_again_count_as_crashed(tmp_path):
    engine = DeadlyJoblib(n_workers=2, n_retries=1).dying(CHUNK, tmp_path)
    result = run_study(tiny(), tmp_path, engine=engine, progress=False)
    assert result.complete
    with StudyReader(tmp_path) as reader:
        assert reader.counts() == {"finished": 16, "crashed": 2}
        lost = [row for row in reader.whole_rows() if row.status == "crashed"]
    assert tuple(row.member for row in lost) == MEMBERS
    for row in lost:
        assert row.reason.startswith(
            "Its worker process was lost, and again with nothing beside it (tries: 2). A worker process managed by the "
            "executor was unexpectedly terminated."
        )
    assert tries(tmp_path, CHUNK) == 2
    others = [row for row in records(tmp_path) if row.member not in MEMBERS]
    assert others == [row for row in expected() if row.member not in MEMBERS]
    assert "2 members crashed" in " ".join(str(result).split())


@pytest.mark.slow
def test_a_worker_that_is_killed_once_costs_a_retry_and_nothing_else(tmp_path):
    engine = DeadlyJoblib(n_workers=2).dying(CHUNK, tmp_path, n_times=1)
    assert run_study(tiny(), tmp_path, engine=engine, progress=False).complete
    assert records(tmp_path) == expected()
    assert tries(tmp_path, CHUNK) == 2


class Job:
    """A job of which only its number is asked."""

    def __init__(self, chunk):
        self.chunk = chunk


def test_what_was_taken_and_not_ended_is_known_and_the_rest_stays_for_others():
    source = iter(map(Job, range(5)))
    taken = _Taken(source)
    assert [next(taken).chunk for _ in range(3)] == [0, 1, 2]
    del taken.under_way[1]
    assert [job.chunk for job in taken.stop()] == [0, 2]
    assert list(taken) == []  # a thread of joblib that asks later gets, and claims, nothing
    assert [job.chunk for job in _Taken(source)] == [3, 4]


def test_workers_of_joblib():
    import joblib

    assert Joblib(3)._n_jobs() == 3
    assert Joblib()._n_jobs() == -1
    with joblib.parallel_config("loky", n_jobs=2):
        assert Joblib()._n_jobs() == 2
