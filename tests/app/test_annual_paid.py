"""The year's cost of accounts whose price goes by date or hour: the sum of their bills, or what these lack."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import reduce

import pytest

from app.account_figures import write_account_figures
from app.annual_paid import paid
from app.annual_store import year_of
from app.bills import month_bill
from campus.ports import Store
from tests.app.billed_school import BEGIN, END, REACTIVE, TEXT, registry, school_store

# Accounts and their meters begin with the data, on 1 March.
SINCE = "\nfrom = 2026-03-01T00:00:00+08:00\n"
BEGINS = ('tariff = "two_part"\n', 'tariff = "single"\nprice_yuan = 0.8\n', 'account = "power"\n')
SCHOOL = registry(reduce(lambda text, line: text.replace(line, line + SINCE), BEGINS, TEXT))
SPAN = year_of(SCHOOL, 2026, END)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with closing(school_store(tmp_path_factory.mktemp("school"), SCHOOL)) as made:
        write_account_figures(made, SCHOOL, [BEGIN])
        yield made


def test_the_year_costs_what_its_months_are_billed(store: Store) -> None:
    found = paid(SCHOOL, store, "electricity", SPAN)
    months = [BEGIN, BEGIN + timedelta(days=31)]
    bills = [month_bill(SCHOOL, store, SCHOOL.accounts[key], m) for key in ("power", "shops") for m in months]
    assert found is not None and found.yuan == pytest.approx(sum(one.bill.total for one in bills))
    assert found.documents == ("2026年1月价格表", "2026年4月价格表", "商业价") and found.assumed


def test_one_price_for_ever_is_left_to_use_times_price(store: Store) -> None:
    assert paid(SCHOOL, store, "water", SPAN) is None and paid(SCHOOL, store, "gas", SPAN) is None


def test_what_a_bill_lacks_is_named_and_there_is_no_sum(store: Store) -> None:
    bare = registry(TEXT.replace(REACTIVE, ""))
    found = paid(bare, store, "electricity", SPAN)
    assert found is not None and found.yuan is None and found.lacks is not None
