"""Sends mails through the school's server (SMTP, RFC 5321; TLS as in RFC 8314), never in clear over a network.

What a server answers decides what becomes of a letter: it is refused for good, not taken now, its fate is unknown
because the connection was cut, or nothing at all can be sent because the server or the account does not work.
"""

from __future__ import annotations

import contextlib
import ipaddress
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage

from campus.errors import CampusError

# Longest wait for each answer of the server [s]; RFC 5321, 4.5.3.2 has minutes, for servers that relay at once.
TIMEOUT_S = 30.0
_READY, _OK, _CLOSING = 220, 250, 421
# Answers that are about the account, at whatever step they come (RFC 4954, section 6; RFC 3207, section 4).
_ACCOUNT = frozenset({454, 530, 534, 535, 538})


class MailError(CampusError):
    """A mail that was not sent; its text says why and what to do."""


class Refused(MailError):
    """The server will not take this letter, now or later; it may take others."""


class NotNow(MailError):
    """The server does not take this letter now; it may take others."""


class Cut(MailError):
    """The connection ended in the middle of a letter: it may have been taken, nobody knows."""


class Held(MailError):
    """No letter can be sent now: the server does not answer, is not secure, or does not know the account."""


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server and who we are to it; `security` is "starttls", "tls", or "none" on this machine alone.

    `hello` is the name we greet with; `trust` holds the certificates believed in, None for the machine's own.
    """

    host: str
    port: int = 587
    security: str = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    hello: str = "localhost"
    timeout_s: float = TIMEOUT_S
    trust: ssl.SSLContext | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


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


class _Closing(MailError):
    """The server closes the connection between two letters, having said so."""


def open_connection(server: Server) -> smtplib.SMTP:
    """Connect, secure the connection and log in. Raises `Held`."""
    _never_in_clear(server)
    try:
        smtp = _connected(server)
    except ssl.SSLCertVerificationError as error:
        raise _untrusted(server, error) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Held(_unreachable(server, error)) from error
    try:
        _secure_and_log_in(smtp, server)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _never_in_clear(server: Server) -> None:
    if server.security == "none" and not _on_this_machine(server.host):
        raise Held(
            f'不加密只允许用于本机：{server.host} 不是本机。请在 [mail] 里写 security = "starttls" 或 "tls" / '
            f"{server.host} is not this machine: mails and passwords do not cross a network in clear. "
            'Set [mail] security = "starttls" or "tls"'
        )


def _on_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _connected(server: Server) -> smtplib.SMTP:
    if server.security == "tls":
        trust = server.trust or ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, server.hello, timeout=server.timeout_s, context=trust)
    return smtplib.SMTP(server.host, server.port, server.hello, timeout=server.timeout_s)


def _secure_and_log_in(smtp: smtplib.SMTP, server: Server) -> None:
    try:
        smtp.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            _start_tls(smtp, server)
        if server.username:
            smtp.login(server.username, server.password)
    except ssl.SSLCertVerificationError as error:
        raise _untrusted(server, error) from error
    except smtplib.SMTPAuthenticationError as error:
        raise _account(server, error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Held(
            f"{server} 不接受登录。请核对 [mail] 的 port 和 security / {server} takes no login: "
            f"check port and security of [mail] ({error})"
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Held(_unreachable(server, error)) from error


def _start_tls(smtp: smtplib.SMTP, server: Server) -> None:
    if not smtp.has_extn("starttls"):
        raise Held(
            f'{server} 不提供 STARTTLS，没有用明文发送。请核对端口，或写 security = "tls"（多为 465 端口） / '
            f"{server} offers no STARTTLS, so nothing was sent in clear: check the port, or set "
            'security = "tls" (mostly port 465)'
        )
    code, said = smtp.starttls(context=server.trust or ssl.create_default_context())
    if code != _READY:
        raise Held(f"{server} 拒绝加密 / refuses to encrypt: {_text(code, said)}")


def _envelope(smtp: smtplib.SMTP, mail: EmailMessage, server: Server) -> None:
    """Tell the server from whom and to whom; nothing of the mail itself is handed over yet."""
    sender, to = _only(mail, "From"), _only(mail, "To")
    with _cut(server):
        code, said = smtp.mail(sender)
        if code != _OK:
            _about_us(server, code, said)
            raise Held(
                f"{server} 不接受发件人 {sender}：核对 [mail] sender / does not take the sender: "
                f"check [mail] sender. {_text(code, said)}"
            )
        code, said = smtp.rcpt(to)
        if code not in (_OK, 251):
            _about_us(server, code, said)
            raise _letter(to, code, said)


def _content(smtp: smtplib.SMTP, mail: EmailMessage, server: Server) -> None:
    with _cut(server):
        try:
            code, said = smtp.data(mail.as_bytes())
        except smtplib.SMTPDataError as error:
            code, said = error.smtp_code, _bytes(error.smtp_error)
        if code != _OK:
            if code == _CLOSING:
                raise Held(_unreachable(server, _text(code, said)))
            raise _letter(_only(mail, "To"), code, said)


def _about_us(server: Server, code: int, said: bytes) -> None:
    """Raise what an answer says of us rather than of the letter."""
    if code == _CLOSING:
        raise _Closing(_text(code, said))
    if code in _ACCOUNT:
        raise _account(server, code, said)


def _closing(server: Server, error: MailError) -> MailError:
    """Return what a connection ended before any letter means: the server does not serve now, or this one ends it."""
    return Held(_unreachable(server, error)) if isinstance(error, _Closing) else error


def _letter(to: str, code: int, said: bytes) -> MailError:
    if code >= 500:
        return Refused(
            f"服务器拒收给 {to} 的信：核对地址，再 campus alerts retry / refused for good: check the address, then "
            f"campus alerts retry. {_text(code, said)}"
        )
    return NotNow(f"服务器暂不收给 {to} 的信，稍后再试 / not taken now, tried again later. {_text(code, said)}")


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


def _account(server: Server, code: int, said: bytes | str) -> Held:
    return Held(
        f"{server} 不接受登录名或密码，信都留着。请核对 [mail] username 和 CAMPUS_MAIL_PASSWORD / does not accept "
        f"the login; every letter is kept. Check [mail] username and CAMPUS_MAIL_PASSWORD. {_text(code, said)}"
    )


def _untrusted(server: Server, error: ssl.SSLCertVerificationError) -> Held:
    return Held(
        f"{server} 的证书不可信，没有发送：{error.verify_message}。请换用证书上的主机名，或请管理员更新证书 / its "
        f"certificate is not trusted, so nothing was sent: {error.verify_message}. Use the host name the certificate "
        "has, or have it renewed; a school's own CA is trusted by SSL_CERT_FILE"
    )


def _unreachable(server: Server, error: object) -> str:
    return (
        f"{server} 现在连不上或不收信，信都留着，稍后再试 / does not take mail now; every letter is kept and tried "
        f"again later: {error}"
    )


def _bytes(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode()


def _text(code: int, said: bytes | str) -> str:
    """Return a server's answer as one line of plain text."""
    words = _bytes(said).decode("utf-8", "replace")
    line = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    return f"[{code} {line[:200]}]"
