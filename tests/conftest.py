"""What every test may ask for, and what holds for all of them."""

from __future__ import annotations

import functools
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

# Several workers share the cores, so each gets one thread. This must stand before torch and numpy are loaded.
if "PYTEST_XDIST_WORKER" in os.environ:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"

# No deadline: a slow machine is no bug. On CI the same examples each time, elsewhere new ones.
settings.register_profile("layerwise", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("layerwise")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real data sets beside the repository; without it the test is skipped."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the real data sets in ../shared/data, and they are not there")
    return folder


@pytest.fixture
def cli(monkeypatch, capsys, tmp_path):
    """Runs `layerwise *arguments` in this process, in an empty folder."""
    from command_line import InThisProcess

    return InThisProcess(monkeypatch, capsys, tmp_path)


@pytest.fixture
def process(tmp_path):
    """Runs Python in a process of its own, in an empty folder."""
    from command_line import run_python

    return functools.partial(run_python, tmp_path)


@pytest.fixture
def no_torch(tmp_path):
    """A folder with a torch that ends the process that loads it."""
    from command_line import torch_that_tells

    return torch_that_tells(tmp_path)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine can't run, and say why."""
    if item.get_closest_marker("gpu") and not _has_cuda():
        pytest.skip("needs CUDA")
    if item.get_closest_marker("browser") and not any(map(shutil.which, BROWSERS)):
        pytest.skip(f"needs a browser: one of {', '.join(BROWSERS)}")


def _has_cuda() -> bool:
    import torch

    return torch.cuda.is_available()
