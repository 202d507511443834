"""Where publishing is tried: the stand-ins of Grafana and InfluxDB, and real servers the environment names."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from campus.ports import Store
from campus.registry import Registry
from dashboards import grafana
from dashboards.flux import Buckets
from dashboards.grafana_server import Server, connected
from dashboards.publish import Plan, Source
from store import influx_http
from store.influx import open_influx
from store.influx_buckets import ensure_buckets, raw_bucket, result_bucket
from tests.contract import influx_standin
from tests.contract.adapters import ORG, REAL, real_server, remove_buckets
from tests.dashboards import grafana_standin
from tests.dashboards.grafana_school import registry

REAL_GRAFANA = ("CAMPUS_TEST_GRAFANA_URL", "CAMPUS_TEST_GRAFANA_USER", "CAMPUS_TEST_GRAFANA_PASSWORD")


@dataclass
class Place:
    """A Grafana, the store its queries end in, and a school whose buckets are there."""

    server: Server
    store: Store
    school: Registry
    plan: Plan
    standin: grafana_standin.StandIn | None = None
    influx: influx_standin.StandIn | None = None

    def again(self, organisation: int, **changes: Any) -> Plan:
        """Return the plan of a second time."""
        return replace(self.plan, before=organisation, **changes)

    def ask(self, organisation: int, method: str, path: str, body: Any = None) -> Any:
        """Return Grafana's answer in an organisation."""
        with connected(self.server, organisation) as api:
            return getattr(api.client, method)(path, json=body)


@contextmanager
def standins() -> Iterator[Place]:
    """Both stand-ins, with a token that reads the school's two buckets and nothing else."""
    with influx_standin.standin(ORG, time.time) as influx, grafana_standin.standin() as server:
        school = registry()
        make_buckets(influx.url, influx_standin.ADMIN, ORG, school.school.key)
        own = frozenset(bucket.id for bucket in influx.buckets.values())
        influx.tokens["own"] = influx_standin.Token(influx.new_id(), "own", own)
        where = Server(server.url, grafana_standin.USER, grafana_standin.PASSWORD)
        with closing(open_influx(influx.url, influx_standin.ADMIN, ORG, school.school.key)) as store:
            yield Place(where, store, school, plan_of(school, influx.url, ORG, "own"), server, influx)


@contextmanager
def real() -> Iterator[Place]:
    """Real servers, in buckets and an organisation made for the test and removed after it."""
    url, token, org = (os.environ[name] for name in REAL)
    school = registry(f"campus-test-{uuid.uuid4().hex[:12]}")
    key = school.school.key
    make_buckets(url, token, org, key)
    where = Server(*(os.environ[name] for name in REAL_GRAFANA))
    plan = plan_of(school, url, org, token)
    try:
        with closing(open_influx(url, token, org, key)) as store:
            yield Place(where, store, school, plan)
    finally:
        remove_buckets(url, token, org, key)
        with connected(where) as api:
            for one in api.client.GET("/orgs"):
                if key in one["name"]:
                    api.client.DELETE(f"/orgs/{one['id']}")


def plan_of(school: Registry, url: str, org: str, token: str) -> Plan:
    key = school.school.key
    body = grafana.dashboard(school, Buckets(raw_bucket(key), result_bucket(key)))
    return Plan(f"{school.school.name} ({key})", Source(url, org, result_bucket(key), token), body)


def make_buckets(url: str, token: str, org: str, school: str) -> None:
    server = influx_http.connect(url, token, org)
    ensure_buckets(server, school)
    server.client.close()


def real_servers() -> bool:
    """Whether the environment names both a real Grafana and a real InfluxDB."""
    return real_server() and all(name in os.environ for name in REAL_GRAFANA)


PLACES: dict[str, Callable[[], Any]] = {"stand-ins": standins} | ({"real": real} if real_servers() else {})
