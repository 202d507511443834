"""Writing a broker's files: accounts that are there keep their passwords, and nobody else reads a secret."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app import broker_config, broker_config_text
from app.broker_config_text import MARK
from campus.errors import CampusError
from campus.registry import Registry

MOSQUITTO, EMQX = "mosquitto", "emqx"
_CSV_HEAD = "user_id,password_hash,salt,is_superuser"
_PRIVATE, _PUBLIC = 0o600, 0o644


class NotOurs(CampusError):
    """A file of that name was written by somebody else."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} 不是本命令写的，没有改动：请移开，或用 --out 换个文件夹 / was not written by this command and"
            " is left as it is: move it away, or name another folder with --out"
        )


class NoCertificate(CampusError):
    """The certificate could not be made."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"没能生成证书（{why}）：安装 openssl，或把自己的 server.crt、server.key 放进 tls/ / no certificate was"
            f" made ({why}): install openssl, or put a server.crt and server.key of your own into tls/"
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which accounts are to be there, and the collector's with its password where settings give one.

    `renew` makes new passwords for accounts there are already; the collector's stays.
    """

    accounts: tuple[str, ...]
    collector: str = broker_config.COLLECTOR
    collector_password: str = ""
    renew: bool = False


def write(kind: str, folder: Path, registries: Mapping[str, Registry], wanted: Wanted) -> dict[str, str]:
    """Write the files of a broker into a folder; return the passwords made now, which stand nowhere else.

    Raises `NotOurs`, and what `broker_config.grants` raises, with nothing written.
    """
    names = ("acl", "mosquitto.conf") if kind == MOSQUITTO else ("acl.conf", "base.hocon")
    for name in names:
        _refuse_foreign(folder / name)
    credentials = folder / ("passwords" if kind == MOSQUITTO else "users.csv")
    known = _accounts(credentials)
    made = {one: broker_config.secret() for one in wanted.accounts if wanted.renew or one not in known}
    given = {wanted.collector: wanted.collector_password} if wanted.collector_password else {}
    if wanted.collector not in (*known, *given):
        made[wanted.collector] = broker_config.secret()
    lines = known | {one: _line(kind, one, password) for one, password in (made | given).items()}
    rights = broker_config.grants(registries, set(lines) - {wanted.collector})
    folder.mkdir(parents=True, exist_ok=True)
    head = [] if kind == MOSQUITTO else [_CSV_HEAD]
    replace(credentials, "\n".join([*head, *lines.values()]) + "\n", _PRIVATE)
    acl = broker_config_text.mosquitto_acl if kind == MOSQUITTO else broker_config_text.emqx_acl
    replace(folder / names[0], acl(wanted.collector, rights), _PUBLIC)
    return made


def write_conf(kind: str, folder: Path, data: str) -> None:
    """Write the configuration itself."""
    name, text = (
        ("mosquitto.conf", broker_config_text.mosquitto_conf(folder.resolve(), data))
        if kind == MOSQUITTO
        else ("base.hocon", broker_config_text.emqx_conf())
    )
    replace(folder / name, text, _PUBLIC)


def certificate(folder: Path, host: str) -> None:
    """Make an authority and a certificate for `host` in folder/tls, unless there is one. Raises `NoCertificate`."""
    script = broker_config_text.shipped() / "certificate.sh"
    tls = folder / "tls"
    tls.mkdir(parents=True, exist_ok=True)
    if shutil.which("openssl") is None:
        raise NoCertificate("no openssl")
    environ = {**os.environ, "TLS_FOLDER": str(tls.resolve()), "BROKER_NAME": host, "BROKER_UID": str(os.getuid())}
    done = subprocess.run(["sh", str(script)], env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoCertificate(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "openssl failed")


def replace(path: Path, text: str, mode: int) -> None:
    """Replace a file; at no moment can others read one that is not theirs to read."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)


def _refuse_foreign(path: Path) -> None:
    if path.exists() and MARK not in path.read_text(encoding="utf-8", errors="replace").partition("\n")[0]:
        raise NotOurs(path)


def _accounts(path: Path) -> dict[str, str]:
    """Return the lines of a file of accounts by account; those of others stay as they are."""
    if not path.exists():
        return {}
    return {_name(line): line for line in _told(path.read_text(encoding="utf-8").splitlines())}


def _told(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if line and line != _CSV_HEAD]


def _name(line: str) -> str:
    return line.replace(",", ":").partition(":")[0]


def _line(kind: str, account: str, password: str) -> str:
    salt = broker_config.new_salt()
    if kind == MOSQUITTO:
        return f"{account}:{broker_config.mosquitto_hash(password, salt)}"
    return f"{account},{broker_config.emqx_hash(password, salt.hex())},{salt.hex()},false"
