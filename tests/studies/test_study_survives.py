"""A study survives kills, full disks, locks and Ctrl-C: it goes on, repeats nothing, and ends with the same bits."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
import tiny_study
from tiny_study import Canned, expected, records, tiny

from command_line import SRC
from layerwise._base import InvalidInput, LayerwiseError
from layerwise.store import STUDY_FILE, StudyReader, StudyStore, _database, _mounts, _study_store
from layerwise.studies.study import resume_study, run_study

MEMBERS = 18


class Runner:
    """A process that forks one that runs the tiny study whenever it is asked to, so that torch is loaded once."""

    def __init__(self):
        environment = os.environ | {"PYTHONPATH": str(SRC), "OMP_NUM_THREADS": "1"}
        program = [sys.executable, Path(tiny_study.__file__)]
        self.process = subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self.line() == "ready"

    def line(self):
        return self.process.stdout.readline().strip()

    def start(self, *folders):
        print(*folders, file=self.process.stdin, flush=True)
        return int(self.line().split()[1])

    def ended(self, n=1):
        codes = []
        while len(codes) < n:
            word, _, number = self.line().partition(" ")
            if word == "ended":
                codes.append(int(number))
        return codes


@pytest.fixture(scope="module")
def runner():
    found = Runner()
    yield found
    found.process.stdin.close()
    found.process.stdout.close()
    found.process.wait()


def kill_and_go_on(runner, folder, n_kills, rng):
    """Kill the study `n_kills` times at random moments, and check after each that what was recorded stays."""
    kept, n_seen = {}, 0
    for _ in range(n_kills):
        pid = runner.start(folder)
        time.sleep(rng.uniform(0.0, 0.5))
        os.kill(pid, signal.SIGKILL)
        n_seen += runner.ended() == [-signal.SIGKILL]
        if (folder / STUDY_FILE).exists():
            try:
                with StudyReader(folder) as reader:
                    now = reader.sitting_of()
            except InvalidInput:  # killed before its tables were made
                continue
            assert now.items() >= kept.items()  # nothing lost, nothing trained again
            kept = now
    runner.start(folder)
    assert runner.ended() == [0]
    return n_seen


def test_five_kills_at_random_moments(runner, tmp_path):
    assert kill_and_go_on(runner, tmp_path, 5, random.Random(0)) > 0
    assert records(tmp_path) == expected()
    assert sorted(path.name for path in tmp_path.iterdir()) == [STUDY_FILE]  # the dead left nothing behind


@pytest.mark.slow
def test_fifty_kills_at_random_moments(runner, tmp_path):
    for number in range(10):
        folder = tmp_path / str(number)
        kill_and_go_on(runner, folder, 5, random.Random(number + 1))
        assert records(folder) == expected()


def test_two_processes_share_a_study(runner, tmp_path):
    runner.start(tmp_path, tmp_path)
    assert runner.ended(2) == [0, 0]
    assert records(tmp_path) == expected()


class Faulty(sqlite3.Connection):
    """A connection that fails at one statement that writes, counted over all connections."""

    count, fails_at, message = 0, -1, "database or disk is full"

    def execute(self, text, *values):
        if text.split()[0] in ("BEGIN", "INSERT", "REPLACE", "DELETE", "CREATE", "COMMIT"):
            Faulty.count += 1
            if Faulty.count == Faulty.fails_at:
                raise sqlite3.OperationalError(Faulty.message)
        return super().execute(text, *values)


@pytest.fixture
def faulty(monkeypatch):
    original = sqlite3.connect
    monkeypatch.setattr(_database.sqlite3, "connect", lambda *a, **o: original(*a, factory=Faulty, **o))
    Faulty.count, Faulty.fails_at = 0, -1
    return Faulty


@pytest.fixture
def in_memory(tmp_path):
    """A folder on a file system in memory, where there is one: nothing here is about the disk's own speed."""
    where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tmp_path
    with tempfile.TemporaryDirectory(dir=where) as folder:
        yield Path(folder)


def test_a_fault_at_every_write(faulty, in_memory):
    small, n_members = tiny(seeds=2), len(expected(2))
    faulty.count = 0
    run_study(small, in_memory / "whole", engine=Canned(2), progress=False)
    n_writes = faulty.count
    assert n_writes > 8 * n_members
    for place in range(1, n_writes + 1):
        folder = in_memory / str(place)
        faulty.count, faulty.fails_at = 0, place
        with pytest.raises(LayerwiseError, match=r"disk is full.*Free some room on the disk\. What is recorded stays"):
            run_study(small, folder, engine=Canned(2), progress=False)
        faulty.fails_at = -1
        recorded = {row.member for row in records(folder)} if has_tables(folder) else set()
        again = Canned(2)
        run_study(small, folder, engine=again, progress=False)
        assert records(folder) == expected(2)
        assert not recorded & set(again.asked)
        assert len(recorded) + len(again.asked) == n_members


def has_tables(folder):
    try:
        StudyReader(folder).close()
    except LayerwiseError:
        return False
    return True


