"""How gradients grow through networks with batch normalization."""

from __future__ import annotations

from layerwise._base import InvalidInput, at_least
from layerwise.activations.quadrature import means
from layerwise.theory._resolve import ActivationLike, resolve


def batch_norm_gradient_growth(activation: ActivationLike, *, batch_size: int | None = None) -> float:
    """Return the factor by which the gradient's second moment grows per layer, towards the input.

    Each layer is `z' = W f(batchnorm(z))` with gamma 1 and beta 0. Whatever the weight variance, normalization takes it
    out again. In a large batch, of inputs that no longer resemble one another,

        growth = E f'(z)^2 / Var f(z)

    with a unit Gaussian z: `pi / (pi - 1) = 1.467` for relu, 1 for linear layers, never less: with batch normalization
    gradients of a plain deep network explode at the start. In batches of `B`, linear layers grow them by
    `(B - 2) / (B - 3)`.

    Args:
        activation: A name, an `Activation`, or a function of a tensor.
        batch_size: None for the limit of large batches; a number, at least 4, for linear layers only.

    Raises:
        InvalidInput: If `batch_size` is under 4, or given for an activation that is not linear.

    Example:
        >>> round(batch_norm_gradient_growth("relu"), 4), batch_norm_gradient_growth("linear", batch_size=8)
        (1.4669, 1.2)

    References:
        Yang, Pennington, Rao, Sohl-Dickstein, Schoenholz 2019, A mean field theory of batch normalization.
    """
    here = means(resolve(activation), 1.0)
    variance = here.square - here.mean**2
    if batch_size is None:
        return here.slope_square / variance
    batch_size = at_least("batch_size", batch_size, 4)
    if abs(here.slope_square - variance) > 1e-12 * variance:
        raise InvalidInput(
            "`batch_size` must be left out where layers are not linear",
            got=batch_size,
            cure="Without it the growth in large batches comes back.",
        )
    return (batch_size - 2) / (batch_size - 3)
