"""What a school needs besides this program: each thing tried for real, each failure with its remedy."""

from __future__ import annotations

import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

from app import doctor_services
from app.broker_probe import MANY_IN_FLIGHT, BrokerSays, probe
from app.machine import Check, Verdict, chinese_font, clock, data_folder, fonts, measure
from app.modbus_maps import formats_of
from app.registry_toml import load_schools, school_files
from app.settings import BrokerSettings, Settings, WebSettings
from app.wiring import open_store
from campus.errors import CampusError
from campus.ports import Store
from campus.schema import DAY, FIGURE, Point, SeriesId, empty, from_ms
from web.guard import is_loopback
from web.server import NotLoopback, PortTaken, anywhere, bind

# What no school's key can be: names a store that is made, tried and removed.
THROWAWAY = "_doctor"

BROKER_LIMITS = (
    "give it max_queued_messages 0 and max_inflight_messages 2000: a stock mosquitto keeps 1000 messages for a "
    "collector that is away and drops the rest"
)


def examine(settings: Settings) -> list[Check]:
    """Try everything; a check that fails in a way the program knows is a bad one, not an end."""
    checks: list[tuple[str, Callable[[], Check]]] = [
        ("schools", lambda: schools(settings)),
        ("data folder", lambda: data_folder(measure(settings.data.root))),
        ("store", lambda: store(settings)),
        ("broker", lambda: broker(settings.broker, probe(settings.broker))),
        ("clock", lambda: clock(datetime.now(UTC), settings.data.journal)),
        ("fonts", lambda: fonts(chinese_font())),
        ("page", lambda: page(settings.web)),
        ("ledger", lambda: doctor_services.ledger(settings)),
    ]
    if settings.mail.host:
        checks.append(("mail", lambda: doctor_services.mail(settings.mail)))
    if settings.grafana.password:
        checks.append(("grafana", lambda: doctor_services.grafana(settings)))
    return [_tried(name, check) for name, check in checks]


def _tried(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except (CampusError, OSError) as error:
        return Check(name, Verdict.BAD, str(error), "put that right, then type campus doctor again")


def schools(settings: Settings) -> Check:
    """Are the schools' files without a problem?"""
    found, issues = load_schools(settings.schools, formats_of(settings.config))
    if issues:
        many = f"{len(issues)} problem{'s' if len(issues) > 1 else ''}, the first: {issues[0]}"
        return Check("schools", Verdict.BAD, many, "campus check shows them all")
    if not school_files(settings.schools):
        remedy = f"copy {settings.schools / 'example.toml'} under your school's key and make it yours"
        return Check("schools", Verdict.WARN, f"none in {settings.schools}", remedy)
    return Check(
        "schools", Verdict.OK, ", ".join(f"{s.school.name} ({len(s.meters)} meters)" for s in found.values())
    )


def store(settings: Settings) -> Check:
    """Does the store keep a row, give it back, and let it go?"""
    if settings.store.kind == "sqlite":
        text = _sqlite(settings)
    else:
        keys = [path.stem for path in school_files(settings.schools)]
        if not keys:
            return Check("store", Verdict.WARN, "InfluxDB not tried: there is no school yet", "register a school")
        with closing(open_store(settings, keys[0])) as opened:
            text = f"InfluxDB at {settings.store.url}, {_round_trip(opened)}"
    return Check("store", Verdict.OK, text)


def _sqlite(settings: Settings) -> str:
    folder = settings.data.store(THROWAWAY).parent
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with closing(open_store(settings, THROWAWAY)) as opened:
            return f"SQLite in {settings.data.root}, {_round_trip(opened)}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _round_trip(opened: Store) -> str:
    series = SeriesId(FIGURE, "school", "doctor", DAY)
    window = (from_ms(0), from_ms(1))
    begin = time.perf_counter()
    opened.write([Point(series, 0, (1.0, None, None, 1.0, 0.0, None))])
    read = opened.series([series], *window)[series]
    opened.replace(series, window, empty(FIGURE))
    if len(read) != 1 or read.value[0] != 1.0:
        raise OSError("a row that was written did not come back")
    return f"a row written, read back and removed in {1000 * (time.perf_counter() - begin):.0f} ms"


def broker(settings: BrokerSettings, says: BrokerSays) -> Check:
    """Does the broker let us in, and has it dropped messages?"""
    place = f"{settings.host}:{settings.port}"
    if says.trouble:
        return Check("broker", Verdict.BAD, f"{place}: {says.trouble}", says.remedy)
    text = f"{place}: {says.version or 'connected; it does not tell its version'}"
    if "amqtt" in says.version.lower():
        return Check("broker", Verdict.WARN, text, "amqtt is for trying out only: install mosquitto for a school")
    if says.dropped:
        return Check("broker", Verdict.WARN, f"{text}; it has dropped {says.dropped} messages", BROKER_LIMITS)
    if 0 < says.in_flight < MANY_IN_FLIGHT:
        return Check("broker", Verdict.WARN, f"{text}; only {says.in_flight} messages in flight", BROKER_LIMITS)
    return Check("broker", Verdict.OK, f"{text}; {'nothing dropped' if says.dropped == 0 else 'drops not told'}")


def page(settings: WebSettings) -> Check:
    """Can the page be served where the settings say?"""
    place = f"http://{settings.host}:{settings.port}/"
    try:
        bind(settings.host, settings.port, anywhere if settings.published_on_loopback else is_loopback).close()
    except NotLoopback as error:
        return Check("page", Verdict.BAD, str(error), 'set [web] host = "127.0.0.1"')
    except PortTaken as error:
        if _is_ours(place):
            return Check("page", Verdict.OK, f"{place} is being served")
        return Check("page", Verdict.WARN, str(error), f"set [web] port = {error.free}, or end the other program")
    return Check("page", Verdict.OK, f"{place} is free")


def _is_ours(place: str) -> bool:
    try:
        with urllib.request.urlopen(f"{place}health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False