def test_a_disk_that_is_really_full(tmp_path, monkeypatch):
    run_study(tiny(), tmp_path / "whole", engine=Canned(), progress=False)
    n_pages = (tmp_path / "whole" / STUDY_FILE).stat().st_size // 4096
    original = _study_store.open_to_write

    def small(path):
        connection = original(path)
        connection.execute(f"PRAGMA max_page_count = {n_pages - 5}")
        return connection

    monkeypatch.setattr(_study_store, "open_to_write", small)
    with pytest.raises(LayerwiseError, match="Free some room on the disk"):
        run_study(tiny(), tmp_path, engine=Canned(), progress=False)
    monkeypatch.undo()
    assert 0 < len(records(tmp_path)) < MEMBERS
    run_study(tiny(), tmp_path, engine=Canned(), progress=False)
    assert records(tmp_path) == expected()


def test_no_room_for_the_writers_own_file(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("layerwise.store._writer.os.open", full)
    with pytest.raises(LayerwiseError, match="Free some room on the disk"):
        run_study(tiny(), tmp_path, engine=Canned(), progress=False)
    monkeypatch.undo()
    run_study(tiny(), tmp_path, engine=Canned(), progress=False)
    assert records(tmp_path) == expected()


def test_a_file_that_another_program_holds(tmp_path, monkeypatch):
    monkeypatch.setattr(_database, "PATIENCE", 0.05)
    run_study(tiny(seeds=2), tmp_path, max_time=1e-9, progress=False)
    other = sqlite3.connect(tmp_path / STUDY_FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LayerwiseError, match=r"locked.*Another program holds it; end that program"):
        run_study(tiny(seeds=2), tmp_path, engine=Canned(2), progress=False)
    other.execute("ROLLBACK")
    other.close()
    run_study(tiny(seeds=2), tmp_path, engine=Canned(2), progress=False)
    assert records(tmp_path) == expected(2)


def test_ctrl_c_keeps_what_has_ended(tmp_path):
    def interrupt(told):
        if told.done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study(tiny(), tmp_path, progress=interrupt)
    n_kept = len(records(tmp_path))
    assert 4 <= n_kept < MEMBERS
    result = resume_study(tmp_path, progress=False)
    assert result.complete
    assert records(tmp_path) == expected()


def test_time_that_is_up_stops_between_chunks(tmp_path):
    engine = Canned()
    first = run_study(tiny(), tmp_path, engine=engine, max_time=1e-9, progress=False)
    assert (engine.asked, first.complete, first.record.verdict) == ([], False, "open")
    assert run_study(tiny(), tmp_path, engine=engine, max_time="1h", progress=False).complete
    assert records(tmp_path) == expected()


def test_what_is_claimed_by_the_living_is_left_to_them(tmp_path):
    run_study(tiny(), tmp_path, max_time=1e-9, progress=False)
    chunks = [(chunk, 2 * chunk) for chunk in range(9)]
    with StudyStore(tmp_path) as one, StudyStore(tmp_path) as two:
        assert [one.claim(iter(chunks)), two.claim(iter(chunks)), one.claim(iter(chunks))] == [0, 1, 2]
    with StudyStore(tmp_path) as three:
        assert three.claim(iter(chunks)) == 0  # what they held, they gave up


def test_methods_may_be_called_from_any_thread(tmp_path):
    run_study(tiny(), tmp_path, max_time=1e-9, progress=False)
    with StudyStore(tmp_path) as store:
        found: list[int | None] = []
        for _ in range(2):
            thread = threading.Thread(target=lambda: found.append(store.claim([(k, 2 * k) for k in range(9)])))
            thread.start()
            thread.join()
        assert found == [0, 1]


@pytest.mark.parametrize("table", ["members", "details", "arms", "study", "sittings"])
@pytest.mark.parametrize("change", ["UPDATE {} SET rowid = rowid", "DELETE FROM {}"])
def test_what_is_recorded_can_only_be_added_to(tmp_path, table, change):
    run_study(tiny(), tmp_path, engine=Canned(), progress=False)
    if table == "study":
        change = change.replace("rowid = rowid", "value = value")
    connection = sqlite3.connect(tmp_path / STUDY_FILE)
    with pytest.raises(sqlite3.IntegrityError, match="what a study has recorded stays as it is"):
        connection.execute(change.format(table))
    connection.close()


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "lustre", "9p"])
def test_a_network_file_system_is_refused(tmp_path, monkeypatch, kind):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"rootfs / ext4 rw 0 0\nserver:/x {tmp_path}/far\\040away {kind} rw 0 0\n")
    monkeypatch.setattr(_mounts, "MOUNTS", mounts)
    with pytest.raises(InvalidInput, match=f"a disk of this machine.*of the kind {kind}.*Let one process"):
        run_study(tiny(), tmp_path / "far away" / "study", engine=Canned(), progress=False)
    run_study(tiny(), tmp_path / "near", engine=Canned(), progress=False)
    assert records(tmp_path / "near") == expected()


def test_a_file_that_is_no_study(tmp_path):
    (tmp_path / STUDY_FILE).write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 16)
    with pytest.raises(LayerwiseError, match=r"must be the file of a study|could not be written or read"):
        StudyReader(tmp_path)
    with pytest.raises(InvalidInput, match=r"must be the folder of a study.*`layerwise study run FILE` makes one"):
        StudyReader(tmp_path / "nowhere")
