"""Which organisation of a Grafana is the school's: the one published to before, or of its name, or new."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from dashboards.grafana_server import Api, Server, ask, found

Say = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation: its lasting id, and the name it has now."""

    id: int
    name: str


def organisation(server: Server, api: Api, wanted: str, before: int | None, say: Say) -> Organisation:
    """Return the organisation to publish to, made where there is none; whatever is unusual about it is said.

    The id published to before counts more than the name: a renamed organisation stays the school's own.
    """
    named = _found(server, lambda: api.organization.find_organization(quote(wanted, safe="")))
    kept = None if before is None else _found(server, lambda: api.client.GET(f"/orgs/{before}"))
    if kept is not None:
        if kept.name != wanted:
            say(
                f"组织 {kept.id} 已更名为“{kept.name}”，按编号继续使用",
                f'organisation {kept.id} is called "{kept.name}" now; its id counts',
            )
        if named is not None and named.id != kept.id:
            say(
                f"另有组织“{wanted}”（编号 {named.id}），未改动",
                f'another organisation is called "{wanted}" (id {named.id}); it was left alone',
            )
        return kept
    if before is not None:
        say(f"以前发布到的组织 {before} 已不存在", f"organisation {before}, published to before, is gone")
    return named or _made(server, api, wanted, say)


def _made(server: Server, api: Api, wanted: str, say: Say) -> Organisation:
    taken = (
        f"组织名“{wanted}”刚被占用，请再运行一次",
        f'the name "{wanted}" was taken at this moment: run it again',
    )
    told = ask(server, lambda: api.organization.create_organization({"name": wanted}), {409: taken})
    say(f"新建组织“{wanted}”", f'made the organisation "{wanted}"')
    return Organisation(int(told["orgId"]), wanted)


def _found(server: Server, request: Callable[[], Mapping[str, Any]]) -> Organisation | None:
    told = found(server, request, {})
    return None if told is None else Organisation(int(told["id"]), str(told["name"]))
