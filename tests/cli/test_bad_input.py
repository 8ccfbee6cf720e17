"""Bad input, end to end: value, rule and cure in one sentence or two, exit code 2, no traceback, nothing written."""

from __future__ import annotations

import os
from pathlib import Path

import bad_files as bad
import numpy as np
import pytest
import torch

from command_line import SMALL
from layerwise._base import UnknownName
from layerwise.activations import ACTIVATIONS
from layerwise.data import DATASETS
from layerwise.initializers import INITIALIZERS
from layerwise.models import PRESETS
from layerwise.normalizers import NORMALIZERS

KNOWN = {
    noun: ", ".join(names)
    for noun, names in (
        ("activation", ACTIVATIONS),
        ("preset", PRESETS),
        ("data set", DATASETS),
    )
}


def unknown(registry, name):
    """What a registry says of a name it does not hold; the sentence itself is tested with the registry."""
    with pytest.raises(UnknownName) as caught:
        registry[name]
    return str(caught.value)


FINITE = "All of `features` must be finite numbers within the range of float32."
FILL = "Fill these values in, or drop their rows or columns."
FEW = "Every class must have at least 3 rows, one for each of training, validation and test."
RARE = 'Drop rare classes or merge them. If the target is a number to predict, pass task="regression".'
FRACTION = "a number from 0 up to, but not including, 1"
NPZ = "Copy it again, or write it with `np.savez(path, X=..., y=...)`; object arrays are not read."
AGAIN = "Copy or download it again."
WRITABLE = "must be a place that can be written to."
ELSEWHERE = "from the operating system instead. Choose another folder, or free or unlock this one."

