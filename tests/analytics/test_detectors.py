"""What holds for every detector of the catalogue, and what they share."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from made import POWER_PRICE, SCHOOL, WATER_PRICE, context, day_use, grid, hours

from analytics.detector import Context, Detector, contexts, detectors, yuan_per_day
from analytics.filled import without_filled
from analytics.hours import day_grid
from analytics.nearest import nearest
from analytics.wording import number
from campus.registry import Account, Building, Change, Meter, Register, Registry
from campus.results import Finding, Price
from campus.tariff import flat
from campus.units import QUANTITIES
from tests.words import BANNED

NOW = datetime(2026, 5, 1, tzinfo=UTC)
MS = grid(56)
# The rules about what is used; those about meters themselves have no rate and are held in test_meter_rules.
ALL = [detectors()[name] for name in ("night_flow", "out_of_hours")]


def at_fault(detector: Detector, price: Price | None, until: int | None = None) -> Finding:
    (quantity,) = detector.quantities
    value = day_use(MS, 60.0, 12.0) if quantity == "electricity" else day_use(MS, 2.0, 0.0)
    value[28 * 24 : until] += 30.0 if quantity == "electricity" else 0.5
    verdict = detector.judge(hours(MS, value), context(quantity, price=price))
    assert isinstance(verdict, list)
    return verdict[0]


def price_of(detector: Detector) -> Price:
    return POWER_PRICE if "electricity" in detector.quantities else WATER_PRICE


def test_the_catalogue_holds_the_two_rules() -> None:
    assert {"night_flow", "out_of_hours"} <= set(detectors())


@pytest.mark.parametrize("detector", ALL, ids=lambda d: d.name)
@pytest.mark.parametrize("until", [None, 42 * 24])
def test_messages_are_short_and_free_of_banned_words(detector: Detector, until: int | None) -> None:
    finding = at_fault(detector, price_of(detector), until)
    for lang in ("zh", "en"):
        text = detector.message(finding, lang)
        assert not any(word in text.lower() for word in BANNED)
        assert len(text) < 230 and "None" not in text and "nan" not in text
    assert "3号楼" in detector.message(finding, "zh") and "Block 3" in detector.message(finding, "en")
    assert detector.zh and detector.en


@pytest.mark.parametrize("detector", ALL, ids=lambda d: d.name)
def test_an_assumed_price_is_named_as_such(detector: Detector) -> None:
    price = replace(price_of(detector), assumed=True, document="示范假设价")
    finding = at_fault(detector, price)
    assert "示范假设价" in detector.message(finding, "zh") and "assumed" in detector.message(finding, "en")


@pytest.mark.parametrize("detector", ALL, ids=lambda d: d.name)
def test_findings_hold_what_a_ledger_keeps(detector: Detector) -> None:
    finding = at_fault(detector, None)
    assert finding.yuan_per_day is None and finding.seen_until.tzinfo is not None
    assert 0 <= finding.sure <= 1 and finding.to_date > 0
    assert all(start < end <= finding.seen_until for start, end in finding.evidence)
    assert all(isinstance(value, str | float | int) for value in finding.facts.values())


def test_a_price_in_another_unit_is_not_used() -> None:
    assert yuan_per_day(10, "m³", POWER_PRICE) is None
    assert yuan_per_day(10, "m³", WATER_PRICE) == pytest.approx(42)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.04, "0.04"), (0.812, "0.81"), (1.0, "1"), (1.24, "1.2"), (9.96, "10"), (38.4, "38")],
)
def test_numbers_are_said_with_two_figures(value: float, text: str) -> None:
    assert number(value) == text


def registry(boarding: bool, *people: int | None) -> Registry:
    """Return a school: a main water meter, below it one of a teaching block and one per dormitory."""
    water = (Register(QUANTITIES["water"], "m³"),)
    base = context("water").meter
    main = replace(base, key="main", registers=water)
    block = replace(base, key="w-t", parent="main", building="t", account="a")
    homes = {f"d{i}": Building(f"d{i}", "宿舍", "Dormitory", "dormitory", people=n) for i, n in enumerate(people)}
    meters = [main, block, *(replace(base, key=f"w-{key}", parent="main", building=key) for key in homes)]
    buildings = {"t": Building("t", "教学楼", "Teaching", "teaching", people=900)} | homes
    account = {"a": Account("a", "water", "1", "single", flat(WATER_PRICE))}
    return Registry(replace(SCHOOL, boarding=boarding), buildings, account, {m.key: m for m in meters})


def by_meter(school: Registry) -> dict[str, Context]:
    return {known.meter.key: known for known in contexts(school, NOW)}


def test_a_context_knows_price_building_and_what_lies_below() -> None:
    known = by_meter(registry(True, 400))
    assert known["main"].submetered and not known["w-t"].submetered
    assert known["w-t"].price == WATER_PRICE and known["main"].price is None
    assert known["w-t"].kind == "teaching" and known["main"].kind == ""


def test_sleepers_are_those_of_the_dormitories_behind_a_meter() -> None:
    known = by_meter(registry(True, 400, 300))
    assert [known[key].sleepers for key in ("main", "w-t", "w-d0", "w-d1")] == [700, 0, 400, 300]
    assert by_meter(registry(True, 400, None))["main"].sleepers is None
    assert by_meter(registry(True))["main"].sleepers is None
    assert by_meter(registry(False))["main"].sleepers == 0


def finding(subject: str, size: float, start: datetime = NOW) -> Finding:
    seen = NOW + timedelta(days=9)
    return Finding("night_flow", f"meter/{subject}", "water", start, None, seen, size, "m³/h", 0, 1, 1, "m³", None)


def test_what_a_submeter_explains_is_not_said_of_the_meter_above() -> None:
    school = registry(False, 400)
    leak, echo = finding("w-t", 0.5), finding("main", 0.52, NOW + timedelta(hours=5))
    assert nearest([leak, echo], school) == [leak]


def test_what_a_submeter_does_not_explain_stays() -> None:
    school = registry(False, 400)
    for other in (finding("w-t", 0.1), finding("w-t", 0.5, NOW - timedelta(days=30))):
        above = finding("main", 0.5)
        assert nearest([other, above], school) == [other, above]
    assert nearest([finding("main", 0.5)], school) == [finding("main", 0.5)]


def test_a_base_load_that_was_found_after_hours_first_is_one_finding() -> None:
    school = registry(False, 400)
    step = replace(finding("w-t", 5.0, NOW - timedelta(days=2)), rule="base_load_step")
    after_hours = replace(finding("w-t", 4.8), rule="out_of_hours")
    assert nearest([step, after_hours], school) == [after_hours]
    above = replace(step, subject="meter/main")
    assert nearest([above, after_hours], school) == [after_hours]
    little = replace(after_hours, size=1.0)
    assert nearest([step, little], school) == [step, little]


def test_a_supply_that_was_cut_is_told_at_the_highest_meter_that_lacks_it() -> None:
    school = registry(False, 400)
    cut, below = (replace(finding(key, 5.0), rule="dip", end=NOW + timedelta(hours=6)) for key in ("main", "w-t"))
    later = replace(below, start=NOW + timedelta(days=2), end=NOW + timedelta(days=3))
    assert nearest([cut, below, later], school) == [cut, later]
    assert nearest([below], school) == [below]


def test_a_meter_that_moved_is_below_both_its_parents() -> None:
    school = registry(False)
    moved: Meter = replace(school.meters["w-t"], parent="", changes=(Change(NOW, {"parent": "main"}),))
    school = replace(school, meters={**school.meters, "w-t": moved})
    leak = finding("w-t", 0.5)
    assert nearest([leak, finding("main", 0.5)], school) == [leak]


def test_a_stretch_level_through_a_working_day_is_filled_but_not_where_days_never_vary() -> None:
    value = day_use(MS, 2.0, 0.0)
    value[30 * 24 + 3 : 32 * 24] = 0.4
    grid_of = day_grid(hours(MS, value), SCHOOL)
    filled = without_filled(grid_of)
    assert np.isnan(filled.value.reshape(-1)[30 * 24 + 3 : 32 * 24]).all()
    assert np.isfinite(filled.value).sum() == 56 * 24 - 45
    unused = day_grid(hours(MS, np.where(np.arange(len(MS)) >= 700, 0.4, 0.0)), SCHOOL)
    assert without_filled(unused) is unused
