"""The program as others get it: a wheel, in an environment with what it asks for and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

from tests.imports import ROOT

OURS = "campus-energy"


def build(folder: Path) -> Path:
    """Build the wheel without the network and return it."""
    words = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(ROOT)]
    _pip(*words)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path) -> Path:
    """Make an environment with the wheel and the libraries it asks for, and return its `campus` command.

    The libraries are those the tests run with, linked one by one: one the wheel forgets to ask for is missing.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    _pip("--python", str(folder), "install", "--no-deps", "--no-index", str(wheel))
    (site,) = (folder / "lib").glob("python*/site-packages")
    own = Path(sysconfig.get_path("purelib"))
    for name in sorted(_tops(_closure([Requirement(OURS)]) - {OURS})):
        if (own / name).exists() and not (site / name).exists():
            (site / name).symlink_to(own / name)
    return folder / "bin" / "campus"


def run(command: Path, *words: str, cwd: Path, timeout_s: float = 120.0) -> subprocess.CompletedProcess[str]:
    """Run the installed command in a folder outside the checkout, as a user with an ordinary environment would."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CAMPUS_", "PYTHON"))}
    return subprocess.run(
        [str(command), *words], cwd=cwd, env=kept, capture_output=True, text=True, timeout=timeout_s, check=False
    )


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _closure(wanted: list[Requirement]) -> set[str]:
    """Return the names of distributions that requirements need, and those that these need."""
    found: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    while wanted:
        one = wanted.pop()
        extras = frozenset(one.extras)
        if (one.name, extras) in seen:
            continue
        seen.add((one.name, extras))
        found.add(one.name)
        for inner in map(Requirement, distribution(one.name).requires or ()):
            asked = [{"extra": extra} for extra in ("", *extras)]
            if inner.marker is None or any(inner.marker.evaluate(given) for given in asked):
                wanted.append(inner)
    return found


def _tops(names: set[str]) -> set[str]:
    """Return the files and folders of distributions at the top of site-packages."""
    parts = {file.parts[0] for name in names for file in distribution(name).files or ()}
    return parts - {"..", "__pycache__"}