# Option, what was typed, and the whole answer.
CHOICES = [
    ("--depth", "0", "`depth` must be a positive int. Got 0 instead."),
    ("--depth", "-3", "`depth` must be a positive int. Got -3 instead."),
    ("--width", "0", "`width` must be a positive int. Got 0 instead."),
    ("--width", "8,0", "`width` must be a positive int. Got 0 instead."),
    ("--width", "8,4,2", "`depth` must agree with the 3 widths given. Got 2 instead. Leave one out."),
    ("--width", "wide", "`width` must be an int, or ints with commas between. Got 'wide' instead."),
    ("--width", "8,", "`width` must be an int, or ints with commas between. Got '8,' instead."),
    ("--learning-rate", "0", "`learning_rates` must be a positive number. Got 0.0 instead."),
    ("--learning-rate", "-0.1", "`learning_rates` must be a positive number. Got -0.1 instead."),
    ("--learning-rate", "nan", "`learning_rates` must be a positive number. Got nan instead."),
    ("--learning-rate", "0.3", "`learning_rates` must be different positive numbers. Got [0.3, 0.3] instead."),
    ("--activation", "tahn", unknown(ACTIVATIONS, "tahn")),
    ("--activation", "?", f"There is no activation '?'. Known: {KNOWN['activation']}."),
    ("--initializer", "he_norm", unknown(INITIALIZERS, "he_norm")),
    ("--normalizer", "bach", unknown(NORMALIZERS, "bach")),
    (
        "--normalizer-place",
        "before",
        "`normalizer_place` must be one of 'before_activation', 'after_activation'. Got 'before' instead.",
    ),
    (
        "--method",
        "adm",
        "`method` must be one of 'sgd', 'momentum', 'nesterov', 'rmsprop', 'adam', 'adamw', 'muon'. Got 'adm' instead.",
    ),
    (
        "--schedule",
        "cos",
        "`schedule` must be one of 'constant', 'linear', 'cosine', 'step'. Got 'cos' instead.",
    ),
    (
        "--loss",
        "mse",
        "`loss` must be one of 'cross_entropy', 'squared_error', 'huber', 'binary_cross_entropy'. Got 'mse' instead.",
    ),
    ("--bias", "zero", "`bias` must be a number, 'torch_default' or 'none'. Got 'zero' instead."),
    ("--bias-std", "-1", "`bias_std` must be a number of at least 0. Got -1.0 instead."),
    ("--scale", "1", "`scale` must be left out with the initializer 'he_normal'. Got 1.0 instead."),
    ("--dropout", "1", f"`dropout` must be {FRACTION}. Got 1.0 instead."),
    ("--warmup", "1.5", f"`warmup` must be {FRACTION}. Got 1.5 instead."),
    ("--momentum", "-1", f"`momentum` must be {FRACTION}. Got -1.0 instead."),
    ("--beta1", "1", f"`beta1` must be {FRACTION}. Got 1.0 instead."),
    ("--beta2", "nan", f"`beta2` must be {FRACTION}. Got nan instead."),
    ("--epsilon", "0", "`epsilon` must be a positive number. Got 0.0 instead."),
    ("--l2", "-1", "`l2` must be a number of at least 0. Got -1.0 instead."),
    ("--l1", "inf", "`l1` must be a number of at least 0. Got inf instead."),
    ("--pieces", "0", "`pieces` must be a positive int. Got 0 instead."),
    ("--batch-size", "0", "`batch_size` must be a positive int. Got 0 instead."),
    ("--epochs", "0", "`epochs` must be a positive int. Got 0 instead."),
    ("--clip-norm", "0", "`clip_norm` must be a positive number. Got 0.0 instead."),
    ("--patience", "0", "`patience` must be a positive int. Got 0 instead."),
    ("--seeds", "0", "`seeds` must be a positive int. Got 0 instead."),
    ("--seeds", "-3", "`seeds` must be a positive int. Got -3 instead."),
    ("--search-seeds", "0", "`search_seeds` must be a positive int. Got 0 instead."),
    ("--chunk-size", "0", "`chunk_size` must be a positive int. Got 0 instead."),
    ("--device", "gpu", "`device` must be 'cpu', 'cuda', 'cuda:<number>' or 'mps'. Got 'gpu' instead."),
    ("--device", "cuda:x", "`device` must be 'cpu', 'cuda', 'cuda:<number>' or 'mps'. Got 'cuda:x' instead."),
    (
        "--recipe",
        "relu_he",
        (
            "There is no preset 'relu_he'. Did you mean 'relu_he_2015' or 'elu_he_2016' or 'conv_relu_he_2015'? "
            f"Known: {KNOWN['preset']}."
        ),
    ),
    (
        "--recipe",
        "relu_he_2015",
        "`recipes` must be at least one, with different names. Got ['relu_he_2015', 'relu_he_2015'] instead.",
    ),
    ("--recipe", "no.yaml", "There must be a recipe file 'no.yaml'. There is none; is the path right?"),
    (
        "--data",
        "digit",
        (
            f"There is no data set 'digit'. Did you mean 'digits'? Known: {KNOWN['data set']}. "
            "A path to a .csv, .parquet or .npz file would do as well."
        ),
    ),
    ("--data", "no.csv", "There must be a file 'no.csv'. There is none; is the path right?"),
    ("--data", "no/such.npz", "There must be a file 'no/such.npz'. There is none; is the path right?"),
    (
        "--data",
        "my.xlsx",
        (
            "A data file must end in .csv, .parquet or .npz. Got 'my.xlsx' instead. Original idx files and CIFAR "
            "batches are read by the name of the set, with `folder`."
        ),
    ),
    ("--target", "label", "`target` goes with a .csv or .parquet file only. Got 'label' instead. Leave it out."),
    (
        "--folder",
        "here",
        "`folder` goes with the sets mnist, fashion-mnist, cifar10 only. Got 'here' instead. Leave it out.",
    ),
    ("--task", "regression", "`task` of 'circles' must be 'classification'. Got 'regression' instead."),
]

