"""A finding of money alone, such as a contract passed, is told with its yuan, and keeps it in the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from analytics.detectors.demand import DETECTOR
from app import ledger_text
from campus.results import Price
from campus.schema import meter_subject
from ledger.rows import from_json, to_json
from tests.analytics.test_demand import judge, quarters

FOUND = replace(judge(quarters(34, 470))[0], subject=meter_subject("main"))


def test_the_ledger_shows_yuan_without_an_amount() -> None:
    assert FOUND.per_day is None and FOUND.yuan_per_day is not None
    assert ledger_text.amount(FOUND, FOUND.yuan_per_day, FOUND.per_day).startswith("¥")
    assert ledger_text.amount(replace(FOUND, yuan_per_day=None), None, None) == "-"


@pytest.mark.parametrize(
    "finding",
    [
        FOUND,
        replace(
            FOUND, by_hour=(1 / 24,) * 24, costed=True, yuan_spent=None, price=Price(0.4, "kWh", "价", timed=True)
        ),
        replace(FOUND, end=datetime(2026, 10, 1, tzinfo=UTC)),
    ],
)
def test_what_a_finding_costs_by_the_hour_is_kept_by_the_ledger(finding) -> None:
    assert from_json(to_json(finding)) == finding


def test_an_older_row_of_the_ledger_is_still_read() -> None:
    told = to_json(FOUND)
    for key in ("by_hour", "costed", "yuan_spent"):
        del told[key]
    told["price"] = told["price"][:4]
    assert from_json(told) == replace(FOUND, costed=False, yuan_spent=None)
    assert DETECTOR.message(from_json(told), "zh")
