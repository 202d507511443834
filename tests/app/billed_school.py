"""A school whose accounts are billed in every way there is, with two months of what its meters counted."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from app.recompute import derive_register
from app.registry_toml import load_registry
from app.sums import follow
from campus.calendar import local_hours
from campus.ports import Store
from campus.registry import Registry
from campus.schema import REGISTER, Columns, SeriesId, to_ms
from store.sqlite import open_sqlite
from tests.app.registry_example import FORMATS, SCHOOL, meter

# Midnight of 1 March 2026 in Shanghai; data end at 21 April.
BEGIN = datetime(2026, 2, 28, 16, tzinfo=UTC)
DAYS = 51
END = BEGIN + timedelta(days=DAYS)
QUARTER_MS = 900_000
Told = list[tuple[datetime, float]]
_FILLED: dict[tuple[str, str], bytes] = {}
PEAK_MS = to_ms(BEGIN + timedelta(days=16, hours=14))
PEAK_KW = 120.0
ACCOUNTS = """
[[account]]
key = "power"
medium = "electricity"
number = "3700000001"
tariff = "two_part"
contract_demand_kw = 100
power_factor_standard = 0.90

[[account.price]]
since = 2026-01-01
document = "2026年1月价格表"
timed = { "代理购电" = 0.40 }
fixed = { "输配" = 0.15 }
levies = { "基金" = 0.03 }
windows = "sd-2023-914"
yuan_per_kw = 35
assumed = true

[[account.price]]
since = 2026-04-01
document = "2026年4月价格表"
timed = { "代理购电" = 0.45 }
fixed = { "输配" = 0.15 }
levies = { "基金" = 0.03 }
windows = "sd-2023-914"
yuan_per_kw = 35

[[account]]
key = "shops"
medium = "electricity"
number = "3700000003"
tariff = "single"
price_yuan = 0.8
price_unit = "kWh"
price_document = "商业价"
fixed_share = 0.2
share_of = "power"

[[account]]
key = "tap"
medium = "water"
number = "W-1"
tariff = "flat"
price_yuan = 4.2
price_unit = "m³"
price_document = "水价文件"

[[account]]
key = "gas"
medium = "gas"
number = "G-1"
tariff = "single"
"""
REACTIVE = '\n[[meter.register]]\nquantity = "reactive"\nunit = "kvarh"\n'
BOOK = {"arrival": "manual", "topic": None, "format": None, "interval": "30d"}
TEXT = (
    SCHOOL
    + ACCOUNTS
    + meter("main", account="power", name="总电表")
    + REACTIVE
    + meter("sub", account="power", parent="main")
    + meter("book", account="power", parent="main", name="电费账单", **BOOK)
    + meter("tap", account="tap", quantity="water", unit="m³", interval="1d", name="总水表")
)


def registry(text: str = TEXT) -> Registry:
    """Return the school of a text."""
    found, issues = load_registry(text, "north.toml", FORMATS)
    assert issues == [] and found is not None
    return found


def power_kw() -> np.ndarray:
    """Return the main meter's quarter hours [kW]: 40 by day, 10 by night, and one quarter hour at `PEAK_KW`."""
    start_ms = to_ms(BEGIN) + QUARTER_MS * np.arange(96 * DAYS, dtype=np.int64)
    hour = local_hours(start_ms, registry().school.timezone)[1]
    kw = np.where((hour >= 8) & (hour < 18), 40.0, 10.0)
    kw[start_ms == PEAK_MS] = PEAK_KW
    return kw


def filled(store: Store, schools: Registry, more: Mapping[str, Told] | None = None) -> None:
    """Write what the meters said, and what follows; `more` are further counters by their meter."""
    step = np.concatenate([[0.0], np.cumsum(power_kw() / 4)])
    quarters = [BEGIN + n * timedelta(minutes=15) for n in range(len(step))]
    for of, counted in ((("main", "electricity"), 1000 + step), (("main", "reactive"), 500 + step / 2)):
        if schools.meters[of[0]].register(of[1]) is not None:
            counter(store, schools, of, list(zip(quarters, counted.tolist(), strict=True)))
    counter(store, schools, ("sub", "electricity"), list(zip(quarters, (step / 4).tolist(), strict=True)))
    days = [(BEGIN + timedelta(days=n), 12.0 * n) for n in range(DAYS + 1)]
    counter(store, schools, ("tap", "water"), days)
    for key, told in (more or {}).items():
        counter(store, schools, (key, schools.meters[key].registers[0].quantity.key), told)


def counter(store: Store, schools: Registry, of: tuple[str, str], told: Told) -> None:
    """Write what a counter showed, with the hours, days and sums that follow."""
    key, quantity = of
    times = np.array([to_ms(time) for time, _ in told], np.int64)
    fields = {"value": np.array([value for _, value in told]), "seconds": np.zeros(len(told))}
    fields |= {"quality": np.full(len(told), "good", object), "serial": np.full(len(told), "", object)}
    window = BEGIN - timedelta(days=400), END + timedelta(days=400)
    store.replace(SeriesId(REGISTER, key, quantity), window, Columns(times, fields))
    changed = derive_register(store, schools, (schools.meters[key], quantity), None)
    assert changed is not None
    follow(schools, store, {(key, quantity): [changed]})


def school_store(folder: Path, schools: Registry | None = None, **more: Told) -> Store:
    """Return a filled store of the school; the same school is filled once and copied from then on."""
    school = schools or registry()
    filling = school.version, repr(more)
    path = folder / "store.sqlite"
    if filling not in _FILLED:
        with closing(open_sqlite(path)) as store:
            filled(store, school, more)
        _FILLED[filling] = path.read_bytes()
    path.write_bytes(_FILLED[filling])
    return open_sqlite(path)
