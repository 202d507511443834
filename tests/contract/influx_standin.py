"""A stand-in for InfluxDB 2.7.12 on loopback, in memory: status, headers and body shapes as the real one's recording.

It understands what the store asks and what the recording shows of it, and nothing else: anything else is a surprise,
kept in `surprises`, which the fixture turns into a failure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.contract import influx_flux, influx_lines
from tests.contract.influx_data import Bucket, Refusal, rfc3339

BUILD = {"X-Influxdb-Build": "OSS", "X-Influxdb-Version": "v2.7.12"}
ADMIN = "admin-token"


class Surprise(Exception):
    """A request nobody recorded."""


@dataclass
class Reply:
    status: int
    body: str = ""
    kind: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    chunked: bool = False


@dataclass
class Token:
    id: str
    secret: str
    readable: frozenset[str] | None = None  # bucket ids; None: everything may be read and written


@dataclass
class Asked:
    """An authorized request."""

    token: Token
    params: dict[str, str]
    body: str


@dataclass
class StandIn:
    """The server's state.

    `planned` replies go out first, for what the recording cannot show (429, 503); None lets a request pass. As long
    as a path is in `failing` it answers that. A line with `unreadable` in it does not parse. So many next writes as
    `cuts` says are done, and the connection is then cut without an answer.
    """

    org: str
    now: Callable[[], float]
    url: str = ""
    buckets: dict[str, Bucket] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    surprises: list[str] = field(default_factory=list)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    planned: list[Reply | None] = field(default_factory=list)
    failing: dict[str, Reply] = field(default_factory=dict)
    unreadable: str = ""
    cuts: int = 0
    most_bytes: int = 25_000_000
    names_bad_lines: bool = True
    ids: int = 0
    lock: Any = field(default_factory=RLock)

    def new_id(self) -> str:
        self.ids += 1
        return f"{0xEC22299A9ECD0000 + self.ids:016x}"

    @property
    def org_id(self) -> str:
        return "eac9bcace818a979"


def error(status: int, code: str, message: str, chunked: bool = False) -> Reply:
    text = json.dumps({"code": code, "message": message}, ensure_ascii=False)
    return Reply(status, text, headers={"X-Platform-Error-Code": code}, chunked=chunked)


def as_json(status: int, body: Any) -> Reply:
    return Reply(status, json.dumps(body, ensure_ascii=False))


NOTHING = Reply(204, kind="")


def answer(server: StandIn, method: str, url: str, headers: Any, body: str) -> Reply:
    """Return the reply to a request, or raise `Surprise`."""
    path, params = urlsplit(url).path, dict(parse_qsl(urlsplit(url).query))
    if (method, path) in OPEN_ROUTES:
        return OPEN_ROUTES[method, path]()
    token = server.tokens.get(headers.get("Authorization", "").removeprefix("Token "))
    if token is None:
        return error(401, "unauthorized", "unauthorized access")
    if method == "DELETE" and path.startswith("/api/v2/authorizations/"):
        return revoke(server, path.rpartition("/")[2])
    if (method, path) not in ROUTES:
        raise Surprise(f"{method} {url}")
    if headers.get("Content-Encoding"):
        raise Surprise(f"{method} {url} with {headers['Content-Encoding']}")
    return ROUTES[method, path](server, Asked(token, params, body))


def health() -> Reply:
    body = {"name": "influxdb", "message": "ready for queries and writes", "status": "pass", "checks": []}
    return as_json(200, body | {"version": "v2.7.12", "commit": "none"})


def orgs(server: StandIn, asked: Asked) -> Reply:
    name, one = asked.params["org"], server.org_id
    if name != server.org:
        return error(404, "not found", f'organization name "{name}" not found')
    links = {"buckets": f"/api/v2/buckets?org={name}", "dashboards": f"/api/v2/dashboards?org={name}"}
    links |= {kind: f"/api/v2/orgs/{one}/{kind}" for kind in ("labels", "logs", "members", "owners", "secrets")}
    links |= {"self": f"/api/v2/orgs/{one}", "tasks": f"/api/v2/tasks?org={name}"}
    times = {"createdAt": rfc3339(0), "updatedAt": rfc3339(0)}
    return as_json(
        200,
        {
            "links": {"self": "/api/v2/orgs"},
            "orgs": [{"links": links, "id": one, "name": name, "description": ""} | times],
        },
    )


def show(server: StandIn, bucket: Bucket) -> dict[str, Any]:
    base = f"/api/v2/buckets/{bucket.id}"
    links = {kind: f"{base}/{kind}" for kind in ("labels", "members", "owners")}
    write = f"/api/v2/write?org={server.org_id}&bucket={bucket.id}"
    links |= {"org": f"/api/v2/orgs/{server.org_id}", "self": base, "write": write}
    rule = {"type": "expire", "everySeconds": bucket.every_s, "shardGroupDurationSeconds": bucket.shard_s}
    return {
        "id": bucket.id,
        "orgID": server.org_id,
        "type": "user",
        "name": bucket.name,
        "retentionRules": [rule],
        "createdAt": rfc3339(0),
        "updatedAt": rfc3339(0),
        "links": links,
        "labels": [],
    }


def make_bucket(server: StandIn, asked: Asked) -> Reply:
    wanted = json.loads(asked.body)
    if wanted["orgID"] != server.org_id:
        raise Surprise(f"a bucket for organisation {wanted['orgID']}")
    if wanted["name"] in server.buckets:
        return error(422, "conflict", f"bucket with name {wanted['name']} already exists")
    (rule,) = wanted["retentionRules"] or [{"everySeconds": 0, "shardGroupDurationSeconds": 0}]
    bucket = Bucket(
        server.new_id(), wanted["name"], rule["everySeconds"], rule["shardGroupDurationSeconds"] or 604_800
    )
    server.buckets[bucket.name] = bucket
    return as_json(201, show(server, bucket))


def find_buckets(server: StandIn, asked: Asked) -> Reply:
    name = asked.params.get("name")
    found = [b for b in server.buckets.values() if readable(asked.token, b) and name in (None, b.name)]
    if name is not None and not found:
        return error(404, "not found", f'bucket "{name}" not found')
    query = ({"bucket": name} if name else {}) | {"descending": "false", "limit": "20", "offset": "0"}
    query |= {"org": asked.params["org"]} if "org" in asked.params else {}
    links = {"self": f"/api/v2/buckets?{urlencode(query)}"}
    return as_json(200, {"links": links, "buckets": [show(server, bucket) for bucket in found]})


def authorize(server: StandIn, asked: Asked) -> Reply:
    wanted = json.loads(asked.body)
    (permission,) = wanted["permissions"]
    if permission["action"] != "read" or permission["resource"]["type"] != "buckets":
        raise Surprise(f"a token that may {permission}")
    bucket = next(b for b in server.buckets.values() if b.id == permission["resource"]["id"])
    new = Token(server.new_id(), f"token-{server.ids}", frozenset({bucket.id}))
    server.tokens[new.secret] = new
    permission["resource"] |= {"name": bucket.name, "org": server.org}
    user = server.new_id()
    shown = {"id": new.id, "token": new.secret, "status": "active", "description": wanted["description"]}
    shown |= {"orgID": server.org_id, "org": server.org, "userID": user, "user": "admin"}
    links = {"self": f"/api/v2/authorizations/{new.id}", "user": f"/api/v2/users/{user}"}
    times = {"createdAt": rfc3339(0), "updatedAt": rfc3339(0)}
    return as_json(201, shown | {"permissions": [permission], "links": links} | times)


def revoke(server: StandIn, token_id: str) -> Reply:
    secret = next(secret for secret, token in server.tokens.items() if token.id == token_id)
    del server.tokens[secret]
    return NOTHING


def readable(token: Token, bucket: Bucket) -> bool:
    return token.readable is None or bucket.id in token.readable


def write(server: StandIn, asked: Asked) -> Reply:
    bucket = server.buckets.get(asked.params["bucket"])
    if bucket is None:
        return error(404, "not found", f'bucket "{asked.params["bucket"]}" not found')
    if asked.token.readable is not None:
        return error(403, "forbidden", "insufficient permissions for write")
    if len(asked.body) > server.most_bytes:
        return error(413, "request too large", "unable to read data: points batch is too large")
    factor = {"s": 1_000_000_000, "ms": 1_000_000}[asked.params["precision"]]
    points, faults = influx_lines.parse(asked.body, factor)
    if server.unreadable:
        lines = [line for line in asked.body.split("\n") if server.unreadable in line]
        faults += [f"unable to parse '{line}': invalid field format" for line in lines]
    if faults:
        named = faults if server.names_bad_lines else ["some line is no good"]
        return error(400, "invalid", "\n".join(named))
    try:
        bucket.take(points, server.now())
    except Refusal as refusal:
        return error(422, "unprocessable entity", f"failure writing points to database: partial write: {refusal}")
    return NOTHING


def delete(server: StandIn, asked: Asked) -> Reply:
    bucket, wanted = server.buckets[asked.params["bucket"]], json.loads(asked.body)
    bucket.delete(
        influx_flux.nanoseconds(wanted["start"]), influx_flux.nanoseconds(wanted["stop"]), wanted["predicate"]
    )
    return NOTHING


def query(server: StandIn, asked: Asked) -> Reply:
    found = {name: bucket for name, bucket in server.buckets.items() if readable(asked.token, bucket)}
    try:
        text = influx_flux.run(asked.body, found, server.now())
    except influx_flux.Failed as failure:
        return error(failure.status, failure.code, failure.message, chunked=True)
    except influx_flux.Unknown as unknown:
        raise Surprise(f"Flux: {unknown}") from unknown
    return Reply(200, text, "text/csv; charset=utf-8", chunked=True)


OPEN_ROUTES: dict[tuple[str, str], Callable[[], Reply]] = {
    ("GET", "/health"): health,
    ("GET", "/ping"): lambda: NOTHING,
}
ROUTES: dict[tuple[str, str], Callable[[StandIn, Asked], Reply]] = {
    ("GET", "/api/v2/orgs"): orgs,
    ("POST", "/api/v2/buckets"): make_bucket,
    ("GET", "/api/v2/buckets"): find_buckets,
    ("POST", "/api/v2/authorizations"): authorize,
    ("POST", "/api/v2/write"): write,
    ("POST", "/api/v2/delete"): delete,
    ("POST", "/api/v2/query"): query,
}


def handler(server: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet per reply: a second one would wait for a delayed acknowledgement

        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with server.lock:
                reply = self.decide(raw)
                cut = server.cuts > 0 and self.path.startswith("/api/v2/write") and reply.status == 204
                server.cuts -= cut
            if cut:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in (BUILD | reply.headers).items():
                self.send_header(name, value)
            if reply.kind:
                self.send_header("Content-Type", reply.kind)
            self.send_body(reply)

        def decide(self, raw: bytes) -> Reply:
            body = "" if self.headers.get("Content-Encoding") else raw.decode()
            server.requests.append((self.command, self.path, body))
            planned = server.planned.pop(0) if server.planned else None
            planned = planned or server.failing.get(urlsplit(self.path).path)
            if planned is not None:
                return planned
            try:
                return answer(server, self.command, self.path, self.headers, body)
            except Exception as surprise:
                server.surprises.append(f"{type(surprise).__name__}: {surprise}")
                return Reply(501, "not recorded", "text/plain")

        def send_body(self, reply: Reply) -> None:
            data = reply.body.encode()
            if reply.chunked:
                self.send_header("Transfer-Encoding", "chunked")
                data = b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data)
            elif reply.status != 204:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: tests look at `requests`."""

    return Handler


@contextmanager
def standin(org: str, now: Callable[[], float]) -> Iterator[StandIn]:
    """Serve on a free loopback port; fail afterwards if anything was asked that nobody recorded."""
    server = StandIn(org, now)
    server.tokens[ADMIN] = Token(server.new_id(), ADMIN)
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
    assert server.surprises == [], "the store asked what the recording does not show"