# What is made, and the answer.
FILES = [
    (
        "nan",
        lambda: bad.npz(X=bad.changed(bad.X, 4, 1, np.nan), y=bad.Y),
        f"{FINITE} Got nan at row 4, column 1 (counted from 0; 1 of 180 are not finite) instead. {FILL}",
    ),
    (
        "infinite",
        lambda: bad.npz(X=bad.changed(bad.X, 4, 1, -np.inf), y=bad.Y),
        f"{FINITE} Got -inf at row 4, column 1 (counted from 0; 1 of 180 are not finite) instead. {FILL}",
    ),
    (
        "infinite in a table",
        lambda: bad.csv(bad.changed(bad.X, 4, 1, np.inf)),
        f"{FINITE} Got inf at row 4, column 1 (counted from 0; 1 of 180 are not finite) instead. {FILL}",
    ),
    (
        "too large for float32",
        lambda: bad.csv(bad.changed(bad.X, 0, 0, 1e300)),
        f"{FINITE} Got inf at row 0, column 0 (counted from 0; 1 of 180 are not finite) instead. {FILL}",
    ),
    (
        "missing in a table",
        lambda: bad.csv(bad.changed(bad.X, 4, 1, np.nan)),
        (
            "There must be no missing values. Got 1, by column: 'b' (1); the first is in column 'b', row 5 below the "
            "header instead. Fill them in, or drop these rows or columns. (Empty cells, NA, None and nan count as "
            "missing.)"
        ),
    ),
    (
        "text where numbers belong",
        lambda: bad.csv(bad.changed(bad.X, 7, 1, "seven")),
        (
            "Feature columns must hold numbers, and 'b' does not. Got 'seven' in row 8 below the header (1 of 60 cells "
            "are text) instead. Encode the column as numbers or drop it; if it is what to predict, name it as `target`."
        ),
    ),
    (
        "all constant",
        lambda: bad.csv(np.ones((60, 3))),
        (
            "At least one feature must vary from row to row. Got 60 rows that are all the same instead. "
            "Are the feature columns right?"
        ),
    ),
    (
        "one class",
        lambda: bad.csv(y=np.ones(60, dtype=int)),
        "There must be at least two classes. Got one only, '1' instead. Is the target column right?",
    ),
    (
        "a class for each row",
        lambda: bad.csv(y=[f"r{i}" for i in range(60)]),
        f"{FEW} Got 1 row of class 'r0' (and too few of 59 other classes) instead. {RARE}",
    ),
    (
        "a class too small",
        lambda: bad.csv(y=[0] * 58 + [1] * 2),
        f"{FEW} Got 2 rows of class '1' instead. {RARE}",
    ),
    (
        "lengths that differ",
        lambda: bad.npz(X=bad.X, y=bad.Y[:50]),
        (
            "`features` and `targets` must have one row each for every example. Got 60 rows of features and 50 targets "
            "instead."
        ),
    ),
    (
        "no rows",
        lambda: bad.npz(X=bad.X[:0], y=bad.Y[:0]),
        "Data must have at least one row. Got a float32 array of shape (0, 3) instead.",
    ),
    (
        "one axis",
        lambda: bad.npz(X=bad.X[:, 0], y=bad.Y),
        (
            "`features` must have the shape [rows, features], or more axes for images. Got an array of shape (60,) "
            "instead. A single feature is a column: `x.reshape(-1, 1)`."
        ),
    ),
    (
        "one-hot labels",
        lambda: bad.npz(X=bad.X, y=np.eye(3)[bad.Y]),
        (
            "Class labels must have the shape [rows]. Got an array of shape (60, 3) instead. One-hot rows become "
            'labels by `y.argmax(1)`; several values to predict are task="regression", several '
            'labels at once task="multilabel".'
        ),
    ),
    (
        "arrays of other names",
        lambda: bad.npz(a=bad.X, b=bad.Y),
        (
            "The file 'my.npz' must have arrays X and y (or features and targets, or x_train and y_train). Got the "
            "arrays a, b instead. Write it with `np.savez(path, X=..., y=...)`."
        ),
    ),
    (
        "objects",
        lambda: bad.npz(X=np.array([{}, {}], dtype=object), y=bad.Y[:2]),
        (
            "The file 'my.npz' must be a whole .npz file of plain arrays. Got Object arrays cannot be loaded when "
            f"allow_pickle=False instead. {NPZ}"
        ),
    ),
    (
        "empty file",
        lambda: bad.text(""),
        "The file 'my.csv' must not be empty. Got 0 bytes instead.",
    ),
    (
        "empty npz",
        lambda: bad.text("", "my.npz"),
        "The file 'my.npz' must not be empty. Got 0 bytes instead.",
    ),
    (
        "empty parquet",
        lambda: bad.text("", "my.parquet"),
        "The file 'my.parquet' must not be empty. Got 0 bytes instead.",
    ),
    (
        "header alone",
        lambda: bad.text("a,b,label\n"),
        "'my.csv' must have rows below its header. Got only the columns 'a', 'b', 'label' instead.",
    ),
    (
        "no header",
        lambda: bad.text("0.5,1.5,0\n0.25,2.5,1\n"),
        (
            "The file 'my.csv' must have a header, a first line with the names of the columns. Got numbers: 0.5, "
            "1.5, 0 instead. Add such a line."
        ),
    ),
    (
        "a row too long",
        lambda: bad.text("a,b,label\n1,2,0\n1,2,0,5\n"),
        (
            "The file 'my.csv' must be a table with commas, in UTF-8. Got Error tokenizing data. C error: Expected 3 "
            "fields in line 3, saw 4 instead."
        ),
    ),
    (
        "no target column",
        lambda: bad.text("a,b\n1,2\n"),
        (
            "Without `target`, exactly one column must be called target, label, class or y. Got the columns 'a', 'b' "
            "instead. Say which column is to be predicted, for instance target=-1 for the last."
        ),
    ),
    (
        "truncated npz",
        lambda: bad.cut(bad.npz(X=bad.X, y=bad.Y)),
        f"The file 'my.npz' must be a whole .npz file of plain arrays. Got File is not a zip file instead. {NPZ}",
    ),
    (
        "corrupt npz",
        lambda: bad.spoilt(bad.npz(X=bad.X, y=bad.Y), 300, 10),
        f"The file 'my.npz' must be a whole .npz file of plain arrays. Got Bad CRC-32 for file 'X.npy' instead. {NPZ}",
    ),
]

