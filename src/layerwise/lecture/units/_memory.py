"""How the memory task is shown."""

from __future__ import annotations

import numpy as np

from layerwise.lecture.units._recurrent import LENGTH, SHORT, Memory
from layerwise.records import Axis, Marks, Picture, Table, Values


def memory_table(kept: dict[str, Memory], brief: dict[str, Memory]) -> Table:
    """Return what came of every kind of cell, and how many learn the shorter task."""
    rows = tuple(
        (name, f"{one.learned.estimate:.0%}", f"{one.learned.low:.0%} to {one.learned.high:.0%}",
         f"{np.median(one.errors):.2g}", f"{one.rate:g}", f"{brief[name].learned.estimate:.0%}")
        for name, one in kept.items()
    )  # fmt: skip
    return Table(
        title=f"Remembering the first of {LENGTH} numbers",
        columns=("cell", "learned", "95% interval", "median error", "best rate", f"learned, {SHORT} steps"),
        rows=rows,
        note="Mean squared error; 1 is that of always answering 0; inf: the state grew beyond all numbers. Gates "
        "decide what is kept, content is what is stored.",
    )


def memory_picture(kept: dict[str, Memory]) -> Picture:
    """Return the shares of seeds that learn."""
    columns: dict[str, Values] = {
        "x": tuple(one.learned.estimate for one in kept.values()),
        "y": tuple(kept),
        "low": tuple(one.learned.low for one in kept.values()),
        "high": tuple(one.learned.high for one in kept.values()),
    }
    return Picture(
        title=f"Which cells learn to remember over {LENGTH} steps",
        x=Axis(title="share of seeds that learn", low=0.0, high=1.0),
        y=Axis(title="", scale="names"),
        marks=(Marks(kind="bars", columns=columns),),
        note="A cell as an LSTM has it, with sigmoid or ReLU in its gates and tanh or ReLU for its content. 95% Wilson "
        "intervals.",
        size="full",
    )
