"""One watch per school: the ports are read at most once a second, however many people look."""

from __future__ import annotations

import asyncio
import hashlib
import time
from dataclasses import dataclass, field

from campus.errors import CampusError, StoreUnavailable
from web.render import sections
from web.snapshot import Snapshot, take
from web.state import View

# Issue 3, item 8: a new topic shows within 2 s; two such waits and a rendering stay below it.
FRESH_S = 0.8


@dataclass(frozen=True, slots=True)
class Sight:
    """What a viewer can be shown at one moment, in one language; `trouble` says why it is not of now."""

    snapshot: Snapshot
    sections: dict[str, str]
    panels: dict[str, str]
    trouble: str

    @property
    def version(self) -> str:
        """A name for exactly this content, the same in every process."""
        return hashlib.sha256(repr((self.sections, self.panels)).encode()).hexdigest()[:16]


@dataclass(slots=True)
class Hub:
    """Keeps the last snapshot of a school and renews it when someone asks for it and it is old."""

    key: str
    view: View
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _snapshot: Snapshot | None = None
    _taken: float = 0.0
    _trouble: str = ""
    _rendered: dict[str, Sight] = field(default_factory=dict)

    async def sight(self, lang: str) -> Sight:
        """Return what to show now. Raises `StoreUnavailable` when nothing could ever be read."""
        async with self._lock:
            if time.monotonic() - self._taken >= FRESH_S:
                await self._renew()
            if self._snapshot is None:
                raise StoreUnavailable(self._trouble)
            if lang not in self._rendered:
                self._rendered[lang] = self._render(self._snapshot, lang)
            return self._rendered[lang]

    async def _renew(self) -> None:
        try:
            self._snapshot = await asyncio.to_thread(take, self.view)
            self._trouble = ""
        except CampusError as error:  # the store's or the ledger's: both say what to do
            self._trouble = str(error)
        self._taken = time.monotonic()
        self._rendered = {}

    def _render(self, snapshot: Snapshot, lang: str) -> Sight:
        panels = {shown.name: shown.version for group in snapshot.panels.values() for shown in group}
        return Sight(snapshot, sections(snapshot, self.key, lang), panels, self._trouble)
