"""`campus bills`: accounts billed line by line, the utility's bills beside, and what moving a load saves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from analytics.bill_match import Verdict
from analytics.billing import NO_FACTOR
from app.bills import month_bill
from app.bills_sent import alone, sent
from app.bills_text import alone_said, beside_said, yuan_difference
from campus.calendar import local_hours
from campus.ports import Store
from campus.registry import Registry
from campus.schema import BILLED_YUAN, REGISTER, Point, SeriesId, to_ms
from campus.tariff import windows
from store.sqlite import open_sqlite
from tests.app.billed_school import (
    BEGIN,
    BOOK,
    DAYS,
    END,
    PEAK_KW,
    PEAK_MS,
    REACTIVE,
    TEXT,
    counter,
    power_kw,
    registry,
    school_store,
)
from tests.app.registry_example import SCHOOL as HEAD
from tests.app.registry_example import meter
from tests.app.waiting import run, school_file

SCHOOL = registry()
MARCH, APRIL = BEGIN, BEGIN + timedelta(days=31)
USED = power_kw() / 4
# The utility's dates: 25 February, 25 March, and 20 April.
READ = [MARCH + timedelta(days=n) for n in (4, 24, 50)]


def used(start: datetime, end: datetime) -> float:
    """Return what the main meter counted [kWh]."""
    at = to_ms(BEGIN) + 900_000 * np.arange(96 * DAYS)
    return float(USED[(at >= to_ms(start)) & (at < to_ms(end))].sum())


def book(*factors: float, first: float = 7000.0) -> list[tuple[datetime, float]]:
    """Return what the utility read: its use is the meter's, times a factor."""
    spans = zip(pairwise(READ), factors, strict=True)
    amounts = [used(start, end) * factor for (start, end), factor in spans]
    return list(zip(READ, first + np.concatenate([[0.0], np.cumsum(amounts)]), strict=True))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with closing(school_store(tmp_path_factory.mktemp("school"), book=book(1.005, 1.2))) as made:
        yield made


def by_hand(month: int, timed: float) -> float:
    """Return the price of March's or April's use [yuan] by another way: a loop over quarter hours."""
    start = MARCH if month == 3 else APRIL
    at = to_ms(BEGIN) + 900_000 * np.arange(96 * DAYS)
    inside = (at >= to_ms(start)) & (at < to_ms(start + timedelta(days=31 if month == 3 else 30)))
    shandong = windows()["sd-2023-914"]
    hour = local_hours(at, SCHOOL.school.timezone)[1]
    return sum(
        kwh * (0.18 + timed * shandong.multiplier[shandong.months[month - 1][h]])
        for kwh, h in zip(USED[inside], hour[inside], strict=True)
    )


def test_a_two_part_bill_is_reckoned_line_by_line(store: Store) -> None:
    found = month_bill(SCHOOL, store, SCHOOL.accounts["power"], MARCH)
    assert found is not None and found.over and found.known == 1.0 and found.estimated == 0
    lines = {line.name.zh: line for line in found.bill.lines}
    assert list(lines) == ["尖峰", "峰", "平", "谷", "深谷", "需量电费", "超合同需量加收", "力调电费"]
    energy = sum(lines[name].yuan for name in ("尖峰", "峰", "平", "谷", "深谷"))
    assert energy == pytest.approx(0.8 * by_hand(3, 0.40))
    assert lines["需量电费"].yuan == 3500 and lines["超合同需量加收"].yuan == pytest.approx(2 * 15 * 35)
    base = energy - 0.8 * used(MARCH, APRIL) * 0.03 + 3500 + 1050
    assert lines["力调电费"].amount == 89 and lines["力调电费"].yuan == pytest.approx(0.005 * base)
    assert found.bill.total == pytest.approx(sum(line.yuan for line in found.bill.lines))
    assert found.demand_kw == pytest.approx(PEAK_KW) and found.demand_at is not None
    assert to_ms(found.demand_at) == PEAK_MS
    assert any("11–14点" in said.zh for said in found.advice)


