"""What a wide random network does to signal, correlation and gradient, before any training: mean-field theory.

Layers are `z' = W f(z) + b` with weights of variance `weight_variance / fan_in` and biases of variance
`bias_variance`, both Gaussian and of mean 0. All numbers are float64, by quadrature that is split at the kinks of the
activation, for every elementwise activation: by name, as an `Activation`, or as a function of a tensor.
"""

from layerwise.theory._batch_norm import batch_norm_gradient_growth
from layerwise.theory._chain import Chain, ChainLayer
from layerwise.theory._closed_forms import CLOSED_FORMS, ClosedForm, leaky_form
from layerwise.theory._critical import CriticalPoint, NoCriticalPoint, critical_point
from layerwise.theory._depth import DepthScale, Phase, depth_scale, fixed_point, phase, phase_at, scale_at
from layerwise.theory._diagram import PhaseDiagram, phase_diagram
from layerwise.theory._fixed_points import FixedPoint, fixed_points
from layerwise.theory._forecast import Forecast, LayerForecast, forecast
from layerwise.theory._jacobian import JacobianMoments, jacobian, largest_squared_singular_value
from layerwise.theory._predict import LayerPrediction, Prediction, predict_chain
from layerwise.theory._propagate import Propagation, propagate
from layerwise.theory._residual import BLOCKS, ResidualPropagation, propagate_residual
from layerwise.theory._resolve import ActivationLike

__all__ = [
    "BLOCKS",
    "CLOSED_FORMS",
    "ActivationLike",
    "Chain",
    "ChainLayer",
    "ClosedForm",
    "CriticalPoint",
    "DepthScale",
    "FixedPoint",
    "Forecast",
    "JacobianMoments",
    "LayerForecast",
    "LayerPrediction",
    "NoCriticalPoint",
    "Phase",
    "PhaseDiagram",
    "Prediction",
    "Propagation",
    "ResidualPropagation",
    "batch_norm_gradient_growth",
    "critical_point",
    "depth_scale",
    "fixed_point",
    "fixed_points",
    "forecast",
    "jacobian",
    "largest_squared_singular_value",
    "leaky_form",
    "phase",
    "phase_at",
    "phase_diagram",
    "predict_chain",
    "propagate",
    "propagate_residual",
    "scale_at",
]
