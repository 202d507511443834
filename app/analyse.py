"""The night's work over many schools: parts done by whoever there is, findings recorded by one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from app import night, status
from app.judge import lock_of
from app.lock import waited_for
from app.night import Done, Part
from app.rulings import Verdicts, not_judged, rulings
from app.shelf import Spent
from campus.ports import Ledger
from campus.registry import Registry

T = TypeVar("T")
# Parts handed out for each process that does them: one in hand and one to take next.
AHEAD = 2
# Processes for each core: who reads a server waits for it two fifths of the time.
FOR_A_CORE = {"sqlite": 1, "influxdb": 2}


@dataclass(frozen=True, slots=True)
class Workers:
    """Who does the parts, and how many at a time."""

    executor: Executor
    count: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a school's night came to: its meters, the findings that go on, the time at the store and at reckoning."""

    school: str
    meters: int
    going_on: int
    spent: Spent
    seconds: float


@dataclass(slots=True)
class _School:
    """A school whose parts are being done, held against other processes that judge."""

    registry: Registry
    left: int
    hold: ExitStack
    verdicts: Verdicts = field(default_factory=dict)
    spent: Spent = field(default_factory=Spent)
    seconds: float = 0.0


@dataclass(slots=True)
class Analysis:
    """One night over the schools of an installation, whose folders these are; `ledger` is told by this process."""

    config: Path
    data: Path
    ledger: Ledger
    workers: Workers
    _open: dict[str, _School] = field(default_factory=dict)
    _going: dict[Future[Done], str] = field(default_factory=dict)

    def run(self, registries: Sequence[Registry]) -> Iterator[Outcome]:
        """Yield each school as it is done, the largest begun first. Raises `StoreUnavailable`."""
        by_size = sorted(registries, key=lambda registry: -len(registry.meters))
        try:
            for part in self._parts(by_size):
                self._going[self.workers.executor.submit(night.do, part)] = part.registry.school.key
                while len(self._going) >= AHEAD * self.workers.count:
                    yield from self._done()
            while self._going:
                yield from self._done()
        finally:
            for school in self._open.values():
                school.hold.close()

    def _parts(self, registries: Sequence[Registry]) -> Iterator[Part]:
        for registry in registries:
            parts = night.parts(self.config, self.data, registry)
            hold = ExitStack()
            # A deriving process that is judging it is waited for; it waits for this one meanwhile.
            hold.enter_context(waited_for(lock_of(self.data, registry.school.key)))
            self._open[registry.school.key] = _School(registry, len(parts), hold)
            yield from parts

    def _done(self) -> Iterator[Outcome]:
        """Wait for a part, and yield its school if that was its last."""
        finished, _ = wait(self._going, return_when=FIRST_COMPLETED)
        for future in finished:
            key = self._going.pop(future)
            school, done = self._open[key], future.result()
            school.left -= 1
            school.verdicts |= done.verdicts
            school.spent = school.spent + done.spent
            school.seconds += done.seconds
            if not school.left:
                yield self._recorded(school)
                del self._open[key]

    def _recorded(self, school: _School) -> Outcome:
        registry, key = school.registry, school.registry.school.key
        told = rulings(registry, school.verdicts)
        self.ledger.record_all(key, told)
        status.write(self.data / "status", f"judged-{key}", {"not_judged": not_judged(school.verdicts)})
        school.hold.close()
        going_on = sum(finding.opens and finding.end is None for ruling in told for finding in ruling.findings)
        return Outcome(key, len(registry.meters), going_on, school.spent, school.seconds)


def as_many_as_help(kind: str) -> int:
    """Return how many processes of this machine help where the store is of this kind."""
    return FOR_A_CORE[kind] * (os.cpu_count() or 1)


@contextmanager
def pool(count: int) -> Iterator[Workers]:
    """Give processes of this machine; one is this process itself."""
    if count == 1:
        yield Workers(_Here(), 1)
        return
    with ProcessPoolExecutor(count, get_context("spawn")) as executor:
        yield Workers(executor, count)


class _Here(Executor):
    """Does what it is given at once, in this process."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future
