"""What a study may say, and what its file is told when it says something else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from tiny_study import FIELDS, TINY, tiny

from layerwise._base import InvalidInput, UnknownName
from layerwise.models import PRESETS, Recipe
from layerwise.studies.study import Decision, Study, read_study, study_schema
from layerwise.studies.study._duration import in_words, seconds_of

TEXT = """
question: Does batch normalization help?
prediction: Yes.
data: circles
arms:
  - sigmoid_1986
  - {name: better, preset: sigmoid_1986, normalizer: batch, learning_rate: 1e-3}
seeds: 12
decision: {better: better, than: sigmoid_1986}
"""


@pytest.fixture
def write(tmp_path):
    def put(text, name="normalizers.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return put


def test_a_file_says_it_all(write):
    study = read_study(write(TEXT))
    assert (study.name, study.seeds, study.data.source) == ("normalizers", tuple(range(12)), "circles")
    assert [recipe.name for recipe in study.recipes] == ["sigmoid_1986", "better"]
    assert study.recipes[0] == PRESETS["sigmoid_1986"]
    assert study.recipes[1].optimizer.learning_rate == 1e-3  # YAML 1.1 takes it for text
    assert study.decision == (Decision(better="better", than="sigmoid_1986"),)


def test_the_example_of_the_documentation_is_one(write):
    text = Path(__file__).resolve().parents[2].joinpath("docs", "studies.md").read_text(encoding="utf-8")
    study = read_study(write(text.split("```yaml\n")[1].split("```")[0]))
    assert len(study.recipes) == 4
    assert study.searching
    table = text.split("## What the file says")[1].split("A decision has")[0]
    described = set(re.findall(r"^\| `(.*?)`", table, re.MULTILINE))
    assert "arms" in described
    assert described <= set(Study.model_fields)


def test_json_and_python_say_the_same(write):
    first = read_study(write(TEXT))
    assert read_study(write(json.dumps(yaml.safe_load(TEXT.replace("1e-3", "0.001"))), "normalizers.json")) == first
    script = f"from layerwise.studies.study import Study\nstudy = Study(**{first.model_dump(mode='json')})\n"
    assert read_study(write(script, "any.py")) == first


def test_it_goes_through_json():
    rule = {"arm": "fast width=4", "at_least": 0.5}
    study = tiny(grid={"width": [4, 8]}, decision=rule, learning_rates=[0.1, 0.3], max_time="1h30m", halving=True)
    assert Study.model_validate(json.loads(study.model_dump_json())) == study
    assert study.max_time == 5400


def test_a_grid_crosses_every_arm():
    study = tiny(
        grid={"width": [4, [4, 2]], "learning_rate": [0.1]}, arms=[{"name": "a"}, {"name": "b"}],
        decision={"arm": "a width=4", "at_least": 0.5},
    )  # fmt: skip
    names = [recipe.name for recipe in study.recipes]
    assert names == [f"{a} width={w}" for a in "ab" for w in ("4", "4,2")]
    assert {recipe.optimizer.learning_rate for recipe in study.recipes} == {0.1}  # the same in all: not in the name
    assert [recipe.architecture.widths for recipe in study.recipes[:2]] == [(4,) * Recipe().architecture.depth, (4, 2)]


def test_a_recipe_file_stands_beside_the_study(write):
    write("preset: tanh_large\ndepth: 3\n", "deep.yaml")
    study = read_study(write(TEXT.replace("- sigmoid_1986", "- deep.yaml").replace("than: sigmoid_1986", "than: deep")))
    assert study.recipes[0] == PRESETS["tanh_large"].replace(name="deep", depth=3)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("normalizer: batch", "normalizr: batch", "line 7: There is no choice of a recipe 'normalizr'. Did you mean"),
        ("normalizer: batch", "depth: -1", "line 7: `depth` must be a positive int. Got -1 instead."),
        ("sigmoid_1986\n", "sigmoid_1896\n", "line 6: There is no preset 'sigmoid_1896'. Did you mean 'sigmoid_1986'"),
        ("seeds: 12", "seeds: -1", "line 8: `seeds` must be a positive int. Got -1 instead."),
        ("seeds: 12", "seeds: [1, 1]", "line 8: `seeds` must be a positive int, or different ints"),
        ("seeds: 12", "sedes: 12", "line 8: `sedes` is not a choice of Study. Did you mean `seeds`?"),
        ("better: better", "better: bettr", "line 9: There is no arm 'bettr'. Did you mean 'better'?"),
        ("{better: better, than: sigmoid_1986}", "{better: better}", "line 9: A decision must be `better` with `than`"),
        ("question: Does", "prediction: Does", "`prediction` comes twice"),
        ("data: circles\n", "", "`data` must be given. A Study can't do without."),
        ("prediction: Yes.", "prediction: ' '", "line 3: `prediction` must say something. Got ' ' instead."),
        ("seeds: 12", "metric: accuracy", "`metric` must be a score such as test_accuracy"),
        ("seeds: 12", "learning_rates: [0.1, -1]", "line 8: `learning_rates` must be a positive number. Got -1"),
        ("seeds: 12", "learning_rates: often", "line 8: `learning_rates`"),
        ("seeds: 12", "max_time: soon", "line 8: `max_time` must be a time such as 90s, 30m or 1h30m. Got 'soon'"),
        ("seeds: 12", "grid: {depth: 5}", "line 8: `grid` must map choices of a recipe to lists of their values."),
        ("seeds: 12", "grid: {deep: [5]}", "There is no choice of a recipe 'deep'"),
        ("name: better", "name: sigmoid_1986", "`arms` must be at least one, with names that differ."),
        ("data: circles", "data: [circles", "must be YAML or JSON"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(write, old, new, message):
    assert old in TEXT
    path = write(TEXT.replace(old, new))
    with pytest.raises(InvalidInput) as caught:
        read_study(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("none.yaml", None, "There must be a study file '{}'. There is none; is the path right?"),
        ("empty.yaml", "", "The study file '{}' must hold lines of the form `field: value`. Got nothing instead."),
        ("wrong.py", "study = 3", "The study file '{}' must make a Study with the name `study`. Got 3 instead."),
        ("broken.py", "1 / 0", "must be Python that runs. Got ZeroDivisionError: division by zero instead."),
    ],
)
def test_files_that_are_none(tmp_path, name, text, message):
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with pytest.raises(InvalidInput) as caught:
        read_study(path)
    assert message.format(path) in str(caught.value)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"better": "a", "than": "others", "by": 0.01}, "a is better than all others by more than 0.01"),
        ({"better": "a", "than": ["b", "c"]}, "a is better than b and c: p below 0.05 after Holm, paired by seed"),
        ({"arm": "a", "at_least": 0.9, "of": "trained"}, "a: the 95% interval of the share of seeds that trained"),
        ({"arm": "a", "at_most": 2}, "a: the 95% interval of the mean over seeds lies at 2 or below"),
        ({"alike": ["a", "b"], "within": 0.01}, "a and b differ by no more than 0.01: so says the 95% interval"),
    ],
)
def test_a_rule_in_words(rule, words):
    assert str(Decision(**rule)).startswith(words)


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"better": "a"},
        {"than": "a"},
        {"arm": "a"},
        {"arm": "a", "at_least": 1, "at_most": 2},
        {"alike": ["a", "b"]},
        {"alike": ["a"], "within": 1},
        {"better": "a", "than": "b", "arm": "a", "at_least": 1},
        {"better": "a", "than": "b", "at": 1.5},
        {"better": "a", "than": "b", "by": -1},
    ],
)
def test_rules_that_are_none(rule):
    with pytest.raises(InvalidInput):
        Decision(**rule)


def test_others_must_be_there():
    with pytest.raises(InvalidInput, match="must have others to be held against"):
        tiny(arms=["tanh_large"], decision={"better": "tanh_large", "than": "others"})


def test_seeds_of_the_search_are_not_used_again():
    with pytest.raises(InvalidInput, match=r"`seeds` must be fresh"):
        tiny(learning_rates="search", seeds=[0, 1_000_000])
    assert tiny(seeds=[0, 1_000_000]).searching == ()
    assert tiny(learning_rates="search", search_seeds=2).searching == (1_000_000, 1_000_001)


def test_arms_that_are_none():
    for arms in (3, [3], [{1: 2}]):
        with pytest.raises(InvalidInput):
            tiny(arms=arms)
    with pytest.raises(UnknownName):
        tiny(arms=["tanh"])


@pytest.fixture(scope="module")
def valid():
    return jsonschema.Draft202012Validator(study_schema()).is_valid


def test_the_schema_is_one_and_takes_what_is_right(valid):
    jsonschema.Draft202012Validator.check_schema(study_schema())
    assert valid(yaml.safe_load(TEXT.replace("1e-3", "0.001")))
    assert valid(FIELDS)
    whole = Recipe(name="whole").replace(**TINY).model_dump(mode="json")
    decision = [{"better": "whole", "than": ["others"]}]
    more = {"arms": [whole], "grid": {"depth": [1, 2]}, "decision": decision, "learning_rates": "search"}
    assert valid(FIELDS | more | {"seeds": [1, 2], "max_time": "1h", "data": {"source": "digits"}})


@pytest.mark.parametrize(
    "change",
    [
        {"seeds": "many"},
        {"sedes": 3},
        {"arms": [{"dept": 3}]},
        {"arms": ["no_such_preset"]},
        {"grid": {"dept": [1]}},
        {"decision": {"bettr": "a"}},
    ],
)
def test_the_schema_refuses_what_is_wrong(valid, change):
    assert not valid(FIELDS | change)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("1h30m", 5400), ("2d", 172800), (7.5, 7.5)])
def test_times(text, seconds):
    assert seconds_of("max_time", text) == seconds


@pytest.mark.parametrize("text", ["", "0s", "-3m", "1x", "h", "1.2.3s", 0, -1, True])
def test_times_that_are_none(text):
    with pytest.raises(InvalidInput, match=r"`max_time` must be"):
        seconds_of("max_time", text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (59.6, "1 min"), (60, "1 min"), (3600, "1 h"), (3660, "1 h 1 min"), (86400 * 3 + 60, "3 d")],
)
def test_times_in_words(seconds, words):
    assert in_words(seconds) == words
