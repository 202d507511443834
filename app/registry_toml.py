"""From a school's TOML to its Registry, with every problem of the file at once."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app import account_toml, check, correction_toml, people_toml, plan_toml, project_toml, virtual_toml
from app.account_rules import Told
from app.check_rows import Source
from app.price_fields import PRICE, WINDOWS
from app.registry_fields import (
    BUILDING,
    CONTACT,
    INSIDE_ACCOUNT,
    INSIDE_METER,
    MOVED,
    PEOPLE,
    PLACE,
    REGISTER,
    SCHOOL,
    SURVEYS,
    TERM,
    VIRTUAL,
    WATER_PLAN,
    Dated,
    dated,
)
from app.toml_fields import Fields, Table, nearest, read_table, unknown_keys
from app.toml_lines import Place, parse, read_text
from campus.corrections import Correction
from campus.errors import Issue, UnknownUnit
from campus.plans import Plan
from campus.projects import Project
from campus.registry import (
    Account,
    Arrival,
    Building,
    Change,
    Contact,
    Location,
    Meter,
    Register,
    Registry,
    Replacement,
    School,
    Season,
    Term,
)
from campus.tariff import Windows, windows
from campus.units import QUANTITIES, Quantity, factor, units_of

TABLES = (
    "school",
    "term",
    "heating",
    "weather",
    "contact",
    "people",
    "water_plan",
    "building",
    "windows",
    "account",
    "meter",
    "virtual",
    "plan",
    "project",
)
# A file that lies beside the schools to be copied: read as a school it would claim the topics of its own copy.
EXAMPLE = "example.toml"
VERSION_LENGTH = 12
_CLOCK_WHEN_UNKNOWN = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is known while a file is read: its place, the readers of its tables, the problems so far, and the
    time-of-use windows an account may name."""

    root: Place
    body: Mapping[str, Any]
    tables: Dated
    issues: list[Issue] = field(default_factory=list)
    windows: dict[str, Windows] = field(default_factory=lambda: dict(windows()))

    def read(self, raw: Mapping[str, Any], known: Fields, place: Place, inner: Collection[str] = ()) -> Table:
        table = read_table(raw, known, place, inner)
        self.issues.extend(table.issues)
        return table


def load_registry(text: str, file: str, formats: Collection[str]) -> tuple[Registry | None, list[Issue]]:
    """Return a school's registry, or None and every problem of its text; `formats` are the payload formats known."""
    parsed = parse(text, file)
    if isinstance(parsed, Issue):
        return None, [parsed]
    body, root = parsed
    school_raw = body.get("school")
    school = read_table(school_raw if isinstance(school_raw, dict) else {}, SCHOOL, root.at("school"))
    zone = school.values.get("timezone", _CLOCK_WHEN_UNKNOWN)
    reading = _Reading(root, body, dated(zone, formats))
    reading.issues.extend(unknown_keys(body, TABLES, root))
    absent = root.at("school").issue("no table [school]: say which school this is, once")
    reading.issues.extend(school.issues if isinstance(school_raw, dict) else [absent])
    registry = _registry(reading, school, text)
    reading.issues.extend(check.registry_issues(registry, Source(root, body, zone)))
    issues = sorted(set(reading.issues), key=lambda issue: (issue.line, issue.text))
    return (None if issues else registry), issues


