"""The residual blocks of a live model, and what each adds to its stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from layerwise._base import InvalidInput, Text
from layerwise.initializers._network import Network
from layerwise.initializers._point import name_of
from layerwise.initializers._task import place_of
from layerwise.records import Change
from layerwise.tracing import INPUT, Branch, Call, Operation, branches, feed, tensors_in, untouched, watching


@dataclass(frozen=True, slots=True)
class Block:
    """What a residual block does to one batch.

    Attributes:
        branch: The block.
        added: Root mean square of what the branch adds.
        stream: Root mean square of what comes past it.
        change: The largest `|sum - what comes past the branch|`: 0 where the branch adds nothing.
    """

    branch: Branch
    added: float
    stream: float
    change: float

    @property
    def words(self) -> str:
        """Whether the block is the identity, as this run showed it."""
        if self.change:
            return f"in this run the branch added {self.added:.3g} (rms) to a stream of {self.stream:.3g}"
        follows = self.branch.activation
        block = "the identity" if self.branch.is_identity else "what its skip connection makes"
        block += "" if follows is None else f" but for {name_of(follows)} after its sum"
        return f"in this run the branch added exactly 0: the block was {block}"

    def change_from(self, before: Block, treatment: str) -> Change:
        """Return the record of what the branch added before, and adds."""
        was, adds = (f"branch rms {block.added:.4g}" for block in (before, self))
        return Change(treatment=treatment, target=self.branch.name, before=was, after=adds, reason=self.words)


def require_branches(network: Network) -> tuple[Branch, ...]:
    """Return the residual branches of a network.

    Raises:
        InvalidInput: If it has none.
    """
    found = branches(network.trace, network.model)
    if not found:
        raise InvalidInput(
            "`model` must have residual branches: sums of a signal and what layers make of it",
            cure="Use `initialize_` for a model without.",
        )
    return found


def targets_of(branch: Branch) -> tuple[tuple[str, str], ...]:
    """Return weight and bias, by module and name, of the last layer of a branch: what all it adds goes through.

    Raises:
        InvalidInput: If that layer is none of torch's modules that has a weight.
    """
    call = branch.last
    places = list(places_of(call))
    if call.kind == "attention":
        places = [place for place in places if place[0].endswith("out_proj")]
    elif call.kind == "recurrent":
        places = []
    if not places:
        raise InvalidInput(
            f"The branch that ends at `{branch.name}` must end in weights, attention or a normalizer, with parameters",
            got=call.operation,
            cure="Put a layer with weights at its end.",
        )
    return tuple(places)


def places_of(call: Call) -> tuple[tuple[str, str], ...]:
    """Return the tensors, by module and name, that a call reads or that are computed for it."""
    return tuple(dict.fromkeys(place_of(name) for name in call.parameters))


def measured(model: nn.Module, batch: Any, found: tuple[Branch, ...]) -> tuple[Block, ...]:
    """Run `model` on `batch` and return what each of its branches adds."""
    run = _Run(found)
    with untouched(model), torch.no_grad(), watching(model, run.see):
        run.see_input(batch)
        feed(model, batch)
    return tuple(run.blocks[branch.join.index] for branch in found)


def require_nothing_added(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return `blocks` if no branch adds anything.

    Raises:
        InvalidInput: If one does.
    """
    for block in blocks:
        if block.change:
            raise InvalidInput(
                f"The branch that ends at `{block.branch.name}` must add nothing where its last layer is 0",
                got=Text(f"{block.added:.4g} (rms)"),
                cure="Let it end in its last layer, without an activation that is not 0 at 0.",
            )
    return blocks


class _Run:
    """Results that are needed until their sums are made, and the blocks."""

    def __init__(self, found: tuple[Branch, ...]) -> None:
        self._joins: Mapping[int, Branch] = {branch.join.index: branch for branch in found}
        self._wanted = {index for branch in found for index in (branch.end, branch.skip_end)}
        self._kept: dict[int, Tensor] = {}
        self.blocks: dict[int, Block] = {}

    def see_input(self, batch: Any) -> None:
        """Keep the model's input, which may be what comes past the first branch."""
        self._kept[INPUT] = next(tensors_in(batch))

    def see(self, operation: Operation) -> None:
        """Keep what a sum will need, and compare where the sum is made."""
        index = operation.call.index
        if index in self._joins:
            self.blocks[index] = self._block(self._joins[index], operation.output)
        if index in self._wanted:
            self._kept[index] = operation.output.detach().clone()  # what follows may work in place

    def _block(self, branch: Branch, total: Tensor) -> Block:
        added, stream = self._kept[branch.end], self._kept[branch.skip_end]
        change = float((total - stream.to(total.device)).abs().max())
        return Block(branch, _rms(added), _rms(stream), change)


def _rms(tensor: Tensor) -> float:
    return float(tensor.double().square().mean().sqrt())
