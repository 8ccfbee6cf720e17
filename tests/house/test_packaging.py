"""What is installed: every dependency pinned for CI within its range, one version, no paths of one machine."""

from __future__ import annotations

import re
import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import layerwise

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
WANTED = [
    Requirement(line)
    for lines in (PROJECT["build-system"]["requires"], PROJECT["project"]["dependencies"], *EXTRAS.values())
    for line in lines
    if not line.startswith("layerwise[")
]
PINS = {
    canonicalize_name(pin.name): pin
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
    for pin in [Requirement(line)]
}
# Folders in which one person's machine differs from the next.
ONE_MACHINE = re.compile(r"(?<![\w.$~}])/(?:home|Users|root|work|tmp|opt)/\w")


@pytest.mark.parametrize("wanted", WANTED, ids=str)
def test_a_dependency_is_pinned_within_its_range(wanted):
    (exactly,) = PINS[canonicalize_name(wanted.name)].specifier
    assert exactly.operator == "=="
    assert wanted.specifier.contains(exactly.version)


def test_torch_is_pinned_without_a_build_so_that_any_build_fits():
    assert str(PINS["torch"]) == "torch==2.13.0"


def test_installed_and_told_version_agree():
    try:
        installed = version("layerwise")
    except PackageNotFoundError:
        pytest.skip("layerwise runs from its source folder and is not installed")
    assert layerwise.__version__ == installed


def test_the_license_is_the_one_named():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert PROJECT["project"]["license"] == "Apache-2.0"


def test_no_file_holds_a_path_of_one_machine():
    found = {
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in _text_files()
        for match in ONE_MACHINE.finditer(path.read_text(encoding="utf-8", errors="replace"))
    }
    assert found == set()


def _text_files():
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs git and a checkout, to know which files belong to the project")
    paths = [ROOT / name for name in listed if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:4096]]
