"""Whose meter a file means: by the number, account or name it gives, against what the school has registered."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from campus.registry import Arrival, Meter, Registry
from ingest.layout import Fault, Labels

LEFT_OUT = Fault("按你的选择不导入", "left out, as you said")
# What a spreadsheet makes of a long number: its digits are gone.
_MANGLED = re.compile(r"\d([.,]\d+)?[eE]\+\d+")


@dataclass(frozen=True, slots=True)
class Found:
    """A registered meter and by which label it was found."""

    meter: Meter
    label: str


@dataclass(slots=True)
class Meters:
    """The meters of a school by everything they are called; `given` are labels that somebody said are whose.

    `bills`: the file holds bills, which only a meter takes that does not speak for itself. `apart`: each label is a
    column of its own, so that no two of them can be one meter.
    """

    registry: Registry
    given: Mapping[str, str]
    bills: bool = False
    apart: bool = False
    _index: dict[str, list[Meter]] = field(default_factory=dict)
    _known: dict[Labels, Found | Fault] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for meter in self.registry.meters.values():
            for word in {plain(word) for word in _called(self.registry, meter)} - {""}:
                self._index.setdefault(word, []).append(meter)

    def find(self, labels: Labels) -> Found | Fault:
        """Return the meter that a row or column of the file means."""
        if labels not in self._known:
            found = self._find(labels)
            self._known[labels] = self._second(labels, found) if self.apart and isinstance(found, Found) else found
        return self._known[labels]

    def _second(self, labels: Labels, found: Found) -> Found | Fault:
        key = found.meter.key
        for other, before in self._known.items():
            if isinstance(before, Found) and before.meter.key == key and other != labels:
                return Fault(f"{key} 已经是“{other[0]}”那一列", f'{key} is the column "{other[0]}" already')
        return found

    def _find(self, labels: Labels) -> Found | Fault:
        for label in (*labels, ""):
            if label in self.given:
                meter = self.registry.meters.get(self.given[label])
                return self._allowed(Found(meter, label)) if meter else LEFT_OUT
        for label in labels:
            several = self._one_of(self._index.get(plain(label), []))
            if len(several) == 1:
                return self._allowed(Found(several[0], label))
            if several:
                keys = ", ".join(meter.key for meter in several)
                return Fault(
                    f"“{label}”可能是 {keys}：请用 --meter '{label}=表计' 指明",
                    f"\"{label}\" may be {keys}: say which with --meter '{label}=KEY'",
                )
        return _unknown(labels)

    def _one_of(self, meters: list[Meter]) -> list[Meter]:
        """Of several meters of one name or account, those above the others; of a bill's, those read by hand."""
        if self.bills and len(meters) > 1:
            meters = [meter for meter in meters if meter.arrival is Arrival.MANUAL] or meters
        keys = {meter.key for meter in meters}
        return [meter for meter in meters if meter.parent not in keys] if len(meters) > 1 else meters

    def _allowed(self, found: Found) -> Found | Fault:
        if not self.bills or found.meter.arrival is Arrival.MANUAL:
            return found
        key = found.meter.key
        return Fault(
            f'{key} 自己会上报，账单不能当作它的第二份读数；要存账单，请登记一块 arrival = "manual" 的表',
            f"{key} speaks for itself: a bill is no second reading of it; to keep bills, register a meter with"
            ' arrival = "manual"',
        )


def _called(registry: Registry, meter: Meter) -> Iterator[str]:
    yield from (meter.key, meter.serial, meter.name, meter.name_en, meter.topic, meter.topic.rpartition("/")[2])
    yield from (str(change.values.get("serial", "")) for change in meter.changes)
    yield from (replacement.serial for replacement in meter.replacements)
    account = registry.accounts.get(meter.account)
    if account:
        yield from (account.number, account.key)


def plain(label: str) -> str:
    """Return a label as it is compared: without case, width, blanks and the zeros before a number."""
    word = re.sub(r"[\s\u00a0]+", "", unicodedata.normalize("NFKC", label)).casefold()
    return word.lstrip("0") if word.isdigit() else word


def _unknown(labels: Labels) -> Fault:
    mangled = next((label for label in labels if _MANGLED.fullmatch(label)), "")
    if mangled:
        return Fault(
            f"表号“{mangled}”被表格软件改坏了：请把该列设为文本后重新导出",
            f'the number "{mangled}" was mangled by a spreadsheet: export it again with that column as text',
        )
    if not labels:
        return Fault("没写是哪块表：请用 --meter 指明", "says of no meter: name it with --meter")
    shown = " · ".join(label[:40] for label in labels[:3])
    return Fault(
        f"没有登记“{shown}”：请登记，或用 --meter '{labels[0]}=表计' 指明",
        f"\"{shown}\" is not registered: register it, or say whose it is with --meter '{labels[0]}=KEY'",
    )
