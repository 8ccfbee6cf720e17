"""Module 9.5 of the lecture: batch normalization."""

from layerwise.lecture.batchnorm._careless import careless
from layerwise.lecture.batchnorm._differentiable import differentiable
from layerwise.lecture.batchnorm._recovers import recovers
from layerwise.lecture.batchnorm._shift import shift
from layerwise.lecture.batchnorm._two_layers import two_layers

CLAIMS = (differentiable, recovers, shift, careless, two_layers)

__all__ = ["CLAIMS"]
