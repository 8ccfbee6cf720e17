"""When a prediction counts as true: said before anything runs, and read off the records alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator

from layerwise._base import InvalidInput, finite, non_negative
from layerwise.models import Choices, checked, optional

OTHERS = "others"


def _names(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _level(name: str, value: object) -> float:
    if not 0 < finite(name, value) < 1:
        raise InvalidInput(f"`{name}` must lie between 0 and 1", got=value, cure="The usual level is 0.05.")
    return finite(name, value)


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Number = Annotated[float | None, checked(optional(finite))]


class Decision(Choices):
    """One rule, in one of four forms.

    * `better: A` with `than: B`, several, or `others`: A beats each of them, paired by seed, by more than `by`, with a
      p-value below `at` after Holm's correction over all pairs of the study.
    * `arm: A` with `at_least` or `at_most`: the 95% interval of `of` lies on that side.
    * `alike: [A, B]` with `within`: the 95% interval of their difference lies within so much of 0.
    * `words`: a rule that somebody else reads off the records; the study's own verdict stays open.

    Attributes:
        better, than, by, at: of the first form.
        arm, of, at_least, at_most: of the second; `of` is the mean or the median over seeds of the study's metric, or
            the share of seeds that `trained`.
        alike, within: of the third.
        words: the fourth.

    Example:
        >>> str(Decision(better="batchnorm", than="plain"))
        'batchnorm is better than plain: p below 0.05 after Holm, paired by seed'
    """

    better: str | None = None
    than: Names = ()
    by: Annotated[float, checked(non_negative)] = 0.0
    at: Annotated[float, checked(_level)] = 0.05
    arm: str | None = None
    of: Literal["mean", "median", "trained"] = "mean"
    at_least: Number = None
    at_most: Number = None
    alike: tuple[str, ...] = ()
    within: Annotated[float | None, checked(optional(non_negative))] = None
    words: str = ""

    @model_validator(mode="after")
    def _one_form(self) -> Decision:
        forms = {
            "better": self.better is not None and bool(self.than),
            "arm": self.arm is not None and (self.at_least is None) != (self.at_most is None),
            "alike": len(self.alike) == 2 and self.within is not None,
            "words": bool(self.words.strip()),
        }
        begun = [self.better is not None or bool(self.than), self.arm is not None, bool(self.alike), bool(self.words)]
        if sum(forms.values()) != 1 or sum(begun) != 1:
            given = sorted(self.model_fields_set)
            raise InvalidInput(
                "A decision must be `better` with `than`, or `arm` with `at_least` or `at_most`, or `alike` (two arms) "
                "with `within`, or `words`",
                got=given,
                cure="For instance `better: batchnorm` and `than: plain`.",
            )
        return self

    def others(self, arms: Sequence[str]) -> tuple[str, ...]:
        """Return the arms that `better` is held against."""
        return tuple(arm for arm in arms if arm != self.better) if self.than == (OTHERS,) else self.than

    def named(self) -> tuple[str, ...]:
        """Return the arms that the rule names."""
        one = [name for name in (self.better, self.arm) if name is not None]
        return (*one, *(name for name in self.than if name != OTHERS), *self.alike)

    def __str__(self) -> str:
        if self.words:
            return self.words
        if self.better is not None:
            margin = f" by more than {self.by:g}" if self.by else ""
            than = "all others" if self.than == (OTHERS,) else " and ".join(self.than)
            return f"{self.better} is better than {than}{margin}: p below {self.at:g} after Holm, paired by seed"
        if self.arm is not None:
            what = "share of seeds that trained" if self.of == "trained" else f"{self.of} over seeds"
            limit = f"{self.at_least:g} or above" if self.at_most is None else f"{self.at_most:g} or below"
            return f"{self.arm}: the 95% interval of the {what} lies at {limit}"
        return f"{' and '.join(self.alike)} differ by no more than {self.within:g}: so says the 95% interval"
