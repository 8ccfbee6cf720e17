"""Since then: what the lecture's last slides name, tried on the same data."""

from layerwise.lecture.since._methods import methods
from layerwise.lecture.since._normalizers import normalizers
from layerwise.lecture.since._regularizers import regularizers
from layerwise.lecture.since._starts import starts

CLAIMS = (methods, regularizers, starts, normalizers)

__all__ = ["CLAIMS"]
