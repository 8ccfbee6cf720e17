"""CSV, Parquet and NPZ files, whole and broken, and real ones."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from layerwise._base import InvalidInput
from layerwise.data import load

ROWS = "1,2.5,a\n2,0.5,b\n3,1.5,a\n4,3.5,b\n5,4.5,a\n6,5.5,b\n"


def csv(folder: Path, text: str) -> Path:
    path = folder / "mine.csv"
    path.write_text(text, encoding="utf-8")
    return path


def refused(path: Path, **options) -> str:
    with pytest.raises(InvalidInput) as caught:
        load(path, **options)
    return str(caught.value)


@pytest.mark.parametrize("as_text", [True, False])
def test_a_csv_file(tmp_path: Path, as_text: bool):
    path = csv(tmp_path, "size,weight,label\n" + ROWS)
    data = load(str(path) if as_text else path)
    assert (data.name, data.source, data.kind) == ("mine", str(path), "table")
    assert data.features.tolist() == [[1, 2.5], [2, 0.5], [3, 1.5], [4, 3.5], [5, 4.5], [6, 5.5]]
    assert (data.targets.tolist(), data.classes) == ([0, 1, 0, 1, 0, 1], ("a", "b"))


@pytest.mark.parametrize("target", ["kind", 2, -1])
def test_the_target_by_name_or_place(tmp_path: Path, target):
    data = load(csv(tmp_path, "size,weight,kind\n" + ROWS), target=target)
    assert data.classes == ("a", "b")


@pytest.mark.parametrize("name", ["target", "label", "class", "y", "Label", " Y"])
def test_the_target_by_its_usual_name(tmp_path: Path, name: str):
    assert load(csv(tmp_path, f"size,weight,{name}\n" + ROWS)).classes == ("a", "b")


def test_any_column_may_be_the_target(tmp_path: Path):
    path = csv(tmp_path, "a,weight,b\n" + ROWS.replace("a", "0").replace("b", "1"))
    data = load(path, target="weight")
    assert (data.task, data.targets[:2].tolist()) == ("regression", [[2.5], [0.5]])
    assert data.features[:2].tolist() == [[1, 0], [2, 1]]


def test_bools_are_numbers_as_features_and_classes_as_targets(tmp_path: Path):
    data = load(csv(tmp_path, "a,y\n" + "True,False\nFalse,True\n" * 3))
    assert data.features[:2].tolist() == [[1], [0]]
    assert data.classes == ("False", "True")


def test_the_task_can_be_told(tmp_path: Path):
    path = csv(tmp_path, "a,y\n" + "".join(f"{i},{i % 2}\n" for i in range(8)))
    assert load(path).task == "classification"
    assert load(path, task="regression").targets.dtype == np.float32


def test_no_target_or_several(tmp_path: Path):
    message = refused(csv(tmp_path, "size,weight,kind\n" + ROWS))
    assert message == (
        "Without `target`, exactly one column must be called target, label, class or y. Got the columns 'size', "
        "'weight', 'kind' instead. Say which column is to be predicted, for instance target=-1 for the last."
    )
    assert "exactly one column" in refused(csv(tmp_path, "y,weight,label\n" + ROWS))


@pytest.mark.parametrize("target", ["wieght", 3, -4, True])
def test_an_unknown_target(tmp_path: Path, target):
    message = refused(csv(tmp_path, "size,weight,kind\n" + ROWS), target=target)
    assert message.startswith(f"There is no column {target!r}. Got the columns 'size', 'weight', 'kind' instead.")


def test_long_lists_of_columns_are_cut(tmp_path: Path):
    names = ",".join(f"c{i}" for i in range(40))
    assert "'c11' and 28 more instead" in refused(csv(tmp_path, names + "\n" + ",".join(["x"] * 40)))


def test_text_in_a_feature_column(tmp_path: Path):
    path = csv(tmp_path, "size,weight,label\n" + ROWS.replace("3,1.5", "3,n/k").replace("5,4.5", "5,?"))
    assert refused(path) == (
        "Feature columns must hold numbers, and 'weight' does not. Got 'n/k' in row 3 below the header (2 of 6 cells "
        "are text) instead. Encode the column as numbers or drop it; if it is what to predict, name it as `target`."
    )


def test_missing_values(tmp_path: Path):
    path = csv(tmp_path, "size,weight,label\n" + ROWS.replace("2.5", "").replace("4,3.5", ",nan"))
    assert refused(path) == (
        "There must be no missing values. Got 3, by column: 'size' (1), 'weight' (2); the first is in column 'size', "
        "row 4 below the header instead. Fill them in, or drop these rows or columns. (Empty cells, NA, None and nan "
        "count as missing.)"
    )
    assert "by column: 'label' (1)" in refused(csv(tmp_path, "size,weight,label\n" + ROWS.replace("2.5,a", "2.5,")))


def test_infinity_in_a_cell(tmp_path: Path):
    message = refused(csv(tmp_path, "size,weight,label\n" + ROWS.replace("1.5", "inf")))
    assert "Got inf at row 2, column 1 (counted from 0" in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must not be empty. Got 0 bytes instead."),
        ("\n\n", "must be a table with commas, in UTF-8. Got No columns to parse from file instead."),
        ("size,weight,label\n", "must have rows below its header. Got only the columns 'size', 'weight', 'label'"),
        ("label\na\nb\n", "must have at least one feature column. Got the columns 'label' instead."),
        ("a,b,label\n1,2,x\n1,2,3,4,x\n", "must be a table with commas, in UTF-8. Got "),
        ("a,label\n" + "1,2,x\n" * 6, "must be a table with commas, in UTF-8. Got "),
        (ROWS.replace("a", "7").replace("b", "8"), "must have a header, a first line with the names of the columns."),
        ("0.1,0.2,a\n" + ROWS, "must have a header"),
    ],
)
def test_files_that_are_no_table(tmp_path: Path, text: str, message: str):
    assert message in refused(csv(tmp_path, text))


def test_a_header_of_numbers_that_count_up_is_a_header(tmp_path: Path):
    assert load(csv(tmp_path, "0,1,label\n" + ROWS)).n_features == 2


def test_bytes_that_are_no_text(tmp_path: Path):
    path = tmp_path / "mine.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe\x00")
    assert "must be a table with commas, in UTF-8" in refused(path)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz"])
def test_files_that_are_not_there(tmp_path: Path, suffix: str):
    path = tmp_path / f"no{suffix}"
    assert refused(path) == f"There must be a file '{path}'. There is none; is the path right?"
    path.mkdir()
    assert "There must be a file" in refused(path)


def test_other_endings(tmp_path: Path):
    assert "must end in .csv, .parquet or .npz" in refused(tmp_path / "mine.xlsx")
    assert "must end in .csv, .parquet or .npz" in refused(tmp_path)


def frame() -> pd.DataFrame:
    return pd.DataFrame({"a": [1, 2, 3, 4, 5, 6], "b": [0.5] * 3 + [1.5] * 3, "label": list("xyxyxy")})


def test_a_parquet_file(tmp_path: Path):
    pytest.importorskip("pyarrow", reason="needs pyarrow")
    path = tmp_path / "mine.parquet"
    frame().astype({"a": "Int64", "label": "category"}).to_parquet(path)
    data = load(path)
    assert (data.classes, data.features[:2].tolist()) == (("x", "y"), [[1, 0.5], [2, 0.5]])
    frame().assign(a=pd.Series([1, None, 3, 4, 5, 6], dtype="Int64")).to_parquet(path)
    assert "the first is in column 'a', row 2 below" in refused(path)
    frame().assign(a=list("123456")).to_parquet(path)
    assert "Got '1' in row 1 below the header (6 of 6 cells are text)" in refused(path)
    frame().assign(a=pd.date_range("2020", periods=6)).to_parquet(path)
    assert "Feature columns must hold numbers, and 'a' does not" in refused(path)


@pytest.mark.parametrize("content", [b"not parquet at all", b"PAR1 but no more"])
def test_a_broken_parquet_file(tmp_path: Path, content: bytes):
    pytest.importorskip("pyarrow", reason="needs pyarrow")
    path = tmp_path / "mine.parquet"
    path.write_bytes(content)
    assert f"The file '{path}' must be a whole Parquet file. Got " in refused(path)


def test_parquet_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def missing(_: Path):
        raise ImportError

    monkeypatch.setattr(pd, "read_parquet", missing)
    path = tmp_path / "mine.parquet"
    path.write_bytes(b"x")
    assert refused(path) == "Parquet files need pyarrow. Install it: pip install 'layerwise[parquet]'."


X, Y = np.arange(24.0).reshape(12, 2), np.arange(12) % 2


@pytest.mark.parametrize("keys", [("X", "y"), ("x", "Y"), ("features", "targets"), ("x_train", "y_train")])
def test_an_npz_file(tmp_path: Path, keys: tuple[str, str]):
    path = tmp_path / "mine.npz"
    np.savez(path, **{keys[0]: X, keys[1]: Y})
    data = load(path)
    assert np.array_equal(data.features, X)
    assert (data.targets.tolist(), data.n_fixed_test) == (Y.tolist(), 0)


def test_an_npz_file_with_a_test_part(tmp_path: Path):
    path = tmp_path / "mine.npz"
    np.savez_compressed(path, x_train=X, y_train=Y, x_test=X[:3] + 100, y_test=Y[:3])
    data = load(path)
    assert data.n_fixed_test == 3
    assert data.features[data.split(0).test].tolist() == (X[:3] + 100).tolist()
    np.savez(path, x_train=X, y_train=Y[:11], x_test=X[:3], y_test=Y[:4])
    assert "x_train and y_train must have as many rows. Got 12 and 11" in refused(path)
    np.savez(path, x_train=X, y_train=Y, x_test=X[:3, :1], y_test=Y[:3])
    assert "Training and test rows must have the same form" in refused(path)


def test_broken_npz_files(tmp_path: Path):
    path = tmp_path / "mine.npz"
    np.savez(path, a=X, b=Y)
    assert "must have arrays X and y (or features and targets, or x_train and y_train). Got the arrays a, b" in refused(
        path
    )
    assert "`target` names a column of a .csv or .parquet file. Got 'b' instead" in refused(path, target="b")
    path.write_bytes(path.read_bytes()[:200])
    assert f"The file '{path}' must be a whole .npz file of plain arrays. Got" in refused(path)
    np.savez(path, X=np.array([{}], dtype=object), y=Y)
    assert "object arrays are not read" in refused(path)
    with path.open("wb") as file:
        np.save(file, X)
    assert "Got the arrays with no names at all" in refused(path)


UCI = {
    "letter/letter-recognition.data": (0, 20_000, 16, 26),
    "magic/magic04.data": (-1, 19_020, 10, 2),
    "optdigits/optdigits.tra": (-1, 3823, 64, 10),
    "pendigits/pendigits.tes": (-1, 3498, 16, 10),
    "spambase/spambase.data": (-1, 4601, 57, 2),
}


@pytest.mark.parametrize("file", UCI)
def test_real_tables(shared_data: Path, tmp_path: Path, file: str):
    target, n_rows, n_features, n_classes = UCI[file]
    body = (shared_data / "uci" / file).read_text()
    header = ",".join(f"c{i}" for i in range(n_features + 1))
    data = load(csv(tmp_path, f"{header}\n{body}"), target=target)
    assert (data.features.shape, data.n_outputs) == ((n_rows, n_features), n_classes)
    split = data.split(0)
    assert np.abs(split.scaled(data, split.train).mean(axis=0)).max() < 1e-3
    assert np.isfinite(split.scaled(data, split.test)).all()


def test_a_real_table_without_a_header(shared_data: Path, tmp_path: Path):
    path = csv(tmp_path, (shared_data / "uci/letter/letter-recognition.data").read_text())
    assert "must have a header, a first line with the names of the columns. Got numbers: T, 2, 8" in refused(
        path, target=0
    )


def test_a_real_table_with_text(shared_data: Path, tmp_path: Path):
    names = ",".join(f"c{i}" for i in range(15))
    path = csv(tmp_path, f"{names}\n{(shared_data / 'uci/adult/adult.data').read_text()}")
    assert "'c1' does not. Got 'State-gov' in row 1 below the header (32561 of 32561" in refused(path, target=-1)


def test_pandas_is_loaded_only_for_tables():
    import subprocess

    code = "import sys, layerwise.data as d; d.load('spirals'); sys.exit('pandas' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
