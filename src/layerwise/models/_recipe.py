"""A way to train a network: architecture, pre-training, optimizer, training."""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from layerwise._base import InvalidInput, UnknownName
from layerwise.activations import ACTIVATIONS
from layerwise.models._architecture import MLP
from layerwise.models._choices import Choices
from layerwise.models._optimizer import Optimizer
from layerwise.models._pretraining import Pretraining
from layerwise.models._training import Training


class Recipe(Choices):
    """Every choice that decides how a network is built and trained, in four small records.

    Attributes:
        name: what the arm is called; no part of what it does.
        architecture, optimizer, training, pretraining: the choices.
        source: where the recipe comes from.

    Example:
        >>> a = Recipe(name="plain")
        >>> b = a.replace(activation="tanh", learning_rate=0.01)
        >>> a.diff(b)
        {'activation': ('relu', 'tanh'), 'learning_rate': (0.1, 0.01)}
    """

    name: str = "recipe"
    architecture: MLP = MLP()
    optimizer: Optimizer = Optimizer()
    training: Training = Training()
    pretraining: Pretraining = Pretraining()
    source: str = ""

    @model_validator(mode="after")
    def _units_that_can_be_contractive(self) -> Recipe:
        name = self.architecture.activation
        if self.pretraining.pretraining == "contractive" and ACTIVATIONS[name].pieces_default != 1:
            raise InvalidInput(
                "`activation` must make each unit of one pre-activation where `pretraining` is 'contractive'",
                got=name,
                cure="Its Jacobian has no such closed form; 'denoising' does much the same without it.",
            )
        return self

    def flat(self) -> dict[str, Any]:
        """Return every choice by its own name (no two of the four records share one)."""
        return {name: value for part in _PARTS for name, value in getattr(self, part)}

    def diff(self, other: Recipe) -> dict[str, tuple[Any, Any]]:
        """Return the choices in which the two differ: name to (mine, theirs)."""
        mine, theirs = self.flat(), other.flat()
        return {name: (mine[name], theirs[name]) for name in mine if mine[name] != theirs[name]}

    def replace(self, **choices: Any) -> Recipe:
        """Return a copy with these choices; `name` and `source` too. Raises `UnknownName` for a name that is none."""
        values: dict[str, Any] = {key: choices.pop(key) for key in ("name", "source") if key in choices}
        if isinstance(choices.get("depth"), int) and "width" not in choices:
            choices["width"] = self._one_width()
        for part in _PARTS:
            old = getattr(self, part)
            fields = {name: choices.pop(name) for name in list(choices) if name in type(old).model_fields}
            kept = dict(old) if "width" not in fields else {k: v for k, v in old if k != "depth"} | _depth(old, fields)
            values[part] = type(old)(**(kept | fields))
        if choices:
            raise _unknown_choice(next(iter(choices)))
        return Recipe(**({"name": self.name, "source": self.source} | values))

    def structure(self) -> Recipe:
        """Return what must be equal for two recipes to share a batch: all but the numbers each member has of its own.

        Example:
            >>> Recipe(name="a").structure() == Recipe(name="b").replace(learning_rate=1.0, l2=0.1).structure()
            True
        """
        own = {"initializer": "zeros", "scale": None, "learning_rate": 1.0, "l2": 0.0, "l1": 0.0, "clip_norm": None}
        if self.architecture.bias != "none":
            own |= {"bias": 0.0, "bias_std": 0.0}
        return self.replace(name="", source="", **own)

    def n_pretraining_steps(self, n_rows: int) -> int:
        """Return the updates of pre-training on `n_rows`, all layers together.

        Example:
            >>> Recipe().replace(depth=3, pretraining="rbm", pretraining_epochs=5).n_pretraining_steps(320)
            150
        """
        return self.architecture.depth * self.pretraining.n_batches(n_rows, self.training.batch_size)

    def __str__(self) -> str:
        before = f"; pre-trained: {self.pretraining}" if self.pretraining.wanted else ""
        return f"{self.name}: {self.architecture}{before}; {self.optimizer}; {self.training}"

    def _one_width(self) -> int:
        width = self.architecture.width
        if isinstance(width, tuple) and len(set(width)) > 1:
            raise InvalidInput(
                "`depth` can't change alone where hidden layers differ in width", cure="Give `width` too."
            )
        return width[0] if isinstance(width, tuple) else width


_PARTS = ("architecture", "optimizer", "training", "pretraining")


def _depth(old: MLP, fields: dict[str, Any]) -> dict[str, Any]:
    """A new scalar width keeps the depth; a tuple brings its own."""
    return {} if isinstance(fields["width"], list | tuple) else {"depth": old.depth}


def _unknown_choice(name: str) -> UnknownName:
    from layerwise._base import Registry

    known = Registry("choice of a recipe", dict.fromkeys(Recipe().flat()))
    try:
        known[name]
    except UnknownName as error:
        return error
    raise AssertionError(name)  # pragma: no cover