def test_a_running_month_ends_with_its_data(store: Store) -> None:
    found = month_bill(SCHOOL, store, SCHOOL.accounts["power"], APRIL)
    assert found is not None and not found.over and found.until == END
    energy = sum(line.yuan for line in found.bill.lines[:5])
    assert energy == pytest.approx(0.8 * by_hand(4, 0.45))


def test_a_fixed_share_is_billed_on_its_own_account(store: Store) -> None:
    found = month_bill(SCHOOL, store, SCHOOL.accounts["shops"], MARCH)
    assert found is not None and found.bill.total == pytest.approx(0.2 * used(MARCH, APRIL) * 0.8)


def test_a_meter_of_days_has_a_flat_bill(store: Store) -> None:
    found = month_bill(SCHOOL, store, SCHOOL.accounts["tap"], MARCH)
    assert found is not None and found.bill.total == pytest.approx(31 * 12 * 4.2)


def test_an_account_without_price_or_meter_has_none(store: Store) -> None:
    assert month_bill(SCHOOL, store, SCHOOL.accounts["gas"], MARCH) is None
    assert month_bill(SCHOOL, store, SCHOOL.accounts["power"], MARCH - timedelta(days=90)) is None


def test_what_is_missing_for_a_total_is_named(store: Store) -> None:
    bare = registry(TEXT.replace(REACTIVE, ""))
    found = month_bill(bare, store, bare.accounts["power"], MARCH)
    assert found is not None and found.bill.total is None and found.bill.missing == (NO_FACTOR,)


def besides(schools: Registry, store: Store) -> list:
    window = MARCH, MARCH + timedelta(days=61)
    return list(sent(schools, store, schools.accounts["power"], window))


def test_the_utilitys_bills_are_held_against_the_meters_over_their_own_dates(store: Store) -> None:
    good, bad = besides(SCHOOL, store)
    assert good.reckoned.window == (READ[0], READ[1]) and bad.reckoned.window == (READ[1], READ[2])
    assert good.billed == pytest.approx(1.005 * used(READ[0], READ[1]))
    # The bill tells the whole meter's register, of which its account keeps four fifths.
    assert good.match.verdict is Verdict.AGREES and "整块表" in good.match.reasons[0].zh
    assert bad.match.verdict is Verdict.OPEN


def test_losses_of_a_transformer_explain_a_bill_of_the_high_side(tmp_path: Path) -> None:
    survey = '[account.survey]\nmetering = "高供低计"\n\n[[account.price]]\nsince = 2026-01-01'
    text = TEXT.replace('fixed_share = 0.2\nshare_of = "power"\n', "")
    schools = registry(text.replace("[[account.price]]\nsince = 2026-01-01", survey))
    with closing(school_store(tmp_path, schools, book=book(1.025, 1.0))) as made:
        first, second = besides(schools, made)
    assert first.match.verdict is Verdict.EXPLAINED and "变压器损耗" in first.match.reasons[0].zh
    assert second.match.verdict is Verdict.AGREES and second.match.reasons == ()


def test_a_school_with_bills_alone_is_billed_by_them(tmp_path: Path) -> None:
    price = 'price_yuan = 0.555\nprice_unit = "kWh"\nprice_document = "合表"\n'
    account = f'[[account]]\nkey = "a"\nmedium = "electricity"\nnumber = "1"\ntariff = "resident"\n{price}'
    schools = registry(HEAD + account + meter("book", account="a", **BOOK))
    with closing(open_sqlite(tmp_path / "store.sqlite")) as made:
        counter(made, schools, ("book", "electricity"), list(zip(READ, [0.0, 1000.0, 2300.0], strict=True)))
        found = list(sent(schools, made, schools.accounts["a"], (MARCH, MARCH + timedelta(days=61))))
    assert [one.reckoned.bill.total for one in found] == pytest.approx([555.0, 1300 * 0.555])
    assert all(one.match.verdict is Verdict.UNKNOWN for one in found)


