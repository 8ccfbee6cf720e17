"""Comparisons as files: whole or not at all, and clear words when they cannot be read or written."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise._base import InvalidInput
from layerwise.records import ComparisonRecord, DataSummary, dump
from layerwise.store import RESULT_FILE, check_writable, read, save, write_text


def small_record(command: str = "layerwise compare") -> ComparisonRecord:
    data = DataSummary(
        name="digits", kind="classification", n_train=3, n_validation=2, n_test=1, n_features=64, n_outputs=10,
        scaling="none", source="invented",
    )  # fmt: skip
    return ComparisonRecord(
        arms=(), pairs=(), data=data, metric="test_accuracy", chance=0.1, trained_at=float("nan"), target=float("inf"),
        seeds=(1, 2), search_seeds=(3,), device="cpu", versions={"layerwise": "0.1.0"}, command=command, seconds=1.5,
    )  # fmt: skip


def test_saved_record_is_read_back_from_folder_and_from_file(tmp_path: Path) -> None:
    record = small_record()
    path = save(record, tmp_path / "new" / "folder with space")
    assert path == tmp_path / "new" / "folder with space" / RESULT_FILE
    assert dump(read(path.parent)) == dump(read(path)) == dump(record)
    assert read(path).target == float("inf")


@given(command=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_command_survives(command: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    assert read(save(small_record(command), folder)).command == command


def test_saving_twice_leaves_one_file_and_ordinary_permissions(tmp_path: Path) -> None:
    save(small_record("first"), tmp_path)
    save(small_record("second"), tmp_path)
    plain = tmp_path / "plain"
    plain.touch()
    assert {one.name for one in tmp_path.iterdir()} == {RESULT_FILE, "plain"}
    assert read(tmp_path).command == "second"
    assert stat.S_IMODE((tmp_path / RESULT_FILE).stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_old_file_stays_whole_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    save(small_record("first"), tmp_path)

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, full_disk)
    with pytest.raises(InvalidInput, match=r'must be a place.*Got "No space left on device" from the operating system'):
        save(small_record("second"), tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == [RESULT_FILE]
    assert read(tmp_path).command == "first"


def test_interrupt_while_writing_leaves_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_text(tmp_path / "report.html", "<p>")
    assert not list(tmp_path.iterdir())


def test_write_text_keeps_every_sign_and_line_end(tmp_path: Path) -> None:
    text = "α → β\r\n<\ud800>"
    assert write_text(tmp_path / "a" / "x.txt", text).read_bytes() == "α → β\r\n<?>".encode()


def test_missing_folder_says_what_writes_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path / "gone")
    assert str(caught.value) == (
        f"`{tmp_path}/gone` must be a folder with a result.json, or such a file. "
        "Got nothing under that name instead. `layerwise compare --output DIR` writes one."
    )


def test_empty_folder_and_path_below_a_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"Got a folder without result\.json instead"):
        read(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(InvalidInput, match="Got nothing under that name instead"):
        read(tmp_path / "file" / "deeper")
    with pytest.raises(InvalidInput, match="null byte"):
        read("a\0b")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cut short or edited"),
        (b"\x00\xff\xfe binary", "cut short or edited"),
        (b"[1, 2]", "cut short or edited"),
        (b'{"schema_version": 1}', "arms: Field required"),
        (b'{"schema_version": 99}', "`schema_version` must be 1. Got 99 instead. Read it with the version"),
        (b"[" * 200_000, "must hold a comparison"),
    ],
)
def test_file_that_is_no_comparison(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / RESULT_FILE).write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path)
    assert str(caught.value).startswith(f"`{tmp_path}` must hold a comparison, as `layerwise compare` writes it. ")
    assert message in str(caught.value)


def test_every_truncation_is_noticed(tmp_path: Path) -> None:
    content = save(small_record(), tmp_path).read_bytes().rstrip()
    for length in range(0, len(content), 7):
        (tmp_path / RESULT_FILE).write_bytes(content[:length])
        with pytest.raises(InvalidInput, match="must hold a comparison"):
            read(tmp_path)


def test_check_writable_leaves_nothing_behind(tmp_path: Path) -> None:
    assert check_writable(tmp_path / "a" / "b" / "c") == tmp_path / "a" / "b" / "c"
    assert not list(tmp_path.iterdir())
    (tmp_path / "there").mkdir()
    check_writable(tmp_path / "there")
    assert [one.name for one in tmp_path.rglob("*")] == ["there"]


@pytest.mark.parametrize("tail", ["", "/below", "/below/deeper"])
def test_a_file_is_no_folder(tmp_path: Path, tail: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InvalidInput, match=r"must be a place that can be written to\. Got \"(File exists|Not a dir)"):
        check_writable(f"{tmp_path}/file{tail}")
    assert (tmp_path / "file").read_text() == "mine"


def test_link_to_nowhere_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere" / "at all")
    with pytest.raises(InvalidInput, match="can be written to"):
        check_writable(tmp_path / "link")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc, where not even the administrator may write")
def test_refusal_of_the_operating_system() -> None:
    for call in (check_writable, lambda folder: save(small_record(), folder)):
        with pytest.raises(InvalidInput, match="Choose another folder, or free or unlock this one"):
            call("/proc/layerwise")


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000])
def test_impossible_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="can be written to"):
        check_writable(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_torch_stays_out() -> None:
    import subprocess
    import sys

    code = "import sys, layerwise.store, layerwise.report; sys.exit('torch' in sys.modules or 'altair' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, env=os.environ).returncode == 0
