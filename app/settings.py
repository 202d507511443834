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
DEFAULT_DATA = "campus-data"
# Secrets come from the environment, or from the file named by the same variable with _FILE (a container's secret).
BROKER_PASSWORD, INFLUXDB_TOKEN = "CAMPUS_BROKER_PASSWORD", "CAMPUS_INFLUXDB_TOKEN"
LEDGER_PASSWORD, MAIL_PASSWORD = "CAMPUS_LEDGER_PASSWORD", "CAMPUS_MAIL_PASSWORD"
GRAFANA_PASSWORD, GRAFANA_TOKEN = "CAMPUS_GRAFANA_PASSWORD", "CAMPUS_GRAFANA_INFLUXDB_TOKEN"


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """The broker, as whom to speak to it, and what to hear; the client id is fixed: the session is kept under it.

    `members` is how many ingest processes `campus run` starts, among whom a shared subscription is dealt.
    """

    host: str = "127.0.0.1"
    port: int = 1883
    client_id: str = "campus-ingest"
    username: str = ""
    tls: bool = False
    filters: tuple[str, ...] = ("#",)
    members: int = 1
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
    """Where the pages are served; `published_on_loopback` says that only this machine's loopback reaches the port,
    as docker-compose.yml publishes it: only then may `host` be another address, that of a container."""

    host: str = "127.0.0.1"
    port: int = 8000
    published_on_loopback: bool = False


@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """Where the ledger is: a file of the data folder, or a database such as postgresql+psycopg://campus@db/campus."""

    url: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The server that takes our mail, nobody's until a host is named; `page` is where the links of a mail lead."""

    host: str = ""
    port: int = 587
    security: str = "starttls"
    username: str = ""
    sender: str = ""
    page: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class GrafanaSettings:
    """A Grafana to publish to, and the InfluxDB as Grafana reaches it, read with a token of its own."""

    url: str = "http://127.0.0.1:3000"
    username: str = "admin"
    influxdb_url: str = ""
    password: str = field(default="", repr=False)
    influxdb_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class WeatherSettings:
    """Where weather is asked for, by schools that name a source: the public service, or a server of one's own."""

    archive_url: str = "https://archive-api.open-meteo.com/v1/archive"
    forecast_url: str = "https://api.open-meteo.com/v1/forecast"


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
    ledger: LedgerSettings = LedgerSettings()
    mail: MailSettings = MailSettings()
    grafana: GrafanaSettings = GrafanaSettings()
    weather: WeatherSettings = WeatherSettings()

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


# Each is two processes on this machine, with a journal and a session of its own.
MOST_MEMBERS = 16
SHARED = "$share/"  # MQTT 5, section 4.8.2: $share/<group>/<filter>; brokers grant it to clients of 3.1.1 too
_PORT = Field(whole(1, 65_535))
_URL = matching(r"https?://[^\s/]+/?.*", "an address such as http://127.0.0.1:8086")
# starttls and tls as in RFC 8314; none is for a server on this machine alone.
_SECURITY = ("starttls", "tls", "none")
_LEDGER = matching(
    r"(sqlite:///|postgresql\+psycopg://)\S+", "postgresql+psycopg://USER@HOST/DATABASE, or sqlite:///FILE"
)
_TABLES: Mapping[str, Fields] = {
    "broker": {
        "host": Field(text),
        "port": _PORT,
        "client_id": Field(text),
        "username": Field(text),
        "tls": Field(flag),
        "topics": Field(_filters, "filters"),
        "members": Field(whole(1, MOST_MEMBERS)),
    },
    "store": {"kind": Field(one_of(("sqlite", "influxdb"), "kind of store")), "url": Field(_URL), "org": Field(text)},
    "web": {"host": Field(text), "port": _PORT, "published_on_loopback": Field(flag)},
    "journal": {
        "keep_days": Field(_days, "keep"),
        "group_ms": Field(_milliseconds, "group"),
    },
    "ledger": {"url": Field(_LEDGER)},
    "mail": {
        "host": Field(text),
        "port": _PORT,
        "security": Field(one_of(_SECURITY, "kind of security")),
        "username": Field(text),
        "sender": Field(text),
        "page": Field(_URL),
    },
    "grafana": {"url": Field(_URL), "username": Field(text), "influxdb_url": Field(_URL)},
    "weather": {"archive_url": Field(_URL), "forecast_url": Field(_URL)},
}
# By table: the attribute a secret is kept under, and the variable it comes from.
_SECRETS: Mapping[str, Mapping[str, str]] = {
    "broker": {"password": BROKER_PASSWORD},
    "store": {"token": INFLUXDB_TOKEN},
    "ledger": {"password": LEDGER_PASSWORD},
    "mail": {"password": MAIL_PASSWORD},
    "grafana": {"password": GRAFANA_PASSWORD, "influxdb_token": GRAFANA_TOKEN},
}


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
    issues.extend(_doubled(values["broker"], root))
    for table, secrets in _SECRETS.items():
        for name, variable in secrets.items():
            values[table] |= _secret(environ, name, variable, issues)
    if issues:
        raise ConfigInvalid(tuple(sorted(issues, key=lambda issue: (issue.file, issue.line))))
    return Settings(
        Layout(Path(environ.get(DATA) or DEFAULT_DATA)),
        config,
        BrokerSettings(**values["broker"]),
        StoreSettings(**values["store"]),
        WebSettings(**values["web"]),
        JournalSettings(**values["journal"]),
        LedgerSettings(**values["ledger"]),
        MailSettings(**values["mail"]),
        GrafanaSettings(**values["grafana"]),
        WeatherSettings(**values["weather"]),
    )


def _doubled(broker: Mapping[str, Any], root: Place) -> list[Issue]:
    """Return the problem of several members that would each hear the same."""
    count = broker.get("members", 1)
    plain = [one for one in broker.get("filters", BrokerSettings().filters) if not one.startswith(SHARED)]
    if count == 1 or not plain:
        return []
    advice = ", ".join(f'"{SHARED}campus/{one}"' for one in plain)
    text = f"{count} members would each take in everything: share the subscription among them, topics = [{advice}]"
    return [root.at("broker", "members").issue(text)]


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
    secrets = _SECRETS.get(name, {})
    _refuse_secrets(raw, secrets, root.at(name), issues)
    table = read_table({k: v for k, v in raw.items() if k not in secrets}, _TABLES[name], root.at(name))
    issues.extend(table.issues)
    return table.values


def _refuse_secrets(raw: Mapping[str, Any], secrets: Mapping[str, str], place: Place, issues: list[Issue]) -> None:
    for key, variable in secrets.items():
        if key in raw:
            issues.append(
                place.at(key).issue(
                    f"a secret does not belong in a file others read: set {variable} or {variable}_FILE"
                )
            )


def _secret(environ: Mapping[str, str], name: str, variable: str, issues: list[Issue]) -> dict[str, str]:
    if value := environ.get(variable, ""):
        return {name: value}
    if not (file := environ.get(f"{variable}_FILE", "")):
        return {}
    content = read_text(Path(file))
    if isinstance(content, Issue):
        issues.append(Issue(f"{variable}_FILE", 1, str(content)))
        return {}
    return {name: content.strip()}
