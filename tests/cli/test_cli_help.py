"""Help, versions, pages of rules and presets: at once, without torch, at 80 columns."""

from __future__ import annotations

import inspect
import sys

import pytest

from layerwise import studies
from layerwise.cli import _compare, _options
from layerwise.models import PRESETS, Recipe
from layerwise.rules import RULES

COMMANDS = (
    "compare",
    "map",
    "pretrain",
    "lecture",
    "report",
    "explain",
    "presets",
    "activations",
    "initializers",
    "normalizers",
    "theory",
    "predict",
    "study",
)
OF_STUDIES = ("run", "resume", "list", "show", "compare", "export", "schema")
HELPS = (["--help"], *([command, "--help"] for command in COMMANDS))
HELPS += tuple(["study", command, "--help"] for command in OF_STUDIES)
# All that `compare` takes besides the choices of a recipe.
OWN = ["recipe", "data", "target", "folder", "task", "seeds", "search_seeds", "learning_rate"]
OWN += ["device", "chunk_size", "output", "json_out", "quiet"]
# Every flat choice, a value for it that is not its default, and how it is written on the command line.
GIVEN = {
    "depth": (3, "3"),
    "width": (16, "16"),
    "activation": ("maxout", "maxout"),
    "pieces": (3, "3"),
    "initializer": ("normal", "normal"),
    "scale": (0.5, "0.5"),
    "bias": (0.1, "0.1"),
    "bias_std": (0.2, "0.2"),
    "normalizer": ("batch", "batch"),
    "normalizer_place": ("after_activation", "after_activation"),
    "dropout": (0.25, "0.25"),
    "method": ("adam", "adam"),
    "schedule": ("cosine", "cosine"),
    "warmup": (0.1, "0.1"),
    "momentum": (0.5, "0.5"),
    "beta1": (0.8, "0.8"),
    "beta2": (0.99, "0.99"),
    "epsilon": (1e-6, "1e-6"),
    "l2": (0.01, "0.01"),
    "l1": (0.001, "0.001"),
    "batch_size": (16, "16"),
    "epochs": (7, "7"),
    "loss": ("squared_error", "squared_error"),
    "clip_norm": (1.5, "1.5"),
    "patience": (4, "4"),
    "input_noise": (0.5, "0.5"),
    "pretraining": ("sparse", "sparse"),
    "pretraining_epochs": (3, "3"),
    "pretraining_rate": (0.05, "0.05"),
    "corruption": (0.4, "0.4"),
}

# The same for the choices of convolutions, which the others' architecture has not.
OF_CONV = {
    "kind": ("conv", "conv"),
    "channels": ((8, 4), "8,4"),
    "kernel": (5, "5"),
    "pool": (1, "1"),
    "dense": ((), "none"),
}


def option(name):
    return "--json" if name == "json_out" else "--" + name.replace("_", "-")


def test_the_options_are_the_choices_of_a_recipe():
    parameters = list(inspect.signature(_compare.compare).parameters)
    assert parameters[: len(OWN)] == OWN
    # The learning rate is searched for, and `--learning-rate` is the grid.
    choices = Recipe().flat() | Recipe().replace(kind="conv").flat()
    assert set(parameters[len(OWN) :]) == choices.keys() - {"learning_rate"} == {*GIVEN, *OF_CONV}
    assert set(OWN) == _compare._NOT_CHOICES


@pytest.fixture
def asked(cli, monkeypatch):
    """What `compare` is asked for by a command line; nothing is trained."""

    def ask(*arguments):
        caught = {}

        def spy(recipes, data, **options):
            caught.update(recipes=recipes, data=data, **options)
            raise KeyboardInterrupt

        monkeypatch.setattr("layerwise.studies.compare", spy)
        assert cli("compare", "--quiet", *arguments).code == 130
        return caught

    return ask


def test_every_option_reaches_every_recipe(asked):
    written = [part for name, (_, text) in GIVEN.items() for part in (option(name), text)]
    recipes = asked(*written)["recipes"]
    assert [recipe.name for recipe in recipes] == list(_defaults())
    for recipe in recipes:
        flat = recipe.flat()
        assert {name: flat[name] for name in GIVEN} == {name: value for name, (value, _) in GIVEN.items()}


