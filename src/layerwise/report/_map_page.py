"""What stands on the page of a map of trainability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from layerwise.records import TrainabilityRecord
from layerwise.report import _charts
from layerwise.report import _numbers as numbers
from layerwise.report._map_sentences import depth, follows, map_sentences, measured, ratio
from layerwise.report._page import Section
from layerwise.report._tables import ranges, study_rows


@dataclass(frozen=True)
class MapPage:
    """Everything the template of a map needs, as text that is ready to be escaped."""

    title: str
    summary: Sequence[str]
    sections: Sequence[Section]
    columns: Sequence[dict[str, str]]
    ground: Sequence[tuple[str, Sequence[str]]]
    names: Sequence[str] = ()
    left_out: Sequence[str] = ()


def map_page(record: TrainabilityRecord) -> MapPage:
    """Return the page that shows `record`."""
    return MapPage(
        title=f"Which depths of {record.activation} networks train on {record.data.name}",
        summary=[sentence.replace("xi_c", "ξc") for sentence in map_sentences(record)],
        sections=_sections(record),
        columns=[
            {
                "variance": f"{column.weight_variance:g}",
                "phase": column.phase,
                "xi": numbers.significant(column.xi_c) if column.xi_c < float("inf") else "no end",
                "predicted": depth(column.predicted),
                "measured": measured(record, column.measured),
                "ratio": ratio(column),
                "lost": measured(record, column.lost),
            }
            for column in record.columns
        ],
        ground=study_rows(record, "classes", ranges(record.seeds)),
    )


def _sections(record: TrainabilityRecord) -> list[Section]:
    found = record.trained
    title = "Training accuracy by depth and weight variance"
    if found is not None:
        verb = "follows" if follows(found) else "does not follow"
        title = f"The depth that trains {verb} ξc: half is lost at {found.factor:.1f} ξc, where theory's rule is 6 ξc"
    return [
        Section("map", "The map",
                "Every cell is a network of that depth, its weights drawn with that variance. Bright cells have "
                "learnt, dark ones guess.", (_charts.map_figure(record, title),), layout="one"),
        Section("columns", "Weight variance by weight variance",
                "The ordered phase lies left of the critical line: inputs become alike. The chaotic one lies right of "
                "it: similar inputs part.", table="columns"),
        Section("ground", "What this stands on", "", table="ground"),
    ]  # fmt: skip
