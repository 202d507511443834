"""The schools in Grafana: which dashboard, from which buckets, and to which organisation each was published."""

from __future__ import annotations

import json
from pathlib import Path

from app.settings import Settings
from campus.errors import CampusError
from campus.registry import Registry
from dashboards import grafana
from dashboards.flux import Buckets
from dashboards.grafana_server import PublishFailed, Server
from dashboards.publish import Plan, Published, Source, publish
from store.influx_buckets import raw_bucket, result_bucket


class NoSuchSchool(CampusError):
    """A school that is not registered."""

    def __init__(self, key: str, known: list[str]) -> None:
        super().__init__(f"no school {key!r}; registered: {', '.join(known) or 'none'}")


def write_dashboard(registry: Registry, folder: Path) -> Path:
    """Write a school's dashboard as JSON and return the file; the same school gives the same bytes."""
    body = grafana.dashboard(registry, buckets(registry.school.key))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{body['uid']}.json"
    path.write_text(grafana.as_text(body), encoding="utf-8")
    return path


def publish_school(settings: Settings, registry: Registry) -> Published:
    """Publish a school's dashboard and remember where. Raises `PublishFailed` with what to do."""
    if settings.store.kind != "influxdb":
        raise PublishFailed(
            "Grafana 从 InfluxDB 读取，而本机数据在 SQLite 中：请在 settings.toml 的 [store] 中写 kind = "
            '"influxdb" 及其 url、org，并设置 CAMPUS_INFLUXDB_TOKEN',
            'Grafana reads InfluxDB, and this installation keeps its data in SQLite: write kind = "influxdb" with '
            "its url and org under [store] of settings.toml, and set CAMPUS_INFLUXDB_TOKEN",
        )
    where = settings.grafana
    memory = settings.data.root / "grafana" / f"{registry.school.key}.json"
    done = publish(Server(where.url, where.username, where.password), plan(settings, registry, memory))
    memory.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"url": where.url, "organisation": done.organisation, "name": done.name}, ensure_ascii=False)
    temporary = memory.with_suffix(".new")
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.replace(memory)
    return done


def plan(settings: Settings, registry: Registry, memory: Path) -> Plan:
    """Return what is to be in a school's organisation; `memory` is the file that tells where it was before."""
    school, where = registry.school, settings.grafana
    source = Source(
        where.influxdb_url or settings.store.url,
        settings.store.org,
        result_bucket(school.key),
        where.influxdb_token,
    )
    # The key tells two schools of one name apart, which must never share an organisation.
    name = f"{school.name} ({school.key})"
    return Plan(name, source, grafana.dashboard(registry, buckets(school.key)), _before(memory, where.url))


def buckets(school: str) -> Buckets:
    """Return the names of a school's buckets."""
    return Buckets(raw_bucket(school), result_bucket(school))


def _before(memory: Path, url: str) -> int | None:
    """Return the organisation published to before on this server; on another server its id means nothing."""
    if not memory.exists():
        return None
    try:
        told = json.loads(memory.read_text(encoding="utf-8"))
        return int(told["organisation"]) if told["url"] == url else None
    except (ValueError, KeyError, TypeError) as error:
        raise PublishFailed(
            f"{memory} 已损坏，不知道以前发布到哪个组织：删除它，将按名称查找组织",
            f"{memory} is broken and does not tell which organisation was published to: remove it, then the "
            "organisation is looked for by its name",
        ) from error
