"""An outbox over a list, which keeps the protocol's promises and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from campus.errors import StoreUnavailable
from campus.ports import Delivery, Letter


@dataclass
class ListOutbox:
    """Letters by number; `away` makes every call fail, as a ledger does that cannot be reached."""

    kept: dict[int, Letter] = field(default_factory=dict)
    away: bool = False

    def __getitem__(self, number: int) -> Letter:
        return self.kept[number]

    def put(self, *letters: Letter) -> None:
        """Queue letters."""
        self.kept |= {letter.id: letter for letter in letters}

    def due(self, now: datetime, limit: int = 50) -> list[Letter]:
        """Return what is due, oldest first."""
        self._here()
        waiting = (one for one in self.kept.values() if one.delivery is Delivery.WAITING)
        return sorted((one for one in waiting if not one.next_try or one.next_try <= now), key=_order)[:limit]

    def sent(self, letter: int, at: datetime) -> None:
        """Note that a letter was taken."""
        self._note(letter, delivery=Delivery.SENT, sent=at, next_try=None, error="")

    def failed(self, letter: int, error: str, again: datetime | None) -> None:
        """Note why a letter was not taken."""
        delivery = Delivery.WAITING if again else Delivery.GIVEN_UP
        self._note(letter, delivery=delivery, next_try=again, error=error)

    def _note(self, letter: int, **values: object) -> None:
        self._here()
        old = self.kept[letter]
        self.kept[letter] = replace(old, attempts=old.attempts + 1, **values)  # type: ignore[arg-type]

    def retry(self, letters: Sequence[int] = ()) -> int:
        """Make what was given up or put off due now."""
        held_up = (n for n, one in self.kept.items() if one.delivery is Delivery.GIVEN_UP or one.next_try)
        up = [n for n in held_up if not letters or n in letters]
        self.kept |= {n: replace(self.kept[n], delivery=Delivery.WAITING, attempts=0, next_try=None) for n in up}
        return len(up)

    def letters(self, school: str, limit: int = 200) -> list[Letter]:
        """Return a school's letters, newest first."""
        mine = [one for one in self.kept.values() if one.episode.school == school]
        return sorted(mine, key=_order, reverse=True)[:limit]

    def _here(self) -> None:
        if self.away:
            raise StoreUnavailable("the ledger is away")


def _order(letter: Letter) -> tuple[datetime, int]:
    return letter.queued, letter.id
