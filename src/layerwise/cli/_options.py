"""The options of `layerwise compare` that are choices of a recipe: every field by its own name.

Written out, so that `--help` answers without loading torch; a test holds them to the fields of `Recipe`.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

ARCHITECTURE = "Architecture, for every arm"
OPTIMIZER = "Optimizer, for every arm"
TRAINING = "Training, for every arm"
PRETRAINING = "Pre-training, for every arm"


def _option(kind: Any, help_text: str, panel: str) -> Any:
    return Annotated[kind | None, typer.Option(help=help_text, rich_help_panel=panel, show_default=False)]


Kind = _option(str, "mlp, or conv for images.", ARCHITECTURE)
Depth = _option(int, "Hidden layers.", ARCHITECTURE)
Width = _option(str, "Units of each hidden layer: 64, or one a layer: 256,128,64.", ARCHITECTURE)
Channels = _option(str, "Of conv: channels of each convolution: 16,32.", ARCHITECTURE)
Kernel = _option(int, "Of conv: rows and columns of a kernel, odd.", ARCHITECTURE)
Pool = _option(int, "Of conv: rows and columns pooled after each convolution; 1: none.", ARCHITECTURE)
Dense = _option(str, "Of conv: units of each hidden dense layer: 64; none.", ARCHITECTURE)
ActivationName = _option(str, "Activation function: tanh, relu, gelu, ...", ARCHITECTURE)
Pieces = _option(int, "Pieces of a maxout unit.", ARCHITECTURE)
InitializerName = _option(str, "Initializer: he_normal, glorot_uniform, normal, ...", ARCHITECTURE)
Scale = _option(float, "The initializer's number: std, bound, value or gain.", ARCHITECTURE)
Bias = _option(str, "First value of the biases: a number, torch_default, or none.", ARCHITECTURE)
BiasStd = _option(float, "Standard deviation of the biases' first values.", ARCHITECTURE)
NormalizerName = _option(str, "Normalizer: none, batch, layer.", ARCHITECTURE)
NormalizerPlace = _option(str, "before_activation or after_activation.", ARCHITECTURE)
DropoutShare = _option(float, "Share of hidden units dropped in training.", ARCHITECTURE)
MethodName = _option(str, "sgd, momentum, nesterov, rmsprop, adam, adamw, muon.", OPTIMIZER)
Schedule = _option(str, "constant, linear, cosine, step.", OPTIMIZER)
Warmup = _option(float, "Share of the steps over which the rate rises.", OPTIMIZER)
MomentumValue = _option(float, "Momentum.", OPTIMIZER)
Beta1 = _option(float, "Of adam and adamw.", OPTIMIZER)
Beta2 = _option(float, "Of rmsprop, adam and adamw.", OPTIMIZER)
Epsilon = _option(float, "Of rmsprop, adam and adamw.", OPTIMIZER)
L2 = _option(float, "Weight decay.", OPTIMIZER)
L1 = _option(float, "Soft threshold on the weights, times the rate.", OPTIMIZER)
BatchSize = _option(int, "Rows of a step.", TRAINING)
Epochs = _option(int, "Passes over the training part [about 700 updates].", TRAINING)
Loss = _option(str, "cross_entropy, squared_error, huber, binary_cross_entropy.", TRAINING)
ClipNorm = _option(float, "Largest norm of a network's gradient.", TRAINING)
Patience = _option(int, "Evaluations without a better score before a stop.", TRAINING)
InputNoise = _option(float, "Standard deviation of noise on training inputs.", TRAINING)
PretrainingName = _option(str, "none, autoencoder, denoising, contractive, sparse, supervised, rbm.", PRETRAINING)
PretrainingEpochs = _option(int, "Passes over the training part for each layer.", PRETRAINING)
PretrainingRate = _option(float, "Step size of pre-training.", PRETRAINING)
Corruption = _option(float, "Share of inputs that denoising sets to 0.", PRETRAINING)
