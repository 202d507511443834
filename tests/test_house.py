"""The house itself: imports form a star, catalogues are whole, commands are documented, libraries have one home."""

import importlib
import re
import sys
import tomllib
from pathlib import Path

import click
import pytest

from app.cli import FIRST_STEPS, main
from campus import catalogue
from tests.imports import ROOT, imported, imports_of, module_name, packages, sources

PACKAGES = packages()
EVERY_FILE = [path for package in PACKAGES for path in sources(package)]
# A codec and its inverse live in one file, so the simulator speaks through the formats (design, layout).
ALSO = {"sim": ("ingest.payload", "ingest.payloads")}
# Files that import by a name known only when they run, each from a package of its own or given to it.
BY_NAME = {"campus/catalogue.py", "app/cli.py"}

CATALOGUES = {
    "analytics.detectors": "DETECTOR",
    "app.commands": "COMMAND",
    "dashboards.panels": "PANEL",
    "ingest.layouts": "LAYOUT",
    "ingest.payloads": "FORMAT",
}

# Import name -> where alone it may be imported. Arrays are in the ports, so numpy is at home everywhere.
HOMES = {
    "aiosmtpd": ("app/mailbox.py",),  # the local server that files mail into a Maildir
    "alembic": ("ledger/",),
    "altair": ("dashboards/",),
    "amqtt": (),  # runs as a process of its own (app/broker.py)
    "cbor2": ("ingest/cbor.py",),
    "chinese_calendar": ("campus/calendar.py",),
    "click": ("app/",),
    "cvttf_NotoSansCJK_Regular": ("reports/",),
    "distributed": ("app/cluster.py",),  # of the extra `cluster`
    "grafana_client": ("dashboards/",),
    "grafana_foundation_sdk": ("dashboards/",),
    "influxdb_client": ("store/influx",),
    "jinja2": ("web/render.py", "alerts/"),
    "numpy": ("",),
    "openpyxl": ("reports/", "app/workbook"),  # written as a report, read as a survey
    # taking in, publishing, asking for the doctor, and asking nodes for their births
    "paho": ("ingest/source.py", "sim/", "app/broker_probe.py", "app/rebirth.py"),
    "pandas": ("sim/witness.py",),  # the proof shares no code with the pipeline
    "psycopg": (),  # the driver SQLAlchemy loads by the ledger's URL
    "rich": ("app/",),
    "sklearn": ("analytics/",),
    "sqlalchemy": ("ledger/",),
    "starlette": ("web/",),
    "tomlkit": ("app/",),
    "typst": ("reports/",),
    "tzdata": (),  # data for zoneinfo
    "urllib3": ("store/influx",),  # the transport of influxdb_client, for its errors
    "uvicorn": ("web/server.py",),
    "vl_convert": ("dashboards/",),
}
IMPORT_NAMES = {
    "chinesecalendar": "chinese_calendar",
    "cvttf-notosanscjk-regular": "cvttf_NotoSansCJK_Regular",
    "grafana-client": "grafana_client",
    "grafana-foundation-sdk": "grafana_foundation_sdk",
    "influxdb-client": "influxdb_client",
    "paho-mqtt": "paho",
    "scikit-learn": "sklearn",
    "vl-convert-python": "vl_convert",
}


def project() -> dict[str, object]:
    """Return pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def relative(path: Path) -> str:
    """Return a file's path in the project."""
    return path.relative_to(ROOT).as_posix()


def broken_rays(package: str, modules: set[str]) -> set[str]:
    """Return the imports of a package that leave the star."""
    if package == "app":
        return set()
    allowed = ("campus", package, *ALSO.get(package, ()))
    ours = {name for name in modules if name.split(".")[0] in PACKAGES}
    return {name for name in ours if not any(name == home or name.startswith(f"{home}.") for home in allowed)}


def test_every_package_is_seen():
    folders = [path for path in ROOT.iterdir() if path.is_dir() and any(path.glob("*.py"))]
    shipped = project()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    checked = project()["tool"]["mypy"]["packages"]
    code = {folder.name for folder in folders} - {"tests", "benchmarks"}
    assert set(PACKAGES) == code == set(shipped) == set(checked)
    assert "campus" in PACKAGES and len(PACKAGES) > 5


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_campus_and_nothing_else_of_ours(package):
    files = sources(package)
    assert files
    broken = {relative(path): rays for path in files if (rays := broken_rays(package, imports_of(path)))}
    assert broken == {}


