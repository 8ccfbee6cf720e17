"""What each layer of weights is to be set to, from what it reads and what follows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from layerwise._base import InvalidInput
from layerwise.activations import moments
from layerwise.initializers._network import Network, bias_of
from layerwise.initializers._point import LINEAR, Point, gain_point
from layerwise.tracing import Call, Function, Link

PointOf = Callable[[Function, int, bool], Point]
"""From an activation, the depth, and whether layers have biases, to where its layers are to work."""

_MEETINGS = {
    "add": "a sum of two signals (`fixup_`, `skip_init_`, `re_zero_` and `scale_branches_` see to those)",
    "multiply": "a product of two signals",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What a layer is to be set to.

    Attributes:
        link: The layer.
        weight_variance: Of its weights, times fan_in.
        bias_variance: Of its biases.
        centered: Whether the weights of a unit sum to 0.
        why: In words.
    """

    link: Link
    weight_variance: float
    bias_variance: float
    centered: bool
    why: str


@dataclass(frozen=True, slots=True)
class _Signal:
    """What weights read where it is no activation: its mean square, and in words."""

    square: float
    words: str


class Settings:
    """The settings of all layers of a network, in the order of execution.

    Weights belong to the activation f that they read, and bring what they give to the mean square q at which the
    activation that follows is to work:

        weight_variance = 1 / E f'^2,  bias_variance = q - weight_variance E f^2

    The first layers bring the inputs' measured mean square there; the last ones, and gates, give outputs of mean
    square 1. Where biases would need a variance below 0, there are none, and the weights alone bring the signal to q.
    """

    def __init__(self, network: Network, point_of: PointOf, activation: Function | None = None) -> None:
        self._network, self._point_of, self._given = network, point_of, activation
        self._points: dict[tuple[Function, bool], Point] = {}
        self._with_biases = all(bias_of(network, link) for link in network.links if self._carries(link))

    def __iter__(self) -> Iterator[Setting]:
        """Yield the settings in the order of execution."""
        return map(self._setting, self._network.links)

    def _carries(self, link: Link) -> bool:
        """Whether the signal's size is in the hands of this layer and those after it."""
        return bool(link.next) and link.normalizer is None and not self._network.is_gate(link)

    def _point(self, link: Link) -> Point | None:
        """Return where the activation of a layer is to work; None for the last layers and for gates."""
        if not link.next or self._network.is_gate(link):
            return None
        activation = self._given or link.activation or LINEAR
        key = activation, link.normalizer is not None
        if key not in self._points:
            self._points[key] = self._made(*key)
        return self._points[key]

    def _made(self, activation: Function, is_normalized: bool) -> Point:  # noqa: FBT001
        try:
            moments(activation)
        except InvalidInput as error:
            if self._given is not None:
                raise
            why = f"the rule 1 / fan_in, as the activation's means can't be computed ({error})"
            return Point("an activation", 1.0, 1.0, 1.0, centered=False, why=why)
        if is_normalized:
            return gain_point(activation)
        return self._point_of(activation, self._network.depth, self._with_biases)

    def _setting(self, link: Link) -> Setting:
        aim, read = self._point(link), self._read(link.weights)
        if isinstance(read, _Signal):
            return _from_signal(link, aim, read)
        if _first_of(link) == "normalizer":
            return Setting(link, read.weight_variance, 0.0, read.centered, f"{read.why}; a normalizer follows")
        return _from_point(link, aim, read)

    def _read(self, weights: Call) -> Point | _Signal:
        source = self._network.source(weights)
        last = _last_of(source) if isinstance(source, Link) else ""
        point = self._point(source) if isinstance(source, Link) else None
        if point is not None and last not in _MEETINGS:
            return point
        square = self._network.squares.get(weights.index)
        if square is not None:
            return _Signal(square, f"the input's mean square of {square:.4g}")
        if isinstance(source, Call) and source.kind == "embedding":
            square = self._network.row_square(source.parameters[0])
            return _Signal(square, f"an embedding's mean square of {square:.4g}")
        kind = source.kind if isinstance(source, Call) else last
        words = _MEETINGS.get(kind, f"what `{source.operation}` gives" if isinstance(source, Call) else "what it reads")
        return _Signal(1.0, f"{words}, taken to have mean square 1,")


def _from_signal(link: Link, aim: Point | None, read: _Signal) -> Setting:
    normalized = _first_of(link) == "normalizer"
    biases = 0.0 if aim is None or normalized else aim.bias_variance
    q = 1.0 if aim is None or normalized else aim.q
    why = f"brings {read.words} to {_aim(link, aim)}"
    return Setting(link, (q - biases) / (read.square or 1.0), biases, centered=False, why=why)


def _from_point(link: Link, aim: Point | None, read: Point) -> Setting:
    q = 1.0 if aim is None else aim.q
    biases = q - read.weight_variance * read.square
    if aim is None or biases < -1e-9 * q:
        why = f"brings what {read.name} gives to {_aim(link, aim)}"
        return Setting(link, q / read.square, 0.0, read.centered, why)
    return Setting(link, read.weight_variance, max(biases, 0.0), read.centered, read.why)


def _aim(link: Link, aim: Point | None) -> str:
    if aim is None:
        return "mean square 1" + ("" if link.next else " at the outputs")
    if _first_of(link) == "normalizer":
        return "mean square 1; a normalizer follows"
    return f"q = {aim.q:.4g} for {aim.name}"


def _first_of(link: Link) -> str:
    return next(iter(_events(link)), "")


def _last_of(link: Link) -> str:
    return next(reversed(_events(link)), "")


def _events(link: Link) -> list[str]:
    """Return what sets the signal's size between weights and their activation: normalizers, sums, products."""
    return [call.kind for call in link.before if call.kind == "normalizer" or len(call.sources) > 1]
