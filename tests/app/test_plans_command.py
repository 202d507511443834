"""`campus plans`: what is announced, and what became of it, from the store of an installation."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from click.testing import CliRunner

from app.cli import main
from app.settings import load_settings
from app.wiring import install
from campus.schema import DAY, FIGURE, HOUR, REGISTER, Columns, Point, SeriesId, to_ms
from tests.app.registry_example import SCHOOL, meter

RUN = CliRunner().invoke
HOURS = 240


def place(folder: Path, begin: datetime, kw: float, interval: str = "15min") -> dict[str, str]:
    """Make an installation whose teaching building used `kw` since `begin`, all the time a plan has run.

    Of a meter that is read daily there are days and no hours.
    """
    plan = (
        '\n[[building]]\nkey = "teaching"\nname = "教学楼"\nclass = "teaching"\n'
        f'\n[[plan]]\nkey = "winter"\nkind = "closed"\nname = "寒假"\nfrom = {begin.isoformat()}\n'
        f'to = {(begin + timedelta(hours=HOURS)).isoformat()}\nbuildings = ["teaching"]\n'
        '\n[[plan.keep]]\nwhat = "机房"\nquantity = "electricity"\nrate = 4\n'
    )
    (folder / "config" / "schools").mkdir(parents=True)
    text = SCHOOL + meter("e", building="teaching", interval=interval) + plan
    (folder / "config" / "schools" / "north.toml").write_text(text, encoding="utf-8")
    environment = {"CAMPUS_CONFIG": str(folder / "config"), "CAMPUS_DATA": str(folder / "data")}
    installation = install(load_settings(environment))
    with closing(installation.stores) as stores:
        start_ms = to_ms(begin) + 3_600_000 * np.arange(HOURS, dtype=np.int64)
        whole = {"value": np.full(HOURS, kw), "coverage": np.ones(HOURS), "estimated": np.zeros(HOURS)}
        window = begin, begin + timedelta(hours=HOURS)
        figure = SeriesId(FIGURE, "building/teaching", "electricity", HOUR)
        rows = Columns(start_ms, whole)
        if interval == "1d":
            figure = figure._replace(resolution=DAY)
            daily = {name: part[::24] for name, part in whole.items()} | {"value": 24 * whole["value"][::24]}
            rows = Columns(start_ms[::24], daily)
        stores["north"].replace(figure, window, rows)
        last = Point(SeriesId(REGISTER, "e", "electricity"), to_ms(window[1]), (1.0, 0.0, "good", None))
        stores["north"].write([last])
    return environment


def midnight_before(days: int) -> datetime:
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    return (now - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def test_a_meter_read_once_a_day_is_held_to_its_days(tmp_path, monkeypatch):
    for name, value in place(tmp_path, midnight_before(12), 9.0, "1d").items():
        monkeypatch.setenv(name, value)
    result = RUN(main, ["plans", "audit", "winter"])
    assert "没做到 not kept（按天 by the day）" in result.output and "1,200.0 kWh" in result.output


def now_hour() -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


@pytest.mark.parametrize(("kw", "code", "said"), [(4.0, 0, "已做到 kept"), (9.0, 1, "没做到 not kept")])
def test_an_audit_says_what_was_kept_and_by_its_exit_code_whether_all_was(tmp_path, monkeypatch, kw, code, said):
    begin = now_hour() - timedelta(hours=HOURS + 5)
    for name, value in place(tmp_path, begin, kw).items():
        monkeypatch.setenv(name, value)
    result = RUN(main, ["plans", "audit", "winter"])
    assert result.exit_code == code and said in result.output and "机房" in result.output
    assert ("1,200.0 kWh" in result.output) is (code == 1)


def test_plans_are_listed_and_one_that_has_not_begun_is_not_audited(tmp_path, monkeypatch):
    for name, value in place(tmp_path, now_hour() + timedelta(days=3), 4.0).items():
        monkeypatch.setenv(name, value)
    listed = RUN(main, ["plans", "list"])
    assert listed.exit_code == 0 and "winter" in listed.output and "未开始 to come" in listed.output
    waiting = RUN(main, ["plans", "audit", "winter"])
    assert waiting.exit_code == 0 and "还没有开始" in waiting.output
    wrong = RUN(main, ["plans", "audit", "wnter"])
    assert wrong.exit_code == 2 and "did you mean 'winter'?" in wrong.output