def test_names_known_only_at_run_time_are_imported_in_two_places_alone():
    assert {relative(path) for path in EVERY_FILE if "?" in imports_of(path)} <= BY_NAME


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import store.sqlite", "store.sqlite"),
        ("def f():\n    from store import sqlite", "store.sqlite"),
        ("from ..store import sqlite", "store.sqlite"),
        ("import importlib\nimportlib.import_module('store.sqlite')", "store.sqlite"),
        ("import importlib\nimportlib.import_module(f'store.{kind}')", "store"),
        ("__import__('store')", "store"),
        ("if TYPE_CHECKING:\n    import store", "store"),
    ],
)
def test_a_broken_ray_is_seen_however_it_is_written(source, name):
    assert broken_rays("web", set(imported(source, "web.pages"))) == {name}


def test_the_simulator_may_use_formats_and_nothing_else_of_ingest():
    assert broken_rays("sim", set(imported("from ingest.payloads import native", "sim.publish"))) == set()
    assert broken_rays("sim", set(imported("from ingest import payload, journal", "sim.publish"))) == {
        "ingest.journal"
    }
    assert broken_rays("web", set(imported("from ingest.payloads import native", "web.pages"))) != set()


def test_relative_imports_are_resolved():
    assert "web.state" in set(imported("from . import state", "web.pages"))
    assert "web.state.View" in set(imported("from .state import View", "web.pages"))
    assert "web.state.View" in set(imported("from .state import View", "web", is_package=True))


@pytest.mark.parametrize(("folder", "constant"), CATALOGUES.items())
def test_a_catalogue_has_entries_and_none_is_silent_or_doubled(folder, constant):
    package = importlib.import_module(folder)
    entries = catalogue.load(package, constant)
    assert len(entries) == len([p for p in Path(package.__path__[0]).glob("*.py") if p.name != "__init__.py"]) > 0


def test_every_folder_inside_a_package_that_holds_entries_is_a_catalogue():
    inner = {module_name(path) for package in PACKAGES for path in (ROOT / package).glob("*/__init__.py")}
    assert inner == set(CATALOGUES)


def commands(group: click.Group, path: str = "campus") -> list[tuple[str, click.Command]]:
    """Return every command below a group with what is typed for it."""
    context = click.Context(group)
    found: list[tuple[str, click.Command]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found.append((f"{path} {name}", command))
        if isinstance(command, click.Group):
            found += commands(command, f"{path} {name}")
    return found


COMMANDS = commands(main)


def test_a_command_is_named_as_its_file():
    names = {name.split()[1] for name, _ in COMMANDS}
    assert names == {path.stem for path in (ROOT / "app" / "commands").glob("*.py")} - {"__init__"} and names


@pytest.mark.parametrize("command", [command for _, command in COMMANDS], ids=[typed for typed, _ in COMMANDS])
def test_a_command_and_each_of_its_options_has_help(command):
    assert command.help and command.help.strip()
    silent = [p.name for p in command.params if isinstance(p, click.Option) and not p.help]
    assert silent == []


@pytest.mark.parametrize("typed", [typed for typed, _ in COMMANDS])
def test_a_command_stands_in_the_readme(typed):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    if "## Commands" not in readme:
        pytest.skip("README.md has no section Commands yet")
    assert typed in readme


def test_the_first_steps_of_the_help_are_commands():
    taught = re.findall(r"^  (campus [a-z]+)", FIRST_STEPS, re.MULTILINE)
    assert taught
    missing = {step for step in taught if step not in {typed for typed, _ in COMMANDS}}
    if "## Commands" not in (ROOT / "README.md").read_text(encoding="utf-8"):
        pytest.skip(f"README.md has no section Commands yet; still missing: {', '.join(sorted(missing)) or 'none'}")
    assert missing == set()


def third_party(path: Path) -> set[str]:
    """Return the libraries of others that a file imports."""
    tops = {name.split(".")[0] for name in imports_of(path)} - {"?", ""}
    return tops - set(sys.stdlib_module_names) - set(PACKAGES)


def test_every_library_is_imported_in_its_home_alone():
    assert EVERY_FILE
    strays = {
        f"{relative(path)} imports {library}"
        for path in EVERY_FILE
        for library in third_party(path)
        if not relative(path).startswith(HOMES.get(library, ()))
    }
    assert strays == set()


def test_every_dependency_has_a_home():
    names = [re.split(r"[^A-Za-z0-9_.-]", entry)[0] for entry in project()["project"]["dependencies"]]
    assert names
    assert {IMPORT_NAMES.get(name, name) for name in names} - set(HOMES) == set()
