"""Who may say what at the broker: an account for each gateway, its rights from the school's registry, its password.

An account speaks below campus/<school>/ and on the registered topics of its school, hears nothing, and is its own
client id: a gateway that took the collector's id would take its session, and what waits in it.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from campus.errors import CampusError
from campus.registry import Registry

COLLECTOR = "campus"
# 160 bits: such a password needs no slow hash, and a gateway connects at once.
_SECRET_BYTES = 20
# As mosquitto_passwd writes them: PBKDF2-HMAC-SHA512, 101 rounds, 12 bytes of salt, 64 of hash.
_ROUNDS, _SALT_BYTES, _HASH_BYTES = 101, 12, 64
# A name of a gateway, as a school's key: it stands in files whose lines mean something.
_COLLECTOR = re.compile(r"[^\s:,\"\\#+/]+")
_GATEWAY = re.compile(r"[a-z0-9][a-z0-9_-]*")


class TopicsCollide(CampusError):
    """The topics of two schools lie below each other, so that one could speak for the other."""

    def __init__(self, one: tuple[str, str], other: tuple[str, str]) -> None:
        super().__init__(
            f"学校 {one[0]} 的主题 {one[1]} 与学校 {other[0]} 的 {other[1]} 重叠，一方能冒充另一方："
            f"请改其中一块表的主题 / the topics of {one[0]} ({one[1]}) and {other[0]} ({other[1]}) lie below each"
            " other: either could speak for the other; give one of the meters another topic"
        )


class TopicUnfit(CampusError):
    """A registered topic that a line of an access list cannot hold without meaning something else."""

    def __init__(self, school: str, topic: str) -> None:
        super().__init__(
            f"学校 {school} 的主题 {topic!r} 含有权限文件里另有含义的字符 / the topic {topic!r} of {school} holds"
            " what means something else in an access list: a wildcard, a quote, ${ or an unprintable character"
        )


class CollectorUnfit(CampusError):
    """A name for the collector's account that files cannot hold, or that is a school's."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f'采集程序的账号 {name!r} 不合适：换一个，不能是学校的编号，不能含空白和 : , " \\ # + / '
            f"（settings.toml 的 [broker] username）/ the collector's account {name!r} will not do: [broker] username"
            " is no school's key and holds no blank and none of : , \" \\ # + /"
        )


class NoSuchGateway(CampusError):
    """A name of a gateway that files cannot hold."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"网关名 {name!r} 只能用小写字母、数字、- 和 _ / a gateway's name is small letters, digits, - and _"
        )


@dataclass(frozen=True, slots=True)
class Grant:
    """What an account may publish on: topic filters, each ending in /#."""

    account: str
    filters: tuple[str, ...]


def account(school: str, gateway: str = "") -> str:
    """Return the account of a school's gateway; a key holds no dot, so that no school's account is another's."""
    if gateway and not _GATEWAY.fullmatch(gateway):
        raise NoSuchGateway(gateway)
    return f"{school}.{gateway}" if gateway else school


def check_collector(name: str, registries: Mapping[str, Registry]) -> None:
    """Raise `CollectorUnfit` where the collector's account could be taken for something else."""
    if not _COLLECTOR.fullmatch(name) or name.partition(".")[0] in registries:
        raise CollectorUnfit(name)


def grants(registries: Mapping[str, Registry], accounts: Iterable[str]) -> list[Grant]:
    """Return the rights of the accounts that belong to registered schools.

    Raises `TopicsCollide` and `TopicUnfit`, whichever school they concern.
    """
    filters = {school: _filters(registry) for school, registry in registries.items()}
    _check_apart(filters)
    owners = ((name, name.partition(".")[0]) for name in sorted(set(accounts)))
    return [Grant(name, filters[school]) for name, school in owners if school in filters]


def _filters(registry: Registry) -> tuple[str, ...]:
    own = f"campus/{registry.school.key}"
    topics = {own}
    for meter in registry.meters.values():
        topics |= {meter.topic, *(str(c.values["topic"]) for c in meter.changes if "topic" in c.values)} - {""}
    for topic in topics:
        if not topic.isprintable() or any(mark in topic for mark in ("#", "+", '"', "\\", "${")):
            raise TopicUnfit(registry.school.key, topic)
    # What lies below another topic needs no line of its own.
    kept = [topic for topic in topics if not any(_below(topic, other) for other in topics - {topic})]
    return tuple(f"{topic}/#" for topic in sorted(kept))


def _below(topic: str, other: str) -> bool:
    return topic == other or topic.startswith(f"{other}/")


def _check_apart(filters: Mapping[str, tuple[str, ...]]) -> None:
    every = [(school, one.removesuffix("/#")) for school, own in sorted(filters.items()) for one in own]
    for school, topic in every:
        for other, another in every:
            if school < other and (_below(topic, another) or _below(another, topic)):
                raise TopicsCollide((school, topic), (other, another))


def secret() -> str:
    """Return a new password, of letters and digits that any gateway's form takes."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode().lower()


def mosquitto_hash(password: str, salt: bytes) -> str:
    """Return a password as mosquitto's password file holds it."""
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS, _HASH_BYTES)
    return f"$7${_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"


def emqx_hash(password: str, salt: str) -> str:
    """Return a password as EMQX compares it with algorithm sha256 and the salt before it."""
    return hashlib.sha256((salt + password).encode()).hexdigest()


def new_salt() -> bytes:
    """Return a new salt."""
    return secrets.token_bytes(_SALT_BYTES)
