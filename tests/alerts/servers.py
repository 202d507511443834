"""Mail servers that behave as servers do: they take, refuse, put off, stall, cut, ask for TLS and for a password."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from alerts.server import Server
from app.mailbox import Filing, mails
from tests.ports import free_port

HOST, USER, PASSWORD = "127.0.0.1", "campus", "correct horse"


@dataclass
class Office:
    """A server's behaviour, to be changed by a test while it runs; what it takes lies in a real Maildir.

    `mail`, `rcpt` and `data` are replies, the latter two by recipient. `stall` and `cut` name recipients whose mail
    is never answered, or whose connection ends after the mail was taken (filed) but before the server says so.
    After `close_after` mails the connection is ended with 421. `connections` counts greetings, two with STARTTLS.
    """

    folder: Path
    port: int = 0
    rcpt: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    stall: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)
    mail: str = ""
    close_after: int = 0
    connections: int = 0
    _carried: int = 0

    async def handle_EHLO(self, _server: Any, session: Any, _envelope: Any, hostname: str, replies: list[str]) -> Any:
        """Greet."""
        session.host_name = hostname
        self.connections += 1
        self._carried = 0
        return replies

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]) -> str:
        """Take a sender."""
        if self.mail:
            return self.mail
        if self.close_after and self._carried >= self.close_after:
            return "421 too many mails, come again"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:
        """Take a recipient, or not."""
        if address in self.rcpt:
            return self.rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take a mail, or do what a test wants instead."""
        to = envelope.rcpt_tos[0]
        if to in self.stall:
            await asyncio.Event().wait()
        if to in self.data:
            return self.data[to]
        reply = await Filing(self.folder).handle_DATA(server, session, envelope)
        self._carried += 1
        if to in self.cut:
            server.transport.abort()
            await asyncio.Event().wait()
        return reply

    def filed(self) -> list[str]:
        """Return the recipients of what was taken, in order."""
        return [str(mail["Delivered-To"]) for mail in mails(self.folder)]

    def ids(self) -> list[str]:
        """Return the ids of what was taken, in order."""
        return [str(mail["Message-ID"]) for mail in mails(self.folder)]

    def server(self, **more: Any) -> Server:
        """Return how to reach it, without TLS, as a program on the same machine would."""
        return Server(**{"host": HOST, "port": self.port, "security": "none", "timeout_s": 30.0, **more})


def _knows(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
    return AuthResult(success=(given.login, given.password) == (USER.encode(), PASSWORD.encode()), handled=False)


@contextmanager
def serving(office: Office, login: bool = False, **more: Any) -> Iterator[Office]:
    """Serve while the block lasts; with `login` nobody sends without the password."""
    office.port = office.port or free_port()
    if login:
        more |= {"authenticator": _knows, "auth_required": True}
    controller = Controller(office, hostname=HOST, port=office.port, ready_timeout=30, **more)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


@contextmanager
def silent() -> Iterator[int]:
    """Listen on a port, let everybody in, and never say a word."""
    with socket.create_server((HOST, 0)) as listening:
        yield int(listening.getsockname()[1])


@dataclass(frozen=True)
class Certificate:
    """A self-made certificate of localhost and its key."""

    certificate: Path
    key: Path

    def shown(self) -> ssl.SSLContext:
        """Return what a server shows."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def trusted(self) -> ssl.SSLContext:
        """Return what a client believes that trusts it."""
        return ssl.create_default_context(cafile=str(self.certificate))


def certificate(folder: Path, name: str = "localhost", days: int = 2) -> Certificate:
    """Make a certificate; with days below 0 it has expired already."""
    made = Certificate(folder / f"{name}{days}.pem", folder / f"{name}{days}.key")
    request = str(folder / f"{name}{days}.csr")
    ask = [
        "req",
        "-new",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-subj",
        f"/CN={name}",
    ]
    ask += ["-addext", f"subjectAltName=DNS:{name}", "-keyout", str(made.key), "-out", request]
    sign = ["x509", "-req", "-in", request, "-signkey", str(made.key), "-days", str(days)]
    sign += ["-copy_extensions", "copy", "-out", str(made.certificate)]
    for words in (ask, sign):
        subprocess.run(["openssl", *words], check=True, capture_output=True)
    return made
