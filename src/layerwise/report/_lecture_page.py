"""What stands on the page of the lecture: its modules, each with its claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from layerwise.records import ClaimRecord, LectureRecord, Table
from layerwise.report import _charts
from layerwise.report import _numbers as numbers
from layerwise.report._budget import within_budget
from layerwise.report._charts import Figure
from layerwise.report._lecture_sentences import lecture_sentences, measured, module_of


@dataclass(frozen=True)
class ClaimView:
    """One claim, as text that is ready to be escaped.

    `groups` are its charts, those of one size together: (layout, charts).
    """

    id: str
    title: str
    verdict: str
    mark: str
    rows: Sequence[tuple[str, str]]
    details: Sequence[tuple[str, str]]
    tables: Sequence[Table]
    groups: Sequence[tuple[str, tuple[Figure, ...]]]
    command: str

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All its charts."""
        return tuple(figure for _, figures in self.groups for figure in figures)


@dataclass(frozen=True)
class LectureSection:
    """A module of the lecture; the template lays its claims out where tables stand."""

    name: str
    title: str
    lead: str
    claims: Sequence[ClaimView]
    figures: tuple[Figure, ...] = ()
    table: str = "claims"
    layout: str = "one"

    @property
    def charts(self) -> tuple[Figure, ...]:
        """Those of its claims."""
        return tuple(figure for claim in self.claims for figure in claim.figures)


@dataclass(frozen=True)
class LecturePage:
    """Everything the template of the lecture needs."""

    title: str
    summary: Sequence[str]
    sections: Sequence[LectureSection]
    ground: Sequence[tuple[str, Sequence[str]]]
    left_out: Sequence[str]
    names: Sequence[str] = ()


ABOUT = (
    "The lecture is CS7015, Deep Learning, lecture 9, by Mitesh M. Khapra. Exact claims are computed on both sides; "
    "experiments compare many seeds, with 95% intervals; what decides stands under each claim."
)

LAYOUTS = {"full": "one", "half": "two", "card": "cards"}
MARKS = {"holds": "yes", "holds if": "partly", "does not hold": "no", "undecided": "open"}


def lecture_page(record: LectureRecord) -> LecturePage:
    """Return the page that shows `record`."""
    views = [_view(claim) for claim in record.claims]
    kept, left_out = within_budget(views)
    shown = [view if view in kept else replace(view, groups=()) for view in views]
    sections = [
        LectureSection(f"module-{k}", f"{number} {title}", lead, list(claims))
        for k, ((number, title, lead), claims) in enumerate(groupby(shown, key=lambda view: module_of(view.id)), 1)
    ]
    return LecturePage(
        title="Training deep networks: the lecture, claim by claim",
        summary=[*lecture_sentences(record), ABOUT],
        sections=sections,
        ground=_ground(record),
        left_out=[f"pictures of {view.id}" for view in left_out],
    )


def _view(claim: ClaimRecord) -> ClaimView:
    sized = [
        (LAYOUTS[picture.size], _charts.picture_figure(picture, f"{claim.id.replace('.', '-').lower()}-{k}"))
        for k, picture in enumerate(claim.pictures)
    ]
    # what is said about a claim that holds everywhere, or is open, is no condition of it
    remark = "Condition" if claim.verdict == "holds if" else "Note"
    rows = [("Claim", claim.statement), ("Found", claim.finding), (remark, claim.condition)]
    details = [
        ("Kind", claim.kind),
        ("Prediction", claim.prediction),
        ("Decision rule", claim.decision_rule),
        ("Measured", measured(claim)),
        ("Source", claim.source),
        ("Time", _time(claim.seconds)),
    ]
    return ClaimView(
        id=claim.id,
        title=claim.title,
        verdict=claim.verdict,
        mark=MARKS[claim.verdict],
        rows=[(name, text) for name, text in rows if text],
        details=details,
        tables=claim.tables,
        groups=[(layout, tuple(figure for _, figure in few)) for layout, few in groupby(sized, key=lambda one: one[0])],
        command=claim.command,
    )


def _time(seconds: float) -> str:
    return f"{numbers.seconds(seconds)} seconds" if seconds >= 0.1 else "less than 0.1 seconds"


def _ground(record: LectureRecord) -> list[tuple[str, Sequence[str]]]:
    rows = [
        ("Data", record.data),
        ("Sizes", "those of the papers" if record.full else "the quick ones"),
        ("Seeds", "each claim's own number" if record.seeds is None else f"{record.seeds} for each experiment"),
        ("Device", record.device),
        ("Time", f"{numbers.seconds(record.seconds)} seconds in all"),
        ("Versions", ", ".join(f"{name} {version}" for name, version in record.versions.items())),
        ("Command", record.command),
    ]
    return [(name, (text,)) for name, text in rows if text]
