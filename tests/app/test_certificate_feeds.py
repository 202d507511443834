"""The monthly sheet of feeds: arrival, lag, skew, duplicates and reasons, each under the maker whose they are."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from app.certificate_feeds import Feed, feeds
from app.cli import main
from app.workbook_feeds import write_feeds
from campus.ports import Reason
from campus.schema import to_ms
from ingest.journal import RETAINED, Record
from tests.app.certificate_example import NOON, SCHOOL, Home, meter, said

HOUR = timedelta(hours=1)
MONTH = (datetime(2025, 10, 31, 16, tzinfo=UTC), datetime(2025, 11, 30, 16, tzinfo=UTC))
NOW = MONTH[1] + timedelta(days=3)


def made_by(maker: str) -> str:
    return f'\n[meter.survey]\nmaker = "{maker}"\n' if maker else ""


@pytest.fixture
def here(tmp_path) -> Home:
    home = Home(tmp_path)
    text = (
        meter("good", "1h")
        + made_by("甲")
        + meter("slow", "1h")
        + made_by("甲")
        + meter("other", "1h")
        + made_by("乙")
    )
    home.school(SCHOOL.format(key="north", zone="Asia/Shanghai") + text + meter("none", "1h"))
    hours = [MONTH[0] + n * HOUR for n in range(720)]
    home.write([said("good", at, float(n), at + timedelta(seconds=2 + n % 10)) for n, at in enumerate(hours)])
    home.write([said("slow", at, float(n), at + timedelta(seconds=500)) for n, at in enumerate(hours[::2])])
    home.write([said("good", hours[5], 5.0, NOON), Record(to_ms(NOON), "campus/north/slow", b"broken")])
    home.write([Record(to_ms(NOON), "campus/north/other", b"also broken"), Record(to_ms(NOON), "no/body", b"1")])
    home.drain()
    return home


def sheet(home: Home, now: datetime = NOW) -> dict[str, Feed]:
    installation = home.installation()
    return {feed.maker: feed for feed in feeds(installation, installation.registries["north"], MONTH, now)}


def test_arrival_is_what_is_stored_over_what_was_due(here):
    found = sheet(here)
    assert list(found) == ["乙", "甲", ""]
    assert (found["甲"].meters, found["甲"].expected, found["甲"].stored, found["甲"].share) == (2, 1440, 1080, 0.75)
    assert (found["乙"].expected, found["乙"].stored, found["乙"].share) == (720, 0, 0.0)


def test_a_month_that_is_not_over_is_due_until_now(here):
    assert sheet(here, MONTH[0] + timedelta(days=10))["甲"].expected == 480


def test_lag_is_the_time_under_way_and_skew_that_of_the_meter_furthest_off(here):
    found = sheet(here)["甲"]
    assert found.lag_p50_s is not None and 2 <= found.lag_p50_s <= 12
    assert (found.lag_p95_s, found.skew_meter, found.skew_s) == (500.0, "slow", 500.0)
    assert (sheet(here)["乙"].lag_p50_s, sheet(here)["乙"].skew_s) == (None, None)


def test_a_clock_that_runs_ahead_has_a_skew_below_zero(tmp_path):
    home = Home(tmp_path)
    home.school(SCHOOL.format(key="north", zone="Asia/Shanghai") + meter("ahead"))
    home.write([said("ahead", NOON + n * HOUR, 1.0, NOON + n * HOUR - timedelta(seconds=90)) for n in range(50)])
    home.drain()
    assert sheet(home)[""].skew_s == -90.0


def test_what_the_broker_had_kept_says_nothing_of_the_way(tmp_path):
    home = Home(tmp_path)
    home.school(SCHOOL.format(key="north", zone="Asia/Shanghai") + meter("a"))
    kept = said("a", NOON - timedelta(days=2), 1.0, NOON)
    home.write([kept._replace(flags=RETAINED)])
    home.drain()
    assert sheet(home)[""].lag_p50_s is None and sheet(home)[""].stored == 1


def test_duplicates_and_reasons_stand_with_the_maker_whose_they_are(here):
    found = sheet(here)
    assert (found["甲"].duplicates, dict(found["甲"].quarantined)) == (1, {Reason.UNDECODABLE: 1})
    assert (found["乙"].duplicates, dict(found["乙"].quarantined)) == (0, {Reason.UNDECODABLE: 1})
    assert found[""].quarantined == {}


def run(home: Home, *arguments: str) -> str:
    result = CliRunner().invoke(main, ["certificate", "feeds", "--month", "2025-11", *arguments], env=home.environ)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_command_shows_the_sheet_in_both_languages(here):
    text = run(here)
    for word in ("2025-11", "甲", "到达率 %", "arrival %", "75.0", "未填 not named", "Unreadable message"):
        assert word in text


def test_the_command_speaks_json(here):
    lines = [json.loads(line) for line in run(here, "--json").splitlines()]
    assert [(line["maker"], line["share"]) for line in lines][1] == ("甲", 0.75)


def test_the_workbook_holds_numbers_as_numbers_and_names_as_names(here, tmp_path):
    path = tmp_path / "sheet.xlsx"
    run(here, "--xlsx", str(path))
    page = load_workbook(path).active
    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=3, max_row=5)]
    assert rows[1][:6] == ["north", "甲", 2, 1440, 1080, 75]
    odd = replace(sheet(here)["甲"], maker="=1+1")
    write_feeds(path, "2025-11", [odd])
    assert load_workbook(path).active["B3"].data_type == "s"


def test_without_a_month_the_last_whole_one_is_shown(here):
    result = CliRunner().invoke(main, ["certificate", "feeds", "--json"], env=here.environ)
    assert result.exit_code == 0 and len(result.stdout.splitlines()) == 3
