"""What projects saved, reckoned again when a day is over: for the page, Grafana and the year's report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from app import metered, savings, savings_figures
from app.derive import Key
from app.metered import Place
from app.say import Say
from app.windows import Window
from app.wiring import Installation
from campus.errors import CampusError, StoreUnavailable
from campus.ports import Baselines, Store
from campus.projects import Frozen
from campus.registry import Registry

Changed = dict[Key, list[Window]]
Judge = Callable[[Installation, Changed], None]
# What a saving depends on, as far as it is told within a day: the school's file, what is frozen, and the whole days.
State = tuple[str, tuple[str, ...], tuple[date | None, ...]]


def state(store: Store, registry: Registry, kept: list[Frozen]) -> State:
    """Return what the savings of a school depend on."""
    counters = dict.fromkeys(counter for project in registry.projects for counter in project.meters)
    days = (metered.last_day(store, registry, counter) for counter in counters)
    return registry.version, tuple(one.id for one in kept), tuple(days)


@dataclass(slots=True)
class Nightly:
    """Keeps in which state each school's savings were reckoned last."""

    baselines: Baselines
    say: Say
    _done: dict[str, State] = field(default_factory=dict)

    def __call__(self, installation: Installation) -> None:
        """Reckon the savings of the schools in which a day is over since, or the file or a baseline is another."""
        for school, registry in installation.registries.items():
            if not registry.projects:
                continue
            store = installation.stores[school]
            try:
                kept = self.baselines.baselines(school)
            except StoreUnavailable:
                raise
            except CampusError as error:  # a baseline that was changed is told, and judges nothing
                self.say("savings_held", school=school, text=str(error))
                continue
            now = state(store, registry, kept)
            if self._done.get(school) != now:
                _reckon(metered.place(store, registry), kept)
                self._done[school] = now


def _reckon(at: Place, kept: list[Frozen]) -> None:
    for project in at.registry.projects:
        savings_figures.keep(at, project, savings.of_project(at, project, kept))


def after(judge: Judge, nightly: Nightly) -> Judge:
    """Return a judge that reckons the savings once it has judged."""

    def both(installation: Installation, changed: Changed) -> None:
        judge(installation, changed)
        nightly(installation)

    return both
