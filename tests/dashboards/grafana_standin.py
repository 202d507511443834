"""A stand-in for Grafana 9.3.2 on loopback, in memory: status and body shapes as in the real one's recording.

It understands what publishing asks; anything else is a surprise, kept in `surprises`, which the fixture turns into a
failure. Queries go on to the InfluxDB of the data source, as in the real one. Not in the recording, and so after the
documentation of the HTTP API alone: what is not there by uid (404), updating a data source, one organisation by id,
reading a folder, and PATCH of the preferences.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock, Thread
from typing import Any
from urllib.parse import unquote, urlsplit

from store.flux import Table, milliseconds, tables

USER, PASSWORD = "admin", "s3cret-of-grafana"
ADDRESS = dict.fromkeys(("address1", "address2", "city", "zipCode", "state", "country"), "")
RIGHTS = dict.fromkeys(("canSave", "canEdit", "canAdmin", "canDelete"), True)
# Grafana spells other alphabets out; the stand-in knows this one word.
SLUGS = {"能耗监测": "neng-hao-jian-ce"}
NOT_LABELS = {"", "result", "table", "_start", "_stop", "_time", "_value", "_field", "_measurement"}


class Surprise(Exception):
    """A request nobody recorded."""


@dataclass
class Reply:
    status: int
    body: Any
    kind: str = "application/json"


@dataclass
class Organisation:
    """What is in an organisation."""

    id: int
    name: str
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    folders: dict[str, dict[str, Any]] = field(default_factory=dict)
    dashboards: dict[str, dict[str, Any]] = field(default_factory=dict)
    preferences: dict[str, Any] = field(default_factory=dict)


@dataclass
class StandIn:
    """The server's state; `planned` replies go out first, by method and path, for what happens rarely."""

    url: str = ""
    version: str = "9.3.2"
    organisations: dict[int, Organisation] = field(default_factory=lambda: {1: Organisation(1, "Main Org.")})
    surprises: list[str] = field(default_factory=list)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    planned: dict[tuple[str, str], Reply] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=lambda: {"org": 1, "source": 1, "board": 0})
    lock: Any = field(default_factory=RLock)

    def next(self, kind: str) -> int:
        self.last[kind] += 1
        return self.last[kind]

    def called(self, name: str) -> Organisation | None:
        return next((one for one in self.organisations.values() if one.name == name), None)


@dataclass
class Asked:
    """A request of the administrator, in an organisation, with what the path's pattern held."""

    server: StandIn
    org: Organisation
    groups: tuple[str, ...]
    body: Any


def said(code: int, message: str, **more: Any) -> Reply:
    return Reply(code, {"message": message} | (more or {"traceID": ""}))


def answer(server: StandIn, method: str, url: str, headers: Any, body: Any) -> Reply:
    path = urlsplit(url).path
    if (method, path) == ("GET", "/api/health"):
        told = {"commit": "21c1d14e91", "database": "ok", "version": server.version}
        return Reply(200, told, "application/json; charset=UTF-8")
    secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    if headers.get("Authorization") != f"Basic {secret}":
        wrong = {"message": "invalid username or password", "traceID": ""}
        return Reply(401, wrong, "application/json; charset=UTF-8")
    org = server.organisations[int(headers.get("X-Grafana-Org-Id") or 1)]
    for (known, pattern), route in ROUTES.items():
        match = re.fullmatch(pattern, path)
        if known == method and match:
            return route(Asked(server, org, tuple(map(unquote, match.groups())), body))
    raise Surprise(f"{method} {url}")


def this_organisation(asked: Asked) -> Reply:
    return show_organisation(asked.org)


def show_organisation(org: Organisation | None) -> Reply:
    if org is None:
        return said(404, "Organization not found")
    return Reply(200, {"id": org.id, "name": org.name, "address": ADDRESS})


def organisation_by_name(asked: Asked) -> Reply:
    return show_organisation(asked.server.called(asked.groups[0]))


def organisation_by_id(asked: Asked) -> Reply:
    return show_organisation(asked.server.organisations.get(int(asked.groups[0])))


def make_organisation(asked: Asked) -> Reply:
    name = asked.body["name"]
    if asked.server.called(name):
        return said(409, "Organization name taken")
    new = Organisation(asked.server.next("org"), name)
    asked.server.organisations[new.id] = new
    return Reply(200, {"message": "Organization created", "orgId": new.id})


def remove_organisation(asked: Asked) -> Reply:
    del asked.server.organisations[int(asked.groups[0])]
    return Reply(200, {"message": "Organization deleted"})


def make_source(asked: Asked) -> Reply:
    new, org = asked.body, asked.org
    if new["uid"] in org.sources or any(one["name"] == new["name"] for one in org.sources.values()):
        return said(409, "data source with the same name already exists")
    return keep_source(asked, new["uid"], asked.server.next("source"), 1, "Datasource added")