@pytest.mark.parametrize("name", GIVEN)
def test_every_option_changes_its_choice_alone(asked, name):
    value, text = GIVEN[name]
    further = {"scale": ["--initializer", "normal"], "pieces": ["--activation", "maxout"]}.get(name, [])
    (recipe,) = asked("--recipe", "relu_he_2015", option(name), text, *further)["recipes"]
    changed = PRESETS["relu_he_2015"].diff(recipe)
    assert changed.pop(name)[1] == value
    assert list(changed) == [further[0][2:]] if further else not changed


def test_every_option_of_convolutions_reaches_the_recipe(asked):
    written = [part for name, (_, text) in OF_CONV.items() for part in (option(name), text)]
    (recipe,) = asked("--recipe", "relu_he_2015", *written)["recipes"]
    flat = recipe.flat()
    assert {name: flat[name] for name in OF_CONV} == {name: value for name, (value, _) in OF_CONV.items()}
    assert recipe.architecture.initializer == "he_normal"
    (recipe,) = asked("--recipe", "relu_he_2015", "--kind", "conv", "--channels", "7", "--dense", "9")["recipes"]
    assert recipe.architecture.widths == (7, 9)


def test_a_choice_of_the_other_kind_says_so(cli):
    done = cli("compare", "--quiet", "--recipe", "relu_he_2015", "--channels", "8")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "error: `channels` is a choice of the kind 'conv' and not of 'mlp'. Give `kind` 'conv' too, or one of `depth`, "
        "`width`.\n"
    )


def test_widths_have_commas_between(asked):
    (recipe,) = asked("--recipe", "relu_he_2015", "--width", "32,16,8")["recipes"]
    assert recipe.architecture.widths == (32, 16, 8)


@pytest.mark.parametrize(("text", "value"), [("none", "none"), ("torch_default", "torch_default"), ("-0.5", -0.5)])
def test_a_bias_is_a_number_or_a_word(asked, text, value):
    (recipe,) = asked("--recipe", "relu_he_2015", "--bias", text)["recipes"]
    assert recipe.architecture.bias == value


def test_the_other_options_go_where_they_belong(asked):
    grid = ["--learning-rate", "0.1", "--learning-rate", "0.5"]
    place = ["--device", "cuda:1", "--chunk-size", 5]
    caught = asked("--seeds", 4, "--search-seeds", 2, *grid, *place, "--data", "circles")
    expected = {"seeds": 4, "search_seeds": 2, "learning_rates": [0.1, 0.5], "progress": False}
    expected |= {"device": "cuda:1", "chunk_size": 5}
    assert {name: caught[name] for name in expected} == expected
    assert caught["data"].name == "circles"
    assert caught["command"].startswith("layerwise compare --quiet --seeds 4 --search-seeds 2")


def test_with_no_options_it_is_the_main_job(asked):
    defaults = inspect.signature(studies.compare).parameters
    caught = asked()
    assert caught["recipes"] == [PRESETS[name] for name in _defaults()]
    for name in ("seeds", "search_seeds", "learning_rates", "device"):
        assert caught[name] == defaults[name].default
    assert (caught["seeds"], caught["data"].name, caught["device"]) == (30, "digits", "cpu")


def _defaults():
    from layerwise.studies import DEFAULT_ARMS

    return DEFAULT_ARMS


def test_help_names_every_option(cli):
    done = cli("compare", "--help")
    assert (done.code, done.err) == (0, "")
    for name in inspect.signature(_compare.compare).parameters:
        assert f"  {option(name)} " in done.out
    assert "--no-" not in done.out


def test_help_names_every_command(cli):
    done = cli("--help")
    assert (done.code, done.err) == (0, "")
    for command in COMMANDS:
        assert f"\n  {command} " in done.out


def test_without_a_command_it_helps(cli):
    done = cli()
    assert done.code == 2
    assert "Usage: layerwise [OPTIONS] COMMAND" in done.out + done.err


@pytest.mark.parametrize("arguments", [*HELPS, ["presets"], ["explain"]], ids=str)
def test_no_line_is_longer_than_80_columns(cli, arguments):
    done = cli(*arguments)
    assert done.code == 0
    assert [line for line in done.out.splitlines() if len(line) > 80] == []