# The same, where the middle of the answer is a library's.
DAMAGED = [
    (
        "not text",
        lambda: bad.text(bytes(range(256)) * 4),
        "The file 'my.csv' must be a table with commas, in UTF-8. Got ",
    ),
    ("latin-1", lambda: bad.text("a,label\n1,é\n".encode("latin-1")), "The file 'my.csv' must be a table with commas"),
    ("truncated parquet", lambda: bad.cut(bad.parquet()), "The file 'my.parquet' must be a whole Parquet file. Got "),
    (
        "corrupt parquet",
        lambda: bad.spoilt(bad.parquet(), 20, 180),
        "The file 'my.parquet' must be a whole Parquet file. Got ",
    ),
    (
        "text called npz",
        lambda: bad.text("a,b\n1,2\n", "my.npz"),
        "The file 'my.npz' must be a whole .npz file of plain arrays. Got ",
    ),
]

FIRST = f"mnist/{bad.IDX[0]}"
SECOND = f"mnist/{bad.IDX[1]}"
# The original files of MNIST, with something wrong.
MNIST = [
    (
        "truncated",
        lambda: bad.cut(bad.mnist()),
        (
            f"The file '{FIRST}' must be a whole gzip file. Got Compressed file ended before the end-of-stream marker "
            f"was reached instead. {AGAIN}"
        ),
    ),
    (
        "corrupt",
        lambda: bad.spoilt(bad.mnist(), 60, 30),
        f"The file '{FIRST}' must be a whole gzip file. Got CRC check failed",
    ),
    (
        "cut short before it was zipped",
        lambda: bad.mnist(missing=9),
        f"The idx file '{FIRST}' must hold 976 bytes, as its first ones say. Got 967 bytes instead. {AGAIN}",
    ),
    (
        "something else",
        lambda: (bad.mnist(), bad.text("junk" * 5, FIRST)),
        (
            f"The idx file '{FIRST}' must start with the number 2051. Got 1786080875 instead. Is it another file under "
            f"this name? {AGAIN}"
        ),
    ),
    (
        "labels out of range",
        lambda: bad.mnist(train_labels=bad.LABELS + 3),
        (
            "Labels must be class numbers from 0 to 9, as there are 10 classes. Got 10 in row 7 (counted from 0; 18 "
            "labels are outside) instead."
        ),
    ),
    (
        "labels too few",
        lambda: bad.mnist(train_labels=bad.LABELS[:50]),
        f"The file '{SECOND}' must hold a label for each image. Got 50 labels and 60 images instead.",
    ),
    (
        "nothing there",
        lambda: Path("mnist").mkdir(),
        (
            "The files of 'mnist' must lie in a folder that is looked in. Got nothing in mnist, mnist/mnist, "
            "mnist/MNIST/raw instead. Wanted: train-images-idx3-ubyte, "
        ),
    ),
]

