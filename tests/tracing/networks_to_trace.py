"""Networks whose layers run otherwise than they are registered, or that have none to register."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # as everybody writes it


class Reversed(nn.Module):
    """Registered last to first."""

    def __init__(self, depth: int, width: int, activation: nn.Module | None = None) -> None:
        super().__init__()
        for k in range(depth, 0, -1):
            self.add_module(f"linear{k}", nn.Linear(width, width))
        self.depth, self.activation = depth, activation or nn.Tanh()

    def forward(self, x: Tensor) -> Tensor:
        for k in range(1, self.depth + 1):
            x = self.activation(self.get_submodule(f"linear{k}")(x))
        return x


class Residual(nn.Module):
    """A block x + f(x) with functional activations."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(self.norm1(self.conv1(x)), inplace=True)
        return F.relu(x + self.norm2(self.conv2(h)))


def resnet() -> nn.Sequential:
    """Three kinds of connection: a stem, two blocks, a head."""
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), Residual(4), Residual(4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5)
    )


class ByHand(nn.Module):
    """Parameters of its own, products of every kind, activations written out, a result in a mapping."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(6, 4)
        self.right = nn.Parameter(torch.randn(8, 6))
        self.left = nn.Parameter(torch.randn(5, 8))
        self.shift = nn.Parameter(torch.zeros(8))
        self.unused = nn.Parameter(torch.zeros(3))

    def forward(self, x: Tensor, *, scale: float = 1.0) -> dict[str, Tensor]:
        x = torch.addmm(self.shift, x, self.left)  # [n, 5] @ [5, 8]
        x = x * torch.sigmoid(x)
        x = x @ self.right
        x = torch.clamp(x, min=0) * scale
        return {"logits": F.linear(x, self.head.weight, self.head.bias)}


class Tied(nn.Module):
    """An embedding whose table is the output layer's weight, and a layer that runs twice."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(7, 4)
        self.inner = nn.Linear(4, 4)
        self.out = nn.Linear(4, 7, bias=False)
        self.out.weight = self.table.weight

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.table(tokens)
        for _ in range(2):
            x = F.gelu(self.inner(x))
        out: Tensor = self.out(x)
        return out


class Sized(nn.Module):
    """Uses the number of rows, a buffer and a parameter turned round on its way."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3)
        self.register_buffer("scale", torch.tensor([2.0, 1.0, 0.5]).view(3, 1, 1))
        self.weight = nn.Parameter(torch.randn(12, 5))
        self.head = nn.Linear(5, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv(x)) * self.scale
        x = x.view(x.size(0), -1) @ self.weight
        out: Tensor = self.head(torch.tanh(x))
        return out
