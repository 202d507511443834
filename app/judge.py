"""After deriving: what is usual, the month's carbon, and the rules' findings into the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from analytics import detector
from analytics.detector import Detector
from app import account, status
from app.account_figures import write_account_figures
from app.balances import write_balances
from app.derive import Key
from app.hours import closed_hours
from app.lock import InUse, held
from app.rulings import not_judged, rulings
from app.shelf import Shelf
from app.stand import Pass, Register, Stand
from app.usual import write_usual
from app.windows import Window, merged
from app.wiring import Installation
from app.year_figures import YearFigures
from campus.ports import Ledger, Ruling
from campus.registry import Registry

Changed = Mapping[Key, Sequence[Window]]
# Readings of the running hour wait for its end; late ones of days before do not.
_LATE = timedelta(days=1)


@dataclass(slots=True)
class Judge:
    """Keeps how each school stood when it was judged last, so that a new hour costs little.

    What it leaves is what one pass over everything would leave.
    """

    ledger: Ledger
    rules: dict[str, Detector] = field(default_factory=lambda: dict(detector.detectors()))
    _stands: dict[str, Stand] = field(default_factory=dict)
    _told: dict[str, dict[tuple[str, str], Ruling]] = field(default_factory=dict)
    _waiting: dict[Key, list[Window]] = field(default_factory=dict)
    _years: YearFigures = field(default_factory=YearFigures)

    def __call__(self, installation: Installation, changed: Changed) -> None:
        """Judge the schools of which series changed, once there is something to judge.

        Raises `InUse`, when all others are done, for one that another process is judging: its turn comes again.
        """
        for key, windows in changed.items():
            self._waiting[key] = merged([*self._waiting.get(key, []), *windows])
        held_by_others: list[InUse] = []
        for school in sorted({key[0] for key in self._waiting}):
            registry = installation.registries.get(school)
            try:
                if registry is not None:
                    with held(lock_of(installation.settings.data.root, school)):
                        self._school(installation, registry)
            except InUse as error:
                held_by_others.append(error)
        if held_by_others:
            raise held_by_others[0]

    def _school(self, installation: Installation, registry: Registry) -> None:
        school, before = registry.school.key, self._stands.get(registry.school.key)
        mine = {key[1:]: windows for key, windows in self._waiting.items() if key[0] == school}
        shelf = Shelf(installation.stores[school])
        if before is not None and before.registry is registry and not _worth(before, shelf, mine):
            return
        found = Pass(registry, shelf, self.rules, before).stand(mine)
        if found is not None:
            stand, due = found
            if due:
                write_usual(shelf, registry, due, stand.morning)
                write_balances(shelf, registry, due, stand.morning)
            starts = [start for windows in mine.values() for start, _ in windows]
            if before is None or before.registry is not registry:
                # Factors may have changed while the program was not running, and accounts since: every month anew.
                starts += account.first_month(shelf, registry)
            account.write_carbon(shelf, registry, starts)
            write_account_figures(shelf, registry, starts)
            self._years(shelf, registry, starts)
            shelf.flush()
            self._tell(installation, registry, stand)
            self._stands[school] = stand
        # Only now: what the store or the ledger could not take is due again.
        self._waiting = {key: windows for key, windows in self._waiting.items() if key[0] != school}

    def _tell(self, installation: Installation, registry: Registry, stand: Stand) -> None:
        """Tell the ledger what is not as it was told before."""
        school = registry.school.key
        told = self._told.get(school, {})
        now = {(ruling.rule, ruling.subject): ruling for ruling in rulings(registry, stand.verdicts)}
        self.ledger.record_all(school, [ruling for place, ruling in now.items() if told.get(place) != ruling])
        self._told[school] = now
        listed = not_judged(stand.verdicts)
        status.write(installation.settings.data.root / "status", f"judged-{school}", {"not_judged": listed})


def lock_of(root: Path, school: str) -> Path:
    """Return the file that whoever judges a school holds."""
    return root / "locks" / f"judge-{school}.lock"


def _worth(before: Stand, shelf: Shelf, changed: Mapping[Register, Sequence[Window]]) -> bool:
    """Whether an hour has closed since, or something came for the days before."""
    if any(before.closed.get(register) != closed for register, closed in closed_hours(shelf, changed).items()):
        return True
    newest = max(before.closed.values())
    return any(start < newest - _LATE for windows in changed.values() for start, _ in windows)
