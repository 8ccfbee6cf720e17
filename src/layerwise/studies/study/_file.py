"""A study in a file: YAML, JSON or Python."""

from __future__ import annotations

import re
import runpy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layerwise._base import InvalidInput, Text
from layerwise.models import PRESETS, read_recipe
from layerwise.studies.study._study import Study

if TYPE_CHECKING:
    from yaml import Node

# To YAML 1.1, which PyYAML reads, 1e-3 is text: a number must have a point. People and JSON write it without.
_FLOAT = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+")


def read_study(path: str | Path) -> Study:
    """Return the study that a file holds: YAML or JSON with the fields of `Study`, or Python that makes `study`.

    Without `name` it is called as the file. Recipe files among the arms, and data, are looked for beside it. A Python
    file is run.

    Raises:
        InvalidInput: there is no such file, it can't be read, or a value breaks a rule, which comes with its line.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "rates.yaml")
        ...     _ = path.write_text('''
        ... question: Does a larger rate do better?
        ... prediction: Yes.
        ... decision: {better: learning_rate=0.1, than: learning_rate=0.001}
        ... grid: {learning_rate: [0.1, 1e-3]}
        ... data: circles
        ... ''')
        ...     [recipe.name for recipe in read_study(path).recipes]
        ['learning_rate=0.1', 'learning_rate=0.001']
    """
    path = Path(path)
    return _from_python(path) if path.suffix == ".py" else _from_yaml(path, _content(path))


def _from_python(path: Path) -> Study:
    _content(path)
    try:
        found = runpy.run_path(str(path)).get("study")
    except InvalidInput:
        raise
    except Exception as error:
        said = Text(f"{type(error).__name__}: {error}")
        raise InvalidInput(f"The study file '{path}' must be Python that runs", got=said) from error
    if not isinstance(found, Study):
        raise InvalidInput(f"The study file '{path}' must make a Study with the name `study`", got=found)
    return found


def _from_yaml(path: Path, text: str) -> Study:
    node, values = _parsed(path, text)
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise InvalidInput(
            f"The study file '{path}' must hold lines of the form `field: value`",
            got=Text("nothing" if values is None else f"{values!r:.60}"),
            cure="`layerwise study schema` lists the fields.",
        )
    try:
        return Study(**({"name": path.stem} | _beside(values, path.parent)))
    except InvalidInput as error:
        line = _line(node, error.place)
        raise InvalidInput(f"{path}, line {line}: {error}" if line else f"{path}: {error}") from None


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InvalidInput(f"There must be a study file '{path}'", cure="There is none; is the path right?") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InvalidInput(f"The study file '{path}' must be readable text in UTF-8", got=Text(reason)) from None


def _parsed(path: Path, text: str) -> tuple[Node | None, Any]:
    import yaml

    loader = _loader()(text)
    try:
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: the 13th month, for one
        reason = " ".join(str(error).replace('in "<unicode string>", ', "").split())
        raise InvalidInput(f"The study file '{path}' must be YAML or JSON", got=Text(reason)) from None
    finally:
        loader.dispose()


@cache
def _loader() -> Any:
    """Return a safe loader that takes 1e-3 for a number, and a key that comes twice for a mistake."""
    import yaml

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 its name
            keys = [key.value for key, _ in node.value]
            twice = next((key for key, _ in node.value if keys.count(key.value) > 1), None)
            if twice is not None:
                raise yaml.MarkedYAMLError(problem=f"`{twice.value}` comes twice", problem_mark=twice.start_mark)
            found: dict[Any, Any] = super().construct_mapping(node, deep)
            return found

    Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789"))
    return Loader


def _beside(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the fields with the recipe files among the arms read, and the data's file found."""
    found = dict(values)
    if isinstance(arms := found.get("arms"), list):
        found["arms"] = [_arm(arm, folder) for arm in arms]
    if isinstance(source := found.get("data"), str) and Path(source).suffix and (folder / source).exists():
        found["data"] = str(folder / source)
    return found


def _arm(arm: Any, folder: Path) -> Any:
    is_file = isinstance(arm, str) and arm not in PRESETS and Path(arm).suffix in (".yaml", ".yml", ".json")
    return read_recipe(folder / arm) if is_file else arm


def _line(node: Any, place: tuple[str | int, ...]) -> int | None:
    """Return the line of the value that `place` leads to, or of the last thing on the way that is there."""
    import yaml

    line = None
    for step in place:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == step), None)
            if pair is None:
                return line
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            return line
    return line
