"""The losses over a seed axis, each with its gradient: one value for each network."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

Criterion = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def cross_entropy(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean over the batch of -log softmax(outputs)[target], and its gradient at `outputs`.

    Args:
        outputs: logits, [seed, batch, class].
        targets: class indices, [seed, batch].
    """
    # by hand: over a short last axis torch's log_softmax takes four times as long on a CPU
    shifted = outputs - outputs.amax(-1, keepdim=True)
    delta = shifted.exp()
    total = delta.sum(-1, keepdim=True)
    index = targets.unsqueeze(-1)
    loss = (total.log() - shifted.gather(-1, index)).mean((1, 2))
    delta /= total
    delta.scatter_add_(-1, index, delta.new_full((), -1.0).expand(index.shape))
    return loss, delta.mul_(1 / outputs.shape[1])


def squared_error(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean over batch and outputs of (output - target)^2, and its gradient at `outputs`.

    Args:
        outputs: [seed, batch, output].
        targets: of the same shape.
    """
    error = outputs - targets
    return error.square().mean((1, 2)), error.mul_(2 / (outputs.shape[1] * outputs.shape[2]))


def huber(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean over batch and outputs of Huber's loss, and its gradient at `outputs`.

    With e = output - target: e^2 / 2 up to |e| = 1, and |e| - 1/2 beyond. Targets are scaled to standard deviation 1,
    so what is more than that away counts by its distance alone.

    Args:
        outputs: [seed, batch, output].
        targets: of the same shape.

    References:
        Huber, P. J. (1964). Robust estimation of a location parameter.
    """
    error = outputs - targets
    slope = error.clamp(-1, 1)
    return (slope * (error - slope / 2)).mean((1, 2)), slope / (outputs.shape[1] * outputs.shape[2])


def binary_cross_entropy(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean over batch and labels of -log p(target) with p = sigmoid(output), and its gradient at `outputs`.

    Args:
        outputs: logits, [seed, batch, label].
        targets: 0 or 1, of the same shape.
    """
    loss = binary_cross_entropy_with_logits(outputs, targets.expand_as(outputs), reduction="none")
    return loss.mean((1, 2)), (outputs.sigmoid() - targets).div_(outputs.shape[1] * outputs.shape[2])


CRITERIA: dict[str, Criterion] = {
    "cross_entropy": cross_entropy,
    "squared_error": squared_error,
    "huber": huber,
    "binary_cross_entropy": binary_cross_entropy,
}