def _registry(reading: _Reading, school: Table, text: str) -> Registry:
    """Return what could be read; the caller gives it out only where no problem was found."""
    terms = tuple(_term(reading, raw, place) for raw, place in _entries(reading, "term"))
    contacts = tuple(_contact(reading, raw, place) for raw, place in _entries(reading, "contact"))
    seasons = tuple(_season(reading, raw, place) for raw, place in _entries(reading, "heating"))
    plans = tuple(_plan(reading, raw, place) for raw, place in _entries(reading, "plan"))
    people = people_toml.people(_people(reading))
    water_plans, doubled = people_toml.plans(_tables(reading, "water_plan", WATER_PLAN))
    reading.issues.extend(doubled)
    buildings = [_building(reading, raw, place) for raw, place in _entries(reading, "building")]
    _own_windows(reading, school.values.get("region", ""))
    accounts = [_account(reading, raw, place) for raw, place in _entries(reading, "account")]
    meters = [_meter(reading, raw, place) for raw, place in _entries(reading, "meter")]
    stand_in = {"key": "", "name": "", "type": "", "timezone": _CLOCK_WHEN_UNKNOWN, "region": "", "calendar": ""}
    values = {"people": people_toml.heads(people), **_named(stand_in | school.values)}
    registry = Registry(
        School(
            **values,
            terms=tuple(t for t in terms if t),
            contacts=tuple(c for c in contacts if c),
            heating=tuple(s for s in seasons if s),
            location=_location(reading),
            groups=people,
            water_plans=water_plans,
        ),
        {b.key: b for b in buildings if b},
        {a.key: a for a in accounts if a},
        {m.key: m for m in meters if m},
        hashlib.sha256(text.encode()).hexdigest()[:VERSION_LENGTH],
        plans=tuple(p for p in plans if p),
    )
    projects = [_project(reading, registry, raw, place) for raw, place in _entries(reading, "project")]
    registry = replace(registry, projects=tuple(p for p in projects if p))
    rows = _tables(reading, "virtual", VIRTUAL)
    virtuals, issues = virtual_toml.read(rows, registry, Source(reading.root, reading.body))
    reading.issues.extend(issues)
    return replace(registry, virtuals=virtuals)


def _entries(reading: _Reading, *path: str | int) -> list[tuple[Mapping[str, Any], Place]]:
    """Return the tables of an array of tables with their places, and a problem where it is none."""
    place = reading.root.at(*path)
    holder: Any = reading.body
    for part in path[:-1]:
        holder = holder[part]
    entries = holder.get(path[-1], [])
    if isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries):
        return [(entry, place.at(position)) for position, entry in enumerate(entries)]
    name = ".".join(part for part in path if isinstance(part, str))
    reading.issues.append(place.issue(f"write every {path[-1]} as a table of its own: [[{name}]]"))
    return []


def _people(reading: _Reading) -> list[tuple[Table, Place]]:
    """Return the tables of people; what a survey told of them is only looked at."""
    rows = _entries(reading, "people")
    for raw, place in rows:
        _survey(reading, raw, place)
    return [(reading.read(raw, PEOPLE, place, ("survey",)), place) for raw, place in rows]


def _tables(reading: _Reading, name: str, known: Fields) -> list[tuple[Table, Place]]:
    """Return the tables of an array as they were read, with their places."""
    return [(reading.read(raw, known, place), place) for raw, place in _entries(reading, name)]


