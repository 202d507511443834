"""Requests to an InfluxDB 2 server, and what its refusals mean for the person in charge."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from campus.errors import StoreUnavailable
from store.refusals import Declined

TIMEOUT_MS = 60_000  # a query over years of a whole school; a dead server is noticed by its closed port
_ABOUT_LINES = frozenset({400, 413, 422})

_REMEDIES = {
    401: "it does not know the token: set a valid one in CAMPUS_INFLUXDB_TOKEN (or ..._FILE)",
    403: "the token may not do this: give it read and write permission for both buckets of the school",
    404: "the bucket or organisation is not there: create it, or correct its name in the settings "
    "(a token without permission for a bucket gets the same answer)",
    429: "it is too busy: it will be asked again later",
}
_SERVER_FAULT = "it is in trouble: look at its log, its disk and its memory"
_SILENT = "no answer: start it, or correct its address in the settings"


@dataclass(frozen=True, slots=True)
class Server:
    """An InfluxDB 2 server and the organisation whose data is meant."""

    url: str
    org: str
    client: Any  # an InfluxDBClient, which has no types


def connect(url: str, token: str, org: str) -> Server:
    """Return a server without asking it anything yet."""
    return Server(url, org, InfluxDBClient(url, token, org=org, timeout=TIMEOUT_MS))


def get(server: Server, path: str, params: Mapping[str, str]) -> Any:
    """Return the JSON at a path, or None where the server knows no such thing. Raises `StoreUnavailable`."""
    try:
        return _call(server, "GET", path, params, None, {})
    except ApiException as error:
        if error.status == 404:
            return None
        raise _unavailable(server, error) from error


def post_json(server: Server, path: str, params: Mapping[str, str], body: Mapping[str, Any]) -> None:
    """Post JSON. Raises `StoreUnavailable`."""
    try:
        _call(server, "POST", path, params, dict(body), {"Content-Type": "application/json"})
    except ApiException as error:
        raise _unavailable(server, error) from error


def query(server: Server, flux: str) -> str:
    """Return the CSV that answers a Flux query. Raises `StoreUnavailable`."""
    # Rows are much alike: a thirtieth of them comes over the wire.
    headers = {"Content-Type": "application/vnd.flux", "Accept": "application/csv", "Accept-Encoding": "gzip"}
    try:
        return str(_call(server, "POST", "/api/v2/query", {"org": server.org}, flux, headers))
    except ApiException as error:
        raise _unavailable(server, error) from error


def write(server: Server, bucket: str, lines: list[str]) -> Declined | None:
    """Post lines in millisecond precision; return the answer if it is about the lines. Raises `StoreUnavailable`."""
    params = {"org": server.org, "bucket": bucket, "precision": "ms"}
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    try:
        _call(server, "POST", "/api/v2/write", params, "\n".join(lines).encode(), headers)
    except ApiException as error:
        if error.status in _ABOUT_LINES:
            return Declined(error.status, str(error.message))
        raise _unavailable(server, error) from error
    return None


def _call(
    server: Server, method: str, path: str, params: Mapping[str, str], body: Any, headers: Mapping[str, str]
) -> Any:
    """Return the answer, JSON decoded where it is JSON. Raises `StoreUnavailable` where there is none."""
    call_api = server.client.api_client.call_api
    query_params, accept = list(params.items()), {"Accept": "*/*"}
    try:
        data, _, _ = call_api(
            path, method, {}, query_params, accept | dict(headers), body=body, response_type="object"
        )
    except HTTPError as error:
        raise StoreUnavailable(f"InfluxDB at {server.url}: {_SILENT} ({_why(error)})") from error
    return data


def _why(error: HTTPError) -> str:
    """Return what the transport met, without the objects it met it in."""
    cause = getattr(error, "reason", None) or error
    text = re.sub(r"<[^<>]* object at 0x[0-9a-f]+>:? ?", "", str(cause))
    return text or type(cause).__name__


def _unavailable(server: Server, error: ApiException) -> StoreUnavailable:
    status = error.status or 0
    remedy = _REMEDIES.get(status, _SERVER_FAULT if status >= 500 else "it refused a request")
    seconds = str(error.retry_after or "")
    return StoreUnavailable(
        f"InfluxDB at {server.url}: {remedy} (it says {status}: {error.message})",
        float(seconds) if seconds.isdecimal() else None,
    )
