"""What accounts pay stands on the page, line by line, with what is missing; nowhere where no account has a price."""

from __future__ import annotations

from dataclasses import replace

import pytest

from campus.said import Said
from tests.web import lively
from web.render import sections
from web.snapshot import take
from web.state import Bill, BillLine

LINE = BillLine(Said("深谷", "Deep valley"), 120.0, "kWh", 22.8)
MISSING, SENT = Said("缺：最大需量", "missing: demand"), Said("账单相符", "the bill agrees")
BILL = Bill("shop", Said("户号 1", "account 1"), "2026-10", (LINE,), 22.8, (MISSING,), (SENT,))


def section(world: lively.World, lang: str, *bills: Bill) -> str:
    return sections(take(replace(world.view(), bills=lambda: bills)), "demo", lang)["cost"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_bill_is_shown_with_its_lines_its_total_and_the_utilitys(world: lively.World, lang: str) -> None:
    page = section(world, lang, BILL)
    assert all(said.to(lang) in page for said in (BILL.head, LINE.name, MISSING, SENT))
    assert "22.8" in page and "2026-10" in page


def test_a_bill_that_lacks_something_has_no_total(world: lively.World) -> None:
    page = section(world, "zh", replace(BILL, total=None))
    assert "数据不足" in page and MISSING.zh in page


def test_an_assumed_price_is_named_beside_the_total(world: lively.World) -> None:
    assert "假设" in section(world, "zh", replace(BILL, assumed=True)) and "假设" not in section(world, "zh", BILL)


def test_a_school_without_prices_has_no_empty_section(world: lively.World) -> None:
    assert section(world, "zh").strip() == ""


@pytest.mark.parametrize(("lang", "words"), [("zh", "至今"), ("en", "so far")])
def test_a_month_that_is_not_over_says_that_it_is_of_so_far(world: lively.World, lang: str, words: str) -> None:
    assert words in section(world, lang, replace(BILL, over=False)) and words not in section(world, lang, BILL)
