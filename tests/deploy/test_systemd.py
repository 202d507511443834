"""The systemd units: what they start exists, ends in time, comes again, and may do nothing else."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from app import members
from app.cli import main
from app.commands.run import PROCESSES
from tests.deploy.brokers import tool
from tests.deploy.composed import ROOT

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
MEMBER = ROOT / "deploy" / "systemd" / "campus-ingest@.service"
INSTALLED = "/opt/campus/bin/campus"
# systemd's own measure of what a service might do to its machine, from 0 (nothing) to 10; it calls up to 4 "OK".
MOST_EXPOSED = 4.0


def service(path: Path) -> configparser.SectionProxy:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(path.read_text(encoding="utf-8"))
    return unit["Service"]


def words(path: Path) -> tuple[str, ...]:
    command, *rest = service(path)["ExecStart"].split()
    assert command == INSTALLED
    return tuple(rest)


def test_there_is_a_unit_for_every_process_of_campus_run():
    single = [path for path in UNITS if path != MEMBER]
    assert {(path.stem.removeprefix("campus-"), words(path)) for path in single} == set(PROCESSES)


def test_further_members_are_started_by_their_names_and_are_in_all_else_like_the_first():
    name, typed = members.process("2")
    assert MEMBER in UNITS and f"campus-{name}" == MEMBER.stem.replace("@", "-2")
    assert words(MEMBER) == tuple(word if word != "2" else "%i" for word in typed)
    given, first = (dict(service(path)) for path in (MEMBER, MEMBER.with_name("campus-ingest.service")))
    assert {key: value for key, value in given.items() if first[key] != value} == {"ExecStart": given["ExecStart"]}


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_what_a_unit_starts_is_a_command_with_such_options(path):
    command: click.Command = main
    context, rest = click.Context(main), list(words(path))
    while isinstance(command, click.Group):
        found = command.get_command(context, rest.pop(0))
        assert found is not None
        command, context = found, click.Context(found)
    known = {option for param in command.params for option in param.opts}
    assert set(rest) - {"%i"} <= known


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_comes_again_keeps_its_data_and_holds_no_secret(path):
    given = service(path)
    assert given["Restart"] == "always" and given["User"] == "campus" and given["StateDirectory"] == "campus"
    assert given["ProtectSystem"] == "strict" and given["CapabilityBoundingSet"] == ""
    assert not re.search(r"(PASSWORD|TOKEN)\S*=[^…\s]", path.read_text(encoding="utf-8"))


@pytest.mark.skipif(tool("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_systemd_understands_a_unit_and_calls_it_safe(path, tmp_path):
    ours = str(Path(sys.executable).with_name("campus"))
    moved = tmp_path / path.name
    moved.write_text(path.read_text(encoding="utf-8").replace(INSTALLED, ours), encoding="utf-8")
    checked = analyze("verify", "--man=no", "--recursive-errors=no", str(moved))
    assert (checked.returncode, checked.stderr) == (0, ""), checked.stderr
    told = analyze("security", "--offline=true", "--no-pager", str(moved)).stdout
    exposed = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
    assert exposed is not None and float(exposed[1]) <= MOST_EXPOSED, told


def analyze(*asked: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(tool("systemd-analyze")), *asked], capture_output=True, text=True, check=False)
