"""Every operation of a running model is shown to a visitor, who may change its result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from layerwise.tracing._call import Call, Slot
from layerwise.tracing._kinds import Kind, kind_of, operation_name, tensors_in
from layerwise.tracing._origins import Origins
from layerwise.tracing._place import user_place
from layerwise.tracing._weights import weight_of


@dataclass(frozen=True, slots=True)
class Operation:
    """A call while it runs, with its tensors: hold on to none of them longer than needed.

    Attributes:
        call: What it is.
        arguments: What the torch function was called with.
        keywords: The same by keyword.
        result: What it returned.
    """

    call: Call
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]
    result: Any

    @property
    def output(self) -> Tensor:
        """The (first) tensor of the result."""
        return next(tensors_in(self.result))


Visit = Callable[[Operation], Any]
"""Sees an operation; what it returns, if not None, takes the place of the result."""


@contextmanager
def watching(model: nn.Module, visit: Visit) -> Iterator[Origins]:
    """Show `visit` every torch operation of `model` that makes a tensor, in the order of execution, while inside.

    Layers of torch and functional calls are seen alike, one call each: `nn.Linear` and `F.linear` are `linear`. What
    torch does inside one operation is not shown, and neither is what runs in jit-compiled code or in other threads.
    Hooks tell which module an operation was in; they are gone afterwards, also after an exception.

    Args:
        model: Called by the caller, inside. One call of it at a time.
        visit: Gets an `Operation`; what it returns, if not None, takes the place of the result.

    Example:
        >>> seen = []
        >>> model = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
        >>> with watching(model, lambda operation: seen.append(operation.call.operation)):
        ...     _ = model(torch.ones(1, 3))
        >>> seen
        ['linear', 'relu']
    """
    origins, modules = Origins(model), _Modules(model)
    with ExitStack() as stack:
        for handle in modules.hooks(origins):
            stack.callback(handle.remove)
        stack.enter_context(_Mode(model, origins, modules, visit))
        yield origins


class _Modules:
    """Which modules are running, innermost last."""

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._names = {module: name for name, module in model.named_modules()}
        self._running: list[tuple[str, int]] = []
        self._n_calls: Counter[str] = Counter()

    @property
    def innermost(self) -> tuple[str, int] | None:
        """Name of the innermost running module and the number of its earlier calls; None outside the model."""
        return self._running[-1] if self._running else None

    def hooks(self, origins: Origins) -> Iterator[torch.utils.hooks.RemovableHandle]:
        """Hang a hook at the start and the end of each module; what is jit-compiled takes none."""

        def start(module: nn.Module, args: tuple[Any, ...], keywords: dict[str, Any]) -> None:
            name = self._names[module]
            if module is self._model:
                self._running.clear()
                origins.see_inputs((args, keywords))
            self._running.append((name, self._n_calls[name]))
            self._n_calls[name] += 1

        def end(*_: Any) -> None:
            self._running.pop()

        for module in self._names:
            if not isinstance(module, torch.jit.ScriptModule):
                yield module.register_forward_pre_hook(start, with_kwargs=True)
                yield module.register_forward_hook(end, always_call=True)


_WITHOUT_SOURCE: frozenset[Kind] = frozenset({"embedding", "attention", "recurrent"})
"""Layers also where their input was made on the way, from positions or noise."""


class _Mode(TorchFunctionMode):
    def __init__(self, model: nn.Module, origins: Origins, modules: _Modules, visit: Visit) -> None:
        super().__init__()
        self._model, self._origins, self._modules, self._visit = model, origins, modules, visit
        self._n_calls = 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        keywords = kwargs or {}
        if self._modules.innermost is None:
            return func(*args, **keywords)
        call = self._call(func, args, keywords)  # before it runs: it may work in place
        result = func(*args, **keywords)
        made = args[0] if call.operation == "setitem" else result
        first = next(tensors_in(made), None)
        if first is None:
            return result
        if not call.sources and not self._is_layer(call):
            self._origins.see_computed(made, call.operation, call.kind, self._origins.of_all((args, keywords)))
            return result
        call = replace(call, index=self._n_calls, shape=tuple(first.shape))
        self._n_calls += 1
        replaced = self._visit(Operation(call, args, keywords, made))
        result, made = (result, made) if replaced is None else (replaced, replaced)
        self._origins.see_result(made, call.index)
        return result

    def _call(self, func: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> Call:
        name = operation_name(func)
        came = self._origins.of_all((args, keywords))
        weight = weight_of(name, args, keywords, self._origins)
        module, module_call = self._modules.innermost or ("", 0)
        template = self._template((args, keywords))
        return Call(
            index=-1,
            operation=name,
            kind="weights" if weight is not None else kind_of(name),
            module=module,
            module_call=module_call,
            place=user_place(self._model),
            sources=tuple(dict.fromkeys(origin.call for origin in came if origin.call is not None)),
            parameters=tuple(dict.fromkeys(one for origin in came for one in origin.parameters)),
            weight=weight,
            shape=(),
            function=func,
            arguments=None if template is None else template[0],
            keywords={} if template is None else template[1],
        )

    @staticmethod
    def _is_layer(call: Call) -> bool:
        return call.kind in _WITHOUT_SOURCE or call.operation == "linear" or call.operation.startswith("conv")

    def _template(self, value: Any) -> Any:
        """Return `value` with a `Slot` or `Held` for each tensor; None if one is in it that came from nowhere."""
        if isinstance(value, Tensor):
            source = self._origins.of(value).call
            if source is not None:
                return Slot(source)
            return self._origins.held(value) or (value.detach().clone() if value.numel() == 1 else None)
        if isinstance(value, dict):
            items = self._template(tuple(value.values()))
            return None if items is None else dict(zip(value, items, strict=True))
        if type(value) in {tuple, list, torch.Size}:
            items = [self._template(item) for item in value]
            missing = any(new is None and old is not None for new, old in zip(items, value, strict=True))
            return None if missing else list(items) if type(value) is list else tuple(items)
        return value
