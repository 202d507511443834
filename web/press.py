"""Makes a school's reports: one at a time, beside the pages, each kept for a while once it is made."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campus.errors import CampusError
from web.state import Report, View

# Making one takes seconds of a processor: pages and downloads within this time share it.
KEPT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Made:
    """A report and when it was begun; without one, `trouble` says why, "" meaning that there is nothing to report."""

    at: datetime
    report: Report | None
    trouble: str = ""


@dataclass(slots=True)
class Press:
    """The reports of one school, by year."""

    view: View
    _made: dict[int, asyncio.Task[Made]] = field(default_factory=dict)
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    def ask(self, year: int) -> asyncio.Task[Made]:
        """Return the making of a year's report, begun now unless one is under way or was made lately."""
        task = self._made.get(year)
        if task is None or self._old(task):
            task = self._made[year] = asyncio.create_task(self._make(year))
        return task

    def _old(self, task: asyncio.Task[Made]) -> bool:
        if not task.done():
            return False
        if task.cancelled() or task.exception() is not None:
            return True
        made = task.result()
        return made.report is None or self.view.clock() - made.at >= KEPT

    async def _make(self, year: int) -> Made:
        async with self._one_at_a_time:
            began = self.view.clock()
            try:
                return Made(began, await asyncio.to_thread(self.view.report, year))
            except CampusError as error:
                return Made(began, None, str(error))
