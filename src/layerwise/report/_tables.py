"""The smaller tables of the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from layerwise.records import ComparisonRecord, PretrainingRecord, StudyRecord, TrainabilityRecord
from layerwise.report import _numbers as numbers
from layerwise.report._verdict import anything_learnt, ordered_pairs, ranked, told_apart

MOST_PAIRS = 300
OnOneSet = ComparisonRecord | TrainabilityRecord | PretrainingRecord | StudyRecord


def trained_means(record: ComparisonRecord) -> str:
    """Return what "trained" means in this comparison, with its numbers."""
    metric = numbers.metric_of(record)
    if not anything_learnt(record):
        return f"No arm is above guessing ({metric.full(record.chance)}), so no seed counts as trained."
    return (
        f"A seed counts as trained if its {metric.name} is at least {metric.full(record.trained_at)}: halfway from "
        f"guessing ({metric.full(record.chance)}) to the best arm's median."
    )


def pair_groups(record: ComparisonRecord) -> list[list[dict[str, str]]]:
    """Return every pair, the better arm first, in one group for each first arm; of very many, the first group."""
    groups = [list(group) for _, group in groupby(_pairs(record), key=lambda pair: pair["a"])]
    return groups if len(record.pairs) <= MOST_PAIRS else groups[:1]


def _pairs(record: ComparisonRecord) -> list[dict[str, str]]:
    metric = numbers.metric_of(record)
    return [
        {
            "a": pair.a,
            "b": pair.b,
            "difference": metric.difference(pair.difference),
            "interval": f"{metric.difference(pair.low)} to {metric.difference(pair.high)}",
            "p": numbers.p_value(pair.p_value),
            "n": str(pair.n),
            "apart": "yes" if told_apart(pair) else "",
        }
        for pair in ordered_pairs(record)
    ]


def recipe_table(record: ComparisonRecord) -> tuple[dict[str, list[str]], str]:
    """Return the choices that differ between arms, as columns in the order of `ranked`, and those that are shared."""
    flat = [dict(_flat(arm.recipe)) for arm in ranked(record)]
    keys = list(dict.fromkeys(key for one in flat for key in one if key not in ("name", "optimizer.learning_rate")))
    columns = {key: [one.get(key, "–") for one in flat] for key in keys}
    differing = {_last(key, keys): column for key, column in columns.items() if len(set(column)) > 1}
    shared = {_last(key, keys): column[0] for key, column in columns.items() if len(set(column)) == 1}
    return differing, ", ".join(f"{key} {value}" for key, value in shared.items())


def ground_rows(record: ComparisonRecord) -> list[tuple[str, tuple[str, ...]]]:
    """Return what the comparison stands on: data, parts, scaling, seeds, machine, versions, command, notes."""
    outputs = "classes" if "accuracy" in record.metric else "outputs"
    seeds = f"{ranges(record.seeds)}; for the search {ranges(record.search_seeds) or 'none'}"
    return study_rows(record, outputs, seeds) + ([("Notes", record.notes)] if record.notes else [])


def study_rows(record: OnOneSet, outputs: str, seeds: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return what any study stands on: data, parts, scaling, seeds, machine, versions, command."""
    data = record.data
    rows = [
        ("Data", f"{data.name}: {data.source}"),
        ("Parts", f"{data.n_train:,} to train on, {data.n_validation:,} to choose with, {data.n_test:,} to test on"),
        ("Shape", f"{data.n_features:,} features, {data.n_outputs:,} {outputs}"),
        ("Scaling", data.scaling),
        ("Seeds", seeds),
        ("Device", record.device),
        ("Time", f"{numbers.seconds(record.seconds)} seconds in all"),
        ("Versions", ", ".join(f"{name} {version}" for name, version in record.versions.items())),
        ("Command", record.command),
    ]
    return [(name, (text,)) for name, text in rows if text]


def _flat(recipe: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in recipe.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, "none" if value is None else str(value)


def _last(key: str, keys: Sequence[str]) -> str:
    """Return the last part of a dotted key, if no other key ends in it."""
    last = key.rpartition(".")[2]
    alone = sum(other.rpartition(".")[2] == last for other in keys) == 1
    return (last if alone else key).replace("_", " ")


def ranges(numbers_: Sequence[int]) -> str:
    """Return "100 to 129, 7" for many numbers."""
    parts: list[list[int]] = []
    for number in sorted(numbers_):
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]} to {part[-1]}" for part in parts)
