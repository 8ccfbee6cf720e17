"""Which layers ran, in what order, with what: one answer for any module, layers and functional calls alike.

Whatever needs to know how a live network is put together asks here, and keeps no walk of its own: the order in which
modules were registered says nothing about the order in which they run.
"""

from layerwise.tracing._branches import Branch, branches
from layerwise.tracing._call import INPUT, Call, Held, Rows, Slot, Weight
from layerwise.tracing._feed import batches, feed, input_of
from layerwise.tracing._kinds import Kind, operation_name, tensors_in
from layerwise.tracing._links import Function, Link, links
from layerwise.tracing._replay import own_tensors, replay
from layerwise.tracing._rows import trace_any_rows
from layerwise.tracing._trace import Trace, trace
from layerwise.tracing._untouched import untouched
from layerwise.tracing._watch import Operation, Visit, watching

__all__ = [
    "INPUT",
    "Branch",
    "Call",
    "Function",
    "Held",
    "Kind",
    "Link",
    "Operation",
    "Rows",
    "Slot",
    "Trace",
    "Visit",
    "Weight",
    "batches",
    "branches",
    "feed",
    "input_of",
    "links",
    "operation_name",
    "own_tensors",
    "replay",
    "tensors_in",
    "trace",
    "trace_any_rows",
    "untouched",
    "watching",
]
