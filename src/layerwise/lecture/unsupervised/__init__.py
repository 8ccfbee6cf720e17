"""Module 9.2 of the lecture: unsupervised pre-training."""

from layerwise.lecture.unsupervised._capacity import capacity
from layerwise.lecture.unsupervised._constraint import constraint
from layerwise.lecture.unsupervised._landscape import landscape
from layerwise.lecture.unsupervised._robust import robust
from layerwise.lecture.unsupervised._stacked import stacked
from layerwise.lecture.unsupervised._start import start
from layerwise.lecture.unsupervised._unrolled import unrolled

CLAIMS = (stacked, unrolled, capacity, constraint, robust, landscape, start)

__all__ = ["CLAIMS"]
