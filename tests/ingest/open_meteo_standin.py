"""A server on the loopback that answers as Open-Meteo's OpenAPI descriptions say: parameters, units and errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

NEEDED = {"/v1/archive": {"start_date", "end_date"}, "/v1/forecast": set()}
UNITS = {"temperature_2m": "°C", "relative_humidity_2m": "%", "shortwave_radiation": "W/m²"}


@dataclass
class Sky:
    """The weather of the stand-in: what it is at an instant, today, since when the archive is not there yet, and how
    the server misbehaves; `asked` are the paths and parameters of every request."""

    today: date
    late_days: int = 4
    status: int = 0
    body: bytes = b""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def at(self, name: str, when: datetime) -> float:
        """Return a variable at an instant: a day's course, plain enough to be reckoned by hand."""
        hour = when.hour
        if name == "temperature_2m":
            return 10.0 + hour / 10
        return 50.0 if name == "relative_humidity_2m" else max(0.0, 600.0 - 100.0 * abs(hour - 5))


def _answer(sky: Sky, path: str, given: dict[str, str]) -> tuple[int, dict[str, Any]]:
    missing = ({"latitude", "longitude"} | NEEDED[path]) - given.keys()
    unknown = [name for name in given["hourly"].split(",") if name not in UNITS]
    if missing or unknown:
        reason = f"Cannot initialize WeatherVariable from invalid String value {unknown} {sorted(missing)}"
        return 400, {"error": True, "reason": reason}
    if path == "/v1/archive":
        first, last = (date.fromisoformat(given[key]) for key in ("start_date", "end_date"))
        known = sky.today - timedelta(days=sky.late_days)
    else:
        first = sky.today - timedelta(days=int(given["past_days"]))
        last = sky.today + timedelta(days=int(given["forecast_days"]) - 1)
        known = date.max
    begin = datetime.combine(first, datetime.min.time(), UTC)
    times = [begin + timedelta(hours=n) for n in range(24 * ((last - first).days + 1))]
    names = given["hourly"].split(",")
    hourly = {name: [sky.at(name, at) if at.date() < known else None for at in times] for name in names}
    head = {"latitude": 36.6, "longitude": 117.0, "utc_offset_seconds": 0, "timezone": "GMT", "elevation": 30.0}
    units = {"time": "unixtime"} | {name: UNITS[name] for name in names}
    return 200, head | {"hourly_units": units, "hourly": {"time": [int(t.timestamp()) for t in times], **hourly}}


@contextmanager
def serving(sky: Sky) -> Iterator[str]:
    """Serve a sky; yields the address without a path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            given = {key: values[0] for key, values in parse_qs(parts.query).items()}
            sky.asked.append((parts.path, given))
            status, answer = _answer(sky, parts.path, given)
            body = sky.body or json.dumps(answer).encode()
            self.send_response(sky.status or status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
