"""Mails as the pages show them: whom they told what, what became of them, and the mail itself."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from campus.errors import CampusError
from campus.ports import Delivery, Letter
from campus.said import Said
from web.names import place
from web.state import Rendered, View
from web.words import LANGS, STATES
from web.words_work import DELIVERIES

# The body of a mail is a document of its own: it may style itself and show pictures it carries, nothing else.
BODY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    )
)


@dataclass(frozen=True, slots=True)
class Post:
    """A letter in words; `subject` is what its subject line says, or what it is about."""

    id: int
    episode: int
    to: str
    subject: Said
    told: Said
    delivery: Said
    stage: Delivery
    queued: datetime
    attempts: int
    next_try: datetime | None
    sent: datetime | None
    error: str


def posts(view: View, letters: Iterable[Letter]) -> list[Post]:
    """Return letters in words, in the order given."""
    return [_post(view, letter) for letter in letters]


def of_episode(letters: Sequence[Letter], episode: int) -> list[Letter]:
    """Return the letters that tell of an episode, oldest first."""
    return sorted((one for one in letters if one.episode.id == episode), key=lambda one: (one.queued, one.id))


def held_up(letters: Sequence[Letter]) -> list[Letter]:
    """Return the letters not delivered: given up first, then those that wait, the oldest first of each."""
    kept = (one for one in letters if one.delivery is not Delivery.SENT)
    return sorted(kept, key=lambda one: (one.delivery is Delivery.WAITING, one.queued, one.id))


def body(mail: Rendered) -> str:
    """Return a mail's HTML with its pictures inside, its links opening beside it."""
    html = mail.html
    for name, picture in mail.images.items():
        html = html.replace(f"cid:{name}", f"data:image/png;base64,{base64.b64encode(picture).decode()}")
    return html.replace("<head>", '<head><base target="_blank">', 1)


def _post(view: View, letter: Letter) -> Post:
    return Post(
        id=letter.id,
        episode=letter.episode.id,
        to=letter.address.to,
        subject=_subject(view, letter),
        told=STATES[letter.episode.state],
        delivery=DELIVERIES[letter.delivery],
        stage=letter.delivery,
        queued=letter.queued,
        attempts=letter.attempts,
        next_try=letter.next_try,
        sent=letter.sent,
        error=letter.error,
    )


def _subject(view: View, letter: Letter) -> Said:
    try:
        line = view.subject(letter)
    except CampusError:  # the mail's own page says why; the list still names what it is about
        line = ""
    if line:
        return Said(line, line)
    finding = letter.episode.finding
    where = place(view.registry(), finding.subject)
    title = Said(*(view.title(finding.rule, lang) for lang in LANGS))
    return Said(f"{title.zh} · {where.zh}", f"{title.en} · {where.en}")
