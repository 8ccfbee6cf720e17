"""What the lecture leaves behind."""

from __future__ import annotations

from layerwise.records import LectureRecord
from layerwise.studies import Result


class Lecture(Result[LectureRecord]):
    """Every claim that was shown; print it for a line each, or for all of one alone."""
