"""Who has fallen silent by the clock: a gateway with what hangs on it, or meters of a gateway that still speaks.

Judged from when each meter said its last word. What fell silent together is one finding, whoever is told of it is
told once, and it ends by itself when they speak again and keep to their turns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from analytics.silence_scene import ROUND, Scene, turn
from campus.gateways import called, gateway_subject, gateways
from campus.ports import BY_DAY, NOT_YET, TELL
from campus.registry import Arrival, Meter
from campus.results import Finding
from campus.schema import from_ms, meter_subject, to_ms

NAME = "silent"
# The subject of what is said of ourselves, when nobody was listened for.
COLLECTOR = "collector"
# A gateway counts as silent when so much of what has a say hangs silent on it, and two meters at least: one of many
# may be read by another way as well, or be answered from a memory nearer by. Assumed.
SHARE = 0.8


def judge(scene: Scene, known: Sequence[Finding]) -> list[Finding]:
    """Return what is silent now, and how what was `known` to be silent, and had not ended, stands now."""
    spoken = [meter for meter in scene.registry.at(scene.now).values() if meter.key in scene.heard]
    by_hand = [meter for meter in spoken if meter.arrival is Arrival.MANUAL]
    found: list[Finding] = []
    for name, below in gateways([meter for meter in spoken if meter not in by_hand]).items():
        found += _gateway(scene, name, below, known)
    for meter in by_hand:
        found += _gateway(scene, "", [meter], known)
    named = {finding.subject for finding in found}
    # What is no longer registered, or hangs elsewhere now, is nobody's silence.
    return found + [_ended(one, scene.now) for one in known if one.subject not in named]


def _gateway(scene: Scene, name: str, below: list[Meter], known: Sequence[Finding]) -> Iterator[Finding]:
    """Yield the findings about a gateway and about meters of it."""
    keys = {meter.key for meter in below}
    mine = [one for one in known if one.subject == gateway_subject(name) or _speaker(scene, one) in keys]
    going = [_join(scene, one, below) for one in mine]
    going = [_go_on(scene, one, [meter for meter in below if meter.key in members(one)]) for one in going]
    told = {key for one in going if one.end is None for key in members(one)}
    free = [meter for meter in below if meter.key not in told]
    whole = _whole(scene, below) if any(map(scene.silent, free)) else []
    if whole and all(one.subject != gateway_subject(name) for one in going):
        going.append(_found(scene, gateway_subject(name), whole))
    elif not whole:
        late = scene.alone if len(below) > 1 else scene.silent
        going += [_found(scene, meter_subject(group[0].key), group) for group in _together(scene, free, late)]
    for finding in going:
        yield _told(scene, finding, name, below)


def _speaker(scene: Scene, finding: Finding) -> str:
    """Return the first of a finding's meters that is still expected to speak, "" for none."""
    return next((key for key in members(finding) if key in scene.heard), "")


def _join(scene: Scene, known: Finding, below: list[Meter]) -> Finding:
    """Return a silent gateway's finding with the meters whose silence has only become known since."""
    if not known.facts["whole"]:
        return known
    also = [m.key for m in below if scene.last(m) <= _time(known, "last") and scene.silent(m)]
    return _with(known, meters=" ".join(dict.fromkeys((*members(known), *also))))


def _whole(scene: Scene, below: list[Meter]) -> list[Meter]:
    """Return the meters that fell silent with their gateway; none where it still speaks.

    Had the gateway died, nobody would have spoken a turn after the last word of the meter that fell silent last.
    Whose silence is usual bears witness for neither, and hangs on it where nobody speaks.
    """
    latest = max(filter(scene.silent, below), key=scene.last)
    died = _at_most([latest], scene)
    against = sum(scene.last(meter) > died for meter in below)
    hanging = [m for m in below if scene.last(m) <= died and not (against and scene.usual(m))]
    late = sum(map(scene.overdue, hanging))
    word = max(*map(scene.last, hanging), scene.since)
    if scene.now - word <= min(meter.silence_limit for meter in hanging) and not scene.alone(latest):
        return []  # One of its meters is beyond its limit, but the gateway itself has spoken since.
    return hanging if late > 1 and late >= SHARE * (late + against) else []


def _at_most(group: Sequence[Meter], scene: Scene) -> datetime:
    """Return when a group fell silent at the latest: who speaks after that speaks again."""
    return min(scene.now, max(scene.last(meter) + turn(meter) + ROUND for meter in group))