def change_source(asked: Asked) -> Reply:
    there = asked.org.sources[asked.groups[0]]
    return keep_source(asked, there["uid"], there["id"], there["version"] + 1, "Datasource updated")


def keep_source(asked: Asked, uid: str, number: int, version: int, message: str) -> Reply:
    given = {name: value for name, value in asked.body.items() if name != "secureJsonData"}
    asked.org.tokens[uid] = asked.body["secureJsonData"]["token"]
    blank = {"typeLogoUrl": "", "user": "", "database": "", "basicAuthUser": ""}
    flags = {"basicAuth": False, "withCredentials": False, "readOnly": False}
    own = {"id": number, "orgId": asked.org.id, "version": version, "secureJsonFields": {"token": True}}
    shown = blank | flags | given | own
    asked.org.sources[uid] = shown
    return Reply(200, {"datasource": shown, "id": number, "message": message, "name": shown["name"]})


def source(asked: Asked) -> Reply:
    there = asked.org.sources.get(asked.groups[0])
    return Reply(200, there) if there else said(404, "Data source not found")


def source_health(asked: Asked) -> Reply:
    uid = asked.groups[0]
    try:
        status, text = influx(asked, uid, "GET", "/api/v2/buckets", None)
    except OSError as error:
        return said(400, f"error performing flux query: {error}", status="ERROR")
    if status != 200:
        return said(400, f"error performing flux query: {json.loads(text)['message']}", status="ERROR")
    count = len(json.loads(text)["buckets"])
    return Reply(200, {"message": f"datasource is working. {count} buckets found", "status": "OK"})


def influx(asked: Asked, uid: str, method: str, path: str, body: str | None) -> tuple[int, str]:
    """Ask the InfluxDB of a data source with the token of the data source."""
    there = asked.org.sources[uid]
    connection = HTTPConnection(urlsplit(there["url"]).netloc, timeout=10)
    headers = {"Authorization": f"Token {asked.org.tokens[uid]}", "Content-Type": "application/vnd.flux"}
    connection.request(
        method, f"{path}?org={there['jsonData']['organization']}", body.encode() if body else None, headers
    )
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, text


def make_folder(asked: Asked) -> Reply:
    uid, title = asked.body["uid"], asked.body["title"]
    if uid in asked.org.folders:
        return said(412, "the folder has been changed by someone else", status="version-mismatch")
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}000Z"
    head = {"id": asked.server.next("board"), "uid": uid, "title": title}
    times = {"createdBy": USER, "created": now, "updatedBy": USER, "updated": now}
    place = {"url": f"/dashboards/f/{uid}/{slug(title)}", "hasAcl": False, "version": 1, "parentUid": ""}
    asked.org.folders[uid] = head | RIGHTS | times | place
    return Reply(200, asked.org.folders[uid])


def folder(asked: Asked) -> Reply:
    there = asked.org.folders.get(asked.groups[0])
    return Reply(200, there) if there else said(404, "folder not found", status="not-found")


def slug(title: str) -> str:
    return SLUGS.get(title) or re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def save_dashboard(asked: Asked) -> Reply:
    wanted, org = asked.body["dashboard"], asked.org
    if not wanted["title"]:
        return said(400, "Dashboard title cannot be empty", status="empty-name")
    if asked.body.get("folderUid") not in (None, *org.folders):
        return said(400, "Folder not found")
    there = org.dashboards.get(wanted["uid"])
    if there and not asked.body["overwrite"]:
        return said(412, "The dashboard has been changed by someone else", status="version-mismatch")
    number = there["dashboard"]["id"] if there else asked.server.next("board")
    version = there["dashboard"]["version"] + 1 if there else 1
    kept = wanted | {"id": number, "version": version}
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    saved = {"created": there["created"] if there else now, "updated": now}
    org.dashboards[wanted["uid"]] = {"dashboard": kept, "folder": asked.body.get("folderUid"), **saved}
    name = slug(wanted["title"])
    told = {"id": number, "slug": name, "status": "success", "uid": wanted["uid"], "version": version}
    return Reply(200, told | {"url": f"/d/{wanted['uid']}/{name}"})


def dashboard(asked: Asked) -> Reply:
    there = asked.org.dashboards.get(asked.groups[0])
    if not there:
        return said(404, "Dashboard not found")
    board, home = there["dashboard"], asked.org.folders[there["folder"]]
    name = slug(board["title"])
    meta = {"type": "db", "slug": name, "url": f"/d/{board['uid']}/{name}", "expires": "0001-01-01T00:00:00Z"}
    meta |= RIGHTS | {"canStar": True, "hasAcl": False, "isFolder": False, "version": board["version"]}
    meta |= {"created": there["created"], "updated": there["updated"], "createdBy": USER, "updatedBy": USER}
    meta |= {"folderId": home["id"], "folderUid": home["uid"], "folderTitle": home["title"], "folderUrl": home["url"]}
    annotations = {who: {"canAdd": True, "canEdit": True, "canDelete": True} for who in ("dashboard", "organization")}
    meta |= {"provisioned": False, "provisionedExternalId": "", "annotationsPermissions": annotations}
    meta |= {"hasPublicDashboard": False, "publicDashboardEnabled": False}
    meta |= {"publicDashboardAccessToken": "", "publicDashboardUid": ""}
    return Reply(200, {"meta": meta, "dashboard": board})


