"""Sends mails through the school's server (SMTP, RFC 5321; TLS as in RFC 8314), never in clear over a network.

What a server answers decides what becomes of a letter: it is refused for good, not taken now, its fate is unknown
because the connection was cut, or nothing at all can be sent because the server or the account does not work.
"""

from __future__ import annotations

import contextlib
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage

from alerts.server import (
    Cut,
    Held,
    MailError,
    NotNow,
    Refused,
    Server,
    answer,
    open_connection,
    unreachable,
    wrong_account,
)

_OK, _WILL_FORWARD, _CLOSING = 250, 251, 421
# Answers that are about the account, at whatever step they come (RFC 4954, section 6; RFC 3207, section 4).
_ACCOUNT = frozenset({454, 530, 534, 535, 538})


class _Closing(MailError):
    """The server closes the connection between two letters, having said so."""


@dataclass(slots=True)
class Line:
    """A connection to a server, opened with the first letter and kept for the next ones until closed."""

    server: Server
    _smtp: smtplib.SMTP | None = None

    def send(self, mail: EmailMessage) -> None:
        """Return when the server has taken the mail. Raises `Refused`, `NotNow`, `Cut` or `Held`."""
        kept = self._smtp is not None
        smtp = self._smtp = self._smtp or open_connection(self.server)
        try:
            _envelope(smtp, mail, self.server)
        except (Cut, _Closing) as error:
            self.close()
            # Servers end connections they find idle or used enough: nothing was handed over yet, so once more.
            if kept:
                return self.send(mail)
            raise _closing(self.server, error) from error
        except MailError:
            self._reset()
            raise
        try:
            _content(smtp, mail, self.server)
        except (NotNow, Refused):
            self._reset()
            raise
        except MailError:
            self.close()
            raise

    def _reset(self) -> None:
        """Forget a letter half handed over; a connection that does not bear it is given up."""
        try:
            assert self._smtp is not None
            self._smtp.rset()
        except (smtplib.SMTPException, OSError):
            self.close()

    def close(self) -> None:
        """End the connection; a server that is gone needs no farewell."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()


def _envelope(smtp: smtplib.SMTP, mail: EmailMessage, server: Server) -> None:
    """Tell the server from whom and to whom; nothing of the mail itself is handed over yet."""
    sender, to = _only(mail, "From"), _only(mail, "To")
    with _cut(server):
        code, said = smtp.mail(sender)
        if code != _OK:
            _about_us(server, code, said)
            raise Held(
                f"{server} 不接受发件人 {sender}：核对 [mail] sender / does not take the sender: "
                f"check [mail] sender. {answer(code, said)}"
            )
        code, said = smtp.rcpt(to)
        if code not in (_OK, _WILL_FORWARD):
            _about_us(server, code, said)
            raise _letter(to, code, said)


def _content(smtp: smtplib.SMTP, mail: EmailMessage, server: Server) -> None:
    code: int
    said: bytes | str
    with _cut(server):
        try:
            code, said = smtp.data(mail.as_bytes())
        except smtplib.SMTPDataError as error:
            code, said = error.smtp_code, error.smtp_error
        if code != _OK:
            if code == _CLOSING:
                raise Held(unreachable(server, answer(code, said)))
            raise _letter(_only(mail, "To"), code, said)


def _about_us(server: Server, code: int, said: bytes) -> None:
    """Raise what an answer says of us rather than of the letter."""
    if code == _CLOSING:
        raise _Closing(answer(code, said))
    if code in _ACCOUNT:
        raise wrong_account(server, code, said)


def _closing(server: Server, error: MailError) -> MailError:
    """Return what a connection ended before any letter means: the server does not serve now, or this one ends it."""
    return Held(unreachable(server, error)) if isinstance(error, _Closing) else error


def _letter(to: str, code: int, said: bytes | str) -> MailError:
    if code >= 500:
        return Refused(
            f"服务器拒收给 {to} 的信：核对地址，再 campus alerts retry / refused for good: check the address, then "
            f"campus alerts retry. {answer(code, said)}"
        )
    return NotNow(f"服务器暂不收给 {to} 的信，稍后再试 / not taken now, tried again later. {answer(code, said)}")


@contextlib.contextmanager
def _cut(server: Server) -> Iterator[None]:
    try:
        yield
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        raise Cut(
            f"{server} 在发信中途没有应答或断开，稍后再试 / stopped answering in the middle of a letter, "
            f"tried again later: {error}"
        ) from error


def _only(mail: EmailMessage, header: str) -> str:
    return str(mail[header].addresses[0].addr_spec)
