"""A mail server: what can go wrong with it, and a connection to it that is secure and logged in (TLS as in RFC 8314).

Nothing goes to another machine in clear, and no certificate is taken on trust.
"""

from __future__ import annotations

import ipaddress
import smtplib
import ssl
from dataclasses import dataclass, field

from campus.errors import CampusError

# Longest wait for each answer of the server [s]; RFC 5321, 4.5.3.2 has minutes, for servers that relay at once.
TIMEOUT_S = 30.0
_READY = 220


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


def open_connection(server: Server) -> smtplib.SMTP:
    """Connect, secure the connection and log in. Raises `Held`."""
    _never_in_clear(server)
    try:
        smtp = _connected(server)
    except ssl.SSLCertVerificationError as error:
        raise _untrusted(server, error) from error
    except (OSError, UnicodeError, smtplib.SMTPException) as error:  # UnicodeError: no name of a host
        raise Held(unreachable(server, error)) from error
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
    except UnicodeError as error:
        raise Held(
            "登录名和密码只能用英文字母、数字和符号：请换一个邮件密码 / login and password may hold ASCII characters "
            "only: have the mail password changed"
        ) from error
    except ssl.SSLCertVerificationError as error:
        raise _untrusted(server, error) from error
    except smtplib.SMTPAuthenticationError as error:
        raise wrong_account(server, error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Held(
            f"{server} 不接受登录。请核对 [mail] 的 port 和 security / {server} takes no login: "
            f"check port and security of [mail] ({error})"
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Held(unreachable(server, error)) from error


def _start_tls(smtp: smtplib.SMTP, server: Server) -> None:
    if not smtp.has_extn("starttls"):
        raise Held(
            f'{server} 不提供 STARTTLS，没有用明文发送。请核对端口，或写 security = "tls"（多为 465 端口） / '
            f"{server} offers no STARTTLS, so nothing was sent in clear: check the port, or set "
            'security = "tls" (mostly port 465)'
        )
    code, said = smtp.starttls(context=server.trust or ssl.create_default_context())
    if code != _READY:
        raise Held(f"{server} 拒绝加密 / refuses to encrypt: {answer(code, said)}")


def wrong_account(server: Server, code: int, said: bytes | str) -> Held:
    """Return what it means that a server does not know us."""
    return Held(
        f"{server} 不接受登录名或密码，信都留着。请核对 [mail] username 和 CAMPUS_MAIL_PASSWORD / does not accept "
        f"the login; every letter is kept. Check [mail] username and CAMPUS_MAIL_PASSWORD. {answer(code, said)}"
    )


def _untrusted(server: Server, error: ssl.SSLCertVerificationError) -> Held:
    return Held(
        f"{server} 的证书不可信，没有发送：{error.verify_message}。请换用证书上的主机名，或请管理员更新证书 / its "
        f"certificate is not trusted, so nothing was sent: {error.verify_message}. Use the host name the certificate "
        "has, or have it renewed; a school's own CA is trusted by SSL_CERT_FILE"
    )


def unreachable(server: Server, error: object) -> str:
    """Return the sentence about a server that does not serve now."""
    return (
        f"{server} 现在连不上或不收信，信都留着，稍后再试 / does not take mail now; every letter is kept and tried "
        f"again later: {error}"
    )


def _raw(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode()


def answer(code: int, said: bytes | str) -> str:
    """Return a server's answer as one line of plain text."""
    words = _raw(said).decode("utf-8", "replace")
    line = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    return f"[{code} {line[:200]}]"
