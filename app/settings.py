"""The settings of an installation: config/settings.toml and the environment, checked whole before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.toml_fields import (
    Field,
    Fields,
    Wrong,
    flag,
    matching,
    number,
    one_of,
    read_table,
    text,
    unknown_keys,
    whole,
)
from app.toml_lines import Place, parse, read_text
from campus.errors import ConfigInvalid, Issue

DATA, CONFIG = "CAMPUS_DATA", "CAMPUS_CONFIG"
# Secrets come from the environment, or from the file named by the same variable with _FILE (a container's secret).
BROKER_PASSWORD, INFLUXDB_TOKEN = "CAMPUS_BROKER_PASSWORD", "CAMPUS_INFLUXDB_TOKEN"


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """The broker, as whom to speak to it, and what to hear; the client id is fixed: the session is kept under it."""

    host: str = "127.0.0.1"
    port: int = 1883
    client_id: str = "campus-ingest"
    username: str = ""
    tls: bool = False
    filters: tuple[str, ...] = ("#",)
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Which store keeps readings and results: the embedded one, or InfluxDB 2 at `url` in the organisation `org`."""

    kind: str = "sqlite"
    url: str = "http://127.0.0.1:8086"
    org: str = "campus"
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where the pages are served."""

    host: str = "127.0.0.1"
    port: int = 8000


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """How long the journal is kept, and how long a group waits for its fsync."""

    keep: timedelta = timedelta(days=400)
    group: timedelta = timedelta(milliseconds=20)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie in the data folder."""

    root: Path

    @property
    def journal(self) -> Path:
        """The folder of the journals, one folder per ingest process inside."""
        return self.root / "journal"

    @property
    def cursors(self) -> Path:
        """The folder of the consumers' cursors."""
        return self.root / "cursors"

    @property
    def quarantine(self) -> Path:
        """The quarantine's file."""
        return self.root / "quarantine.sqlite"

    @property
    def ledger(self) -> Path:
        """The ledger's file."""
        return self.root / "ledger.sqlite"

    def store(self, school: str) -> Path:
        """The embedded store of a school."""
        return self.root / "schools" / school / "store.sqlite"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an installation decides."""

    data: Layout
    config: Path
    broker: BrokerSettings = BrokerSettings()
    store: StoreSettings = StoreSettings()
    web: WebSettings = WebSettings()
    journal: JournalSettings = JournalSettings()

    @property
    def schools(self) -> Path:
        """The folder of the schools' files."""
        return self.config / "schools"


def _filters(value: Any) -> tuple[str, ...] | Wrong:
    if isinstance(value, list) and value and all(isinstance(entry, str) and entry for entry in value):
        return tuple(value)
    return Wrong('must be a list of topic filters such as ["campus/#"]')


def _days(value: Any) -> timedelta | Wrong:
    days = whole(1, 36_500)(value)
    return days if isinstance(days, Wrong) else timedelta(days=days)


def _milliseconds(value: Any) -> timedelta | Wrong:
    read = number(value)
    if isinstance(read, Wrong):
        return read
    return timedelta(milliseconds=read) if 0 <= read <= 1000 else Wrong("must lie between 0 and 1000")


_PORT = Field(whole(1, 65_535))
_URL = matching(r"https?://[^\s/]+/?.*", "an address such as http://127.0.0.1:8086")
_TABLES: Mapping[str, Fields] = {
    "broker": {
        "host": Field(text),
        "port": _PORT,
        "client_id": Field(text),
        "username": Field(text),
        "tls": Field(flag),
        "topics": Field(_filters, "filters"),
    },
    "store": {"kind": Field(one_of(("sqlite", "influxdb"), "kind of store")), "url": Field(_URL), "org": Field(text)},
    "web": {"host": Field(text), "port": _PORT},
    "journal": {
        "keep_days": Field(_days, "keep"),
        "group_ms": Field(_milliseconds, "group"),
    },
}
_SECRETS = {"password": BROKER_PASSWORD, "token": INFLUXDB_TOKEN}


def config_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of the configuration."""
    return Path(environ.get(CONFIG) or "config")


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings; a missing file means the defaults. Raises `ConfigInvalid` with every problem at once."""
    config = config_folder(environ)
    issues: list[Issue] = []
    body, root = _file(config / "settings.toml", issues)
    issues.extend(unknown_keys(body, _TABLES, root))
    values = {name: _table(body, root, name, issues) for name in _TABLES}
    values["broker"] |= _secret(environ, "password", issues)
    values["store"] |= _secret(environ, "token", issues)
    if issues:
        raise ConfigInvalid(tuple(sorted(issues, key=lambda issue: (issue.file, issue.line))))
    return Settings(
        Layout(Path(environ.get(DATA) or "campus-data")),
        config,
        BrokerSettings(**values["broker"]),
        StoreSettings(**values["store"]),
        WebSettings(**values["web"]),
        JournalSettings(**values["journal"]),
    )


def _file(path: Path, issues: list[Issue]) -> tuple[Mapping[str, Any], Place]:
    content = read_text(path) if path.exists() else ""
    parsed = content if isinstance(content, Issue) else parse(content, str(path))
    if not isinstance(parsed, Issue):
        return parsed
    issues.append(parsed)
    return {}, Place(str(path), {})


def _table(body: Mapping[str, Any], root: Place, name: str, issues: list[Issue]) -> dict[str, Any]:
    raw = body.get(name, {})
    if not isinstance(raw, dict):
        issues.append(root.at(name).issue(f"write it as a table: [{name}]"))
        return {}
    _refuse_secrets(raw, root.at(name), issues)
    table = read_table({k: v for k, v in raw.items() if k not in _SECRETS}, _TABLES[name], root.at(name))
    issues.extend(table.issues)
    return table.values


def _refuse_secrets(raw: Mapping[str, Any], place: Place, issues: list[Issue]) -> None:
    for key, variable in _SECRETS.items():
        if key in raw:
            issues.append(
                place.at(key).issue(
                    f"a secret does not belong in a file others read: set {variable} or {variable}_FILE"
                )
            )


def _secret(environ: Mapping[str, str], name: str, issues: list[Issue]) -> dict[str, str]:
    variable = _SECRETS[name]
    if value := environ.get(variable, ""):
        return {name: value}
    if not (file := environ.get(f"{variable}_FILE", "")):
        return {}
    content = read_text(Path(file))
    if isinstance(content, Issue):
        issues.append(Issue(f"{variable}_FILE", 1, str(content)))
        return {}
    return {name: content.strip()}
