"""Module 9.4 of the lecture: how weights begin."""

from layerwise.lecture.weights._constant import equal_weights
from layerwise.lecture.weights._large import large_weights
from layerwise.lecture.weights._relu import relu_factor
from layerwise.lecture.weights._scaled import scaled_weights
from layerwise.lecture.weights._small import small_weights
from layerwise.lecture.weights._variance import variance

CLAIMS = (equal_weights, small_weights, large_weights, variance, scaled_weights, relu_factor)

__all__ = ["CLAIMS"]