def prefer(asked: Asked) -> Reply:
    asked.org.preferences |= asked.body
    return Reply(200, {"message": "Preferences updated"})


def query(asked: Asked) -> Reply:
    results = {one["refId"]: run(asked, one) for one in asked.body["queries"]}
    status = 400 if any("error" in result for result in results.values()) else 200
    return Reply(status, {"results": results})


def run(asked: Asked, wanted: dict[str, Any]) -> dict[str, Any]:
    """Answer one query: the range stands in place of the variables, each table is a frame."""
    text = wanted["query"]
    for variable, bound in (("v.timeRangeStart", asked.body["from"]), ("v.timeRangeStop", asked.body["to"])):
        text = text.replace(variable, instant(int(bound)))
    status, told = influx(asked, wanted["datasource"]["uid"], "POST", "/api/v2/query", text)
    meta = {"refId": wanted["refId"], "meta": {"executedQueryString": text}}
    nothing = {"schema": meta | {"fields": []}, "data": {"values": []}}
    if status != 200:
        error = json.loads(told)
        return {"error": f"{error['code']}: {error['message']}", "status": 500, "frames": [nothing]}
    return {"status": 200, "frames": [frame(meta, table) for table in tables(told)] or [nothing]}


def frame(meta: dict[str, Any], table: Table) -> dict[str, Any]:
    time = {"name": "Time", "type": "time", "typeInfo": {"frame": "time.Time", "nullable": True}}
    labels = {name: value for name, value in table.tags.items() if name not in NOT_LABELS}
    name = table.tags["_field"]
    value = {"name": name, "type": "number", "typeInfo": {"frame": "float64", "nullable": True}, "labels": labels}
    schema = {"name": table.tags["_measurement"]} | meta | {"fields": [time, value]}
    return {
        "schema": schema,
        "data": {"values": [milliseconds(table.times).tolist(), [float(text) for text in table.values]]},
    }


def instant(ms: int) -> str:
    whole = datetime.fromtimestamp(ms // 1000, UTC)
    fraction = f".{ms % 1000:03d}".rstrip("0") if ms % 1000 else ""
    return f"{whole:%Y-%m-%dT%H:%M:%S}{fraction}Z"


ROUTES: dict[tuple[str, str], Callable[[Asked], Reply]] = {
    ("GET", "/api/org"): this_organisation,
    ("GET", "/api/orgs/name/([^/]+)"): organisation_by_name,
    ("GET", r"/api/orgs/(\d+)"): organisation_by_id,
    ("POST", "/api/orgs"): make_organisation,
    ("DELETE", r"/api/orgs/(\d+)"): remove_organisation,
    ("POST", "/api/datasources"): make_source,
    ("GET", "/api/datasources/uid/([^/]+)"): source,
    ("PUT", "/api/datasources/uid/([^/]+)"): change_source,
    ("GET", "/api/datasources/uid/([^/]+)/health"): source_health,
    ("POST", "/api/folders"): make_folder,
    ("GET", "/api/folders/([^/]+)"): folder,
    ("POST", "/api/dashboards/db"): save_dashboard,
    ("GET", "/api/dashboards/uid/([^/]+)"): dashboard,
    ("PUT", "/api/org/preferences"): prefer,
    ("PATCH", "/api/org/preferences"): prefer,
    ("POST", "/api/ds/query"): query,
}


def handler(server: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet per reply: a second one would wait for a delayed acknowledgement

        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            with server.lock:
                reply = self.decide(raw)
            text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body, ensure_ascii=False)
            data = text.encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def decide(self, raw: str) -> Reply:
            server.requests.append((self.command, self.path, raw))
            planned = server.planned.get((self.command, urlsplit(self.path).path))
            if planned is not None:
                return planned
            try:
                return answer(server, self.command, self.path, self.headers, json.loads(raw) if raw else None)
            except Exception as surprise:
                server.surprises.append(f"{type(surprise).__name__}: {surprise}")
                return Reply(501, "not recorded", "text/plain")

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: tests look at `requests`."""

    return Handler


@contextmanager
def standin() -> Iterator[StandIn]:
    """Serve on a free loopback port; fail afterwards if anything was asked that nobody recorded."""
    server = StandIn()
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler(server))
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
    assert server.surprises == [], "publishing asked what the stand-in does not know"
