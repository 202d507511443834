"""A mail server for this machine alone that files every mail into a Maildir: for the demonstration and for trying.

It takes a mail (250) only after file and folder are on the disk, and passes nothing on.
"""

from __future__ import annotations

import mailbox
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_binary_file, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from campus.errors import CampusError

LOOPBACK = "127.0.0.1"
# A busy machine may take this long to start the server's thread [s].
_READY_S = 30.0


class NoMailbox(CampusError):
    """The local mail server cannot listen."""

    def __init__(self, port: int, error: OSError) -> None:
        super().__init__(
            f"端口 {port} 用不了 / port {port} cannot be used: {error.strerror}; name another with --port"
        )


@dataclass(frozen=True, slots=True)
class Filing:
    """Files what arrives; the name of the method is aiosmtpd's."""

    folder: Path

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Write a mail durably, once for each recipient, and only then take it."""
        for to in envelope.rcpt_tos:
            self._file(f"Delivered-To: {to}\r\n".encode() + (envelope.original_content or b""))
        return "250 OK filed"

    def _file(self, content: bytes) -> None:
        box = mailbox.Maildir(self.folder)
        box.add(content)  # writes and fsyncs the file, then moves it into new/
        handle = os.open(self.folder / "new", os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def serving(folder: Path, port: int) -> Iterator[int]:
    """Serve while the block lasts, and give the port. Raises `NoMailbox`."""
    try:
        # Asked first: the server's own thread would only tell after a long wait.
        socket.create_server((LOOPBACK, port)).close()
    except OSError as error:
        raise NoMailbox(port, error) from error
    mailbox.Maildir(folder)  # makes the folder, so that it is there before the first mail
    controller = Controller(Filing(folder), hostname=LOOPBACK, port=port, ready_timeout=_READY_S)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def mails(folder: Path) -> list[EmailMessage]:
    """Return the mails of a Maildir in the order of their arrival."""
    files = [path for part in ("new", "cur") for path in (folder / part).glob("*")]
    return [_read(path) for path in sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name))]


def _read(path: Path) -> EmailMessage:
    with path.open("rb") as file:
        return message_from_binary_file(file, policy=policy.default)
