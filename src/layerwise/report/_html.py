"""One page of HTML that needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from layerwise.records import LectureRecord, PretrainingRecord, Study, StudyRecord, TrainabilityRecord
from layerwise.report._lecture_page import LecturePage, lecture_page
from layerwise.report._map_page import MapPage, map_page
from layerwise.report._page import Page, page_of
from layerwise.report._pretraining_page import PretrainingPage, pretraining_page
from layerwise.report._study_page import StudyPage, study_page
from layerwise.report._typeset import formula, typeset

if TYPE_CHECKING:
    from jinja2 import Environment

AnyPage = Page | MapPage | PretrainingPage | LecturePage | StudyPage


def render_html(record: Study) -> str:
    """Return a study as one self-contained page: it loads nothing, and its own policy forbids it to.

    Sentences and tables are plain HTML; the charts are Vega-Lite, drawn by the one script bundle inside the page, and
    colored by its style sheet, which knows light, dark and paper. Whatever stands in the record (names of arms, say) is
    shown as text and never run.
    """
    from layerwise.report._charts import N_COLORS

    page, layout = _page(record)
    scripts = {"bundle": _bundle(), "script": _resource("page.js")}
    template = _environment().get_template(layout)
    return template.render(
        page=page,
        n_colors=N_COLORS,
        style=_resource("page.css"),
        charts=_charts_as_json(page),
        policy=_policy(scripts.values()),
        **scripts,
    )


def _page(record: Study) -> tuple[AnyPage, str]:
    """Return what stands on the page of a record, and the template that lays it out."""
    if isinstance(record, TrainabilityRecord):
        return map_page(record), "map.html.j2"
    if isinstance(record, PretrainingRecord):
        return pretraining_page(record), "pretraining.html.j2"
    if isinstance(record, LectureRecord):
        return lecture_page(record), "lecture.html.j2"
    if isinstance(record, StudyRecord):
        return study_page(record), "study.html.j2"
    return page_of(record), "page.html.j2"


def _charts_as_json(page: AnyPage) -> str:
    """Return names and charts as JSON that can stand inside a script element: no "<", so no way out of it."""
    from layerwise.report._charts import CONFIG

    charts = {figure.name: figure.spec for section in page.sections for figure in section.charts}
    text = json.dumps(
        {"arms": page.names, "config": CONFIG, "charts": charts}, allow_nan=False, sort_keys=True, separators=(",", ":")
    )
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _policy(scripts: Iterable[str]) -> str:
    """Return a content security policy: these scripts and no other, no address at all.

    Vega compiles its expressions, hence 'unsafe-eval'; tooltips and widths are styled in place.
    """
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    allowed = f"script-src {hashes} 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


@cache
def _bundle() -> str:
    """Return vega, vega-lite and vega-embed as one script, in the version that altair writes for."""
    import altair as alt
    import vl_convert

    wanted = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    version = wanted if wanted in vl_convert.get_vegalite_versions() else None
    return re.sub(
        r"<(?=/script|!--)",
        r"\\x3c",
        vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", version),
        flags=re.IGNORECASE,
    )


@cache
def _resource(name: str) -> str:
    return files("layerwise.report").joinpath("page", name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("layerwise.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["typeset"] = typeset
    environment.filters["formula"] = formula
    return environment
