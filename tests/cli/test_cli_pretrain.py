"""`layerwise pretrain`, from end to end."""

from __future__ import annotations

import inspect
import json

import pytest

from layerwise.cli._bars import Bars
from layerwise.cli._pretrain import pretrain
from layerwise.pretraining import LayerSettings
from layerwise.records import PretrainingRecord, load
from layerwise.studies import PretrainingStep, study_pretraining

SMALL = ("pretrain", "--objective", "denoising", "--widths", "8,3", "--epochs", "2", "--fine-tune", "1")
WRITTEN = ["autoencoder.safetensors", "pretrained.safetensors", "report.html", "result.json"]


@pytest.fixture
def asked(cli, monkeypatch):
    """What `pretrain` asks for by a command line; nothing is trained."""

    def ask(*arguments):
        caught = {}

        def spy(data, **options):
            caught.update(data=data.name, **options)
            raise KeyboardInterrupt

        monkeypatch.setattr("layerwise.studies.study_pretraining", spy)
        assert cli("pretrain", "--quiet", *arguments).code == 130
        return caught

    return ask


@pytest.fixture
def interrupted(monkeypatch):
    """Interrupt what comes next after so many epochs; called with None, nothing is interrupted any more."""

    def after(n):
        told = []

        def tell(self, step):
            told.append(step)
            if len(told) == n:
                raise KeyboardInterrupt

        monkeypatch.setattr(Bars, "__call__", tell)
        return told

    return after


def test_it_says_what_it_does_and_what_came_of_it(cli):
    done = cli(*SMALL)
    assert done.code == 0
    first, *layers = done.err.splitlines()
    assert first == "layerwise pre-trains 8,3 units on digits, layer by layer ..."
    assert [line.split(": error")[0] for line in layers] == ["linear1", "linear2", "all layers together"]
    assert done.out.startswith("3 numbers per image: squared error ")
    assert max(map(len, done.out.splitlines())) <= 80
    rows = [line.split() for line in done.out.splitlines() if line.startswith(("linear1 ", "linear2 "))]
    assert [row[:5] for row in rows] == [
        ["linear1", "8", "denoising", "2", "0.001"],
        ["linear2", "3", "denoising", "2", "0.001"],
    ]


