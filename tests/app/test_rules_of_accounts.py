"""Rules see accounts as they are billed: a contract passed at the billed meter, and money by the hour."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import numpy as np
import pytest

from analytics.costing import costed
from analytics.detector import contexts, detectors
from app.sight import Sight
from app.trial import findings, said
from campus.ports import Store
from campus.results import Finding
from campus.schema import meter_subject
from tests.app.billed_school import BEGIN, END, PEAK_KW, TEXT, registry, school_store

SCHOOL = registry()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with closing(school_store(tmp_path_factory.mktemp("school"))) as made:
        yield made


def test_a_contract_that_was_passed_is_one_finding_at_the_billed_meter(store: Store) -> None:
    told = said(SCHOOL, store, END, {"demand": detectors()["demand"]})
    (found,) = findings(told)
    assert found.subject == meter_subject("main") and found.start == BEGIN + timedelta(days=16, hours=14)
    assert found.yuan_to_date == pytest.approx(2 * (PEAK_KW - 105) * 35)
    assert found.end is not None and BEGIN + timedelta(days=31) <= found.end < BEGIN + timedelta(days=36)


def test_an_account_by_capacity_has_no_such_finding(store: Store) -> None:
    capacity = registry(TEXT.replace("contract_demand_kw = 100\n", "billed_kva = 630\n"))
    assert findings(said(capacity, store, END, {"demand": detectors()["demand"]})) == []


def test_money_of_a_meter_with_a_fixed_share_goes_by_both_accounts_and_each_day(store: Store) -> None:
    """What ran day and night from 22 March on: 80 % at March's, then April's hours, 20 % at the shops' price."""
    known = next(c for c in contexts(SCHOOL, END - timedelta(hours=1)) if c.meter.key == "main")
    start = BEGIN + timedelta(days=21)
    days = (END - start) / timedelta(days=1)
    found = Finding(
        "r",
        meter_subject("main"),
        "electricity",
        start,
        None,
        END,
        2,
        "kW",
        1,
        48,
        48 * days,
        "kWh",
        1.0,
        known.price,
    )
    hours = Sight(store, SCHOOL).hours("main", "electricity")
    priced = costed(found, hours, SCHOOL)
    windows = SCHOOL.accounts["power"].billing.prices[0].windows
    mean = np.mean([windows.multiplier[letter] for letter in windows.months[2]])  # March and April are alike
    march, april = (0.8 * (0.18 + timed * mean) + 0.2 * 0.8 for timed in (0.40, 0.45))
    assert priced.yuan_per_day == pytest.approx(48 * april)
    assert priced.yuan_to_date == pytest.approx(48 * (10 * march + 20 * april))
    assert priced.price.timed and "2026年4月价格表" in priced.price.document and "商业价" in priced.price.document
