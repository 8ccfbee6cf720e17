"""A recipe in a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from layerwise._base import InvalidInput, Text
from layerwise.models._presets import preset
from layerwise.models._recipe import Recipe

# To YAML 1.1, which PyYAML reads, 1e-3 is text: a number must have a point. People and JSON write it without.
_NUMBER = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+")


def read_recipe(path: str | Path) -> Recipe:
    r"""Return the recipe in a YAML or JSON file: choices by their flat names, and `preset` to start from.

    Without `name` it is called as the file. Raises `InvalidInput` for a file that is missing or no such list of
    choices, and for whatever `Recipe` refuses.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "deep.yaml")
        ...     _ = path.write_text("preset: relu_he_2015\ndepth: 20\nl2: 1e-4")
        ...     str(read_recipe(path).replace(epochs=3))
        'deep: MLP 20x64 relu, he_normal; sgd 0.1, l2 0.0001; batch 32, 3 epochs, cross_entropy'
    """
    path = Path(path)
    choices = _parse(path, _content(path))
    if not isinstance(choices, dict) or not choices or not all(isinstance(key, str) for key in choices):
        raise InvalidInput(
            f"The recipe file '{path}' must hold lines of the form `choice: value`",
            got=Text("nothing" if choices is None else f"{choices!r:.60}"),
            cure="For instance `preset: relu_he_2015` and `depth: 20`.",
        )
    start = preset(choices.pop("preset")) if "preset" in choices else Recipe()
    return start.replace(**({"name": path.stem} | choices))


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InvalidInput(f"There must be a recipe file '{path}'", cure="There is none; is the path right?") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InvalidInput(f"The recipe file '{path}' must be readable text in UTF-8", got=Text(reason)) from None


def _parse(path: Path, text: str) -> Any:
    import yaml

    try:
        return _numbers(yaml.safe_load(text))
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: the 13th month, for one
        reason = " ".join(str(error).split())
        raise InvalidInput(f"The recipe file '{path}' must be YAML or JSON", got=Text(reason)) from None


def _numbers(choices: Any) -> Any:
    """Return `choices` with numbers such as 1e-3, which the parser leaves as text, read."""
    if not isinstance(choices, dict):
        return choices
    return {key: float(v) if isinstance(v, str) and _NUMBER.fullmatch(v) else v for key, v in choices.items()}
