"""Networks that are no plain chain: one stage that runs them whole, through `torch.func.vmap`."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from torch import Tensor, nn
from torch.func import functional_call, vmap

from layerwise._base import InvalidInput
from layerwise.population._stage import Stage, attribute


class Vmapped(Stage):
    """S networks of any structure that `torch.func.vmap` can run, as one stage.

    The input has a seed axis (`x.expand(S, *x.shape)` shares one). Random layers draw from the global generator,
    differently for each network. Layers that change buffers while they run (batch normalization with running
    statistics) cannot be run so, and are refused at the start.
    """

    def __init__(self, modules: Sequence[nn.Module]) -> None:
        super().__init__(modules)
        _refuse(modules[0])
        self._bare = (copy.deepcopy(modules[0]).to("meta"),)

    def forward(self, x: Tensor) -> Tensor:
        bare = self._bare[0].train(self.training)
        names = [*dict(bare.named_parameters()), *dict(bare.named_buffers())]
        state = {name: getattr(self, attribute(name)) for name in names}
        try:
            y: Tensor = vmap(lambda own, rows: functional_call(bare, own, (rows,)), randomness="different")(state, x)
        except RuntimeError as error:
            raise InvalidInput(
                f"These networks can't run as one: torch.func.vmap says: {str(error).splitlines()[0]}",
                cure="Train them one by one, or rewrite the layer it names without in-place or data-dependent steps.",
            ) from error
        return y

    def is_weight(self, parameter: Tensor) -> bool:
        return parameter.dim() > 2


def _refuse(module: nn.Module) -> None:
    for name, layer in module.named_modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d) and layer.track_running_stats:
            raise InvalidInput(
                "Networks that are no plain nn.Sequential chain can't keep batch normalization's running statistics",
                got=f"{name}: {layer}",
                cure="Use layer or group normalization, or track_running_stats=False.",
            )
        if isinstance(layer, nn.RNNBase):
            raise InvalidInput(
                "Recurrent layers can't run under torch.func.vmap", got=f"{name}: {layer}", cure="Train them singly."
            )
