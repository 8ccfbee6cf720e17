"""What the scripts of published results share: their command line, results kept as JSON lines, the head of a report.

A script does what is missing and nothing twice: each run is a line of `bench/results/published_NAME.jsonl` as soon as
it is there, known by its key (settings, arm, seed, rate); its `seconds` are the processor's. `--shard K/N` does the
seeds K, K + N, ...; the files of machines that did different shards are put together with `cat`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

import torch

import layerwise

RESULTS = Path(__file__).parents[1] / "results"
SIZES = {
    "quick": "a minute that shows that it runs; kept in the state folder",
    "whole": "all of MNIST as far as two cores get",
    "full": "the published size, for a GPU or for some days",
}
_UNTOLD = ("settings", "machine", "curve")


def options(doc, *, seeds, arms, protocols):
    """Return the parsed command line: `seeds` for each of `arms`, by the protocol "reduced" unless another is named."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    for name in (name for name in SIZES if name in protocols):
        size.add_argument(f"--{name}", action="store_true", help=SIZES[name])
    parser.add_argument("--seeds", type=int, default=seeds, help=f"how many of each arm ({seeds})")
    parser.add_argument("--arms", default=";".join(arms), help="separated by ;")
    parser.add_argument("--shard", default="0/1", metavar="K/N", help="do only the seeds K, K + N, K + 2N, ...")
    parser.add_argument("--report", action="store_true", help="print and write the table of what is there, do nothing")
    parser.add_argument("--data", help="folder with the MNIST files")
    state = Path(tempfile.gettempdir()) / "layerwise_published"
    parser.add_argument("--state", type=Path, default=state, help="folder of checkpoints")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    found = parser.parse_args()
    found.protocol = next((name for name in SIZES if vars(found).get(name)), "reduced")
    place, n = map(int, found.shard.split("/"))
    found.arms = found.arms.split(";")
    found.own_seeds = range(found.seeds)[place::n]
    found.state.mkdir(parents=True, exist_ok=True)
    torch.set_flush_denormal(True)
    return found


class Results:
    """The runs of one script, a dict each; `once` adds one unless it is there."""

    def __init__(self, name, given):
        self.name, folder = name, given.state if given.protocol == "quick" else RESULTS
        self._path = folder / f"published_{name}.jsonl"
        self._report = folder / f"published_{name}{_ending(given)}.md"

    def __iter__(self):
        lines = self._path.read_text(encoding="utf-8").splitlines() if self._path.exists() else []
        return iter([json.loads(line) for line in lines])

    def where(self, **key):
        """Return the runs that have all of these entries."""
        return [line for line in self if all(line.get(name) == value for name, value in key.items())]

    def once(self, work, *arguments, key):
        """Return the run of this key: as it was kept, or as `work(*arguments)` gives it now."""
        found = self.where(**key)
        if found:
            return found[0]
        start = time.process_time()
        line = key | work(*arguments) | {"seconds": round(time.process_time() - start, 1), "machine": machine()}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(*(f"{name} {value}" for name, value in line.items() if name not in _UNTOLD), sep=", ", flush=True)
        return line

    def report(self, lines):
        """Print `lines` and write them beside the results."""
        text = "\n".join(lines) + "\n"
        self._report.write_text(text, encoding="utf-8")
        print(text)


def _ending(given):
    return f"_{given.protocol}" if given.protocol in {"whole", "full"} else ""


def machine():
    """Return what a run was made on, in words."""
    cpuinfo = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else (names or [platform.machine()])[0]
    threads = f"{torch.get_num_threads()} of {os.cpu_count()} cores"
    return f"{device}, {threads}; layerwise {layerwise.__version__}, torch {torch.__version__}"


def head(results, settings, given):
    """Yield the paragraph of a report that says how its numbers were made."""
    size = "" if given.protocol == "reduced" else f" --{given.protocol}"
    yield f"`python bench/published/{results.name}.py --seeds {given.seeds}{size}`\n"
    yield f"Protocol `{given.protocol}`: {', '.join(f'{name} {value}' for name, value in vars(settings).items())}."
    yield from (f"{made}." for made in sorted({line["machine"] for line in results.where(settings=str(settings))}))
    yield ""


def spread(values):
    """Return the median, and from two values on the lowest and the highest."""
    between = f" ({min(values):.2f} to {max(values):.2f})" if len(values) > 1 else ""
    return f"{statistics.median(values):.2f}{between}"
