"""The stand-in is held by the recording of a real Grafana: same requests, same answers."""

from __future__ import annotations

import base64
import json
import re
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from store import influx_http
from store.influx_buckets import ensure_buckets
from tests.contract import influx_standin
from tests.dashboards import grafana_standin

RECORDING = Path(__file__).resolve().parents[2] / ".." / "shared" / "recordings" / "grafana-9.3.2.json"
RECORDED_AT_S = 1795309705.0
# Recorded for others; publishing asks nothing of the kind, so the stand-in does not know it either.
NOT_ASKED = {
    "create a viewer",
    "user exists",
    "user's organisations",
    "search dashboards",
    "create a service account in organisation A",
    "delete the dashboard",
}
# The stand-in knows the administrator alone; what a viewer may do is Grafana's own affair.
AS_VIEWER = {
    "run a panel's query as viewer of A",
    "viewer of A asks for school B's bucket through A's data source: with a token that can read both, "
    "Grafana does not stop it",
    "viewer of A in organisation B",
    "viewer lists data sources (allowed; secrets are not shown)",
    "viewer may not save a dashboard",
}
IN_B = {"same uid in organisation B"}


def recording() -> list[dict[str, Any]]:
    if not RECORDING.exists():
        pytest.skip("the recording ../shared/recordings/grafana-9.3.2.json is not here")
    return json.loads(RECORDING.read_text(encoding="utf-8"))


def ask(server: grafana_standin.StandIn, entry: dict[str, Any], influx_url: str) -> tuple[int, str, Any]:
    request = entry["request"]
    body = json.dumps(request["body"]) if request["body"] is not None else None
    if body:
        body = body.replace("http://127.0.0.1:8086", influx_url).replace("<secret>", influx_standin.ADMIN)
    password = "wrong" if entry["title"] == "wrong password" else grafana_standin.PASSWORD
    secret = base64.b64encode(f"{grafana_standin.USER}:{password}".encode()).decode()
    organisation = "1" if "/api/orgs" in request["path"] else "3" if entry["title"] in IN_B else "2"
    headers = {"Authorization": f"Basic {secret}"} | request["headers"]
    if server.organisations.get(int(organisation)):
        headers["X-Grafana-Org-Id"] = organisation
    connection = HTTPConnection(urlsplit(server.url).netloc)
    connection.request(request["method"], request["path"], body, headers)
    response = connection.getresponse()
    raw = response.read().decode()
    connection.close()
    kind = response.getheader("Content-Type") or ""
    return response.status, kind, json.loads(raw) if "json" in kind else raw


def steady(value: Any, influx_url: str) -> Any:
    """Put one word for every passing instant and address."""
    text = json.dumps(value, sort_keys=True).replace(influx_url, "http://127.0.0.1:8086")
    return json.loads(re.sub(r"20\d\d-[01]\d-\d\dT[\d:]+(\.\d{6,})?Z(?=\")", "<now>", text))


def test_every_recorded_request_that_publishing_may_make_is_answered_as_recorded() -> None:
    compared = []
    with influx_standin.standin("campus", lambda: RECORDED_AT_S) as influx, grafana_standin.standin() as server:
        seven_buckets(influx)
        for entry in recording():
            if entry["title"] in AS_VIEWER:
                continue
            status, kind, body = ask(server, entry, influx.url)
            if entry["title"] in NOT_ASKED:
                assert status == 501, f"{entry['title']}: answered although nobody asks it"
                continue
            expected = entry["response"]
            assert status == expected["status"], (entry["title"], server.surprises)
            assert kind == expected["headers"]["content-type"], entry["title"]
            assert steady(body, influx.url) == steady(expected["body"], influx.url), entry["title"]
            compared.append(entry["title"])
        assert len(server.surprises) == len(NOT_ASKED)
        server.surprises.clear()
    assert len(compared) >= 24


def seven_buckets(influx: influx_standin.StandIn) -> None:
    """Make as many buckets as there were, and the one row that was read."""
    db = influx_http.connect(influx.url, influx_standin.ADMIN, "campus")
    for school in ("school-a", "school-b", "c"):
        ensure_buckets(db, school)
    rule = {"type": "expire", "everySeconds": 0, "shardGroupDurationSeconds": 0}
    body = {"orgID": influx.org_id, "name": "seventh", "retentionRules": [rule]}
    influx_http.post_json(db, "/api/v2/buckets", {}, body)
    assert influx_http.write(db, "school-a", ["consumption,meter=m9 value=1 1767225600000"]) is None
    db.client.close()


def test_every_recorded_request_not_asked_is_in_the_recording() -> None:
    assert {entry["title"] for entry in recording()} >= NOT_ASKED | AS_VIEWER | IN_B
