"""An installation into which files are imported, and what it holds afterwards."""

from collections.abc import Sequence
from pathlib import Path

from click.testing import Result

from app.settings import Layout
from campus.schema import REGISTER, SeriesId, from_ms
from ingest import journal
from ingest.journal import Position, Record
from store.sqlite import open_sqlite
from tests.app.waiting import run, school_file

SCHOOL = """[school]
key = "north"
name = "北中学"
type = "primary"
timezone = "Europe/London"
region = "GB"
calendar = "none"
"""
METER = """
[[meter]]
key = "{key}"
name = "{key}"
topic = "campus/north/{key}"
format = "{format}"
quantity = "{quantity}"
unit = "{unit}"
interval = "30min"
serial = "{serial}"
{more}
"""


def meter(
    key: str, serial: str = "", quantity: str = "electricity", unit: str = "kWh", more: str = "", fmt: str = "native"
):
    """Return a meter's table."""
    return METER.format(key=key, serial=serial, quantity=quantity, unit=unit, more=more, format=fmt)


def home(tmp_path: Path, *meters: str) -> Path:
    """Return an installation of one school with these meters."""
    school_file(tmp_path, SCHOOL + "".join(meters))
    return tmp_path


def take(where: Path, file: Path, *options: str, answers: Sequence[str] = ()) -> Result:
    """Run `campus import`."""
    return run(where, " ".join(["import", f"'{file}'", *options]), answers)


def stored(where: Path, key: str, quantity: str = "electricity") -> dict[str, tuple[float, float, str]]:
    """Return value, seconds and quality of every stored reading of a meter by its time."""
    store = open_sqlite(Layout(where / "data").store("north"))
    try:
        series = SeriesId(REGISTER, key, quantity)
        columns = store.series([series], from_ms(0), from_ms(4_000_000_000_000))[series]
    finally:
        store.close()
    fields = zip(*(columns.fields[name] for name in ("value", "seconds", "quality")), strict=True)
    return {f"{from_ms(t):%Y-%m-%dT%H:%MZ}": row for t, row in zip(columns.time_ms, fields, strict=True)}


def journaled(where: Path) -> list[Record]:
    """Return what imports have put into the journal."""
    folder, place, records = where / "data" / "journal" / "files", Position(), []
    while folder.exists() and (entries := list(journal.read(folder, place))):
        records += [entry.record for entry in entries]
        place = entries[-1].next
    return records
