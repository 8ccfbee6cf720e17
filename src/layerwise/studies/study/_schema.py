"""The JSON schema of a study file, for editors."""

from __future__ import annotations

from typing import Any

from layerwise.models import PRESETS
from layerwise.studies.study._study import Study

_PARTS = ("architecture", "optimizer", "training", "pretraining")


def study_schema() -> dict[str, Any]:
    """Return the JSON schema of a study file in YAML or JSON.

    Example:
        >>> sorted(study_schema()["required"])
        ['data', 'decision', 'prediction', 'question']
    """
    schema = Study.model_json_schema()
    fields, choices = schema["properties"], _choices(schema)
    named = {"type": "string", "description": "What the arm is called."}
    preset = {"enum": list(PRESETS), "description": "The recipe to start from."}
    short = {"name": named, "source": {"type": "string"}, "preset": preset, **choices}
    of_arm = [
        {"enum": list(PRESETS)},
        {"type": "string", "pattern": r"\.(ya?ml|json)$"},
        {"type": "object", "properties": short, "additionalProperties": False},
        {"$ref": "#/$defs/Recipe"},
    ]
    fields["arms"] = {"type": "array", "items": {"anyOf": of_arm}, "minItems": 1}
    values = {name: {"type": "array", "items": one, "minItems": 1} for name, one in choices.items()}
    fields["grid"] = {"type": "object", "properties": values, "additionalProperties": False}
    fields["seeds"] = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "array", "items": {"type": "integer"}}]}
    fields["data"] = {"anyOf": [{"type": "string"}, fields["data"]]}
    rule = {"$ref": "#/$defs/Decision"}
    fields["decision"] = {"anyOf": [rule, {"type": "array", "items": rule, "minItems": 1}]}
    fields["max_time"] = {"anyOf": [{"type": "string"}, {"type": "number"}]}
    rates = {"type": "array", "items": {"type": "number", "exclusiveMinimum": 0}, "minItems": 1}
    fields["learning_rates"] = {"anyOf": [{"const": "search"}, rates, {"type": "null"}]}
    than = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    schema["$defs"]["Decision"]["properties"]["than"] = than
    schema["required"] = [name for name in schema["required"] if name != "name"]
    return schema


def _choices(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of every choice of a recipe by its flat name, those of all kinds of architecture together."""
    parts = schema["$defs"]["Recipe"]["properties"]
    kinds = [kind for part in _PARTS for kind in _kinds(parts[part])]
    named = [(name, one) for kind in kinds for name, one in schema["$defs"][kind]["properties"].items()]
    both: dict[str, list[Any]] = {}
    for name, one in named:
        both.setdefault(name, []).append({key: value for key, value in one.items() if key != "default"})
    return {name: ones[0] if len(ones) == 1 else {"anyOf": ones} for name, ones in both.items()}


def _kinds(part: Any) -> list[str]:
    """Return the names of the records that a part may be."""
    if isinstance(part, dict):
        if "$ref" in part:
            return [part["$ref"].rpartition("/")[2]]
        return [name for key in ("anyOf", "oneOf", "allOf") for one in part.get(key, []) for name in _kinds(one)]
    return []
