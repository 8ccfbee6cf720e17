"""What kind of operation a torch function is, by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

from torch import Tensor

Kind = Literal[
    "weights",
    "activation",
    "normalizer",
    "pool",
    "dropout",
    "shape",
    "add",
    "multiply",
    "elementwise",
    "join",
    "softmax",
    "embedding",
    "attention",
    "recurrent",
    "loss",
    "other",
]

PRODUCTS = frozenset({"matmul", "mm", "bmm", "mv", "addmm", "addmv", "baddbmm", "einsum", "tensordot"})
"""Products of two tensors; they are layers of weights where one of the two is a parameter."""

_NAMES: dict[Kind, str] = {
    "weights": "linear conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d bilinear",
    "activation": (
        "relu relu6 leaky_relu prelu rrelu elu celu selu gelu silu mish softplus softsign tanh sigmoid hardtanh "
        "hardsigmoid hardswish logsigmoid log_sigmoid erf glu threshold hardshrink softshrink tanhshrink"
    ),
    "normalizer": "batch_norm layer_norm group_norm instance_norm rms_norm local_response_norm normalize",
    "pool": (
        "max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d "
        "adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d lp_pool1d lp_pool2d mean sum "
        "amax amin max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices boolean_dispatch interpolate"
    ),
    "dropout": "dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout feature_dropout",
    "shape": (
        "view reshape flatten unflatten permute transpose t T mT H squeeze unsqueeze expand expand_as contiguous "
        "movedim swapaxes getitem chunk split unbind select narrow pad roll repeat clone detach to float double half "
        "type type_as view_as reshape_as pixel_shuffle pixel_unshuffle unfold fold adjoint numpy_T flip"
    ),
    "add": "add sub rsub addcmul lerp",
    "multiply": "mul div true_divide",
    "elementwise": (
        "sin cos exp log abs square pow sqrt rsqrt neg clamp clip clamp_min clamp_max max min maximum minimum where "
        "sign reciprocal log1p expm1 atan sinh cosh asinh hypot gt lt ge le eq ne logical_and logical_or logical_not "
        "new_tensor zeros_like ones_like full_like heaviside xlogy"
    ),
    "join": "cat concat concatenate stack hstack vstack",
    "softmax": "softmax log_softmax gumbel_softmax softmin",
    "embedding": "embedding embedding_bag",
    "attention": "multi_head_attention_forward scaled_dot_product_attention _native_multi_head_attention",
    "recurrent": "lstm gru rnn_tanh rnn_relu lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell",
    "loss": (
        "cross_entropy nll_loss mse_loss l1_loss smooth_l1_loss huber_loss binary_cross_entropy "
        "binary_cross_entropy_with_logits kl_div poisson_nll_loss gaussian_nll_loss ctc_loss hinge_embedding_loss "
        "cosine_embedding_loss margin_ranking_loss multi_margin_loss multilabel_margin_loss "
        "multilabel_soft_margin_loss soft_margin_loss triplet_margin_loss triplet_margin_with_distance_loss"
    ),
}
_KINDS: dict[str, Kind] = {name: kind for kind, names in _NAMES.items() for name in names.split()}
_OPERATORS = {"subtract": "sub", "multiply": "mul", "divide": "div", "truediv": "div", "negative": "neg"}
_IN_PLACE_OPERATORS = frozenset({"iadd", "isub", "imul", "itruediv", "ipow"})
_REFLECTED_OPERATORS = frozenset({"radd", "rmul", "rmatmul", "rtruediv", "rdiv", "rpow"})


def operation_name(function: Callable[..., Any]) -> str:
    """Return the plain name of a torch function: `relu` for `relu_`, `add` for `__iadd__`, `T` for the property.

    Example:
        >>> import torch
        >>> operation_name(torch.Tensor.__iadd__), operation_name(torch.relu_), operation_name(torch.Tensor.T.__get__)
        ('add', 'relu', 'T')
    """
    name: str = getattr(function, "__name__", type(function).__name__)
    if name == "__get__":
        name = getattr(getattr(function, "__self__", None), "__name__", name)
    if name.startswith("__") and name.endswith("__"):
        name = name.strip("_")
        name = name[1:] if name in _IN_PLACE_OPERATORS | _REFLECTED_OPERATORS else name
    elif name.endswith("_"):
        name = name[:-1]
    return _OPERATORS.get(name, name)


def kind_of(name: str) -> Kind:
    """Return the kind of the operation `name`; products are `other` until one factor is known to be a parameter.

    Example:
        >>> kind_of("conv2d"), kind_of("gelu"), kind_of("argsort")
        ('weights', 'activation', 'other')
    """
    return _KINDS.get(name, "other")


def tensors_in(value: Any) -> Iterator[Tensor]:
    """Yield the tensors in the arguments or the result of an operation, nested ones too, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from tensors_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors_in(item)
