"""The two buckets of a school, made with the shards that keep years of data in few files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from campus.errors import StoreUnavailable
from store import influx_http
from store.influx_http import Server

_DAY_S = 86_400
# Seven-day shards, the server's default, cost 7 150 open files for five buckets of three years; 365 days cost 220.
RESULT_SHARD_S = 365 * _DAY_S
RAW_SHARD_S = 30 * _DAY_S
_NEVER = 0  # raw readings do not expire by default


def raw_bucket(school: str) -> str:
    """Return the name of the bucket of a school's registers."""
    return f"{school}-raw"


def result_bucket(school: str) -> str:
    """Return the name of the bucket of a school's consumption and figures."""
    return school


def ensure_buckets(server: Server, school: str) -> list[str]:
    """Make the buckets that are missing and return their names; needs a token that may make buckets.

    Raises `StoreUnavailable`. A bucket that is there keeps the shards and the expiry it has.
    """
    wanted = {raw_bucket(school): RAW_SHARD_S, result_bucket(school): RESULT_SHARD_S}
    missing = [name for name in wanted if not _exists(server, name)]
    for name in missing:
        rule = {"type": "expire", "everySeconds": _NEVER, "shardGroupDurationSeconds": wanted[name]}
        _make(server, name, {"orgID": _org_id(server), "name": name, "retentionRules": [rule]})
    return missing


def _make(server: Server, name: str, body: Mapping[str, Any]) -> None:
    try:
        influx_http.post_json(server, "/api/v2/buckets", {}, body)
    except StoreUnavailable:
        # Processes start together: another may have made it since we looked.
        if not _exists(server, name):
            raise


def _exists(server: Server, name: str) -> bool:
    answer = influx_http.get(server, "/api/v2/buckets", {"org": server.org, "name": name})
    return bool(answer and answer["buckets"])


def _org_id(server: Server) -> str:
    answer = influx_http.get(server, "/api/v2/orgs", {"org": server.org})
    if not answer or not answer["orgs"]:
        raise StoreUnavailable(
            f"InfluxDB at {server.url}: no organisation {server.org!r}: correct it in the settings"
        )
    return str(answer["orgs"][0]["id"])
