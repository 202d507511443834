"""What the simulated school has announced: its last weekend shut by a keep-on list, and water off tomorrow.

For the demonstration alone: the schools that rules are tried on have announced nothing.
"""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import Any

from campus.calendar import local_date, midnight
from campus.schema import from_ms, to_ms
from sim.building import use
from sim.moments import STEP_H
from sim.registers import Track
from sim.toml import table

# Buildings that are shut, the meter that feeds each, and what its list calls what stays on.
SHUT = {"teaching": ("e-teaching", "弱电机房、应急照明"), "laboratory": ("e-laboratory", "冰箱、通风柜")}
# The list allows this much more than the building, in order, ever draws on these days: nobody counts each watt.
MARGIN = 1.1
_SUNDAY_EVENING = timedelta(hours=8)


def plans_toml(track: Track) -> str:
    """Return the plans as tables of the school's file; without a whole weekend in its history only the outage."""
    zone = track.site.school.timezone
    end = local_date(from_ms(track.end_ms), zone)
    monday = end - timedelta(days=end.weekday())
    saturday = monday - timedelta(days=2)
    tomorrow = end + timedelta(days=1)
    parts = [_outage(track, tomorrow)]
    if to_ms(midnight(saturday, zone)) >= track.begin_ms:
        parts.append(_weekend(track, (saturday, monday)))
    return "\n" + "\n".join(parts)


def _outage(track: Track, day: date) -> str:
    zone = track.site.school.timezone
    nine, eleven = (datetime(day.year, day.month, day.day, hour, tzinfo=zone) for hour in (9, 11))
    row = {"key": "water-off", "kind": "outage", "name": "水箱清洗停水", "from": nine, "to": eleven}
    return table("plan", row | {"buildings": ["dormitory"], "media": ["water"]})


def _weekend(track: Track, span: tuple[date, date]) -> str:
    zone = track.site.school.timezone
    # On Sunday evening the boarders sit at their desks again.
    start, end = midnight(span[0], zone).astimezone(zone), midnight(span[1], zone).astimezone(zone) - _SUNDAY_EVENING
    row: dict[str, Any] = {"key": "weekend", "kind": "closed", "name": "周末关停", "from": start, "to": end}
    row |= {"buildings": list(SHUT), "media": ["electricity"], "document": "演示：后勤处通知"}
    healthy = use(track.site, (to_ms(start), to_ms(end)))
    keeps = [
        {
            "what": what,
            "quantity": "electricity",
            "rate": math.ceil(MARGIN * float(healthy[meter, "electricity"].max()) / STEP_H),
            "building": building,
        }
        for building, (meter, what) in SHUT.items()
    ]
    return "\n".join([table("plan", row), *(table("plan.keep", keep) for keep in keeps)])
