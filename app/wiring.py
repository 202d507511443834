"""Puts the adapters behind the ports: which stores, formats and schools an installation has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.audience import audience
from app.modbus_maps import formats_of
from app.registry_toml import school_files
from app.settings import Settings
from app.watch import Watcher
from campus.errors import CampusError, ConfigInvalid
from campus.ports import Store
from campus.registry import Registry
from ingest.checks import Routes, routes
from ingest.payload import Format
from ingest.quarantine import QuarantineFile

if TYPE_CHECKING:
    # Not loaded by an ingest process, which has no ledger and little memory.
    from ledger import Book


class NoSchool(CampusError):
    """No school is registered."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"no school in {folder}: copy example.toml there under a name of its own, then type `campus check`"
            + ("" if (folder / "example.toml").exists() else " (`campus init` writes an example.toml to begin with)")
        )


@dataclass(slots=True)
class Stores(Mapping[str, Store]):
    """One store a school, opened when it is first asked for."""

    settings: Settings
    _open: dict[str, Store] = field(default_factory=dict)

    def __getitem__(self, school: str) -> Store:
        if school not in self._open:
            self._open[school] = open_store(self.settings, school)
        return self._open[school]

    def __iter__(self) -> Iterator[str]:
        return iter(self._open)

    def __len__(self) -> int:
        return len(self._open)

    def close(self) -> None:
        """Close every open store."""
        while self._open:
            self._open.popitem()[1].close()


def open_store(settings: Settings, school: str) -> Store:
    """Return the store of a school, as the settings say."""
    if settings.store.kind == "influxdb":
        from store.influx import open_influx
        from store.influx_buckets import ensure_buckets
        from store.influx_http import connect

        where = settings.store
        ensure_buckets(connect(where.url, where.token, where.org), school)
        return open_influx(where.url, where.token, where.org, school)
    from store.sqlite import open_sqlite

    path = settings.data.store(school)
    path.parent.mkdir(parents=True, exist_ok=True)
    return open_sqlite(path)


def open_books(
    settings: Settings,
    registries: Callable[[], Mapping[str, Registry]] = dict,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Book:
    """Return the ledger and outbox of the installation; the contacts of `registries`, as they are at each moment,
    are told of what changes. Raises `LedgerUnavailable`, and `LedgerTooNew` for one a later release wrote."""
    from ledger import open_ledger

    url = settings.ledger.url
    if not url:
        settings.data.root.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{settings.data.ledger}"
    return open_ledger(url, clock, audience(registries), settings.ledger.password)


@dataclass(slots=True)
class Installation:
    """An installation while it runs: its schools are read again whenever their files change."""

    settings: Settings
    formats: dict[str, Format]
    watcher: Watcher
    stores: Stores
    _routes: Routes | None = None

    @property
    def registries(self) -> Mapping[str, Registry]:
        """The schools as registered now."""
        return self.watcher.registries

    def reload(self) -> bool:
        """Read changed school files; returns whether anything changed."""
        changed = self.watcher.poll()
        if changed:
            self._routes = None
        return changed

    @property
    def routes(self) -> Routes:
        """Which meters speak on which topic, as registered now."""
        if self._routes is None:
            self._routes = routes(self.registries.values(), self.formats)
        return self._routes

    def quarantine(self) -> QuarantineFile:
        """Open the quarantine."""
        return QuarantineFile(self.settings.data.quarantine, self.formats)

    def journals(self) -> list[Path]:
        """The journal folders there are."""
        root = self.settings.data.journal
        return sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []

    def cursor(self, consumer: str, journal: Path) -> Path:
        """The cursor file of a consumer in a journal."""
        return self.settings.data.cursors / consumer / f"{journal.name}.json"


def install(settings: Settings, need_school: bool = True) -> Installation:
    """Return the installation of the settings; raises `NoSchool` where one is needed and there is none,
    and `ConfigInvalid` with every problem where none is without one."""
    known = formats_of(settings.config)
    watcher = Watcher(settings.schools, known)
    if need_school and not school_files(settings.schools):
        raise NoSchool(settings.schools)
    watcher.poll()
    if need_school and not watcher.registries:
        raise ConfigInvalid(tuple(watcher.issues))
    return Installation(settings, known, watcher, Stores(settings))
