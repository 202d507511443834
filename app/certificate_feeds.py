"""How each maker's meters deliver, a month on one sheet: for the maintenance contract (users.md, section D)."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from app.certificate_count import expected
from app.certificate_scan import Heard, Journal, Progress, heard
from app.skew import JUDGED, Ways
from app.windows import Window
from app.wiring import Installation
from campus.ports import Reason
from campus.readings import Quality
from campus.registry import Meter, Registry
from campus.schema import REGISTER, SeriesId, to_ms
from ingest import quarantine
from ingest.checks import Routed
from ingest.journal import Position

_LAG_PERCENTILES = (50.0, 95.0)


@dataclass(frozen=True, slots=True)
class Feed:
    """A maker's month. Lags and skew [s], None without a reading that tells: those whose device sends its time.

    `skew_s` is that of `skew_meter`, the meter furthest off: above 0 its clock is late (or its way slow), below it
    runs ahead. `share` is stored over expected, None where nothing is expected.
    """

    school: str
    maker: str
    meters: int
    expected: int
    stored: int
    lag_p50_s: float | None
    lag_p95_s: float | None
    skew_s: float | None
    skew_meter: str
    duplicates: int
    quarantined: Mapping[Reason, int]

    @property
    def share(self) -> float | None:
        """Stored over expected readings."""
        return self.stored / self.expected if self.expected else None


@dataclass(slots=True)
class _Sum:
    lags_ms: array[int] = field(default_factory=lambda: array("q"))
    of_meter: dict[str, Ways] = field(default_factory=dict)
    duplicates: int = 0
    quarantined: Counter[Reason] = field(default_factory=Counter)


def feeds(
    installation: Installation, registry: Registry, window: Window, now: datetime, progress: Progress | None = None
) -> list[Feed]:
    """Return the sheet of a school: a row for each maker, those not named last."""
    end = min(window[1], now)
    held = quarantine.held(installation.settings.data.quarantine, (window[0], end))
    journals = [Journal(folder, Position()) for folder in installation.journals()]
    sums: dict[str, _Sum] = {}
    seen: dict[tuple[str, str], set[int]] = {}
    for one in heard(journals, (window[0], end), installation.routes, held, progress):
        _note(one, registry, sums, seen)
    makers = dict.fromkeys(
        sorted({_maker(meter) for meter in registry.meters.values()}, key=lambda name: (not name, name))
    )
    return [_feed(installation, registry, maker, sums.get(maker, _Sum()), (window, now)) for maker in makers]


def _maker(meter: Meter) -> str:
    return meter.survey.get("maker", "").strip()


def _note(one: Heard, registry: Registry, sums: dict[str, _Sum], seen: dict[tuple[str, str], set[int]]) -> None:
    for value in one.values:
        if value.reason is not None:
            maker = _maker_of(one.message.topic, registry)
            if maker is not None and not value.replayed:
                sums.setdefault(maker, _Sum()).quarantined[value.reason] += 1
        elif isinstance(value.result, Routed) and value.result.school == registry.school.key:
            _note_reading(one, value.result, registry, sums, seen)


def _note_reading(
    one: Heard, said: Routed, registry: Registry, sums: dict[str, _Sum], seen: dict[tuple[str, str], set[int]]
) -> None:
    reading = said.reading
    meter = registry.meters[reading.meter]
    total = sums.setdefault(_maker(meter), _Sum())
    times = seen.setdefault((reading.meter, reading.quantity), set())
    time_ms = to_ms(reading.time)
    total.duplicates += time_ms in times
    times.add(time_ms)
    if reading.quality is Quality.ARRIVAL or one.message.retained or one.message.replayed:
        return
    lag_ms = to_ms(one.message.arrived) - to_ms(reading.time + reading.duration)
    total.lags_ms.append(lag_ms)
    if meter.arrival in JUDGED:
        ways = total.of_meter.setdefault(meter.key, Ways(kept=None))
        ways.add(meter, to_ms(one.message.arrived), to_ms(reading.time + reading.duration))


def _maker_of(topic: str, registry: Registry) -> str | None:
    """Return the maker of the meters on a topic, or on one above it; None for nobody's."""
    speakers = [
        m for m in registry.meters.values() if m.topic and (topic == m.topic or topic.startswith(f"{m.topic}/"))
    ]
    makers = {_maker(meter) for meter in speakers}
    return (makers.pop() if len(makers) == 1 else "") if speakers else None


def _feed(
    installation: Installation, registry: Registry, maker: str, total: _Sum, of: tuple[Window, datetime]
) -> Feed:
    window, now = of
    meters = [meter for meter in registry.meters.values() if _maker(meter) == maker]
    due = [(meter, n) for meter in meters if (n := expected(meter, window, now)) is not None]
    lags = _percentiles(total.lags_ms, _LAG_PERCENTILES)
    skew_meter, skew_s = _skew(total.of_meter)
    return Feed(
        registry.school.key,
        maker,
        len(meters),
        sum(n * len(meter.registers) for meter, n in due),
        _stored(installation, registry, (meter for meter, _ in due), window),
        lags[0],
        lags[1],
        skew_s,
        skew_meter,
        total.duplicates,
        dict(total.quarantined),
    )


def _percentiles(values_ms: array[int], which: tuple[float, ...]) -> list[float | None]:
    if not values_ms:
        return [None for _ in which]
    return [round(float(value) / 1000, 1) for value in np.percentile(np.array(values_ms), which)]


def _skew(of_meter: Mapping[str, Ways]) -> tuple[str, float | None]:
    found = {meter: skew for meter, ways in of_meter.items() if (skew := ways.skew_s()) is not None}
    if not found:
        return "", None
    worst = max(found, key=lambda meter: (abs(found[meter]), meter))
    return worst, found[worst]


def _stored(installation: Installation, registry: Registry, meters: Iterable[Meter], window: Window) -> int:
    ids = [SeriesId(REGISTER, meter.key, register.quantity.key) for meter in meters for register in meter.registers]
    return sum(map(len, installation.stores[registry.school.key].series(ids, *window).values()))
