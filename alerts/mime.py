"""A message as the mail it travels as (RFC 5322, 2045–2047): headers nobody can break, ids that stay the same.

The same letter always has the same Message-ID: should it be sent twice, because the program was killed between the
server's 250 and the note of it, a reader's mailbox can tell that it is one mail. SMTP can do no better.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import make_msgid, parseaddr

from alerts.message import Message
from alerts.plain import one_line
from campus.errors import CampusError
from campus.ports import Letter, State

# Some readers guess at eight-bit text; base64 arrives as it was sent (RFC 2045, 6.8).
_CTE = "base64"
_ROOT = State.NEW


class BadAddress(CampusError):
    """An address no mail can be sent to or from."""

    def __init__(self, address: str, where: str) -> None:
        super().__init__(f"{one_line(address)!r} 不是可用的邮件地址 / is no mail address to use: {where}")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the mails are from: a name, "" for the school's own, and an address."""

    name: str
    address: Address

    @property
    def domain(self) -> str:
        """The domain of the address."""
        return self.address.domain


def sender_of(text: str) -> Sender:
    """Read a sender, "hq@school.example" or "Name <hq@school.example>". Raises `BadAddress`."""
    if text != one_line(text):
        raise BadAddress(text, "settings.toml [mail] sender")
    name, address = parseaddr(text)
    return Sender(one_line(name), _address(address, "settings.toml [mail] sender"))


def _address(text: str, where: str, name: str = "") -> Address:
    try:
        address = Address(name, addr_spec=text)
    except (ValueError, IndexError, MessageError):
        raise BadAddress(text, where) from None
    # Anything else would need SMTPUTF8 (RFC 6531), which half of the servers do not speak.
    if not address.domain or not text.isascii():
        raise BadAddress(text, where)
    return address


def mime(message: Message, letter: Letter, sender: Sender, school: str) -> EmailMessage:
    """Return a letter as a mail, from `sender` in the name of the school. Raises `BadAddress`."""
    mail = _body(message)
    own, root = message_id(letter, sender.domain), _id(letter, sender.domain, (1, _ROOT))
    _head(mail, message.subject, sender, school, letter.queued)
    mail["To"] = _address(letter.address.to, "schools/<key>.toml [[contact]] mail")
    mail["Message-ID"] = own
    if own != root:
        mail["In-Reply-To"] = root
        mail["References"] = root
    mail["X-Campus-Episode"] = f"{letter.episode.school}/{letter.episode.id}"
    mail["X-Campus-Told"] = f"{letter.episode.state}/{letter.episode.round}"
    return mail


def notice_mail(message: Message, sender: Sender, to: str, now: datetime) -> EmailMessage:
    """Return a message of our own as a mail. Raises `BadAddress`."""
    mail = _body(message)
    _head(mail, message.subject, sender, "", now)
    mail["To"] = _address(to, "type it as name@school.example")
    mail["Message-ID"] = make_msgid(domain=sender.domain)
    return mail


def message_id(letter: Letter, domain: str) -> str:
    """Return the id of a letter, the same whenever it is made: of the episode, the change of state, the reader."""
    return _id(letter, domain, (letter.episode.round, letter.episode.state))


def _id(letter: Letter, domain: str, told: tuple[int, State]) -> str:
    """Return an id that no other installation gives: when the episode was found is part of it."""
    episode, (turn, state) = letter.episode, told
    address = letter.address
    parts = (episode.school, str(episode.id), episode.first_found.isoformat(), str(turn), state.value)
    digest = hashlib.sha256("\n".join((*parts, address.channel, address.to)).encode()).hexdigest()[:24]
    return f"<campus.{episode.id}.{turn}.{state.value}.{digest}@{domain}>"


def _head(mail: EmailMessage, subject: str, sender: Sender, school: str, written: datetime) -> None:
    mail["From"] = Address(sender.name or one_line(school), sender.address.username, sender.address.domain)
    mail["Subject"] = one_line(subject)
    mail["Date"] = written
    mail["Auto-Submitted"] = "auto-generated"


def _body(message: Message) -> EmailMessage:
    mail = EmailMessage(policy.SMTP)
    mail.set_content(message.text, cte=_CTE)
    mail.add_alternative(message.html, subtype="html", cte=_CTE)
    html = mail.get_payload()[1]  # type: ignore[index]
    assert isinstance(html, EmailMessage)
    for name, png in message.images.items():
        file = f"{name.partition('@')[0]}.png"
        html.add_related(png, "image", "png", cid=f"<{name}>", disposition="inline", filename=file)
    return mail
