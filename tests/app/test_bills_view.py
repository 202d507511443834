"""The page's bills: of each account with a price, the running month and the one before; reckoned once an hour."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

from app.bills_view import Costs
from tests.app.billed_school import END, TEXT, registry, school_store


def test_the_page_shows_the_running_month_and_the_one_before_of_each_priced_account(tmp_path: Path) -> None:
    school = registry()
    with closing(school_store(tmp_path)) as store:
        shown = Costs(store, lambda: school, lambda: END)()
        assert [(bill.account, bill.period) for bill in shown] == [
            (key, month) for key in ("power", "shops", "tap") for month in ("2026-04", "2026-03")
        ]
        assert all(bill.total is not None and bill.lines and bill.said for bill in shown)


def test_bills_are_reckoned_anew_when_an_hour_is_over_or_the_school_changes_and_not_before(tmp_path: Path) -> None:
    known = {"registry": registry(), "now": END}
    with closing(school_store(tmp_path)) as store:
        costs = Costs(store, lambda: known["registry"], lambda: known["now"])
        first = costs()
        known["now"] = END + timedelta(minutes=5)
        assert costs() is first
        known["registry"] = registry(TEXT.replace("4.2", "5.0"))
        assert costs()[-1].total != first[-1].total


def test_without_prices_there_is_nothing_to_show(tmp_path: Path) -> None:
    begin, end = TEXT.index("[[account]]"), TEXT.index("[[meter]]")
    bare = registry(TEXT[:begin] + TEXT[end:].replace('account = "power"\n', "").replace('account = "tap"\n', ""))
    with closing(school_store(tmp_path, bare)) as store:
        assert Costs(store, lambda: bare, lambda: END)() == ()
