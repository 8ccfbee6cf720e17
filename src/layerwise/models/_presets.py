"""Recipes of the field's history, each with its source."""

from __future__ import annotations

from layerwise._base import Registry
from layerwise.models._recipe import Recipe

_LECTURE = "Khapra, CS7015 Deep Learning, lecture 9, module 9.4 (after Karpathy, CS231n)"
_SIGMOID = {"activation": "sigmoid", "initializer": "normal", "scale": 0.01}


def _recipe(name: str, source: str, **choices: object) -> Recipe:
    return Recipe().replace(name=name, source=source, **choices)


PRESETS: Registry[Recipe] = Registry(
    "preset",
    {
        recipe.name: recipe
        for recipe in (
            _recipe(
                "sigmoid_1986",
                "Rumelhart, Hinton, Williams 1986, Learning representations by back-propagating errors",
                **_SIGMOID,
            ),
            _recipe(
                "autoencoder_2006",
                "Bengio, Lamblin, Popovici, Larochelle 2006, Greedy Layer-Wise Training of Deep Networks (NIPS 2006, "
                "printed in 2007; first weights as sigmoid_1986)",
                **_SIGMOID,
                pretraining="autoencoder",
                pretraining_rate=0.3,
            ),
            _recipe(
                "rbm_2006",
                "Hinton, Salakhutdinov 2006, Reducing the Dimensionality of Data with Neural Networks (contrastive "
                "divergence, momentum, weight decay and rate as there; 10 epochs, as in its published program; first "
                "weights as sigmoid_1986)",
                **_SIGMOID,
                pretraining="rbm",
            ),
            _recipe(
                "denoising_2010",
                "Vincent, Larochelle, Lajoie, Bengio, Manzagol 2010, Stacked Denoising Autoencoders (masking noise of "
                "25 %; first weights as sigmoid_1986)",
                **_SIGMOID,
                pretraining="denoising",
                pretraining_rate=0.3,
            ),
            _recipe("tanh_small", _LECTURE, activation="tanh", initializer="normal", scale=0.01),
            _recipe("tanh_large", _LECTURE, activation="tanh", initializer="normal", scale=1.0),
            _recipe(
                "tanh_glorot_2010",
                "Glorot, Bengio 2010, Understanding the difficulty of training deep feedforward neural networks",
                activation="tanh",
                initializer="glorot_uniform",
            ),
            _recipe(
                "relu_torch_default",
                "torch.nn.Linear as it comes: weights and biases uniform within 1/sqrt(fan_in)",
                activation="relu",
                initializer="torch_default",
                bias="torch_default",
            ),
            _recipe(
                "relu_he_2015",
                "He, Zhang, Ren, Sun 2015, Delving Deep into Rectifiers",
                activation="relu",
                initializer="he_normal",
            ),
            _recipe(
                "relu_he_batchnorm_2015",
                "Ioffe, Szegedy 2015, Batch Normalization: Accelerating Deep Network Training",
                activation="relu",
                initializer="he_normal",
                normalizer="batch",
            ),
            _recipe(
                "elu_he_2016",
                "Clevert, Unterthiner, Hochreiter 2016, Fast and Accurate Deep Network Learning by ELUs",
                activation="elu",
                initializer="he_normal",
            ),
            _recipe(
                "selu_2017",
                "Klambauer, Unterthiner, Mayr, Hochreiter 2017, Self-Normalizing Neural Networks",
                activation="selu",
                initializer="lecun_normal",
            ),
            _recipe(
                "maxout_2013",
                "Goodfellow, Warde-Farley, Mirza, Courville, Bengio 2013, Maxout Networks (5 pieces; uniform 0.005 "
                "there is for 2 layers with dropout: at depth the weights are drawn as LeCun's)",
                activation="maxout",
                pieces=5,
                initializer="lecun_normal",
            ),
            _recipe(
                "conv_relu_he_2015",
                "He, Zhang, Ren, Sun 2015, Delving Deep into Rectifiers (its weights and units; two convolutions with "
                "pooling as in LeCun, Bottou, Bengio, Haffner 1998, small enough for a CPU)",
                kind="conv",
                activation="relu",
                initializer="he_normal",
            ),
            _recipe(
                "conv_relu_he_batchnorm_2015",
                "Ioffe, Szegedy 2015, Batch Normalization: Accelerating Deep Network Training (in conv_relu_he_2015)",
                kind="conv",
                activation="relu",
                initializer="he_normal",
                normalizer="batch",
            ),
        )
    },
)


def preset(name: str) -> Recipe:
    """Return the preset of that name; `UnknownName` lists near misses and all there are.

    Example:
        >>> preset("relu_he_2015").architecture.initializer
        'he_normal'
    """
    return PRESETS[name]
