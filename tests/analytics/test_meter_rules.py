"""The rules about meters themselves: replaced, another ratio, another unit, stuck; what other meters saw decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from made import HOUR, START, context, day_use, grid, hours

from analytics.around import Around
from analytics.consumption import Suspicion
from analytics.detector import Context, NotJudged, detectors
from analytics.hours import Hours
from analytics.relations import relation
from campus.registry import Change, Replacement
from campus.results import Finding
from campus.schema import to_ms
from tests.words import BANNED

MS = grid(56)
AT = 28 * 24 + 10  # a Monday, 10:00 local
USE = day_use(MS, 60.0, 12.0)
RULES = ("replaced", "ratio_step", "unit_step", "stuck")


def judge(rule: str, own: Hours, known: Context) -> list[Finding]:
    verdict = detectors()[rule].judge(own, known)
    assert not isinstance(verdict, NotJudged), verdict
    return verdict


def stepped(factor: float, use: np.ndarray = USE, until: int | None = None) -> Hours:
    value = use.copy()
    value[AT:until] *= factor
    return hours(MS, value)


def main_meter(own: np.ndarray = USE, rest: float = 40.0) -> Around:
    """Return a parent that saw this use and some more."""
    return Around(parent={"main": hours(MS, own + day_use(MS, rest, rest / 4, seed=7))})


@pytest.mark.parametrize("factor", [10.0, 0.1, 100.0, 0.01, 20.0, 1 / 40])
def test_a_step_the_meter_above_did_not_see_is_a_ratio(factor: float) -> None:
    (found,) = judge("ratio_step", stepped(factor), context("electricity", around=main_meter()))
    assert found.facts["factor"] == pytest.approx(factor) and found.facts["witness"] == "parent"
    assert abs(found.start - (START + AT * HOUR)) < timedelta(days=1) and found.end is None
    assert (found.size, found.per_day, found.yuan_per_day) == (None, None, None)


def test_a_step_the_meter_above_saw_too_is_use() -> None:
    known = context("electricity", around=main_meter(stepped(10.0).value))
    assert judge("ratio_step", stepped(10.0), known) == [] == judge("unit_step", stepped(10.0), known)


def test_a_step_of_a_main_meter_is_told_by_what_lies_below_it() -> None:
    parts = {"a": hours(MS, 0.6 * USE), "b": hours(MS, 0.3 * USE)}
    (found,) = judge("ratio_step", stepped(10.0), context("electricity", around=Around(children=parts)))
    assert found.facts["witness"] == "children"
    grown = {key: hours(MS, part.value * stepped(10.0).value / USE) for key, part in parts.items()}
    assert judge("ratio_step", stepped(10.0), context("electricity", around=Around(children=grown))) == []


def test_what_happened_at_the_like_meters_too_has_a_common_cause() -> None:
    alike = Around(like={"n": stepped(0.1, 2 * USE)})
    apart = Around(like={"n": hours(MS, 2 * USE)})
    assert judge("ratio_step", stepped(0.1), context("electricity", around=alike)) == []
    (found,) = judge("ratio_step", stepped(0.1), context("electricity", around=apart))
    assert found.facts["witness"] == "like" and found.sure < 0.9


def test_alone_a_step_is_judged_only_when_large_held_and_of_the_whole_day() -> None:
    (found,) = judge("ratio_step", stepped(10.0), context("electricity"))
    assert found.facts["witness"] == "" and found.sure < 0.8
    assert "只看它自己平时" in detectors()["ratio_step"].message(found, "zh")
    assert judge("unit_step", stepped(3.6), context("electricity")) == []
    short = hours(MS[: AT + 5 * 24], stepped(10.0).value[: AT + 5 * 24])
    assert judge("ratio_step", short, context("electricity")) == []
    only_days = USE.copy()
    only_days[AT:] = np.where(USE[AT:] > 30, 30 * USE[AT:], USE[AT:])
    assert judge("ratio_step", hours(MS, only_days), context("electricity")) == []


def test_what_goes_back_by_the_same_factor_has_ended() -> None:
    until = AT + 14 * 24
    (found,) = judge("ratio_step", stepped(10.0, until=until), context("electricity", around=main_meter()))
    assert found.end is not None and abs(found.end - (START + until * HOUR)) < timedelta(days=1)
    assert "恢复原样" in detectors()["ratio_step"].message(found, "zh")


def test_a_ratio_that_was_entered_answers_and_opens_nothing() -> None:
    known = context("electricity")
    changed = replace(known.meter, changes=(Change(START + AT * HOUR, {"ratio": 10.0}),))
    for rule in ("ratio_step", "unit_step"):
        (found,) = judge(rule, hours(MS, USE), replace(known, meter=changed))
        assert not found.opens and found.end == found.start == START + AT * HOUR


@pytest.mark.parametrize(
    ("quantity", "factor"),
    [
        ("electricity", 3.6),
        ("electricity", 0.001),
        ("gas", 35.315),
        ("gas", 1 / 2.8317),
        ("gas", 10.55),
        ("water", 1000.0),
    ],
)
def test_known_relations_of_units_are_named(quantity: str, factor: float) -> None:
    known = context(quantity, around=main_meter())
    (found,) = judge("unit_step", stepped(factor), known)
    assert found.facts["factor"] == pytest.approx(factor, rel=0.06)
    assert judge("ratio_step", stepped(factor), known) == []


def test_a_factor_between_twenty_and_forty_five_of_gas_is_a_unit_nobody_knows() -> None:
    found = relation("gas", 1 / 24.0)
    assert found is not None and "原因不明" in found.name.zh and found.factor(24.0) == 24.0
    assert relation("gas", 35.0) is not found and relation("electricity", 14.0) is None is relation("water", 4.5)


def test_what_burns_by_the_weather_is_not_judged_alone_but_where_the_digits_moved() -> None:
    use = np.round(20 * USE, -1)
    plain = hours(MS, np.where(np.arange(len(MS)) < AT, use, np.round(use / 24, 1)))
    assert [f.facts["relation_zh"] for f in judge("unit_step", plain, context("gas"))] == ["原因不明的单位"]
    same = hours(MS, np.where(np.arange(len(MS)) < AT, use, np.round(use / 24, -1) + 10))
    assert judge("unit_step", same, context("gas")) == []


def test_two_scales_in_one_column_are_a_mix_with_their_factor() -> None:
    value = np.round(day_use(MS, 0.06, 0.02), 2)
    late = (np.arange(len(MS)) > 300) & (np.arange(len(MS)) < 900) & (np.arange(len(MS)) // 30 % 2 == 0)
    mixed = np.where(late, np.round(value * 1e6, -3), value)
    found = [f for f in judge("unit_step", hours(MS, mixed), context("water")) if "mix" in f.facts]
    assert len(found) == 1 and found[0].facts["mix"] == pytest.approx(1e6)
    assert "1,000,000" in detectors()["unit_step"].message(found[0], "en")
    stand_by = np.where(late, np.round(day_use(MS, 60.0, 20.0), 2), value)
    assert judge("unit_step", hours(MS, stand_by), context("water")) == []


def broken(kind: str, after: float = 2.5) -> Around:
    at = to_ms(START) + AT * 3_600_000
    return Around(breaks=(Suspicion(kind, at, at + 900_000, 8123.4, after),))


@pytest.mark.parametrize(("kind", "words"), [("replacement", "表号变了、读数变小"), ("reset", "之后读数变小")])
def test_a_break_asks_for_both_readings_and_the_photo(kind: str, words: str) -> None:
    (found,) = judge("replaced", hours(MS, USE), context("electricity", around=broken(kind)))
    text = detectors()["replaced"].message(found, "zh")
    assert words in text and "旧表止数、新表起数和照片" in text and "campus meters replace m" in text
    assert "表号变了" in text or kind == "reset"
    assert found.end is None and found.start == START + AT * HOUR and found.opens


def test_a_new_number_alone_is_not_called_a_lower_reading() -> None:
    (found,) = judge("replaced", hours(MS, USE), context("electricity", around=broken("replacement", 9000.0)))
    assert "变小" not in detectors()["replaced"].message(found, "zh")


def test_what_no_meter_can_count_is_no_replacement() -> None:
    assert judge("replaced", hours(MS, USE), context("electricity", around=broken("implausible"))) == []


def test_an_entered_replacement_answers_for_its_own_counter_alone() -> None:
    known, at = context("electricity"), START + AT * HOUR
    swap = Replacement(at, 8124.0, 2.0, quantity="electricity")
    other = replace(swap, quantity="electricity_export")
    changed = replace(known, meter=replace(known.meter, replacements=(swap, other)))
    (found,) = judge("replaced", hours(MS, USE), changed)
    assert not found.opens and found.end == at
    assert "8,124" in detectors()["replaced"].message(found, "zh")


def still(days: float = 2.0) -> Hours:
    value = USE.copy()
    value[AT : AT + round(days * 24)] = 0.0
    return hours(MS, value)


def test_a_register_stands_still_while_the_meter_above_went_on() -> None:
    (found,) = judge("stuck", still(), context("electricity", around=main_meter()))
    assert found.start == START + AT * HOUR and found.end == START + (AT + 48) * HOUR
    (lasting,) = judge("stuck", still(28), context("electricity", around=main_meter()))
    assert lasting.end is None and "读数不动" in detectors()["stuck"].message(lasting, "zh")


def test_what_is_truly_off_is_seen_above_and_no_register_is_blamed() -> None:
    assert judge("stuck", still(), context("electricity", around=main_meter(still().value))) == []


def test_like_meters_tell_where_there_is_none_above() -> None:
    going = {"a": hours(MS, 2 * USE), "b": still(), "c": hours(MS, 3 * USE)}
    off = {"a": still(), "b": still(), "c": hours(MS, 3 * USE)}
    assert len(judge("stuck", still(), context("electricity", around=Around(like=going)))) == 1
    assert judge("stuck", still(), context("electricity", around=Around(like=off))) == []


def test_an_outage_of_a_day_and_a_gap_are_no_stuck_register() -> None:
    assert judge("stuck", still(0.9), context("electricity", around=main_meter())) == []
    gap = USE.copy()
    gap[AT : AT + 72] = np.nan
    assert judge("stuck", hours(MS, gap), context("electricity", around=main_meter())) == []


def test_a_meter_without_any_other_is_listed_as_not_judged() -> None:
    verdict = detectors()["stuck"].judge(still(), context("electricity"))
    assert isinstance(verdict, NotJudged) and verdict.reason == "alone"


def test_a_dormitory_empty_in_the_vacation_is_truly_nought() -> None:
    # From 4 April, Qingming: nobody has ever been seen on days like these.
    first = 33 * 24
    value = USE.copy()
    value[first : first + 72] = 0.0
    assert judge("stuck", hours(MS, value), context("electricity", "dormitory", around=main_meter(value))) == []


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_sentences_name_the_meter_and_say_what_to_do_without_banned_words(rule: str, lang: str) -> None:
    made = {
        "replaced": (hours(MS, USE), broken("replacement")),
        "ratio_step": (stepped(10.0), main_meter()),
        "unit_step": (stepped(3.6), main_meter()),
        "stuck": (still(28), main_meter()),
    }
    own, around = made[rule]
    (found,) = judge(rule, own, context("electricity", around=around))
    text = detectors()[rule].message(found, lang)
    assert ("表" if lang == "zh" else "Meter") in text and len(text) < 330, (len(text), text)
    assert not any(word in text.lower() for word in (*BANNED, "none", "nan", "{"))
    assert all(start < end <= found.seen_until for start, end in found.evidence)
    assert all(isinstance(value, str | float | int) for value in found.facts.values())


def test_no_history_is_said_and_no_finding() -> None:
    nothing = Hours(np.empty(0, np.int64), *np.empty((3, 0)))
    for rule in RULES:
        assert isinstance(detectors()[rule].judge(nothing, context("electricity")), NotJudged)
