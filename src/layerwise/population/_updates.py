"""The optimizers over a seed axis: torch's update formulas, each member with its own rate, decay and clip.

Gradients arrive while back-propagation runs and are used at once, so that a step writes no gradient to memory that it
does not need. Weights are [seed, out, in]; their gradient comes as the product left^T right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from layerwise.population._orthogonal import orthogonal

if TYPE_CHECKING:
    from layerwise.models import Optimizer


class Method:
    """One optimizer for S networks.

    Attributes:
        rate: current learning rate of each member, shape [seed]; changed in place by `advance`.
    """

    def __init__(self, choices: Sequence[Optimizer], like: Tensor) -> None:
        self.choices = choices[0]
        self._members = choices
        self._base_rate = like.new_tensor([choice.learning_rate for choice in choices])
        self.rate = self._base_rate.clone()
        self._l2 = _column([choice.l2 for choice in choices], like)
        self._l1 = _column([choice.l1 for choice in choices], like)
        # One rate for all that never changes is a number: the products then scale by it on their way.
        rates = {choice.learning_rate for choice in choices}
        self._one_rate = rates.pop() if len(rates) == 1 and self.choices.is_constant else None
        self._n_steps = 0

    def advance(self, progress: float) -> None:
        """Set the rates for the step at `progress`, the share of all steps already made."""
        self._n_steps += 1
        if not self.choices.is_constant:
            torch.mul(self._base_rate, self.choices.factor(progress), out=self.rate)

    def finish(self) -> None:
        """Complete the step, once every gradient has arrived."""

    def product(self, weight: Tensor, left: Tensor, right: Tensor) -> None:
        """Step `weight` along left^T right."""
        self.weight(weight, torch.bmm(left.mT, right))

    def weight(self, parameter: Tensor, gradient: Tensor) -> None:
        """Step a parameter that decays."""
        if self._l2 is not None:
            gradient = torch.addcmul(gradient, parameter, _like(self._l2, parameter))
        self._step(parameter, gradient)
        self._shrink(parameter)

    def other(self, parameter: Tensor, gradient: Tensor) -> None:
        """Step a parameter that does not decay."""
        self._step(parameter, gradient)

    def _step(self, parameter: Tensor, gradient: Tensor) -> None:
        self._descend(parameter, gradient)

    def _descend(self, parameter: Tensor, direction: Tensor) -> None:
        if self._one_rate is not None:
            parameter.sub_(direction, alpha=self._one_rate)
        else:
            parameter.addcmul_(direction, _like(self.rate, parameter), value=-1)

    def _shrink(self, parameter: Tensor) -> None:
        """The proximal step of L1: soft-threshold by rate * l1."""
        if self._l1 is not None:
            limit = _like(self.rate * self._l1, parameter)
            parameter.copy_(parameter.sign() * (parameter.abs() - limit).clamp_min_(0))


class SGD(Method):
    """w <- w - rate * (g + l2 w), with the product added into w directly."""

    def product(self, weight: Tensor, left: Tensor, right: Tensor) -> None:
        if self._l2 is not None:
            weight.mul_(_like(1 - self.rate * self._l2, weight))
        if self._one_rate is not None:
            weight.baddbmm_(left.mT, right, alpha=-self._one_rate)
        else:
            weight.baddbmm_((left * _like(self.rate, left)).mT, right, alpha=-1)
        self._shrink(weight)


class Momentum(Method):
    """v <- mu v + g + l2 w; w <- w - rate * v, with the product added into v directly."""

    def __init__(self, choices: Sequence[Optimizer], like: Tensor) -> None:
        super().__init__(choices, like)
        self._velocity: dict[int, Tensor] = {}

    def product(self, weight: Tensor, left: Tensor, right: Tensor) -> None:
        velocity = _state(self._velocity, weight).baddbmm_(left.mT, right, beta=self.choices.momentum)
        if self._l2 is not None:
            velocity.addcmul_(weight, _like(self._l2, weight))
        self._descend(weight, velocity)
        self._shrink(weight)

    def _step(self, parameter: Tensor, gradient: Tensor) -> None:
        velocity = _state(self._velocity, parameter).mul_(self.choices.momentum).add_(gradient)
        self._descend(parameter, velocity)


class Nesterov(Momentum):
    """v <- mu v + g; w <- w - rate * (g + mu v)."""

    def product(self, weight: Tensor, left: Tensor, right: Tensor) -> None:
        self.weight(weight, torch.bmm(left.mT, right))

    def _step(self, parameter: Tensor, gradient: Tensor) -> None:
        velocity = _state(self._velocity, parameter).mul_(self.choices.momentum).add_(gradient)
        self._descend(parameter, torch.add(gradient, velocity, alpha=self.choices.momentum))


class RMSprop(Method):
    """s <- beta2 s + (1 - beta2) g^2; w <- w - rate * g / (sqrt(s) + epsilon)."""

    def __init__(self, choices: Sequence[Optimizer], like: Tensor) -> None:
        super().__init__(choices, like)
        self._square: dict[int, Tensor] = {}

    def _step(self, parameter: Tensor, gradient: Tensor) -> None:
        beta = self.choices.beta2
        square = _state(self._square, parameter).mul_(beta).addcmul_(gradient, gradient, value=1 - beta)
        self._descend(parameter, gradient / square.sqrt().add_(self.choices.epsilon))


class Adam(Method):
    """m and s are decaying means of g and g^2; w <- w - rate * mhat / (sqrt(shat) + epsilon).

    The bias corrections 1 - beta^t go into rate and epsilon, not into mhat and shat, which spares two passes over every
    parameter; both are kept in tensors, so that a captured step sees them change.
    """

    def __init__(self, choices: Sequence[Optimizer], like: Tensor) -> None:
        super().__init__(choices, like)
        self._mean: dict[int, Tensor] = {}
        self._square: dict[int, Tensor] = {}
        self._corrected_rate = self.rate.clone()
        self._corrected_epsilon = like.new_zeros(())

    def advance(self, progress: float) -> None:
        super().advance(progress)
        first, second = (1 - beta**self._n_steps for beta in (self.choices.beta1, self.choices.beta2))
        torch.mul(self.rate, second**0.5 / first, out=self._corrected_rate)
        self._corrected_epsilon.fill_(self.choices.epsilon * second**0.5)

    def _step(self, parameter: Tensor, gradient: Tensor) -> None:
        mean = _state(self._mean, parameter).lerp_(gradient, 1 - self.choices.beta1)
        beta = self.choices.beta2
        square = _state(self._square, parameter).mul_(beta).addcmul_(gradient, gradient, value=1 - beta)
        direction = mean / square.sqrt().add_(self._corrected_epsilon)
        parameter.addcmul_(direction, _like(self._corrected_rate, parameter), value=-1)


class AdamW(Adam):
    """Adam whose weights shrink by rate * l2 apart from the gradient (Loshchilov, Hutter 2019)."""

    def weight(self, parameter: Tensor, gradient: Tensor) -> None:
        if self._l2 is not None:
            parameter.mul_(_like(1 - self.rate * self._l2, parameter))
        self._step(parameter, gradient)
        self._shrink(parameter)


class Muon(AdamW):
    """m is a decaying mean of g; w <- w - rate * 0.2 sqrt(max(out, in)) * orthogonal(g + mu (m - g)).

    What is no weight of a linear map is stepped by AdamW. The factor gives a step the size of AdamW's, so that both
    have one rate (torch's `match_rms_adamw`; Liu et al. 2025, Muon is scalable for LLM training). Where torch rounds to
    bfloat16 on the way to the orthogonal matrix, this stays in the weights' own precision.
    """

    def weight(self, parameter: Tensor, gradient: Tensor) -> None:
        if self._l2 is not None:
            parameter.mul_(_like(1 - self.rate * self._l2, parameter))
        mean = _state(self._mean, parameter).lerp_(gradient, 1 - self.choices.momentum)
        matrices = gradient.lerp(mean, self.choices.momentum).flatten(2)
        size = 0.2 * max(matrices.shape[1:]) ** 0.5
        self._descend(parameter, orthogonal(matrices).view_as(parameter).mul_(size))
        self._shrink(parameter)


class Clipped:
    """Holds a step's gradients back until the norm of each network's whole gradient is known, and scales it down.

    The factor is min(1, limit / (norm + 1e-6)), as in torch's `clip_grad_norm_`, for each network by itself.
    """

    def __init__(self, method: Method, limits: Sequence[float], like: Tensor) -> None:
        self.method = method
        self._limits = like.new_tensor(limits)
        self._held: list[tuple[bool, Tensor, Tensor]] = []

    @property
    def rate(self) -> Tensor:
        """The method's current rates."""
        return self.method.rate

    def advance(self, progress: float) -> None:
        """Pass on to the method."""
        self.method.advance(progress)

    def product(self, weight: Tensor, left: Tensor, right: Tensor) -> None:
        """Hold left^T right back."""
        self.weight(weight, torch.bmm(left.mT, right))

    def weight(self, parameter: Tensor, gradient: Tensor) -> None:
        """Hold the gradient back."""
        self._held.append((True, parameter, gradient))

    def other(self, parameter: Tensor, gradient: Tensor) -> None:
        """Hold the gradient back."""
        self._held.append((False, parameter, gradient))

    def finish(self) -> None:
        """Scale all that was held back, and hand it to the method."""
        squares = [gradient.flatten(1).square().sum(1) for _, _, gradient in self._held]
        norm = torch.stack(squares).sum(0).sqrt()
        factor = (self._limits / (norm + 1e-6)).clamp_max(1)
        for decays, parameter, gradient in self._held:
            step = self.method.weight if decays else self.method.other
            step(parameter, gradient * _like(factor, gradient))
        self._held.clear()


METHODS: dict[str, type[Method]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
    "muon": Muon,
}


def make_method(choices: Sequence[Optimizer], clip: Sequence[float | None], like: Tensor) -> Method | Clipped:
    """Return the optimizer for members of one method, clipped where any member asks for it."""
    method = METHODS[choices[0].method](choices, like)
    if all(limit is None for limit in clip):
        return method
    return Clipped(method, [float("inf") if limit is None else limit for limit in clip], like)


def _column(values: Sequence[float], like: Tensor) -> Tensor | None:
    return like.new_tensor(values) if any(values) else None


def _like(values: Tensor, parameter: Tensor) -> Tensor:
    """View [seed] so that it broadcasts over `parameter` [seed, ...]."""
    return values.view(-1, *(1,) * (parameter.dim() - 1))


def _state(table: dict[int, Tensor], parameter: Tensor) -> Tensor:
    """Return the parameter's entry, zeros at first. Keyed by identity: the parameters outlive the optimizer."""
    entry = table.get(id(parameter))
    if entry is None:
        entry = table[id(parameter)] = torch.zeros_like(parameter)
    return entry
