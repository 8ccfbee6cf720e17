"""A program whose processes go wrong in several ways; each writes what it was told."""

from __future__ import annotations

import torch
from torch import distributed, nn

from layerwise._base import LayerwiseError
from layerwise.pretraining import pretrain
from layerwise.pretraining._objectives import reconstruction_error


def network(*between: nn.Module, seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 3), *between, nn.Sigmoid())


def rows(seed: int = 0) -> torch.Tensor:
    return torch.rand(40, 4, generator=torch.Generator().manual_seed(seed))


def own_loss(coder, x, settings, sources):
    return reconstruction_error(coder, x, coder.decode(coder.encode(x).activation), "squared_error")


class Failing:
    """A loss that fails in the last process, in its tenth step."""

    n_steps = 0

    def __call__(self, *given):
        self.n_steps += 1
        if self.n_steps == 10 and distributed.get_rank() == distributed.get_world_size() - 1:
            raise OSError("no space left on the disk")
        return own_loss(*given)


def tell(what: str, work) -> None:
    try:
        work()
        print(f"{what}: done", flush=True)
    except (LayerwiseError, OSError) as error:
        print(f"{what}: {type(error).__name__}: {error}", flush=True)


if __name__ == "__main__":
    distributed.init_process_group("gloo")
    rank = distributed.get_rank()
    tell("own loss", lambda: pretrain(network(), rows(), own_loss, epochs=2))
    tell("weights", lambda: pretrain(network(seed=rank), rows(), epochs=2))
    tell("rows", lambda: pretrain(network(), rows(rank), epochs=2))
    tell("options", lambda: pretrain(network(), rows(), epochs=2 + rank))
    tell("batch norm", lambda: pretrain(network(nn.BatchNorm1d(3)), rows(), epochs=2))
    tell("layer norm", lambda: pretrain(network(nn.LayerNorm(3)), rows(), epochs=2))
    asleep = network(nn.Dropout(0.5))
    tell("dropout, off", lambda: pretrain(asleep, rows(), epochs=2))
    tell("dropout, on", lambda: pretrain(asleep, rows(), epochs=0).fine_tune(rows(), rows(), epochs=1))
    tell("failing", lambda: pretrain(network(), rows(), Failing(), epochs=5, batch_size=10))
    distributed.barrier()  # nobody left: the group of all still stands
    distributed.destroy_process_group()
    print("the end")
