"""What a network server's codec made of a payload: names and values that whoever wrote the codec chose."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from campus.ports import Reason
from campus.readings import Kind, Reject
from ingest.payload import Item, number, parse_time, shown
from ingest.register_names import Counter

# A name and the unit told beside it -> what it counts, if anything.
Meaning = Callable[[str, str], Counter | None]

_DEPTH = 4  # objects inside one another that an answer is read to
# What devices tell beside their counters, and no meter registers.
_BESIDE = re.compile(
    r"batt|volt|temp|humid|press|curr|power|rssi|snr|status|state|alarm|vers|valve|leak|tamper|level|gpio|frequency"
    r"|time|conv|factor|flow|adc|adv|pt100|_pf|^pf",
    re.IGNORECASE,
)


class Leaf(NamedTuple):
    """A value with the name it stands under, its unit where one stands beside it, and the time of its entry."""

    name: str
    value: Any
    unit: str = ""
    time: Any = None


def read_answer(answer: dict[str, Any], meaning: Meaning) -> tuple[list[Item | Reject], list[str]]:
    """Return the counters of an answer, and the names of numbers that are neither counters nor known beside them."""
    items: list[Item | Reject] = []
    unknown: list[str] = []
    for leaf in _leaves(answer, Leaf("", None), 0):
        meant = meaning(leaf.name, leaf.unit)
        if meant is not None:
            items.append(counted(leaf.name, leaf.value, meant, leaf.time))
        elif number(leaf.value) is not None and not _BESIDE.search(leaf.name):
            unknown.append(leaf.name)
    return items, unknown


def counted(name: str, raw: Any, meant: Counter, when: Any = None) -> Item | Reject:
    """Return a counter as an item on the channel of its name; `when` [s since 1970] if it has a time of its own."""
    value = _number(raw)
    if value is None:
        return Reject(Reason.NOT_A_NUMBER, f"{name[:80]} is {shown(raw)}")
    time = None if when is None else parse_time(when)
    if isinstance(time, Reject):
        return time
    return Item(value, Kind.REGISTER, time, meant.quantity, meant.unit, name)


def _number(raw: Any) -> float | None:
    """Return a number; JavaScript's toFixed, which codecs round with, makes a text of digits of one."""
    if isinstance(raw, str) and re.fullmatch(r"\d{1,15}\.\d{1,6}", raw, re.ASCII):
        return float(raw)
    return number(raw)


def _leaves(answer: Any, at: Leaf, depth: int) -> Iterator[Leaf]:
    """Yield everything in an answer; the entries of `history` stand under the name of what they are the past of."""
    if depth == _DEPTH or not isinstance(answer, dict | list):
        yield at._replace(value=answer)
    elif isinstance(answer, list):
        for index, value in enumerate(answer):
            yield from _leaves(value, at._replace(name=f"{at.name}.{index}"), depth + 1)
    elif "value" in answer and isinstance(answer.get("unit"), str):
        yield at._replace(value=answer["value"], unit=answer["unit"])
    else:
        for key, value in answer.items():
            if key == "history" and isinstance(value, list):
                for entry in value:
                    yield from _past(entry, at, depth)
            else:
                yield from _leaves(value, at._replace(name=f"{at.name}.{key}" if at.name else key), depth + 1)


def _past(entry: Any, at: Leaf, depth: int) -> Iterator[Leaf]:
    """Yield what an entry of history tells; without a time it would stand at the time of the uplink, so it waits."""
    if isinstance(entry, dict):
        told = entry.get("timestamp")
        yield from _leaves(entry, at._replace(time="" if told is None else told), depth + 1)
