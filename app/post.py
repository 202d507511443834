"""The post: takes what is due from the outbox, has it worded, sends it, and notes what became of it.

A letter is noted as sent after the server's 250. Killed between the two, it is sent again under the same Message-ID;
SMTP can do no better. Nothing else is ever sent twice, and nothing is dropped: a letter refused for good is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from threading import Event
from typing import Protocol

from alerts.mime import BadAddress
from alerts.server import Cut, Held, NotNow, Refused
from app.say import Say
from campus.errors import CampusError
from campus.ports import Delivery, Letter, Outbox

# One cut connection may be one letter's fault; two letters in a row are the server's.
CUTS_TO_HOLD = 2
# Among so many of a school's newest letters the one a server is left alone for is looked up.
LOOKED_AT = 500


class Carrier(Protocol):
    """What carries mails to a server; `alerts.mail.Line` is one."""

    def send(self, mail: EmailMessage) -> None:
        """Return when the mail is taken; raises `Refused`, `NotNow`, `Cut` or `Held`."""

    def close(self) -> None:
        """End the connection."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How soon a letter, or a server, is tried again: after `first`, then twice as long, up to `longest`."""

    first: timedelta = timedelta(minutes=1)
    longest: timedelta = timedelta(hours=1)

    def wait(self, tries: int) -> timedelta:
        """Return how long to wait after so many tries that failed before this one."""
        return min(self.first * (1 << min(tries, 30)), self.longest)


@dataclass(slots=True)
class Tally:
    """What one round did."""

    sent: int = 0
    put_off: int = 0
    given_up: int = 0


@dataclass(slots=True)
class Post:
    """Sends letters one after another over one connection, and holds back while the server cannot be spoken to."""

    outbox: Outbox
    word: Callable[[Letter], EmailMessage]
    carrier: Carrier
    clock: Callable[[], datetime]
    say: Say
    pace: Pace = Pace()
    trouble: str = ""
    _held_until: datetime | None = None
    _held: Letter | None = None
    _holds: int = 0
    _cuts: int = 0
    _unnoted: dict[int, datetime] = field(default_factory=dict)

    def deliver(self, stop: Event, before_each: Callable[[], object] = lambda: None) -> Tally:
        """Send what is due, until nothing is or the server has to be left alone."""
        tally = Tally()
        try:
            while not stop.is_set() and not self._on_hold():
                before_each()
                self._note()
                letter = next(iter(self.outbox.due(self.clock(), 1)), None)
                if letter is None:
                    break
                self._one(letter, tally)
        finally:
            self.carrier.close()
        return tally

    def _on_hold(self) -> bool:
        return self._held_until is not None and self.clock() < self._held_until and not self._asked_again()

    def _asked_again(self) -> bool:
        """Whether somebody has put the letter the server is left alone for back in line meanwhile."""
        if self._held is None:
            return False
        kept = self.outbox.letters(self._held.episode.school, LOOKED_AT)
        mine = next((one for one in kept if one.id == self._held.id), None)
        return mine is not None and mine.delivery is Delivery.WAITING and mine.next_try is None

    def _note(self) -> None:
        """Note what the server took, also where the ledger could not be written when it did."""
        for letter, at in list(self._unnoted.items()):
            self.outbox.sent(letter, at)
            del self._unnoted[letter]

    def _one(self, letter: Letter, tally: Tally) -> None:
        try:
            self.carrier.send(self.word(letter))
        except (Refused, BadAddress) as error:
            tally.given_up += 1
            self._answered()
            self._failed(letter, error, None)
        except Held as error:
            tally.put_off += 1
            self._hold(letter, error)
        except Cut as error:
            tally.put_off += 1
            self._cut(letter, error)
        except NotNow as error:
            tally.put_off += 1
            self._answered()
            self._failed(letter, error, self.clock() + self.pace.wait(letter.attempts))
        except Exception as error:  # a letter that cannot be worded, whatever the reason, must not stop the others
            tally.put_off += 1
            self._failed(letter, error, self.clock() + self.pace.wait(letter.attempts))
        else:
            tally.sent += 1
            self._answered()
            self.say("sent", letter=letter.id, to=letter.address.to)
            self._unnoted[letter.id] = self.clock()
            self._note()

    def _answered(self) -> None:
        """The server works: what it said, it said of a letter."""
        self._held_until, self._held, self._holds, self._cuts, self.trouble = None, None, 0, 0, ""

    def _cut(self, letter: Letter, error: CampusError) -> None:
        self._cuts += 1
        if self._cuts >= CUTS_TO_HOLD:
            self._hold(letter, error)
        else:
            self._failed(letter, error, self.clock() + self.pace.wait(letter.attempts))

    def _hold(self, letter: Letter, error: CampusError) -> None:
        """Leave the server alone for a while; the letters that were not tried wait as they are."""
        self._held_until, self._held = self.clock() + self.pace.wait(self._holds), letter
        self._holds += 1
        self.trouble = str(error)
        self._failed(letter, error, self._held_until)

    def _failed(self, letter: Letter, error: Exception, again: datetime | None) -> None:
        text = str(error) if isinstance(error, CampusError) else f"{type(error).__name__}: {error}"
        self.say("not_sent", letter=letter.id, to=letter.address.to, again=again, error=text)
        self.outbox.failed(letter.id, text, again)
