"""One small study that many tests run, the records of an undisturbed run, and a program that runs it to be killed."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import tempfile
import zlib

from layerwise.data import load
from layerwise.store import StudyReader
from layerwise.studies.study import Study, run_study
from layerwise.studies.study._design import make_design

TINY = {"depth": 1, "width": 8, "epochs": 2}
FIELDS = {
    "name": "tiny",
    "question": "Does a rate of 0.3 beat one of 0.0001?",
    "prediction": "Yes.",
    "data": "circles",
    "arms": [
        {"name": "fast", "learning_rate": 0.3, **TINY},
        {"name": "slow", "learning_rate": 1e-4, **TINY},
        {"name": "deep", "learning_rate": 0.3, **TINY, "depth": 2},
    ],
    "seeds": 6,
    "chunk_size": 2,
    "decision": {"better": "fast", "than": "slow"},
}


def tiny(**changes):
    """Return the study with some fields changed."""
    return Study(**(FIELDS | changes))


def records(folder):
    """Return all that a study has recorded of its members, times and sittings aside, bit for bit."""
    with StudyReader(folder) as reader:
        rows = [row._replace(seconds=0.0) for row in reader.whole_rows()]
    return [row._replace(details=row.details and zlib.decompress(row.details)) for row in rows]


def undisturbed(seeds=6):
    """Return the rows of the study as an undisturbed run records them, ready to be handed out by an engine."""
    return _undisturbed(seeds)


@functools.cache
def _undisturbed(seeds):
    with tempfile.TemporaryDirectory() as folder:
        run_study(tiny(seeds=seeds), folder, progress=False)
        with StudyReader(folder) as reader:
            return list(reader.whole_rows())


def expected(seeds=6):
    """Return `records` of an undisturbed run."""
    return [row._replace(seconds=0.0, details=zlib.decompress(row.details)) for row in undisturbed(seeds)]


class Canned:
    """An engine that trains nothing: it hands out the rows of the undisturbed run, chunk by chunk."""

    name, here = "canned", True

    def __init__(self, seeds=6):
        self.asked = []
        self._rows = {row.member: row for row in undisturbed(seeds)}

    def ready(self):
        return contextlib.nullcontext()

    def run(self, work, jobs):
        for job in jobs:
            self.asked += [entry.member for entry in job.entries]
            yield [(job, [self._rows[entry.member] for entry in job.entries])]


if __name__ == "__main__":  # for each folder on stdin: a process that runs the study there, and then its exit code
    make_design(tiny(), load("circles")).described()  # loads what each process would have to load otherwise
    print("ready", flush=True)
    for line in sys.stdin:
        children = {}
        for folder in line.split():
            pid = os.fork()
            if not pid:
                run_study(tiny(), folder, progress=lambda told: print("done", told.done, flush=True))
                os._exit(0)
            children[pid] = folder
            print("child", pid, flush=True)
        for pid in children:
            print("ended", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
