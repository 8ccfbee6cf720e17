"""Worker threads: everything comes back, nothing is taken ahead of time, and an end is an end for all."""

from __future__ import annotations

import pickle
import threading

import pytest
import torch

from layerwise.data import circles
from layerwise.population import Interrupted, in_threads, workers
from layerwise.population import _workers as module
from layerwise.population._splits import MOST, Splits


@pytest.mark.parametrize("n_workers", [1, 3, None])
def test_every_item_comes_back_once_with_its_result(n_workers):
    found = dict(in_threads(lambda item, _: item**2, range(20), n_workers))
    assert found == {item: item**2 for item in range(20)}
    assert list(in_threads(lambda item, _: item, [], n_workers)) == []


def test_items_are_taken_when_there_is_room_and_in_the_callers_thread():
    taken, threads = [], set()

    def items():
        for item in range(10):
            taken.append(item)
            threads.add(threading.current_thread())
            yield item

    pairs = in_threads(lambda item, _: item, items(), 2)
    next(pairs)
    assert len(taken) <= 3
    assert len(list(pairs)) == 9
    assert threads == {threading.current_thread()}


def test_an_error_stops_the_others_and_is_raised():
    begun, stopped = threading.Event(), threading.Event()

    def work(item, stop):
        if item == 0:
            assert begun.wait(20)
            raise RuntimeError("from a worker")
        begun.set()
        assert stop.wait(20)
        stopped.set()
        raise Interrupted

    with pytest.raises(RuntimeError, match="from a worker"):
        list(in_threads(work, range(2), 2))
    assert stopped.is_set()


def test_a_caller_that_takes_no_more_stops_the_workers():
    begun, stopped = threading.Event(), threading.Event()

    def work(item, stop):
        if item:
            begun.set()
            assert stop.wait(20)
            stopped.set()
        else:
            assert begun.wait(20)
        return item

    pairs = in_threads(work, range(2), 2)
    assert next(pairs) == (0, 0)
    pairs.close()
    assert stopped.is_set()


def test_ctrl_c_yields_what_is_ready_and_goes_on(monkeypatch):
    first_done, n_waits, original = threading.Event(), [], module.wait

    def work(item, stop):
        if item == 0:
            first_done.set()
            return item
        stop.wait(20)
        raise Interrupted

    def interrupted(futures, **options):
        first_done.wait(20)
        original([next(iter(futures))])
        n_waits.append(len(futures))
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "wait", interrupted)
    pairs = in_threads(work, range(5), 2)
    assert next(pairs) == (0, 0)
    with pytest.raises(KeyboardInterrupt):
        next(pairs)
    assert n_waits == [3]


def test_threads_work_quietly_and_the_callers_number_of_threads_is_put_back():
    before = torch.get_num_threads()
    with workers(1) as pool:
        seen = pool.submit(lambda: (torch.get_num_threads(), torch.is_grad_enabled())).result()
    assert seen == (1, False)
    assert torch.get_num_threads() == before
    assert torch.is_grad_enabled()


def test_splits_are_made_once_and_do_not_travel():
    data = circles(n=60)
    splits = Splits(data)
    assert splits[3] is splits[3]
    assert (splits[3].train == data.split(3).train).all()
    other = pickle.loads(pickle.dumps(splits))
    assert other._kept == {}
    assert (other[3].test == splits[3].test).all()
    for seed in range(MOST + 5):
        splits[seed]
    assert len(splits._kept) == MOST
