"""Every database keeps frozen baselines as they were frozen, and tells one that was changed behind its back."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from campus.projects import Frozen
from ledger.baselines import BaselineChanged
from ledger.database import connect
from ledger.tables import BASELINE
from tests.contract.ledgers import ADAPTERS, Opener, ledger_url, opener
from tests.ledger.samples import at

FIRST, UNTIL = date(2025, 7, 1), date(2026, 7, 1)
FROZEN = Frozen("ab12", "s", "led", "e-main", "electricity", FIRST, UNTIL, "王老师", at(3), '{"id":"ab12"}', "施工前")


@pytest.fixture(params=ADAPTERS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return ledger_url(request.param, request, tmp_path)


@pytest.fixture
def opened(url: str) -> Iterator[Opener]:
    yield from opener(url)


def test_a_baseline_comes_back_as_it_was_frozen_of_its_own_school_alone(opened: Opener) -> None:
    assert opened().freeze(FROZEN) == FROZEN
    assert opened().baselines("s") == [FROZEN]
    assert opened().baselines("other") == []


def test_what_is_frozen_again_stays_as_it_was_frozen_first(opened: Opener) -> None:
    book = opened()
    book.freeze(FROZEN)
    assert book.freeze(replace(FROZEN, by="李工", at=at(9))) == FROZEN
    assert book.freeze(replace(FROZEN, school="other")).school == "other"
    assert book.baselines("s") == [FROZEN]


def test_two_who_freeze_the_same_at_once_agree(opened: Opener) -> None:
    books = [opened() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        kept = list(pool.map(lambda n: books[n].freeze(replace(FROZEN, by=f"{n}")), range(4)))
    assert len({one.by for one in kept}) == 1 and opened().baselines("s") == [kept[0]]


@pytest.mark.parametrize("column", ["body", "by", "until"])
def test_a_baseline_changed_in_the_database_is_told_and_not_used(opened: Opener, url: str, column: str) -> None:
    opened().freeze(FROZEN)
    engine = connect(url)
    with engine.begin() as connection:
        connection.execute(sa.update(BASELINE).values({column: "2026-08-01"}))
    engine.dispose()
    with pytest.raises(BaselineChanged, match="ab12"):
        opened().baselines("s")
