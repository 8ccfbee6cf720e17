"""Threads that each own whole chunks, with no further threads inside an operation."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

import torch

T = TypeVar("T")
R = TypeVar("R")


class Interrupted(Exception):
    """The chunk was stopped before its end."""


def in_threads(
    work: Callable[[T, threading.Event], R], items: Iterable[T], n_workers: int | None = None
) -> Generator[tuple[T, R], None, None]:
    """Yield each item with what `work` made of it in a worker thread, as they get ready.

    Items are taken when a worker is free, and one more, so that none waits for the caller. An exception of `work`, and
    a caller that takes no more, set the event that `work` is called with, which may then raise `Interrupted`. After
    Ctrl-C what is ready is still yielded, before `KeyboardInterrupt` goes on.

    Args:
        work: called with an item and the event.
        items: taken from in the caller's thread.
        n_workers: threads; None: one for each core.

    Example:
        >>> sorted(in_threads(lambda item, stop: item**2, [1, 2, 3]))
        [(1, 1), (2, 4), (3, 9)]
    """
    stop, source, under_way = threading.Event(), iter(items), dict[Future[R], T]()
    n_workers = n_workers or n_cores()
    with workers(n_workers) as pool:
        try:
            while True:
                for item in islice(source, n_workers + 1 - len(under_way)):
                    under_way[pool.submit(work, item, stop)] = item
                if not under_way:
                    return
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    yield under_way.pop(future), future.result()
        except KeyboardInterrupt:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            yield from ((item, future.result()) for future, item in under_way.items() if _ended(future))
            raise
        finally:
            stop.set()


def _ended(future: Future[R]) -> bool:
    return not future.cancelled() and not isinstance(future.exception(), Interrupted)


@contextmanager
def workers(n: int) -> Iterator[ThreadPoolExecutor]:
    """Yield a pool of `n` quiet threads; torch's number of threads is put back after."""
    n_threads = torch.get_num_threads()
    pool = ThreadPoolExecutor(n, "layerwise", initializer=quiet)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        torch.set_num_threads(n_threads)  # what a worker set is the default of threads yet to come


def quiet() -> None:
    """Set this thread: one thread inside each operation, no autograd, and no denormal numbers, which a vanished signal
    is made of and which cost a hundred times as much as others.
    """
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.set_grad_enabled(False)


def n_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