def test_it_answers_without_torch(process, no_torch):
    asked = [*HELPS, ["--version"], ["explain", "UNT002"], ["explain"]]
    script = (
        "import sys\n"
        "from layerwise.cli import main\n"
        f"for arguments in {asked}:\n"
        "    sys.argv = ['layerwise', *arguments]\n"
        "    try:\n"
        "        main()\n"
        "    except SystemExit as ended:\n"
        "        print('ended', ended.code)\n"
        "print([name for name in ('torch', 'numpy', 'pandas', 'scipy') if name in sys.modules])\n"
    )
    done = process("-c", script, path=[no_torch])
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines().count("ended 0") == len(asked)
    assert done.out.splitlines()[-1] == "[]"


@pytest.mark.parametrize("arguments", [["--output", "file/below"], ["--width", "wide"], ["--depth", "two"]], ids=str)
def test_what_can_be_refused_without_torch_is(cli, tmp_path, monkeypatch, arguments):
    (tmp_path / "file").touch()
    monkeypatch.setitem(sys.modules, "layerwise.data", None)  # the first room with torch in it that `compare` loads
    done = cli("compare", *arguments)
    assert done.code == 2
    assert "rror: " in done.err.splitlines()[-1]


def test_the_first_words_come_before_torch_is_loaded(process, no_torch):
    done = process("-m", "layerwise", "compare", path=[no_torch])
    assert done.err == "layerwise compares eight ways to train a deep network on digits ...\ntorch is loaded PASSIVE\n"
    assert (done.code, done.out) == (7, "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "eight ways to train a deep network on digits"),
        (["--recipe", "a", "--data", "my.csv"], "1 recipe on my.csv"),
        (["--recipe", "a", "--recipe", "b"], "2 recipes on digits"),
    ],
)
def test_the_first_words_say_what_was_asked_for(cli, monkeypatch, arguments, words):
    monkeypatch.setattr("layerwise.data.load", lambda *_, **__: sys.exit(9))
    assert cli("compare", *arguments) == (9, "", f"layerwise compares {words} ...\n")
    for switch in ("--json", "--quiet"):
        assert cli("compare", *arguments, switch) == (9, "", "")


def test_a_policy_of_the_users_own_is_kept(process, no_torch):
    done = process("-m", "layerwise", "compare", "--quiet", path=[no_torch], OMP_WAIT_POLICY="ACTIVE")
    assert done.err == "torch is loaded ACTIVE\n"


def test_the_version(cli):
    from layerwise import __version__

    assert cli("--version") == (0, f"layerwise {__version__}\n", "")


def test_presets_are_listed_with_their_sources(cli):
    done = cli("presets")
    assert (done.code, done.err) == (0, "")
    words = " ".join(done.out.split())
    for recipe in PRESETS.values():
        assert f"{recipe} {recipe.source}" in words


@pytest.mark.parametrize("code", ["UNT002", "unt002", "Unt002"])
def test_a_rule_is_explained(cli, code):
    done = cli("explain", code)
    assert (done.code, done.err) == (0, "")
    assert "UNT002" in done.out.splitlines()[0]
    assert len(done.out) > 500


@pytest.mark.parametrize("code", list(RULES))
def test_every_rule_has_its_page(cli, code):
    assert code in cli("explain", code).out


def test_without_a_code_all_rules_are_listed(cli):
    lines = cli("explain").out.splitlines()
    assert [line.split()[0] for line in lines] == list(RULES)
    assert all(len(line) <= 80 for line in lines)


def test_an_unknown_rule_gets_near_misses(cli):
    done = cli("explain", "UNT02")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: There is no rule 'UNT02'. Did you mean 'UNT002'")
    assert len(done.err.splitlines()) == 1


def test_the_options_carry_a_help_of_their_own():
    for name in (*GIVEN, *OF_CONV):
        annotated = inspect.signature(_compare.compare, eval_str=True).parameters[name].annotation
        assert annotated.__metadata__[0].help
    assert _options.Depth.__metadata__[0].help == "Hidden layers."
