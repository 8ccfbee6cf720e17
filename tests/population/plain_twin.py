"""The slow, obvious twin: one network at a time, torch's own optimizers, autograd."""

from __future__ import annotations

from unittest import mock

import torch
from torch import nn

from layerwise._base import child_seed
from layerwise.models import build

AFFINE = (nn.Linear, nn.Conv2d)


def optimizer_for(net: nn.Module, choices):
    """Torch's optimizer with decay on the weights of linear layers and convolutions alone."""
    weights = [m.weight for m in net.modules() if isinstance(m, AFFINE)]
    others = [p for p in net.parameters() if all(p is not w for w in weights)]
    groups = [{"params": weights, "weight_decay": choices.l2}, {"params": others, "weight_decay": 0.0}]
    rate = choices.learning_rate
    return {
        "sgd": lambda: torch.optim.SGD(groups, rate),
        "momentum": lambda: torch.optim.SGD(groups, rate, momentum=choices.momentum),
        "nesterov": lambda: torch.optim.SGD(groups, rate, momentum=choices.momentum, nesterov=True),
        "rmsprop": lambda: torch.optim.RMSprop(groups, rate, alpha=choices.beta2, eps=choices.epsilon),
        "adam": lambda: torch.optim.Adam(groups, rate, (choices.beta1, choices.beta2), choices.epsilon),
        "adamw": lambda: torch.optim.AdamW(groups, rate, (choices.beta1, choices.beta2), choices.epsilon),
        "muon": lambda: MuonAndAdamW(weights, others, choices),
    }[choices.method]()


class MuonAndAdamW:
    """Torch's Muon for weights, at the step size of its AdamW for everything else; no bfloat16 on the way."""

    def __init__(self, weights, others, choices):
        rate, betas = choices.learning_rate, (choices.beta1, choices.beta2)
        self.muon = torch.optim.Muon(
            weights, rate, weight_decay=choices.l2, momentum=choices.momentum, adjust_lr_fn="match_rms_adamw"
        )
        self.adamw = torch.optim.AdamW(others, rate, betas, choices.epsilon, weight_decay=0.0)

    @property
    def param_groups(self):
        return [*self.muon.param_groups, *self.adamw.param_groups]

    def zero_grad(self):
        self.muon.zero_grad()
        self.adamw.zero_grad()

    def step(self):
        # torch's Newton-Schulz begins with `grad.bfloat16()`
        with mock.patch.object(torch.Tensor, "bfloat16", torch.Tensor.clone):
            self.muon.step()
        self.adamw.step()


def train_plainly(recipe, data, seed, dtype=torch.float64):
    """Train one network with a plain loop and return it."""
    split = data.split(seed)
    generator = torch.Generator().manual_seed(child_seed(seed, "weights"))
    net = build(recipe, data.inputs, data.n_outputs, generator, dtype).train()
    optimizer = optimizer_for(net, recipe.optimizer)
    order = torch.Generator().manual_seed(child_seed(seed, "order"))
    noise = torch.Generator().manual_seed(child_seed(seed, "input noise"))
    x_train = torch.as_tensor(data.features[split.train], dtype=dtype)
    x_train = (x_train - torch.as_tensor(split.center, dtype=dtype)) / torch.as_tensor(split.scale, dtype=dtype)
    y_train = torch.as_tensor(data.targets[split.train])
    if split.target_center is not None:
        center, scale = (torch.as_tensor(one, dtype=dtype) for one in (split.target_center, split.target_scale))
        y_train = (y_train.to(dtype) - center) / scale
    batch = min(recipe.training.batch_size, len(x_train))
    n_batches = len(x_train) // batch
    n_steps, t = recipe.training.n_epochs(n_batches) * n_batches, 0
    while t < n_steps:
        rows = torch.randperm(len(x_train), generator=order)
        for b in range(n_batches):
            for group in optimizer.param_groups:
                group["lr"] = recipe.optimizer.learning_rate * recipe.optimizer.factor(t / n_steps)
            x, y = x_train[rows[b * batch : (b + 1) * batch]], y_train[rows[b * batch : (b + 1) * batch]]
            if recipe.training.input_noise:
                x = x + recipe.training.input_noise * torch.empty_like(x).normal_(generator=noise)
            optimizer.zero_grad()
            loss_of(recipe, net(x), y).backward()
            if recipe.training.clip_norm is not None:
                nn.utils.clip_grad_norm_(net.parameters(), recipe.training.clip_norm)
            optimizer.step()
            _soft_threshold(net, recipe.optimizer, optimizer.param_groups[0]["lr"])
            t += 1
    return net.eval()


def loss_of(recipe, outputs, y):
    if recipe.training.loss == "cross_entropy":
        return nn.functional.cross_entropy(outputs, y)
    if y.dim() == 1:
        y = nn.functional.one_hot(y, outputs.shape[1])
    losses = {
        "squared_error": nn.functional.mse_loss,
        "huber": nn.functional.huber_loss,
        "binary_cross_entropy": nn.functional.binary_cross_entropy_with_logits,
    }
    return losses[recipe.training.loss](outputs, y.to(outputs.dtype))


@torch.no_grad()
def _soft_threshold(net, choices, rate):
    if choices.l1:
        for layer in net.modules():
            if isinstance(layer, AFFINE):
                layer.weight.copy_(nn.functional.softshrink(layer.weight, rate * choices.l1))


def distance(a: nn.Module, b: nn.Module) -> float:
    """The largest difference between any two entries of their states, relative to the tensor's largest (or 0.01)."""
    mine, theirs = a.state_dict(), b.state_dict()
    assert mine.keys() == theirs.keys()
    return max(
        float((mine[k].double() - theirs[k].double()).abs().max() / theirs[k].double().abs().max().clamp_min(0.01))
        for k in mine
    )
