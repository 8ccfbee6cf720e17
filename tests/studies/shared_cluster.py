"""A program that holds the engine to what it says on a Ray cluster of one node, which is told to have two GPUs."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from dying_worker import DeadlyRay, tries
from tiny_study import tiny

from layerwise._base import LayerwiseError
from layerwise.studies.study import run_study
from layerwise.studies.study.engines import Ray
from layerwise.studies.study.engines._ray import AHEAD

N_JOBS, CPUS, GPUS, CHUNK = 14, 4, 2, 4


class Meeting:
    """Work that stays until as many are there at once as are expected, and tells how many it saw, and its GPUs."""

    def __init__(self, folder, expected, *, on_cpu=True):
        self.folder, self.expected, self.on_cpu = Path(folder), expected, on_cpu

    def __call__(self, job):
        import ray

        mine, seen, end = self.folder / str(job), 0, time.monotonic() + 60
        mine.touch()
        while time.monotonic() < end and seen < self.expected:
            seen = max(seen, len(list(self.folder.iterdir())))
            time.sleep(0.02)
        time.sleep(0.3)  # for one too many to come
        seen = max(seen, len(list(self.folder.iterdir())))
        mine.unlink()
        self.expected = 0
        return [seen, ray.get_gpu_ids(), os.environ.get("CUDA_VISIBLE_DEVICES")]


class Unreadable:
    """Work that no worker can read, as where layerwise is missing there."""

    on_cpu = True

    def __reduce__(self):
        return __import__, ("layerwise_of_another_machine",)


def met(folder, engine, expected, n_jobs=N_JOBS, **options):
    """Return what `Meeting` saw in each job, and how many jobs were under way at most."""
    folder.mkdir()
    under_way, most = 0, 0

    def jobs():
        nonlocal under_way, most
        for job in range(n_jobs):
            under_way += 1
            most = max(most, under_way)
            yield job

    found = []
    for batch in engine.run(Meeting(folder, expected, **options), jobs()):
        under_way -= len(batch)
        found += batch
    return {"jobs": sorted(job for job, _ in found), "saw": [rows for _, rows in found], "most": most}


def said(engine, work):
    """Return the error that the engine ends with."""
    try:
        list(engine.run(work, [0]))
    except LayerwiseError as error:
        return str(error)
    return ""


def main(folder):
    import ray

    ray.init(num_cpus=CPUS, num_gpus=GPUS, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    result = run_study(
        tiny(), folder / "study", engine=DeadlyRay(num_cpus=2, n_retries=1).dying(CHUNK, folder), progress=False
    )
    found = {
        "complete": result.complete,
        "tries": tries(folder, CHUNK),
        "halves of GPUs": met(folder / "a", Ray(num_cpus=0.25, num_gpus=0.5), 4),
        "halves of cores": met(folder / "b", Ray(num_cpus=2), 2, n_jobs=6),
        "device is a GPU": met(folder / "c", Ray(num_cpus=0.25), 2, n_jobs=4, on_cpu=False),
        "too large": said(Ray(num_gpus=3, patience=1), Meeting(folder, 0)),
        "not installed": said(Ray(), Unreadable()),
        "ahead": AHEAD,
    }
    ray.shutdown()
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
