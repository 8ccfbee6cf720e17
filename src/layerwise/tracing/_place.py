"""The line in the user's own file that asked for an operation."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

import torch
from torch import nn

_NOT_THE_USERS = tuple(str(Path(module).parent) for module in (torch.__file__, str(Path(__file__).parent)))


def user_place(model: nn.Module) -> str:
    """Return `file:line` of the innermost code that is neither torch's nor ours, inside the forward of `model`.

    Empty where there is none: a chain of torch's own modules has no line that asks for a layer.
    """
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # inspect.stack reads source files, 1,000 times slower
    while frame is not None:
        code = frame.f_code
        if code is _MODULE_CALL and frame.f_locals.get("self") is model:
            return ""
        if not code.co_filename.startswith(_NOT_THE_USERS):
            return f"{code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


_MODULE_CALL = nn.Module._wrapped_call_impl.__code__  # noqa: SLF001  # through it every call of a module goes
