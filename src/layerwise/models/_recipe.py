"""A way to train a network: architecture, pre-training, optimizer, training."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import model_validator

from layerwise._base import InvalidInput, UnknownName
from layerwise.activations import ACTIVATIONS
from layerwise.models._choices import Choices
from layerwise.models._kinds import CHOICES, AnyKind, changed
from layerwise.models._mlp import MLP
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
    architecture: AnyKind = MLP()
    optimizer: Optimizer = Optimizer()
    training: Training = Training()
    pretraining: Pretraining = Pretraining()
    source: str = ""

    @model_validator(mode="after")
    def _dense_where_pretrained(self) -> Recipe:
        if self.architecture.kind == "conv" and self.pretraining.wanted:
            raise InvalidInput(
                f"`pretraining` of {self.name!r} must be 'none' where `kind` is 'conv'",
                got=self.pretraining.pretraining,
                cure="`layerwise.pretrain` takes convolutions: hand it the network, `build(recipe, ...)`.",
            )
        return self

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
        """Return the choices in which the two differ: name to (mine, theirs), None where a kind has no such choice."""
        mine, theirs = self.flat(), other.flat()
        names = [name for name in mine | theirs if mine.get(name) != theirs.get(name)]
        return {name: (mine.get(name), theirs.get(name)) for name in names}

    def replace(self, **choices: Any) -> Recipe:
        """Return a copy with these choices; `name` and `source` too. Raises `UnknownName` for a name that is none."""
        values: dict[str, Any] = {key: choices.pop(key) for key in ("name", "source") if key in choices}
        values["architecture"] = changed(self.architecture, _taken(choices, CHOICES))
        for part in _PARTS[1:]:
            old = getattr(self, part)
            values[part] = type(old)(**(dict(old) | _taken(choices, type(old).model_fields)))
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


_PARTS = ("architecture", "optimizer", "training", "pretraining")


def _taken(choices: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Take those of `names` out of `choices`."""
    return {name: choices.pop(name) for name in names if name in choices}


def _unknown_choice(name: str) -> UnknownName:
    from layerwise._base import Registry

    known = Registry("choice of a recipe", dict.fromkeys([*CHOICES, *Recipe().flat()]))
    try:
        known[name]
    except UnknownName as error:
        return error
    raise AssertionError(name)  # pragma: no cover