def _together(scene: Scene, free: list[Meter], late: Callable[[Meter], bool]) -> Iterator[list[Meter]]:
    """Yield meters in groups that said their last word within one turn, each with one at least that is `late`."""
    if not any(map(late, free)):
        return
    group: list[Meter] = []
    for meter in sorted((m for m in free if scene.overdue(m) and not scene.usual(m)), key=scene.last):
        if group and scene.last(meter) - scene.last(group[0]) > turn(group[0]) + ROUND:
            if any(map(late, group)):
                yield group
            group = []
        group.append(meter)
    if any(map(late, group)):
        yield group


def _go_on(scene: Scene, known: Finding, hanging: list[Meter]) -> Finding:
    """Return a known finding as it stands now: going on, in doubt since they spoke, or ended when they did.

    It is in doubt until they have kept to their turns for two of them; what falls silent before had never ended.
    """
    last = _time(known, "last")
    spoke = [meter for meter in hanging if scene.last(meter) > last]
    enough = (1 - SHARE) * len(hanging) if known.facts["whole"] else len(hanging) - 1
    if not hanging:
        return _ended(known, scene.now)
    if len(spoke) <= enough:
        return _with(known, count=float(len(hanging) - len(spoke)), tell=BY_DAY)
    back = _time(known, "back") if "back" in known.facts else min(map(scene.last, spoke))
    if all(map(scene.silent, spoke)):
        facts = {key: value for key, value in known.facts.items() if key != "back"}
        relapsed = _with(replace(known, facts=facts), last=_ms(_at_most(hanging, scene)))
        return _with(relapsed, count=float(len(hanging)), tell=BY_DAY)
    if scene.now - back < _doubt(spoke) or sum(map(scene.overdue, spoke)) > (1 - SHARE) * len(spoke):
        return _with(known, back=_ms(back), tell=NOT_YET)
    return _ended(known, back)


def _doubt(spoke: Sequence[Meter]) -> timedelta:
    """Return how long those who spoke again are listened to: two turns, but nobody waits for a second day."""
    return max((2 * turn(m) for m in spoke if m.arrival in (Arrival.LIVE, Arrival.HOURLY)), default=timedelta(0))


def _found(scene: Scene, subject: str, group: Sequence[Meter]) -> Finding:
    """Return the finding of meters that fell silent together, the gateway's own last word being its beginning."""
    whole = subject != meter_subject(group[0].key)
    facts: dict[str, str | float] = {
        "whole": float(whole),
        "meters": " ".join(meter.key for meter in group),
        "count": float(len(group)),
        "last": _ms(_at_most(group, scene)),
        TELL: BY_DAY,
        "zone": scene.registry.school.timezone.key,
        "arrival": _class(group),
        "counts": float(all(map(scene.counts, group))),
    }
    quantity = "" if whole else group[0].registers[0].quantity.key
    return finding_of(subject, quantity, max(map(scene.last, group)), scene.now, facts)


def finding_of(
    subject: str, quantity: str, start: datetime, now: datetime, facts: Mapping[str, str | float]
) -> Finding:
    """Return a finding of this rule: a silence has a beginning, and neither size nor cost."""
    return Finding(
        rule=NAME,
        subject=subject,
        quantity=quantity,
        start=start,
        end=None,
        seen_until=now,
        size=None,
        size_unit="",
        usual=None,
        per_day=None,
        to_date=None,
        unit="",
        yuan_per_day=None,
        facts=facts,
    )


def _class(group: Sequence[Meter]) -> str:
    """Return the class of arrival they share; a mixed group is told of as live."""
    classes = {meter.arrival for meter in group}
    return str(classes.pop() if len(classes) == 1 else Arrival.LIVE)


def _told(scene: Scene, finding: Finding, name: str, below: Sequence[Meter]) -> Finding:
    """Return a finding with what its sentence needs: names, and how many hang on the gateway in all."""
    first = scene.registry.meters[members(finding)[0]]
    gateway = called(name)
    names = {"place_zh": first.name, "place_en": first.name_en or first.name}
    if finding.facts["whole"]:
        names = {"place_zh": gateway.zh, "place_en": gateway.en}
    return _with(replace(finding, seen_until=scene.now), of=float(len(below)), **names)


def members(finding: Finding) -> list[str]:
    """Return the keys of the meters a finding is about."""
    return str(finding.facts["meters"]).split(" ")


def _ended(known: Finding, end: datetime) -> Finding:
    return _with(replace(known, end=max(end, known.start), seen_until=max(end, known.start)), tell=BY_DAY)


def _with(finding: Finding, **facts: str | float) -> Finding:
    return replace(finding, facts={**finding.facts, **facts})


def _ms(time: datetime) -> float:
    return float(to_ms(time))


def _time(finding: Finding, fact: str) -> datetime:
    return from_ms(int(float(finding.facts[fact])))
