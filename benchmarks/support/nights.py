"""An installation of many simulated schools with a year of hours, as `campus derive` leaves it before a night."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from app import sums, virtual
from app.derive import Key
from app.registry_toml import load_registry
from app.settings import CONFIG, DATA, Settings, load_settings
from app.shelf import Shelf
from app.sim_rows import SimRows
from app.windows import HOUR_MS, Window
from app.wiring import open_store
from campus.registry import Registry
from campus.schema import (
    CONSUMPTION,
    DAY,
    FIELDS,
    FIGURE,
    HOUR,
    REGISTER,
    SCHOOL_SUBJECT,
    WEATHER_IRRADIANCE,
    WEATHER_TEMPERATURE,
    Columns,
    Point,
    SeriesId,
    Stretch,
    from_ms,
    meter_subject,
    to_ms,
)
from ingest.payload import formats
from sim.registers import Track, lay
from sim.toml import school_toml

# Ten in the morning at the schools: the night is over, and the hour that comes is one like most others.
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
# Raw registers are there for so long, as where they expire: what rules read of them reaches less far.
RAW = timedelta(days=70)
EVER = sums.ALL_TIME
METERS_A_SCHOOL = 21
MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an installation lies, and what its settings say."""

    folder: Path
    text: str = ""
    secrets: tuple[tuple[str, str], ...] = ()

    def environment(self) -> dict[str, str]:
        """Return what a process of the installation finds in its environment."""
        return {CONFIG: str(self.folder / "config"), DATA: str(self.folder / "data"), **dict(self.secrets)}

    def settings(self) -> Settings:
        """Return its settings."""
        return load_settings(self.environment())


def key_of(seed: int) -> str:
    """Return the key of a seed's school."""
    return f"s{seed:03d}"


def laid(seed: int) -> Track:
    """Return the school of a seed, with an hour more than is stored before the night."""
    return lay(seed, NOW + timedelta(hours=1), YEAR)


def registry_of(seed: int, track: Track) -> tuple[str, Registry]:
    """Return the file of a school among others, and what it says."""
    text = (
        school_toml(track).replace('key = "demo"', f'key = "{key_of(seed)}"', 1).replace("campus/demo/", f"{seed}/")
    )
    registry, issues = load_registry(text, f"{key_of(seed)}.toml", formats())
    if registry is None:
        raise SystemExit("\n".join(issue.text for issue in issues))
    return text, registry


def make(place: Place, seeds: Sequence[int], workers: int, until: datetime = NOW) -> None:
    """Write the configuration and fill the store of every school until an instant, on several processes."""
    for part in ("config/schools", "data"):
        (place.folder / part).mkdir(parents=True)
    (place.folder / "config" / "settings.toml").write_text(place.text, encoding="utf-8")
    fill(place, seeds, workers, (EVER[0], until))


def fill(place: Place, seeds: Sequence[int], workers: int, window: Window) -> None:
    """Fill the store of every school with the readings after the first instant until the other, and their sums."""
    with ProcessPoolExecutor(workers, get_context("spawn")) as executor:
        list(executor.map(partial(_fill, place, window), seeds))


def _fill(place: Place, window: Window, seed: int) -> None:
    track, (since, until) = laid(seed), window
    text, registry = registry_of(seed, track)
    (place.folder / "config" / "schools" / f"{key_of(seed)}.toml").write_text(text, encoding="utf-8")
    rows = SimRows(track, registry)
    # The day that an earlier window broke off is told again.
    begin = max(from_ms(track.begin_ms), _midnight_after(since) - timedelta(days=1))
    with closing(open_store(place.settings(), key_of(seed))) as store:
        shelf, changed = Shelf(store), {}
        for key, quantity in registers(registry):
            raw = SeriesId(REGISTER, key, quantity)
            read = max(since, until - RAW) + MOMENT, until + MOMENT
            store.write(_points(raw, rows.series([raw], *read)[raw]))
            for one in (SeriesId(CONSUMPTION, key, quantity), SeriesId(FIGURE, meter_subject(key), quantity, DAY)):
                shelf.replace(one, (begin, EVER[1]), rows.series([one], begin, until)[one])
            changed[key, quantity] = [(begin, _midnight_after(until))]
        for name in (WEATHER_TEMPERATURE, WEATHER_IRRADIANCE):
            one = SeriesId(FIGURE, SCHOOL_SUBJECT, name, HOUR)
            shelf.replace_all([Stretch(one, (begin, EVER[1]), rows.series([one], begin, until)[one])])
        shelf.flush()
        sums.follow(registry, shelf, changed)
        virtual.follow(registry, shelf, changed)
        shelf.flush()


def _midnight_after(time: datetime) -> datetime:
    return from_ms((to_ms(time) // (24 * HOUR_MS)) * 24 * HOUR_MS + 16 * HOUR_MS)  # of UTC+8


def registers(registry: Registry) -> list[tuple[str, str]]:
    """Return the registers of a school: meter and quantity."""
    return [(meter.key, register.quantity.key) for meter in registry.meters.values() for register in meter.registers]


def _points(series: SeriesId, rows: Columns) -> list[Point]:
    columns = [rows.fields[name].tolist() for name in FIELDS[series.measurement]]
    return [Point(series, time, values) for time, *values in zip(rows.time_ms.tolist(), *columns, strict=True)]


def next_hour(seeds: Sequence[int]) -> Iterator[tuple[Key, list[Point]]]:
    """Yield the readings of the hour after `NOW`, register by register."""
    for seed in seeds:
        track = laid(seed)
        _, registry = registry_of(seed, track)
        rows = SimRows(track, registry)
        for key, quantity in registers(registry):
            raw = SeriesId(REGISTER, key, quantity)
            read = NOW + MOMENT, NOW + timedelta(hours=1) + MOMENT
            yield (key_of(seed), key, quantity), _points(raw, rows.series([raw], *read)[raw])
