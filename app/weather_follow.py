"""Weather fetched once a day for the schools that name a source, beside whatever else the process does.

It has its own view of the installation, so that a service that hangs, or a school's file that is read again, holds up
nobody else. Who names no source is asked about nowhere.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app import weather_fetch
from app.say import Say
from app.settings import Settings
from app.wiring import Installation, install
from campus.errors import CampusError
from campus.ports import WeatherSource
from campus.registry import Registry
from ingest.open_meteo import OpenMeteo

LOOK_S = 60.0
# Once a day is enough of what comes days late; what failed is tried again before the day is over.
EVERY, AGAIN = timedelta(hours=24), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Last:
    """When a school's weather was asked for last, whether it came, and what there was to say."""

    at: datetime
    came: bool
    text: str


def source_of(settings: Settings) -> WeatherSource:
    """Return the source of weather at the addresses of the settings."""
    return OpenMeteo(settings.weather.archive_url, settings.weather.forecast_url)


def last(settings: Settings, school: str) -> Last | None:
    """Return how the last fetch for a school went, None before the first."""
    try:
        kept = json.loads(_file(settings, school).read_text(encoding="utf-8"))
        return Last(datetime.fromisoformat(kept["at"]), bool(kept["came"]), str(kept["text"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _file(settings: Settings, school: str) -> Path:
    return settings.data.root / "weather" / f"{school}.json"


def fetch(installation: Installation, registry: Registry, now: datetime) -> Last:
    """Fetch a school's weather and note how that went; a source or store that is away is told of, and no more."""
    school = registry.school
    assert school.location is not None
    into = installation.stores[school.key], now
    try:
        found = weather_fetch.fetch(source_of(installation.settings), school.location, school, into)
        noted = Last(now, True, f"{found.first} … {found.last}: {found.values}; +{found.forecast} h")
    except CampusError as error:
        noted = Last(now, False, str(error))
    _note(installation.settings, school.key, noted)
    return noted


def _note(settings: Settings, school: str, noted: Last) -> None:
    path = _file(settings, school)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}")
    body = {"at": noted.at.isoformat(), "came": noted.came, "text": noted.text}
    temporary.write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
    temporary.replace(path)


def due(settings: Settings, registry: Registry, now: datetime) -> bool:
    """Whether a school's weather is to be fetched now."""
    where = registry.school.location
    if where is None or not where.source:
        return False
    before = last(settings, registry.school.key)
    return before is None or not before.at <= now < before.at + (EVERY if before.came else AGAIN)


def rounds(installation: Installation, say: Say, now: datetime) -> None:
    """Fetch for every school that is due."""
    installation.reload()
    for registry in installation.registries.values():
        if due(installation.settings, registry, now):
            noted = fetch(installation, registry, now)
            say("weather" if noted.came else "held", school=registry.school.key, text=noted.text)


def beside(settings: Settings, say: Say, stop: threading.Event) -> threading.Thread:
    """Start a thread that fetches until stopped."""
    thread = threading.Thread(target=_run, args=(settings, say, stop), name="weather", daemon=True)
    thread.start()
    return thread


def _run(settings: Settings, say: Say, stop: threading.Event, clock: Callable[[], datetime] | None = None) -> None:
    now = clock or (lambda: datetime.now(UTC))
    installation = install(settings, need_school=False)
    with closing(installation.stores):
        while not stop.is_set():
            try:
                rounds(installation, say, now())
            except OSError as error:
                say("held", text=str(error))
            stop.wait(LOOK_S)