def billed(store: Store, key: str, *told: tuple[datetime, datetime, float]) -> None:
    """Write what bills came to, as their import does."""
    series = SeriesId(REGISTER, key, BILLED_YUAN)
    rows = [(to_ms(start), (yuan, (end - start).total_seconds(), "manual", "")) for start, end, yuan in told]
    store.write([Point(series, at, values) for at, values in rows])


def test_what_a_bill_came_to_stands_beside_what_prices_and_meters_make_of_it(tmp_path: Path) -> None:
    price = 'price_yuan = 0.555\nprice_unit = "kWh"\nprice_document = "合表"\n'
    account = f'[[account]]\nkey = "a"\nmedium = "electricity"\nnumber = "1"\ntariff = "resident"\n{price}'
    schools = registry(HEAD + account + meter("book", account="a", **BOOK))
    with closing(open_sqlite(tmp_path / "store.sqlite")) as made:
        counter(made, schools, ("book", "electricity"), list(zip(READ, [0.0, 1000.0, 2300.0], strict=True)))
        billed(made, "book", (READ[0], READ[1], 560.0))
        first, second = sent(schools, made, schools.accounts["a"], (MARCH, MARCH + timedelta(days=61)))
    assert (first.yuan, first.own_yuan) == (560.0, pytest.approx(555.0))
    assert yuan_difference(first) == pytest.approx(5.0)
    zone = schools.school.timezone
    assert "账单金额 560.00 元，按价格和表计算 555.00 元，差 +5.00 元（+0.9%）" in beside_said(first, zone).zh
    assert second.yuan is None and yuan_difference(second) is None and "金额" not in beside_said(second, zone).zh


def test_a_bill_inside_which_the_meter_was_read_too_is_the_sum_of_its_parts_and_one_without_use_stands_alone(
    tmp_path: Path,
) -> None:
    account = '[[account]]\nkey = "a"\nmedium = "electricity"\nnumber = "1"\ntariff = "resident"\n'
    price = 'price_yuan = 0.5\nprice_unit = "kWh"\nprice_document = "合表"\n'
    schools = registry(HEAD + account + price + meter("book", account="a", **BOOK))
    with closing(open_sqlite(tmp_path / "store.sqlite")) as made:
        counter(made, schools, ("book", "electricity"), list(zip(READ, [0.0, 1000.0, 2300.0], strict=True)))
        billed(made, "book", (READ[0], READ[2], 1150.0), (READ[2], READ[2] + timedelta(days=30), 99.0))
        (one,) = sent(schools, made, schools.accounts["a"], (MARCH - timedelta(days=30), MARCH + timedelta(days=91)))
        around = MARCH - timedelta(days=30), MARCH + timedelta(days=91)
        (lone,) = alone(schools, made, schools.accounts["a"], around)
    assert (one.billed, one.yuan, one.own_yuan) == (2300.0, 1150.0, pytest.approx(1150.0))
    assert lone == ((READ[2], READ[2] + timedelta(days=30)), 99.0)
    assert "99.00 元，没有同一时段的用量" in alone_said(*lone, schools.school.timezone).zh


