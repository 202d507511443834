"""The stand-in is held by the recording of a real server: same requests, same answers."""

from __future__ import annotations

import json
import re
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.contract import influx_standin

RECORDING = Path(__file__).resolve().parents[2] / ".." / "shared" / "recordings" / "influxdb-2.7.12.json"
RECORDED_AT_S = 1795309660.738230404  # 2026-11-22T01:07:40.738230404Z
# Recorded for others; the store asks nothing of the kind, so the stand-in does not know it either.
NOT_ASKED = {
    "ready",
    "query: hourly sums with empty windows",
    "query: days in Beijing time",
    "query: pivoted fields",
    "query: a failure after rows began",
    "write, gzip body",
    "InfluxQL through the 1.x compatible endpoint",
}
# Headers whose value or presence says nothing about the protocol.
PASSING_HEADERS = {"date", "content-length", "server", "connection"}


def recording() -> list[dict[str, Any]]:
    if not RECORDING.exists():
        pytest.skip("the recording ../shared/recordings/influxdb-2.7.12.json is not here")
    return json.loads(RECORDING.read_text(encoding="utf-8"))


def steady(value: Any) -> Any:
    """Put one word for every id, secret and passing instant."""
    if isinstance(value, dict):
        return {name: "<secret>" if name == "token" else steady(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [steady(inner) for inner in value]
    if not isinstance(value, str):
        return value
    value = re.sub(r"\b[0-9a-f]{16}\b", "<id>", value)
    return re.sub(r"20\d\d-[01]\d-\d\dT[\d:]+\.\d{6,}Z|1970-01-01T00:00:00Z", "<now>", value)


def token_of(entry: dict[str, Any], school_token: str) -> str:
    title = entry["title"]
    if entry["request"]["authorization"] == "none":
        return ""
    if title == "wrong token":
        return "wrong"
    one_school = ("read-only token", "one-school token", "revoked token")
    return (
        school_token
        if any(words in title for words in one_school) and "revoke the" not in title and ("create" not in title)
        else influx_standin.ADMIN
    )


def ask(url: str, entry: dict[str, Any], token: str, ids: dict[str, str]) -> tuple[int, dict[str, str], Any]:
    request = entry["request"]
    path, body = request["path"], request["body"]
    text = body if isinstance(body, str) else json.dumps(body) if body is not None else None
    for recorded, own in ids.items():
        path = path.replace(recorded, own)
        text = text.replace(recorded, own) if text else text
    connection = HTTPConnection(urlsplit(url).netloc)
    headers = request["headers"] | ({"Authorization": f"Token {token}"} if token else {})
    connection.request(request["method"], path, text.encode() if text else None, headers)
    response = connection.getresponse()
    raw = response.read().decode()
    connection.close()
    kept = {name.lower(): value for name, value in response.getheaders() if name.lower() not in PASSING_HEADERS}
    return response.status, kept, json.loads(raw) if "json" in kept.get("content-type", "") else raw


def learn(ids: dict[str, str], recorded: Any, own: Any) -> None:
    """Remember which id of ours stands for which recorded one."""
    if isinstance(recorded, dict) and isinstance(own, dict) and "id" in recorded and "id" in own:
        ids[recorded["id"]] = own["id"]


def test_every_recorded_request_the_store_may_make_is_answered_as_recorded() -> None:
    ids: dict[str, str] = {}
    school_token, compared = "", []
    with influx_standin.standin("campus", lambda: RECORDED_AT_S) as server:
        for entry in recording():
            expected = entry["response"]
            status, headers, body = ask(server.url, entry, token_of(entry, school_token), ids)
            if entry["title"] in NOT_ASKED:
                assert status == 501, f"{entry['title']}: answered although nobody asks it"
                continue
            learn(ids, expected["body"], body)
            school_token = body["token"] if "create a token" in entry["title"] else school_token
            assert status == expected["status"], (entry["title"], server.surprises)
            assert headers == expected["headers"], entry["title"]
            assert steady(body) == steady(expected["body"]), entry["title"]
            compared.append(entry["title"])
        assert len(server.surprises) == len(NOT_ASKED)
        server.surprises.clear()
    assert len(compared) >= 35


def test_every_recorded_request_not_asked_is_in_the_recording() -> None:
    assert {entry["title"] for entry in recording()} >= NOT_ASKED
