"""The losses over a seed axis, each with its gradient: one value for each network."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

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


CRITERIA: dict[str, Criterion] = {"cross_entropy": cross_entropy, "squared_error": squared_error}
