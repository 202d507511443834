"""The post process: rounds of delivery until stopped, and how it stands for the page and `campus status`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from alerts.mail import Line
from app import status
from app.letters import Letters, server_of
from app.post import Post, Tally
from app.say import Say
from app.wiring import Installation
from campus.errors import CampusError
from campus.ports import Delivery, Outbox

IDLE_S = 2.0
# Counting reads the letters themselves, so it is not done every round [s]; and no more of them than this.
COUNT_EVERY_S = 30.0
COUNTED = 2000


def post_of(installation: Installation, outbox: Outbox, say: Say) -> Post:
    """Return the post of an installation. Raises `NotSetUp`, or `BadAddress` for a sender that is no address."""
    server, sender = server_of(installation.settings.mail)
    letters = Letters(installation, _now)
    return Post(outbox, lambda letter: letters.mail(letter, sender), Line(server), _now, say)


def _now() -> datetime:
    return datetime.now(UTC)


def counts(outbox: Outbox, schools: Iterable[str]) -> dict[str, int]:
    """Return how many letters wait, and how many were given up."""
    found = Counter(letter.delivery for school in schools for letter in outbox.letters(school, COUNTED))
    return {"waiting": found[Delivery.WAITING], "given_up": found[Delivery.GIVEN_UP]}


@dataclass(slots=True)
class Postman:
    """Delivers round after round. Without a mail server letters wait, which is only trouble once there are some."""

    installation: Installation
    outbox: Outbox
    say: Say
    idle_s: float = IDLE_S
    _post: Post | None = None
    _unset: str = ""
    _sent: int = 0
    _counts: dict[str, int] = field(default_factory=lambda: {"waiting": 0, "given_up": 0})
    _counted: float | None = None

    def run(self, stop: Event) -> None:
        """Deliver until stopped; a ledger that is away is waited for."""
        try:
            self._post = post_of(self.installation, self.outbox, self.say)
        except CampusError as error:
            self._unset = str(error)
            self.say("held", text=self._unset)
        while not stop.is_set():
            self._status(self._round(stop))
            stop.wait(self.idle_s)

    def _round(self, stop: Event) -> str:
        """Deliver what is due; return the trouble met, "" for none."""
        try:
            self.installation.reload()
            tally = self._post.deliver(stop, lambda: self._status("")) if self._post else Tally()
            self._sent += tally.sent
            if tally != Tally() or self._counted is None or time.monotonic() - self._counted >= COUNT_EVERY_S:
                self._counts = counts(self.outbox, self.installation.registries)
                self._counted = time.monotonic()
        except CampusError as error:
            return str(error)
        if self._post is None:
            return self._unset if self._counts["waiting"] else ""
        return self._post.trouble

    def _status(self, trouble: str) -> None:
        held = trouble or (self._post.trouble if self._post else "")
        facts = {"trouble": held, "sent": self._sent, **self._counts}
        status.write(_folder(self.installation), "post", facts)


def _folder(installation: Installation) -> Path:
    return installation.settings.data.root / "status"