def _named(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values with the Chinese name standing in for a missing English one."""
    return {"name_en": values.get("name", ""), **values}


def _project(reading: _Reading, registry: Registry, raw: Mapping[str, Any], place: Place) -> Project | None:
    table = reading.read(raw, project_toml.PROJECT, place, ("adjustment",))
    inside = _entries(reading, *place.path, "adjustment")
    adjustments = [reading.read(entry, project_toml.ADJUSTMENT, at) for entry, at in inside]
    return project_toml.read(table, adjustments, registry.meters)


def _term(reading: _Reading, raw: Mapping[str, Any], place: Place) -> Term | None:
    table = reading.read(raw, TERM, place)
    term = Term(**table.values) if table.complete else None
    if term and term.last < term.first:
        reading.issues.append(place.at("last").issue(f"ends on {term.last}, before it begins on {term.first}"))
    return term


def _location(reading: _Reading) -> Location | None:
    raw, place = reading.body.get("weather", {}), reading.root.at("weather")
    if not isinstance(raw, dict):
        reading.issues.append(place.issue("write it as a table, once: [weather]"))
    if not raw or not isinstance(raw, dict):
        return None
    table = reading.read(raw, PLACE, place)
    return Location(**table.values) if table.complete else None


def _season(reading: _Reading, raw: Mapping[str, Any], place: Place) -> Season | None:
    found, issues = plan_toml.season(reading.read(raw, plan_toml.HEATING, place), place)
    reading.issues.extend(issues)
    return found


def _plan(reading: _Reading, raw: Mapping[str, Any], place: Place) -> Plan | None:
    table = reading.read(raw, reading.tables.plan, place, ("keep",))
    keeps = [reading.read(entry, plan_toml.KEEP, at) for entry, at in _entries(reading, *place.path, "keep")]
    return plan_toml.read(table, keeps)


def _contact(reading: _Reading, raw: Mapping[str, Any], place: Place) -> Contact | None:
    table = reading.read(raw, CONTACT, place)
    return Contact(**table.values) if table.complete else None


def _building(reading: _Reading, raw: Mapping[str, Any], place: Place) -> Building | None:
    table = reading.read(raw, BUILDING, place, ("survey",))
    survey = _survey(reading, raw, place)
    return Building(**_named(table.values), survey=survey) if table.complete else None


def _survey(reading: _Reading, raw: Mapping[str, Any], place: Place) -> dict[str, str]:
    """Return what a survey told about a building, an account or a meter."""
    kind = str(place.path[0])
    survey = raw.get("survey", {})
    if not isinstance(survey, dict):
        reading.issues.append(place.at("survey").issue(f"write it as a table: [{kind}.survey]"))
        return {}
    at = place.at("survey")
    moved = [key for key in MOVED if kind == "account" and key in survey]
    for key in moved:
        reading.issues.append(
            at.at(key).issue("bills are reckoned by it: write it as a number on the [[account]] itself")
        )
    return reading.read({k: v for k, v in survey.items() if k not in moved}, SURVEYS[kind], at).values


def _account(reading: _Reading, raw: Mapping[str, Any], place: Place) -> Account | None:
    account = Told(reading.read(raw, reading.tables.account, place, INSIDE_ACCOUNT), raw, place)
    prices = [
        Told(reading.read(entry, PRICE, at), entry, at) for entry, at in _entries(reading, *place.path, "price")
    ]
    values, issues = account_toml.read(account, prices, reading.windows)
    reading.issues.extend(issues)
    survey = _survey(reading, raw, place)
    return Account(**values, survey=survey) if account.table.complete else None


def _own_windows(reading: _Reading, region: str) -> None:
    rows = [Told(reading.read(raw, WINDOWS, place), raw, place) for raw, place in _entries(reading, "windows")]
    found, issues = account_toml.own_windows(rows, region)
    reading.windows.update(found)
    reading.issues.extend(issues)


def _meter(reading: _Reading, raw: Mapping[str, Any], place: Place) -> Meter | None:
    table = reading.read(raw, reading.tables.meter, place, INSIDE_METER)
    own = {f.name for f in fields(Register)}
    values = {name: value for name, value in table.values.items() if name not in own}
    registers = [_register(reading, table, place, raw)]
    registers += [
        _register(reading, reading.read(entry, REGISTER, at), at, entry)
        for entry, at in _entries(reading, *place.path, "register")
    ]
    changes = tuple(_change(reading, entry, at) for entry, at in _entries(reading, *place.path, "change"))
    replaced = tuple(_replaced(reading, entry, at) for entry, at in _entries(reading, *place.path, "replaced"))
    corrections = [
        _correction(reading, entry, at, str(table.values.get("quantity", "")))
        for entry, at in _entries(reading, *place.path, "correction")
    ]
    reading.issues.extend(_way_in(raw, place))
    survey = _survey(reading, raw, place)
    if not table.complete or registers[0] is None:
        return None
    values = {"topic": "", "format": "", "arrival": Arrival.LIVE} | _named(values)
    values["arrival"] = Arrival(values["arrival"])
    return Meter(
        **values,
        registers=tuple(r for r in registers if r),
        changes=tuple(c for c in changes if c),
        replacements=tuple(r for r in replaced if r),
        corrections=tuple(c for c in corrections if c),
        survey=survey,
    )


def _way_in(raw: Mapping[str, Any], place: Place) -> list[Issue]:
    """Only a meter that is read by hand may do without a topic and a format."""
    if raw.get("arrival") == Arrival.MANUAL:
        return []
    return [place.issue(f"[meter] has no {key!r}: add it") for key in ("topic", "format") if key not in raw]


def _register(reading: _Reading, table: Table, place: Place, raw: Mapping[str, Any]) -> Register | None:
    quantity = QUANTITIES.get(table.values.get("quantity", ""))
    unit = table.values.get("unit")
    if quantity is None or unit is None:
        return None
    try:
        factor(unit, quantity)
    except UnknownUnit:
        reading.issues.append(place.at("unit").issue(_unit_sentence(raw["unit"], quantity)))
    return Register(quantity, unit, table.values.get("width"))


def _unit_sentence(unit: str, quantity: Quantity) -> str:
    others = [q.key for q in QUANTITIES.values() if q is not quantity and unit in units_of(q)]
    if others:
        fitting = ", ".join(units_of(quantity))
        return f'unit "{unit}" measures {", ".join(others)}; {quantity.key} is measured in {fitting}'
    return f'unknown unit "{unit}" of {quantity.key}{nearest(unit, units_of(quantity))}'


def _change(reading: _Reading, raw: Mapping[str, Any], place: Place) -> Change | None:
    table = reading.read(raw, reading.tables.change, place)
    values = dict(table.values)
    since, by = values.pop("since", None), values.pop("by", "")
    if not set(raw) - {"from", "by"}:
        reading.issues.append(place.issue("[meter.change] changes nothing: add what is new from then on"))
    return Change(since, values, by) if since else None


def _replaced(reading: _Reading, raw: Mapping[str, Any], place: Place) -> Replacement | None:
    table = reading.read(raw, reading.tables.replaced, place)
    return Replacement(**table.values) if table.complete else None


def _correction(reading: _Reading, raw: Mapping[str, Any], place: Place, quantity: str) -> Correction | None:
    found, issues = correction_toml.read(reading.read(raw, reading.tables.correction, place), raw, place, quantity)
    reading.issues.extend(issues)
    return found


def school_files(folder: Path) -> list[Path]:
    """Return the files of the schools, by name; the example is none."""
    return sorted(path for path in folder.glob("*.toml") if path.name != EXAMPLE)


def load_school(path: Path, formats: Collection[str]) -> tuple[Registry | None, list[Issue]]:
    """Return the registry of a school's file, which bears the school's key as its name."""
    text = read_text(path)
    if isinstance(text, Issue):
        return None, [text]
    registry, issues = load_registry(text, str(path), formats)
    if registry is None or registry.school.key == path.stem:
        return registry, issues
    return None, [_misnamed(path, text, registry.school.key)]


def _misnamed(path: Path, text: str, key: str) -> Issue:
    parsed = parse(text, str(path))
    line = 1 if isinstance(parsed, Issue) else parsed[1].at("school", "key").line()
    other = "" if path.with_stem(key).name == EXAMPLE else f", or name the file {key}.toml"
    return Issue(str(path), line, f"the school's key is {key!r}: write {path.stem!r}{other}")


def load_schools(folder: Path, formats: Collection[str]) -> tuple[dict[str, Registry], list[Issue]]:
    """Return the schools of a folder that are without a problem, by key, and the problems of all others."""
    schools: dict[str, Registry] = {}
    issues: list[Issue] = []
    for path in school_files(folder):
        registry, found = load_school(path, formats)
        issues.extend(found)
        if registry is not None:
            schools[registry.school.key] = registry
    shared = check.shared_topics(schools)
    issues.extend(shared_issues(folder, shared))
    return {key: schools[key] for key in schools if key not in {s.school for s in shared}}, issues


def shared_issues(folder: Path, shared: Iterable[check.Shared]) -> list[Issue]:
    """Return topics that schools share as problems, each at its meter's line."""
    return [Issue(str(folder / f"{s.school}.toml"), _meter_line(folder, s), s.text) for s in shared]


def _meter_line(folder: Path, shared: check.Shared) -> int:
    text = read_text(folder / f"{shared.school}.toml")
    parsed = text if isinstance(text, Issue) else parse(text, "")
    if isinstance(parsed, Issue):
        return 1
    body, root = parsed
    return Source(root, body).place("meter", shared.meter).at("topic").line()
