"""Module 9.3 of the lecture: activation functions."""

from layerwise.lecture.units._cost import cost
from layerwise.lecture.units._dead_unit import dead_unit
from layerwise.lecture.units._dying import dying
from layerwise.lecture.units._elu import elu
from layerwise.lecture.units._league import league
from layerwise.lecture.units._leaky import leaky
from layerwise.lecture.units._linear import linear
from layerwise.lecture.units._maxout import maxout
from layerwise.lecture.units._one_sign import one_sign
from layerwise.lecture.units._rectified import two_relus
from layerwise.lecture.units._saturation import saturation
from layerwise.lecture.units._sigmoidal import sigmoid, tanh
from layerwise.lecture.units._speed import speed

CLAIMS = (
    linear,
    sigmoid,
    saturation,
    one_sign,
    cost,
    tanh,
    two_relus,
    speed,
    dead_unit,
    dying,
    leaky,
    elu,
    maxout,
    league,
)

__all__ = ["CLAIMS"]