USAGE = [
    (["--nonsense"], "No such option: --nonsense"),
    (["--depht", "3"], "No such option: --depht"),
    (["--depth", "two"], "Invalid value for '--depth': "),
    (["--depth", "2.5"], "Invalid value for '--depth': "),
    (["--seeds", "many"], "Invalid value for '--seeds': "),
    (["--dropout", "half"], "Invalid value for '--dropout': "),
    (["--task", "guessing"], "Invalid value for '--task': "),
    (["extra"], "Got unexpected extra argument(s) (extra)"),
    (["--data"], "Option '--data' requires an argument."),
]


@pytest.fixture
def refused(cli, tmp_path):
    """The error of `layerwise compare *arguments`, once all that holds for every error has been checked."""

    def refuse(*arguments):
        before = sorted(tmp_path.rglob("*"))
        done = cli("compare", *SMALL, "--output", "out", *arguments)
        assert (done.code, done.out) == (2, "")
        assert "Traceback" not in done.err
        lines = done.err.splitlines()
        assert len(lines) <= 2  # the first words and the error
        assert lines[-1].startswith("error: ")
        assert sorted(tmp_path.rglob("*")) == before
        return lines[-1].removeprefix("error: ")

    return refuse


@pytest.mark.parametrize(("option", "value", "message"), CHOICES, ids=[" ".join(case[:2]) for case in CHOICES])
def test_a_choice_that_is_none(refused, option, value, message):
    assert refused(option, value) == message


@pytest.mark.parametrize(("make", "message"), [case[1:] for case in FILES], ids=[case[0] for case in FILES])
def test_a_file_that_is_no_data(refused, make, message):
    assert refused("--data", make()) == message


@pytest.mark.parametrize(("make", "message"), [case[1:] for case in DAMAGED], ids=[case[0] for case in DAMAGED])
def test_a_damaged_file(refused, make, message):
    assert refused("--data", make()).startswith(message)


@pytest.mark.parametrize(("make", "message"), [case[1:] for case in MNIST], ids=[case[0] for case in MNIST])
def test_original_files_with_something_wrong(refused, make, message):
    make()
    assert refused("--data", "mnist", "--folder", "mnist").startswith(message)


def test_original_files_with_nothing_wrong(cli):
    bad.mnist()
    assert cli("compare", *SMALL, "--data", "mnist", "--folder", "mnist").code == 0


@pytest.mark.parametrize("target", ["lable", "4", "-5", "²"])
def test_a_column_that_is_not_there(refused, target):
    assert refused("--data", bad.csv(), "--target", target) == (
        f"There is no column '{target}'. Got the columns 'a', 'b', 'c', 'label' instead. `target` is the name of a "
        "column, or its position (-1: the last)."
    )


