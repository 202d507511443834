"""Figures of accounts: the highest quarter hour with its time, the power factor; only of who pays for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from analytics.around import QUARTERS
from analytics.detector import contexts
from app.account_figures import write_account_figures
from app.account_use import both, counted
from app.quarters import quarters
from app.sight import Sight
from campus.ports import Store
from campus.schema import (
    DAY,
    DEMAND_AT,
    DEMAND_MAX,
    FIGURE,
    MONTH,
    POWER_FACTOR,
    REGISTER,
    Columns,
    SeriesId,
    account_subject,
    to_ms,
)
from store.sqlite import open_sqlite
from tests.app.billed_school import BEGIN, END, PEAK_KW, PEAK_MS, REACTIVE, TEXT, power_kw, registry, school_store

APRIL = BEGIN + timedelta(days=31)
SCHOOL = registry()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with closing(school_store(tmp_path_factory.mktemp("school"))) as made:
        write_account_figures(made, SCHOOL, [BEGIN])
        yield made


def figures(store: Store, name: str, resolution: str, account: str = "power") -> dict[datetime, tuple[float, float]]:
    series = SeriesId(FIGURE, account_subject(account), name, resolution)
    rows = store.series([series], BEGIN, END)[series]
    times = [BEGIN + timedelta(milliseconds=int(t - rows.time_ms[0])) for t in rows.time_ms]
    return dict(zip(times, zip(rows.value, rows.fields["coverage"], strict=True), strict=True))


def test_the_highest_quarter_hour_of_each_month_and_day_is_kept_with_its_time(store: Store) -> None:
    months, days = figures(store, DEMAND_MAX, MONTH), figures(store, DEMAND_MAX, DAY)
    assert months[BEGIN] == (pytest.approx(PEAK_KW), 1.0)
    assert months[APRIL][0] == pytest.approx(40.0) and months[APRIL][1] == pytest.approx(20 / 30)
    assert figures(store, DEMAND_AT, MONTH)[BEGIN][0] == PEAK_MS
    assert len(days) == 51 and days[BEGIN + timedelta(days=16)][0] == pytest.approx(PEAK_KW)


def test_the_power_factor_of_a_month_is_that_of_its_energies(store: Store) -> None:
    found = figures(store, POWER_FACTOR, MONTH)
    assert found[BEGIN] == (pytest.approx(1 / 1.25**0.5), 1.0)
    assert found[APRIL][1] == pytest.approx(20 / 30)


def test_accounts_that_pay_for_neither_have_no_such_figure(store: Store) -> None:
    subjects = {one.subject for one in store.ids(FIGURE) if one.subject.startswith("account/")}
    assert subjects == {"account/power"}


def test_writing_again_changes_nothing(store: Store) -> None:
    before = [figures(store, name, MONTH) for name in (DEMAND_MAX, DEMAND_AT, POWER_FACTOR)]
    write_account_figures(store, SCHOOL, [END - timedelta(hours=1)])
    assert before == [figures(store, name, MONTH) for name in (DEMAND_MAX, DEMAND_AT, POWER_FACTOR)]


def test_a_meter_below_the_one_that_is_billed_is_not_counted_twice(store: Store) -> None:
    use = counted(SCHOOL, store, (SCHOOL.accounts["power"], "electricity"), (BEGIN, END))
    assert use.hourly and use.known == 1.0
    assert use.value.sum() == pytest.approx(power_kw().sum() / 4)


def test_a_meter_read_once_a_day_gives_its_account_days(store: Store) -> None:
    use = counted(SCHOOL, store, (SCHOOL.accounts["tap"], "water"), (BEGIN, APRIL))
    assert not use.hourly and use.value.tolist() == pytest.approx([12.0] * 31)


def test_an_account_without_a_meter_knows_nothing(store: Store) -> None:
    use = counted(SCHOOL, store, (SCHOOL.accounts["gas"], "gas"), (BEGIN, APRIL))
    assert use.known == 0 and both(SCHOOL, store, SCHOOL.accounts["gas"], (BEGIN, APRIL)) is None


def test_only_the_billed_meter_of_an_account_by_demand_shows_its_quarter_hours(store: Store) -> None:
    sight = Sight(store, SCHOOL)
    seen = {
        known.meter.key: sight.around(known, frozenset({QUARTERS})).around.quarters
        for known in contexts(SCHOOL, END - timedelta(hours=1))
        if known.quantity in ("electricity", "water")
    }
    assert [key for key, quarters in seen.items() if quarters is not None] == ["main"]
    quarters = seen["main"]
    assert quarters is not None and quarters.value == pytest.approx(power_kw() / 4)
    flat = registry(TEXT.replace("contract_demand_kw = 100\n", "billed_kva = 630\n"))
    assert (
        Sight(store, flat).around(contexts(flat, END - timedelta(hours=1))[0], frozenset({QUARTERS})).around.quarters
        is None
    )


def test_levels_of_power_tell_the_demand_of_a_meter_whose_counter_is_read_by_the_hour(tmp_path: Path) -> None:
    levels = '\n[[meter.register]]\nquantity = "power"\nunit = "kW"\n'
    text = TEXT.replace('key = "main"\n', 'key = "main"\nratio = 2\n')
    text = text.replace('interval = "15min"\n', 'interval = "1h"\n', 1)
    school = registry(text.replace(REACTIVE, REACTIVE + levels))
    main = school.meters["main"]
    times = to_ms(BEGIN) + 300_000 * np.arange(12, dtype=np.int64)
    kw = np.repeat([10.0, 30.0, 20.0, 10.0], 3)
    rows = {"value": kw, "seconds": np.full(12, -1.0), "quality": np.full(12, "good", object)}
    with closing(open_sqlite(tmp_path / "store.sqlite")) as store:
        window = BEGIN, BEGIN + timedelta(hours=1)
        columns = Columns(times, {**rows, "serial": np.full(12, "", object)})
        store.replace(SeriesId(REGISTER, "main", "power"), window, columns)
        found = quarters(store, main, "electricity", window)
        assert found is not None and found.value.tolist() == pytest.approx([5.0, 15.0, 10.0, 5.0])
        assert quarters(store, school.meters["sub"], "water", window) is None