def test_where_meters_or_prices_are_not_whole_yuan_are_shown_and_not_compared(tmp_path: Path) -> None:
    bare = registry(TEXT.replace(REACTIVE, ""))
    with closing(school_store(tmp_path, bare, book=book(1.0, 1.0))) as made:
        billed(made, "book", (READ[0], READ[1], 4000.0), (READ[1], READ[2], 3000.0))
        first, second = besides(bare, made)
    zone = bare.school.timezone
    assert first.yuan == 4000.0 and first.own_yuan is None
    assert "账单金额 4,000.00 元，按价格算不出来（缺：" in beside_said(first, zone).zh
    assert "4,000.00" in beside_said(first, zone).en and yuan_difference(second) is None


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation of the school."""
    where = tmp_path_factory.mktemp("home")
    school_file(where, TEXT)
    folder = where / "data" / "schools" / "north"
    folder.mkdir(parents=True)
    school_store(folder, book=book(1.005, 1.2)).close()
    return where


def test_the_command_shows_every_account_and_says_what_is_open(home: Path) -> None:
    result = run(home, "bills --month 2026-03")
    assert result.exit_code == 0, result.output
    for said in (
        "户号 3700000001（电，两部制） 2026-03",
        "深谷 Deep valley",
        "2026年1月价格表（假设价）",
        "未核对原文",
        "最大需量 120.0 kW（03-17 14:00）",
        "户号 G-1（气，单一制）：没有录入价格，不算钱",
        "相符",
    ):
        assert said in result.output, said
    april = run(home, "bills --month 2026-04")
    assert april.exit_code == 1 and "差异未解释" in april.output and "到 04-21 00:00 为止" in april.output


def test_a_bill_as_json_tells_lines_total_and_the_utilitys(home: Path) -> None:
    result = run(home, "bills --month 2026-04 --account 3700000001 --json")
    (line,) = result.output.splitlines()
    told = json.loads(line)
    assert told["account"] == "power" and told["sent"][0]["verdict"] == "open" and told["demand_kw"] == 40.0
    assert (
        told["sent_without_use"] == []
        and told["sent"][0]["billed_yuan"] is None
        and told["sent"][0]["difference_yuan"] is None
    )
    assert told["total_yuan"] == pytest.approx(sum(one["yuan"] for one in told["lines"]))


def test_moving_a_load_is_reckoned_month_by_month_from_the_accounts_own_windows(home: Path) -> None:
    result = run(home, "bills shift --account power --kw 60 --from 17 --for 3")
    assert result.exit_code == 0, result.output
    assert "9–12月：每天180度从17–20点挪到11–14点" in result.output
    assert "7–8月：每天180度从17–20点挪到1–4点" in result.output
    assert "2026年4月价格表" in result.output and "鲁发改价格〔2023〕914号" in result.output
    saved = 0.8 * 0.45 * (60 * (2.0 + 2.0 + 1.7) - 180 * 0.1) * 30.5
    assert f"每月少付约{saved:,.0f}元（30.5天）" in result.output


def test_a_meters_own_load_is_moved_and_one_of_days_is_refused(home: Path) -> None:
    result = run(home, "bills shift --account power --meter sub --into 10 --days work")
    assert result.exit_code == 0 and "每天" in result.output
    refused = run(home, "bills shift --account power --meter tap")
    assert refused.exit_code == 1 and "没有电表 tap" in refused.output
    book_of = run(home, "bills shift --account power --meter book")
    assert book_of.exit_code == 1 and "没有逐小时的用量" in book_of.output


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ("--account shops --kw 60 --from 17 --for 3", 1, "不分时"),
        ("--account gas --kw 60 --from 17 --for 3", 1, "没有电价"),
        ("--account power", 1, "--meter"),
        ("--account powr --kw 60", 2, "did you mean 'power'?"),
    ],
)
def test_what_cannot_be_reckoned_is_said(home: Path, options: str, code: int, said: str) -> None:
    result = run(home, f"bills shift {options}")
    assert result.exit_code == code and said in result.output


def test_an_account_that_is_not_there_is_no_month_without_bills(home: Path) -> None:
    result = run(home, "bills --account powr")
    assert result.exit_code == 2 and "did you mean 'power'?" in result.output


def test_a_month_that_has_not_come_has_no_bill(home):
    told = run(home, "bills --month 2198-03")
    assert told.exit_code == 2 and "2198-03 还没到" in told.stderr
    told = run(home, "bills --month 2026-13")
    assert told.exit_code == 2 and "'2026-13' is no month: write it as 2026-12" in told.stderr