def test_a_recipe_file_with_a_wrong_choice(refused):
    path = bad.text("preset: relu_he_2015\ndepht: 3\n", "mine.yaml")
    assert refused("--recipe", path).startswith("There is no choice of a recipe 'depht'. Did you mean 'depth'")
    path = bad.text("depth: [3\n", "mine.yaml")
    assert refused("--recipe", path).startswith("The recipe file 'mine.yaml' must be YAML or JSON. Got ")


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("file", "File exists"),
        ("file/below", "Not a directory"),
        ("file/far/below", "Not a directory"),
        ("x" * 300, "File name too long"),
    ],
)
def test_a_folder_that_cannot_be_written_to(refused, output, reason):
    bad.text("kept", "file")
    assert refused("--output", output) == f'`{output}` {WRITABLE} Got "{reason}" {ELSEWHERE}'
    assert Path("file").read_text() == "kept"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the administrator may write anywhere")
def test_a_locked_folder(refused):
    Path("locked").mkdir(mode=0o500)
    assert refused("--output", "locked/below") == f'`locked/below` {WRITABLE} Got "Permission denied" {ELSEWHERE}'


@pytest.mark.parametrize("option", ["--data", "--recipe"])
def test_a_name_too_long_for_the_system(refused, option):
    assert "File name too long" in refused(option, "x" * 300)


@pytest.mark.parametrize("name", ["my.csv", "my.npz", "my.parquet"])
def test_a_file_that_may_not_be_read(refused, monkeypatch, name):
    {"my.csv": bad.csv, "my.npz": lambda: bad.npz(X=bad.X, y=bad.Y), "my.parquet": bad.parquet}[name]()

    def locked(*_, **__):
        raise PermissionError(13, "Permission denied", name)

    for reader in ("pandas.read_csv", "pandas.read_parquet", "numpy.load"):
        monkeypatch.setattr(reader, locked)
    message = refused("--data", name)
    assert message.startswith(f"The file '{name}' must be ")
    assert "Permission denied" in message


def test_a_device_that_is_not_there(refused, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for device in ("cuda", "cuda:1"):
        assert refused("--device", device) == (
            f"`device` must be there: torch finds no cuda here. Got '{device}' instead. Use 'cpu'."
        )


def test_too_little_memory(refused, monkeypatch):
    monkeypatch.setattr("layerwise.population._memory.free_bytes", lambda _: 2**14)
    message = refused("--seeds", 40, "--chunk-size", 40, "--width", 64, "--depth", 8)
    assert message.startswith("40 networks must fit in memory: ")
    assert "GiB are needed" in message
    assert "free instead" in message
    assert "`chunk_size=20` or less" in message


def test_what_fits_in_smaller_chunks_runs(cli, monkeypatch):
    monkeypatch.setattr("layerwise.population._memory.free_bytes", lambda _: 2**20)
    job = ["compare", *SMALL, "--seeds", 40, "--width", 64, "--quiet"]
    assert cli(*job, "--chunk-size", 40).code == 2
    assert cli(*job, "--chunk-size", 2).code == 0


@pytest.mark.parametrize(("arguments", "message"), USAGE, ids=[" ".join(case[0]) for case in USAGE])
def test_a_command_line_that_is_none(cli, arguments, message, tmp_path):
    done = cli("compare", *SMALL, "--output", "out", *arguments)
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    assert f"Error: {message}" in done.err
    assert max(map(len, done.err.splitlines())) < 200
    assert list(tmp_path.iterdir()) == []


def test_a_command_that_there_is_not(cli):
    done = cli("compair")
    assert done.code == 2
    assert "No such command 'compair'." in done.err


def test_some_constant_features_are_a_note(cli, tmp_path):
    bad.csv(bad.X * [1, 0, 1])
    done = cli("compare", *SMALL, "--data", "my.csv", "--output", "out")
    assert done.code == 0
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "1 of 3 is constant there and only centered" in page


def test_json_is_not_begun_where_it_cannot_be_ended(cli):
    done = cli("compare", *SMALL, "--depth", 0, "--json")
    assert done == (2, "", "error: `depth` must be a positive int. Got 0 instead.\n")


def test_a_process_of_its_own_ends_the_same_way(process, no_torch, tmp_path):
    (tmp_path / "file").touch()
    done = process("-m", "layerwise", "compare", "--output", "file/out", path=[no_torch])
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-1] == f'error: `file/out` {WRITABLE} Got "Not a directory" {ELSEWHERE}'
