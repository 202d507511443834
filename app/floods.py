"""Who sends far more than the registered interval asks for, a sentence each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from app.broker_config_text import MESSAGES_PER_S
from campus.registry import Meter, Registry
from campus.said import Said
from ingest.rush import MINUTES

# A topic may bring in a minute what its meters say in a day, and two messages a second whatever that is: devices
# speak at each change too.
ALWAYS_PER_MIN = 120
# Of a topic nobody registered, and of a school as a whole: the rate at which EMQX would slow down one gateway.
ANYBODY_PER_MIN = MESSAGES_PER_S * 60
MOST_TOLD = 5

Speakers = tuple[str, Sequence[Meter]]


def floods(busy: Mapping[str, int], registries: Mapping[str, Registry]) -> list[Said]:
    """Return a sentence for each topic, or school as a whole, with too many messages a minute; the worst first."""
    known = _by_topic(registries) if busy else {}
    told: list[Said] = []
    schools: set[str] = set()
    # Topics before places: a school one of whose topics is told of is not told of once more.
    for name, count in sorted(busy.items(), key=lambda one: (one[0].endswith("#"), -one[1])):
        school, meters = _speakers(name, known, registries)
        day = sum(_a_day(meter) for meter in meters)
        least = ALWAYS_PER_MIN if meters and not name.endswith("#") else ANYBODY_PER_MIN
        if count > max(least, day) and not (name.endswith("#") and school in schools):
            told.append(_said(name, school, count, day))
            schools.add(school)
    return told[:MOST_TOLD]


def together(told: Iterator[Mapping[str, int]]) -> dict[str, int]:
    """Return the sum over the members of a shared subscription, each of whom is dealt a part."""
    return dict(sum((Counter(busy) for busy in told), Counter[str]()))


def _by_topic(registries: Mapping[str, Registry]) -> dict[str, Speakers]:
    found: dict[str, tuple[str, list[Meter]]] = {}
    for school, registry in registries.items():
        for meter in registry.meters.values():
            found.setdefault(meter.topic, (school, []))[1].append(meter)
    return dict(found)


def _speakers(name: str, known: Mapping[str, Speakers], registries: Mapping[str, Registry]) -> Speakers:
    """Return the school and meters of a place, or of a topic, which may lie below the one that is registered."""
    first, _, rest = name.partition("/")
    if name.endswith("/#"):
        school = rest.removesuffix("/#")
        of_school = first == "campus" and school in registries
        return (school, list(registries[school].meters.values())) if of_school else ("", ())
    while name:
        if name in known:
            return known[name]
        name = name.rpartition("/")[0]
    return "", ()


def _a_day(meter: Meter) -> int:
    return max(1, timedelta(days=1) // meter.interval)


def _said(name: str, school: str, count: int, day: int) -> Said:
    zh = f"学校 {school} 的主题 {name}" if school else f"主题 {name}"
    en = f"{name} of school {school}" if school else name
    by_zh = f"而按登记的间隔一整天才 {day:,} 条" if day else "而那里没有登记表计"
    by_en = f"where the registered interval makes {day:,} a day" if day else "where no meter is registered"
    return Said(
        f"{zh} 连续 {MINUTES} 分钟每分钟至少来了 {count:,} 条消息，{by_zh}：请检查设备或网关的发送设置"
        "（补传历史数据会自行结束）。没有丢弃任何消息",
        f"{en} has brought {count:,} messages a minute and more for {MINUTES} minutes, {by_en}: see what the device"
        " or gateway is set to send (one that catches up ends by itself). Nothing is dropped",
    )
