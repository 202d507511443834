"""The topology of a school: who speaks on which topic, who stands above whom, and that it holds at every instant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations

from app import account_rules, correction_toml, people_toml, plan_toml, project_toml
from app.check_rows import Source, row_issues
from campus.errors import Issue
from campus.registry import Account, Meter, Registry

BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A meter as it is over [start, end), between two of its changes."""

    meter: Meter
    start: datetime
    end: datetime

    def overlaps(self, other: Stretch) -> bool:
        """Whether both are in force at some instant."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Shared:
    """A topic that a meter of one school shares with another school."""

    school: str
    meter: str
    text: str


def registry_issues(registry: Registry, source: Source) -> list[Issue]:
    """Return every problem between the rows of a registry, each at its place in the source."""
    rows = [
        *row_issues(registry, source),
        *account_rules.issues(registry, source),
        *correction_toml.issues(registry, source),
        *people_toml.issues(registry, source),
        *plan_toml.issues(registry, source),
        *project_toml.issues(registry, source),
    ]
    return [*rows, *topology_issues(registry, source)]


def topology_issues(registry: Registry, source: Source) -> Iterator[Issue]:
    """Yield what is wrong with topics, parents and accounts at any instant."""
    by_meter = {key: stretches(meter) for key, meter in registry.meters.items()}
    every = [stretch for found in by_meter.values() for stretch in found]
    yield from _crowded_topics(every, source)
    for stretch in every:
        yield from _parent(stretch, registry.meters, source)
        yield from _account(stretch, registry.accounts, source)
    yield from _cycles(registry, source)


def stretches(meter: Meter) -> list[Stretch]:
    """Return the meter between its changes, over all the time it is in force."""
    since, until = meter.since or BEGINNING, meter.until or END
    cuts = sorted({since, *(c.since for c in meter.changes if since < c.since < until)})
    return [Stretch(meter.at(a), a, b) for a, b in zip(cuts, [*cuts[1:], until], strict=True) if a < b]


def _place(stretch: Stretch, key: str, source: Source) -> tuple[str | int, ...]:
    """Return the path of the row that gave the stretch its value of `key`: the newest change, or the meter."""
    applied = [n for n, c in enumerate(stretch.meter.changes) if c.since <= stretch.start and key in c.values]
    path = source.place("meter", stretch.meter.key).path
    return (*path, "change", applied[-1], key) if applied else (*path, key)


def _issue(stretch: Stretch, key: str, source: Source, text: str) -> Issue:
    return source.root.at(*_place(stretch, key, source)).issue(f"{stretch.meter.key}: {text}")


def _crowded_topics(every: Iterable[Stretch], source: Source) -> Iterator[Issue]:
    by_topic: dict[str, list[Stretch]] = {}
    for stretch in every:
        if stretch.meter.topic:
            by_topic.setdefault(stretch.meter.topic, []).append(stretch)
    for topic, speakers in by_topic.items():
        for one, two in combinations(speakers, 2):
            if one.meter.key == two.meter.key or not one.overlaps(two):
                continue
            if one.meter.channel == two.meter.channel:
                channel = f", channel {one.meter.channel!r}" if one.meter.channel else ""
                text = f"speaks on {topic!r}{channel} at the same time as {one.meter.key}: give one its own"
                yield _issue(two, "topic", source, text)
            if one.meter.format != two.meter.format:
                text = f"{topic!r} is read as {two.meter.format}, but as {one.meter.format} for {one.meter.key}"
                yield _issue(two, "format", source, text)


def _parent(stretch: Stretch, meters: Mapping[str, Meter], source: Source) -> Iterator[Issue]:
    parent = meters.get(stretch.meter.parent)
    if parent is None:
        return
    if not _media(parent) & _media(stretch.meter):
        above, below = ", ".join(sorted(_media(parent))), ", ".join(sorted(_media(stretch.meter)))
        yield _issue(stretch, "parent", source, f"its parent {parent.key} measures {above}, itself {below}")
    if gap := _uncovered(stretch, parent, source):
        yield _issue(stretch, "parent", source, f"its parent {parent.key} is not in force {gap}")


def _account(stretch: Stretch, accounts: Mapping[str, Account], source: Source) -> Iterator[Issue]:
    account = accounts.get(stretch.meter.account)
    if account is None:
        return
    media = _media(stretch.meter)
    # What a roof makes is billed, if at all, on the account it saves electricity on.
    if account.medium not in media and not (account.medium == "electricity" and "pv" in media):
        measured = ", ".join(sorted(media))
        yield _issue(stretch, "account", source, f"account {account.key} is for {account.medium}, not {measured}")
    if gap := _uncovered(stretch, account, source):
        yield _issue(stretch, "account", source, f"account {account.key} is not in force {gap}")


def _media(meter: Meter) -> set[str]:
    return {register.quantity.medium for register in meter.registers}


def _uncovered(stretch: Stretch, row: Meter | Account, source: Source) -> str:
    """Return which part of the stretch the row is not in force for, as the end of a sentence."""
    if row.since and stretch.start < row.since:
        return f"before {source.stamp(row.since)}"
    return f"from {source.stamp(row.until)} on" if row.until and row.until < stretch.end else ""


def _cycles(registry: Registry, source: Source) -> Iterator[Issue]:
    """Yield each ring of parents once, at the row that closed it."""
    seen: set[frozenset[str]] = set()
    for instant in sorted({s.start for m in registry.meters.values() for s in stretches(m)}):
        now = {key: meter for key, meter in registry.at(instant).items() if meter.parent}
        for ring in _rings({key: meter.parent for key, meter in now.items()}):
            if frozenset(ring) in seen:
                continue
            seen.add(frozenset(ring))
            rows = [Stretch(now[key], instant, END) for key in ring]
            newest = max(rows, key=lambda stretch: _place(stretch, "parent", source)[2:3] == ("change",))
            yield _issue(newest, "parent", source, f"parents run in a ring: {' → '.join([*ring, ring[0]])}")


def _rings(parents: Mapping[str, str]) -> list[list[str]]:
    """Return the rings of a map from child to parent, each from its first key in the alphabet."""
    rings: dict[frozenset[str], list[str]] = {}
    for start in parents:
        way: list[str] = []
        key = start
        while key in parents and key not in way:
            way.append(key)
            key = parents[key]
        if key in way:
            ring = way[way.index(key) :]
            first = ring.index(min(ring))
            rings[frozenset(ring)] = ring[first:] + ring[:first]
    return list(rings.values())


def shared_topics(schools: Mapping[str, Registry]) -> list[Shared]:
    """Return every meter that speaks on a topic of another school at the same time."""
    by_topic: dict[str, list[tuple[str, Stretch]]] = {}
    for school, registry in schools.items():
        for meter in registry.meters.values():
            for stretch in stretches(meter):
                if stretch.meter.topic:
                    by_topic.setdefault(stretch.meter.topic, []).append((school, stretch))
    found: set[Shared] = set()
    for topic, speakers in by_topic.items():
        for (school, stretch), (other, another) in combinations(speakers, 2):
            if school != other and stretch.overlaps(another):
                for mine, its, theirs, that in ((school, stretch, other, another), (other, another, school, stretch)):
                    text = f"{its.meter.key}: {topic!r} is also the topic of {that.meter.key} in school {theirs!r}"
                    found.add(Shared(mine, its.meter.key, text))
    return sorted(found, key=lambda shared: (shared.school, shared.meter, shared.text))
