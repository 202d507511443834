"""An installation whose journals a test writes itself, and drains with the pipeline's own drain."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from app.certificate import Certificate, certify
from app.certificate_rows import Row
from app.certificate_tally import Asked
from app.settings import load_settings
from app.wiring import Installation, install
from campus.schema import to_ms
from ingest import drain
from ingest.journal import Record, Writer

DAY = date(2025, 11, 20)
# In the past, so that what a test writes now is written later. It begins at 00:00 in Shanghai.
BEGIN = datetime(2025, 11, 19, 16, tzinfo=UTC)
NOON = BEGIN + timedelta(hours=12)
NOW = BEGIN + timedelta(days=3)

SCHOOL = """[school]
key = "{key}"
name = "{key}"
type = "primary"
timezone = "{zone}"
region = "CN-SD"
calendar = "CN"
"""
METER = """
[[meter]]
key = "{key}"
name = "{key}"
topic = "campus/{school}/{key}"
format = "native"
quantity = "electricity"
unit = "kWh"
interval = "{interval}"
arrival = "{arrival}"
"""


@dataclass
class Home:
    """An installation in a folder."""

    folder: Path

    def school(self, text: str, key: str = "north") -> None:
        path = self.folder / "config" / "schools" / f"{key}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    @property
    def environ(self) -> dict[str, str]:
        return {"CAMPUS_CONFIG": str(self.folder / "config"), "CAMPUS_DATA": str(self.folder / "data")}

    def installation(self) -> Installation:
        return install(load_settings(self.environ))

    def write(self, records: Sequence[Record], name: str = "main") -> None:
        """Write records into a journal, a segment of its own each time."""
        with closing(Writer(self.folder / "data" / "journal" / name)) as writer:
            writer.append(records)

    def drain(self, name: str = "main") -> None:
        """Drain a journal to its end."""
        found = self.installation()
        with closing(found.quarantine()) as held, closing(found.stores):
            sinks = drain.Sinks(found.stores, held)
            folder = self.folder / "data" / "journal" / name
            while drain.drain(folder, found.cursor("drain", folder), found.routes, sinks):
                pass

    def certificate(self, day: date = DAY, now: datetime = NOW, schools: tuple[str, ...] = ()) -> Certificate:
        found = self.installation()
        with closing(found.stores):
            return certify(found, Asked(found.registries, schools or tuple(sorted(found.registries)), day, now))


def home(folder: Path, *meters: str, zone: str = "Asia/Shanghai") -> Home:
    """Return an installation with one school, "north", and its meters (15 minutes, live)."""
    made = Home(folder)
    made.school(SCHOOL.format(key="north", zone=zone) + "".join(map(meter, meters)))
    return made


def meter(key: str, interval: str = "15min", arrival: str = "live", school: str = "north") -> str:
    return METER.format(key=key, interval=interval, arrival=arrival, school=school)


def said(key: str, time: datetime, value: float, arrived: datetime | None = None, school: str = "north") -> Record:
    """Return a native message: a register reading of a meter, arrived at its own time unless told otherwise."""
    body = json.dumps({"time": to_ms(time), "register": value}).encode()
    return Record(to_ms(arrived or time), f"campus/{school}/{key}", body)


def row(rows: Sequence[Row], meter: str) -> Row:
    """Return the one row of a meter or topic."""
    (found,) = [one for one in rows if one.meter == meter]
    return found
