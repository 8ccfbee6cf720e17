"""Threads that work on whole parts, with no further threads inside an operation."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import torch


@contextmanager
def workers(n: int) -> Iterator[ThreadPoolExecutor]:
    """Yield a pool of `n` threads; torch's number of threads is put back after."""
    n_threads = torch.get_num_threads()
    pool = ThreadPoolExecutor(n, "layerwise-rbm", initializer=_quiet)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        torch.set_num_threads(n_threads)  # what a worker set is the default of threads yet to come


def n_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _quiet() -> None:
    """One thread inside each operation, no denormal numbers, no autograd. All belong to this thread alone."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.set_grad_enabled(False)
