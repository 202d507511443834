"""Projects as the page shows them: what `campus savings show` says, kept until a day is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from analytics.baseline import Refused
from app import metered, savings, savings_text
from app.metered import Place
from app.savings_nightly import State, state
from campus.errors import CampusError, StoreUnavailable
from campus.ports import Baselines, Store
from campus.projects import Frozen, Project
from campus.registry import Registry
from campus.said import Said, both
from campus.schema import project_subject
from web.state import Saved

# How long nobody asks whether a day is over, or a baseline was frozen.
LOOK_EVERY = timedelta(minutes=1)


@dataclass(slots=True)
class Shown:
    """The projects of a school for its page."""

    store: Store
    registry: Callable[[], Registry]
    baselines: Baselines
    clock: Callable[[], datetime]
    _looked: datetime | None = None
    _state: State | None = None
    _said: list[Saved] = field(default_factory=list)

    def __call__(self) -> Sequence[Saved]:
        """Return every project of the school's file with what it saved."""
        registry, now = self.registry(), self.clock()
        if not registry.projects:
            return ()
        fresh = self._looked is not None and now - self._looked < LOOK_EVERY
        if fresh and self._state is not None and self._state[0] == registry.version:
            return self._said
        try:
            kept = self.baselines.baselines(registry.school.key)
        except StoreUnavailable:
            raise
        except CampusError as error:
            return [Saved(one.key, savings_text.head(one), (both(str(error)),)) for one in registry.projects]
        current = state(self.store, registry, kept)
        if current != self._state:
            at = metered.place(self.store, registry)
            self._said = [_saved(at, project, kept) for project in registry.projects]
        self._looked, self._state = now, current
        return self._said


def _saved(at: Place, project: Project, kept: list[Frozen]) -> Saved:
    said: list[Said] = []
    details: list[Said] = []
    charts: list[str] = []
    for quantity, judged in savings.of_project(at, project, kept).items():
        if isinstance(judged, Refused):
            said.append(savings_text.refusal(quantity, judged))
            continue
        said += savings_text.summary(judged)
        details += savings_text.grounds(judged)
        charts.append(project_subject(project.key, quantity))
    return Saved(project.key, savings_text.head(project), tuple(said), tuple(details), tuple(charts))
