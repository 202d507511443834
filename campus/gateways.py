"""Which gateway (采集器) a meter speaks through, and what to call it.

A file of its own, since the judge of silences, the page, the mails and the list of gaps must mean the same one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from campus.said import Said

if TYPE_CHECKING:
    from campus.registry import Meter

KIND = "gateway"
# What contacts choose who look after gateways and the way of readings: no medium, but beside them.
COLLECTION = "collection"
# What people end the name of such a device with: it is not said twice.
_KINDS_ZH = ("采集器", "网关", "集中器", "平台")


def gateways(meters: Collection[Meter]) -> dict[str, list[Meter]]:
    """Return the gateways of meters with the meters that speak through each; who is read by hand has none.

    A gateway is what is registered (`gateway = "east"`), else the longest levels of its topic that a meter shares
    with another: the topic itself for several meters of one device, the levels above it for several devices. A meter
    that shares none is its own gateway. So a Sparkplug node, a LoRaWAN application or a wmbus receiver need not be
    registered: their topics name them.
    """
    shared = Counter(level for meter in meters if meter.topic for level in _levels(meter.topic))
    found: dict[str, list[Meter]] = {}
    for meter in meters:
        if meter.topic:
            found.setdefault(meter.gateway or _shared(meter.topic, shared), []).append(meter)
    return found


def _shared(topic: str, meters_below: Counter[str]) -> str:
    return next((level for level in _levels(topic) if meters_below[level] > 1), topic)


def _levels(topic: str) -> Iterator[str]:
    """Yield a topic and the levels above it, the longest first."""
    while topic:
        yield topic
        topic = topic.rpartition("/")[0]


def gateway_subject(gateway: str) -> str:
    """Return the subject of findings about a gateway."""
    return f"{KIND}/{gateway}"


def gateway_of(subject: str) -> str:
    """Return the gateway that a subject names, "" for none."""
    return subject.removeprefix(f"{KIND}/") if subject.startswith(f"{KIND}/") else ""


def called(gateway: str) -> Said:
    """Return what to call a gateway: what was registered, or its topic."""
    if gateway.endswith(_KINDS_ZH):
        return Said(gateway, gateway)
    if "/" in gateway:
        return Said(f"采集器 {gateway} ", f"gateway {gateway}")
    return Said(f"{gateway}采集器", f"the {gateway} gateway")