def test_output_holds_page_records_and_networks_and_report_draws_it_again(cli, tmp_path):
    done = cli(*SMALL, "--quiet", "--output", "out")
    assert (done.code, done.err) == (0, "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == WRITTEN  # and no checkpoint any more
    assert done.out.splitlines()[-3:] == [
        "Report: out/report.html",
        "Records: out/result.json",
        "Networks: out/pretrained.safetensors, out/autoencoder.safetensors",
    ]
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    (tmp_path / "out" / "report.html").unlink()
    again = cli("report", "out")
    assert (again.code, again.err) == (0, "")
    assert done.out.split("\nReport")[0] == again.out.split("\nReport")[0]
    assert (tmp_path / "out" / "report.html").read_text(encoding="utf-8") == page


def test_json_is_all_there_is_on_stdout(cli):
    done = cli(*SMALL, "--json")
    assert (done.code, done.err) == (0, "")
    record = load(PretrainingRecord, done.out)
    assert record.command == f"layerwise {' '.join(SMALL)} --json"
    assert json.loads(done.out)["kind"] == "pretraining"
    assert len(done.out) < 3_000_000


def test_it_goes_on_where_it_was_stopped(cli, tmp_path, interrupted):
    interrupted(3)  # the first epoch of the second layer
    stopped = cli(*SMALL, "--output", "out")
    assert (stopped.code, stopped.out) == (130, "")
    said = "Interrupted: out/checkpoint holds what was trained: the same command goes on from there."
    assert stopped.err.splitlines()[-1] == said
    told = interrupted(None)
    assert cli(*SMALL, "--output", "out").code == 0
    assert [(step.task, step.done) for step in told] == [("linear2", 2), ("all layers together", 1)]
    assert cli(*SMALL, "--output", "whole").code == 0
    for name in WRITTEN[:2]:
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_checkpoint_of_another_run_is_refused_and_kept(cli, tmp_path, interrupted):
    interrupted(2)
    assert cli(*SMALL, "--output", "out").code == 130
    before = (tmp_path / "out" / "checkpoint").read_bytes()
    interrupted(None)
    other = cli(*SMALL, "--output", "out", "--seed", 1)
    assert (other.code, other.out) == (2, "")
    assert "The checkpoint out/checkpoint must be of this very run." in other.err
    assert (tmp_path / "out" / "checkpoint").read_bytes() == before


def test_without_a_folder_nothing_is_kept(cli, tmp_path, interrupted):
    interrupted(1)
    done = cli(*SMALL)
    assert done.code == 130
    assert done.err.splitlines()[-1] == (
        "Interrupted: nothing was kept. With --output DIR, the same command could go on."
    )
    assert not list(tmp_path.iterdir())


def test_before_the_first_epoch_there_is_nothing_to_go_on_from(cli, tmp_path, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("layerwise.studies._pretraining.pretrain", stopped)
    done = cli(*SMALL, "--output", "out")
    assert done.code == 130
    said = "Interrupted: nothing was trained yet that could be kept. The same command begins anew."
    assert done.err.splitlines()[-1] == said
    assert not list(tmp_path.iterdir())


def test_the_options_go_where_they_belong(asked, tmp_path):
    given = ["--data", "circles", "--widths", "5,4", "--objective", "sparse", "--activation", "tanh", "--linear-code"]
    given += ["--initializer", "he_normal", "--epochs", "3,4", "--learning-rate", "0.1,0.2", "--batch-size", 7]
    given += ["--corruption-level", 0.4, "--fine-tune", 5, "--fine-tune-rate", 0.01, "--verdict", "--verdict-seeds", 6]
    given += ["--accumulate", 3, "--autocast", "bfloat16"]
    given += ["--tsne", "--seed", 9, "--device", "cuda", "--output", "out"]
    found = asked(*given)
    assert found.pop("command").startswith("layerwise pretrain --quiet --data circles")
    assert found == {
        "data": "circles", "widths": [5, 4], "objective": "sparse", "activation": "tanh", "linear_code": True,
        "initializer": "he_normal", "epochs": [3, 4], "learning_rate": [0.1, 0.2], "batch_size": 7,
        "accumulate": 3, "autocast": "bfloat16", "corruption_level": 0.4, "fine_tune": 5, "fine_tune_rate": 0.01,
        "verdict": True, "verdict_seeds": 6,
        "tsne": True, "seed": 9, "device": "cuda", "checkpoint": tmp_path.relative_to(tmp_path) / "out" / "checkpoint",
        "progress": None,
    }  # fmt: skip


def test_with_no_options_the_studys_own_defaults_hold(asked):
    own = inspect.signature(study_pretraining).parameters
    found = asked()
    assert found.pop("command") == "layerwise pretrain --quiet"
    assert found.pop("widths") == list(own["widths"].default)
    assert {name: own[name].default for name in found} == found


def test_options_of_layers_are_those_of_the_layers():
    known = {*LayerSettings.__dataclass_fields__, *inspect.signature(study_pretraining).parameters}
    own = {*inspect.signature(pretrain).parameters} - {"target", "folder", "output", "json_out", "quiet"}
    assert own <= known


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--widths", "8,x"], "`widths` must be an int, or ints with commas between. Got '8,x' instead."),
        (["--widths", "8,0"], "`widths` must be a positive int. Got 0 instead."),
        (["--objective", "nonsense"], "There is no objective 'nonsense'."),
        (
            ["--objective", "rbm", "--activation", "tanh"],
            "A layer that is trained as an RBM must be linear, with sigmoid",
        ),
        (["--activation", "sigmoit"], "There is no activation 'sigmoit'. Did you mean 'sigmoid'"),
        (["--epochs", "1,2,3"], "`epochs` must be one value, or a list of 2, one for each layer that is pre-trained."),
        (["--epochs", "-1"], "`epochs` must be an int of at least 0. Got -1 instead."),
        (["--learning-rate", "0"], "`learning_rate` must be a positive number. Got 0.0 instead."),
        (["--batch-size", "0"], "`batch_size` must be a positive int. Got 0 instead."),
        (["--accumulate", "0"], "`accumulate` must be a positive int. Got 0 instead."),
        (["--objective", "rbm", "--accumulate", "2"], "`accumulate` must be 1 for an RBM"),
        (["--autocast", "float16"], "`autocast` must be one of None, 'bfloat16'. Got 'float16' instead."),
        (["--fine-tune", "-2"], "`fine_tune` must be an int of at least 0. Got -2 instead."),
        (["--fine-tune-rate", "0"], "`fine_tune_rate` must be a positive number. Got 0.0 instead."),
        (["--verdict-seeds", "1"], "`verdict_seeds` must be an int of at least 2. Got 1 instead."),
        (["--device", "abacus"], "`device` must be 'cpu', 'cuda', 'cuda:<number>' or 'mps'. Got 'abacus' instead."),
        (["--data", "diggits"], "There is no data set 'diggits'."),
    ],
    ids=lambda value: str(value)[:30],
)
def test_bad_input_is_answered_with_value_and_rule(cli, tmp_path, arguments, message):
    done = cli(*SMALL, "--quiet", "--output", "out", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {message}")
    assert len(done.err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_verdict_is_asked_for_by_a_switch(cli, monkeypatch):
    from layerwise.pretraining import Pretrained

    real = Pretrained.verdict
    cheap = {"fractions": (1.0,), "epochs": 1, "learning_rates": (0.01,)}
    monkeypatch.setattr(Pretrained, "verdict", lambda self, x, y, **options: real(self, x, y, **options, **cheap))
    done = cli(*SMALL, "--quiet", "--verdict", "--verdict-seeds", 2)
    assert done.code == 0
    assert "Did pre-training help?" in done.out
    assert "labels  against" in done.out
    assert "which pre-training never saw" in " ".join(done.out.split())
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.fixture
def cheap(monkeypatch):
    """Verdicts of few networks; the arms that were trained."""
    from layerwise.pretraining import Pretrained, _verdict

    judge, train, trained = Pretrained.verdict, _verdict.train_arm, []
    options = {"fractions": (0.3, 1.0), "epochs": 1, "learning_rates": (0.01,)}
    monkeypatch.setattr(Pretrained, "verdict", lambda self, x, y, **given: judge(self, x, y, **given, **options))
    monkeypatch.setattr(_verdict, "train_arm", lambda *given: trained.append(given[2:4]) or train(*given))
    return trained


def test_a_verdict_that_was_stopped_goes_on_with_the_next_arm(cli, tmp_path, interrupted, cheap):
    asked = (*SMALL, "--verdict", "--verdict-seeds", 2)
    interrupted(7)  # 2 epochs of 2 layers, 1 of all together, 2 arms
    assert cli(*asked, "--output", "out").code == 130
    assert (tmp_path / "out" / "checkpoint-verdict").exists()
    assert len(cheap) == 2
    interrupted(None)
    assert cli(*asked, "--output", "out").code == 0
    assert len(cheap) == 6
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == WRITTEN
    assert cli(*asked, "--output", "whole").code == 0
    found, whole = (load(PretrainingRecord, (tmp_path / name / WRITTEN[-1]).read_text()) for name in ("out", "whole"))
    assert found.verdict == whole.verdict


def test_products_are_rounded_and_batches_gathered_where_that_is_asked(cli, tmp_path):
    for name, options in {"a": [], "b": ["--autocast", "bfloat16"], "c": ["--accumulate", 2]}.items():
        assert cli(*SMALL, "--quiet", "--output", name, *options).code == 0
    plain, *others = (load(PretrainingRecord, (tmp_path / name / WRITTEN[-1]).read_text()) for name in "abc")
    for other in others:
        assert other.pretrained_error != plain.pretrained_error
        assert other.fine_tuning != plain.fine_tuning
    assert others[0].error == pytest.approx(plain.error, rel=0.01)


def test_bars_are_drawn_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    with Bars() as bars:
        for epoch in (1, 2):
            bars(PretrainingStep("linear1", epoch, 2, f"error {epoch}"))
    assert "linear1" in capsys.readouterr().err


def test_the_first_words_come_before_torch_is_loaded(process, no_torch):
    done = process("-m", "layerwise", "pretrain", path=[no_torch])
    first = "layerwise pre-trains 200,100,10 units on digits, layer by layer ...\n"
    assert done.err == f"{first}torch is loaded PASSIVE\n"


def test_supervised_it_writes_no_autoencoder_and_says_where_labels_are_missing(cli, tmp_path):
    asked = ("pretrain", "--objective", "supervised", "--widths", "8,3", "--epochs", "1", "--quiet")
    done = cli(*asked, "--output", str(tmp_path / "out"))
    assert done.code == 0
    assert done.out.splitlines()[-1] == f"Networks: {tmp_path / 'out' / 'pretrained.safetensors'}"
    table = tmp_path / "rows.csv"
    table.write_text("a,b\n1,2\n3,4\n5,6\n2,1\n")
    without = cli(*asked, "--data", str(table))
    assert without.code != 0
    assert "exactly one column must be called target, label, class or y" in without.err
