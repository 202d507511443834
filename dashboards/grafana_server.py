"""A Grafana server and whom to be there; what it refuses becomes a sentence that says what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaException, GrafanaTimeoutError

from campus.errors import CampusError

TIMEOUT_S = 30.0  # a server that starts answers its first requests slowly
OLDEST = 9  # major version: an older one knows no home dashboard by uid and draws no bars beside lines
TRIED = "9.3"  # the version whose answers the tests hold

T = TypeVar("T")
Api = Any  # a GrafanaApi, whose methods have no types


class PublishFailed(CampusError):
    """A step of publishing that did not work; what came before it stays and may be done again."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh}\n{en}")


@dataclass(frozen=True, slots=True)
class Server:
    """A Grafana server, and a server administrator of it."""

    url: str
    username: str
    password: str = field(repr=False)

    def __str__(self) -> str:
        return self.url


@contextmanager
def connected(server: Server, organisation: int | None = None) -> Iterator[Api]:
    """A client that acts in one organisation, asking nothing yet; which one the administrator looks at stays.

    Raises `PublishFailed` without a password.
    """
    if not server.password:
        raise PublishFailed(
            f"没有 Grafana（{server}）的密码：请设置环境变量 CAMPUS_GRAFANA_PASSWORD 或 CAMPUS_GRAFANA_PASSWORD_FILE",
            f"no password for Grafana ({server}): set CAMPUS_GRAFANA_PASSWORD or CAMPUS_GRAFANA_PASSWORD_FILE",
        )
    found = re.fullmatch(r"(https?)://(\[[^\]]+\]|[^/:]+)(?::(\d+))?(/.*)?", server.url)
    if not found:
        raise PublishFailed(f"Grafana 地址 {server} 无法识别", f"{server} is no address of a Grafana")
    protocol, host, port, path = found.groups()
    prefix = (path or "/").strip("/")
    api = GrafanaApi(
        auth=(server.username, server.password),
        protocol=protocol,
        host=host,
        port=int(port) if port else None,
        url_path_prefix=f"{prefix}/" if prefix else "",
        timeout=TIMEOUT_S,
        organization_id=organisation,
    )
    try:
        yield api
    finally:
        api.client.s.close()


def version_of(server: Server, api: Api) -> str:
    """Return the version of the server, "" if hidden. Raises `PublishFailed` for an old one, or no Grafana."""
    told = ask(server, lambda: api.client.GET("/health"), {})
    if not isinstance(told, Mapping) or "database" not in told:
        raise no_grafana(server)
    version = str(told.get("version") or "")
    major = re.match(r"\d+", version)
    if major and int(major[0]) < OLDEST:
        raise PublishFailed(
            f"{server} 的 Grafana 是 {version}，太旧：请升级到 {OLDEST}.0 以上（已在 {TRIED} 上验证）",
            f"Grafana at {server} is {version}, too old: upgrade to {OLDEST}.0 or later (tried with {TRIED})",
        )
    return version


def newer(version: str) -> bool:
    """Whether a version is newer than the one tried."""
    numbers = [int(part) for part in re.findall(r"\d+", version)[:2]]
    return numbers > [int(part) for part in TRIED.split(".")]


def ask(server: Server, request: Callable[[], T], remedies: Mapping[int, tuple[str, str]]) -> T:
    """Return the answer to a request; `remedies` say in Chinese and English what a status means at this step.

    Raises `PublishFailed`.
    """
    with _said(server, remedies):
        return request()


def found(server: Server, request: Callable[[], T], remedies: Mapping[int, tuple[str, str]]) -> T | None:
    """Return the answer to a request, or None where there is no such thing. Raises `PublishFailed`."""
    with _said(server, remedies):
        try:
            return request()
        except GrafanaException as error:
            if error.status_code != 404:
                raise
    return None


def no_grafana(server: Server) -> PublishFailed:
    """Return the error for something else that answers."""
    return PublishFailed(
        f"{server} 有应答，但不是 Grafana：请核对 settings.toml 中 [grafana] 的 url",
        f"{server} answers, but is no Grafana: correct url in [grafana] of settings.toml",
    )


@contextmanager
def _said(server: Server, remedies: Mapping[int, tuple[str, str]]) -> Iterator[None]:
    try:
        yield
    except GrafanaTimeoutError as error:
        raise _silent(server, "timeout") from error
    except GrafanaException as error:
        raise _refused(server, error, remedies) from error
    except ValueError as error:  # an answer that says it is JSON and is not
        raise no_grafana(server) from error
    except OSError as error:  # what the transport raises
        raise _silent(server, type(error).__name__) from error


def _silent(server: Server, why: str) -> PublishFailed:
    return PublishFailed(
        f"{server} 的 Grafana 没有应答（{why}）：请启动它，或改正 settings.toml 中 [grafana] 的 url",
        f"no answer from Grafana at {server} ({why}): start it, or correct url in [grafana] of settings.toml",
    )


def _refused(server: Server, error: GrafanaException, remedies: Mapping[int, tuple[str, str]]) -> PublishFailed:
    status = error.status_code
    zh, en = remedies.get(status) or _ALWAYS.get(status) or _OTHERWISE
    return PublishFailed(
        f"{server} 的 Grafana：{zh}（回答：{status} {_words(error)}）",
        f"Grafana at {server}: {en} (it says {status}: {_words(error)})",
    )


def _words(error: GrafanaException) -> str:
    """Return the server's own words, one line of them."""
    told = error.response
    text = str(told.get("message") or told) if isinstance(told, Mapping) else str(told or "")
    return " ".join(text.split())[:300]


_ALWAYS = {
    401: (
        "用户名或密码不对：请核对 [grafana] username 与 CAMPUS_GRAFANA_PASSWORD",
        "it does not know the user or the password: correct username in [grafana] and CAMPUS_GRAFANA_PASSWORD",
    ),
    403: (
        "该用户没有权限：需要 Grafana 服务器管理员，并且是该组织的 Admin",
        "the user may not do this: it must be a server administrator, and Admin of the organisation",
    ),
    404: ("没有这个接口：它不是 Grafana，或版本不同", "it knows no such request: no Grafana, or another version"),
}
_OTHERWISE = ("拒绝了请求，请看它的日志", "it refused a request: look at its log")
