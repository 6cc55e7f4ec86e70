"""One dependency list, three views of it: pyproject.toml, requirements.lock and environment.yml agree."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support import ROOT

NOT_IN_LOCK = {"python", "pip", "make", "quarto"}
PYTHON = {"python_full_version": "3.11.0", "python_version": "3.11"}


def locked(text: str) -> dict[str, str]:
    """Package -> version for Python 3.11."""
    found = {}
    for name, version, marker in re.findall(r"^([a-z0-9.-]+)==([^ ;\\]+)(?: ; ([^\\\n]+))?", text, re.MULTILINE):
        if not marker or Marker(marker).evaluate(PYTHON):
            found[canonicalize_name(name)] = version
    return found


def conda_pins(text: str) -> dict[str, str]:
    pins = {}
    for entry in yaml.safe_load(text)["dependencies"]:
        for line in entry["pip"] if isinstance(entry, dict) else [entry]:
            name, _, version = line.replace("==", "=").partition("=")
            pins[canonicalize_name(name.rstrip(">"))] = version
    return pins


def declared() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        lines += extra
    return [Requirement(line) for line in lines]


def disagreements(lock: dict[str, str], pins: dict[str, str], requirements: list[Requirement]) -> list[str]:
    found = []
    for requirement in requirements:
        name = canonicalize_name(requirement.name)
        if name not in lock:
            found.append(f"{name} is not locked")
        elif not requirement.specifier.contains(lock[name], prereleases=True):
            found.append(f"{name} {lock[name]} is locked, but pyproject.toml asks for {requirement.specifier}")
        if pins.get(name) != lock.get(name):
            found.append(f"{name}: environment.yml {pins.get(name)}, lock {lock.get(name)}")
    names = {canonicalize_name(r.name) for r in requirements} | NOT_IN_LOCK
    return found + [f"{name} is only in environment.yml" for name in pins if name not in names]


def test_the_three_lists_agree():
    lock = locked((ROOT / "requirements.lock").read_text())
    pins = conda_pins((ROOT / "environment.yml").read_text())
    assert disagreements(lock, pins, declared()) == []


@pytest.mark.parametrize("package", ["pandas", "svy", "nbval"])
def test_a_planted_mismatch_is_caught(package: str):
    lock = locked((ROOT / "requirements.lock").read_text())
    pins = conda_pins((ROOT / "environment.yml").read_text()) | {package: "0.0.1"}
    assert [line for line in disagreements(lock, pins, declared()) if line.startswith(f"{package}:")]


@pytest.mark.parametrize("lock", sorted(Path(ROOT).glob("requirements*.lock")), ids=lambda p: p.name)
def test_every_locked_package_has_a_hash_and_no_address(lock: Path):
    text = lock.read_text()
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)
    assert all("--hash=sha256:" in block for block in blocks if block.strip() and not block.startswith("#"))
    assert "://" not in text
