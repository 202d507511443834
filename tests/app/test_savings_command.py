"""`campus baseline` and `campus savings`: from stored hours to a frozen baseline, a saving with ±, and a chart."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from campus.schema import (
    DAY,
    MONTH,
    YEAR,
    after_name,
    baseline_name,
    saving_name,
    saving_tco2_name,
    saving_yuan_name,
)
from tests.app.languages import english_in
from tests.app.project_home import CHANGE, FINISHED, SHARE, home, lose, read_by_hand, stored, truth
from tests.app.waiting import run

KEY = ("lamps", "electricity")
FREEZE = "baseline freeze --project lamps --by 王老师"


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = home(tmp_path_factory.mktemp("frozen"))
    result = run(where, FREEZE)
    assert result.exit_code == 0, result.output
    return where


def found(where: Path, command: str = "savings show lamps --json") -> dict:
    return json.loads(run(where, command).stdout)["savings"][0]


def test_freezing_says_what_was_frozen_how_well_it_fits_and_what_it_can_show(frozen: Path) -> None:
    said = run(frozen, FREEZE).output  # frozen again: the same, by whoever froze it first
    assert re.search(r"基准 [0-9a-f]{16}：hall 用电|基准 [0-9a-f]{16}：hall", said)
    for part in ("2024-01-01至2025-01-01（不含）", "王老师", "CV(RMSE)", "含室外温度", "才能与零区分", "事后才封存"):
        assert part in said, said
    (one,) = json.loads(run(frozen, "baseline list --json").stdout)
    assert (one["meter"], one["project"], one["by"], one["model"]) == ("hall", "lamps", "王老师", "hourly")
    assert one["fit"]["cv_rmse"] < 0.12 and one["with_temperature"]
    shown = run(frozen, f"baseline show {one['id'][:6]} --lang en")
    assert "Frozen by 王老师" in shown.output and "can be told from zero" in shown.output
    assert "corrected after" not in shown.output
    assert one["id"] in run(frozen, "baseline list").output


def test_what_was_saved_is_found_with_its_error_price_and_factor(frozen: Path) -> None:
    one = found(frozen)
    assert one["share"] == pytest.approx(SHARE, abs=0.01) and one["told_from_zero"] and one["beyond_drift"]
    assert abs(one["saved"]["value"] - truth().saved()) < one["saved"]["half_90"]
    assert one["saved"]["half_80"] < one["saved"]["half_90"]
    assert one["yuan"]["value"] == pytest.approx(0.55 * one["saved"]["value"])
    assert one["tco2"]["value"] == pytest.approx(one["saved"]["value"] * 0.0006191, rel=0.05) and one["factors"]
    assert [p["document"] for p in one["prices"]] == ["电价通知"]
    assert sum(month["saved"]["value"] for month in one["months"]) == pytest.approx(one["saved"]["value"])
    assert (len(one["months"]), [year["first"] for year in one["years"]]) == (12, ["2025-02-01", "2026-01-01"])


def test_it_is_said_in_both_languages_with_a_table_of_months(frozen: Path) -> None:
    zh, en = (run(frozen, f"savings show lamps --lang {lang}") for lang in ("zh", "en"))
    assert zh.exit_code == 0 and en.exit_code == 0
    head = "换灯（lamps，照明改造）：2025-02-01投用"
    for part in (head, "节约", "90%可信", "元，", "吨二氧化碳", "电价通知", "按承诺"):
        assert part in zh.output
    for part in ("Lamps (lamps, Lighting)", "Saved", "t CO2", "Factor: el.", "What was promised", "2025-03"):
        assert part in en.output
    assert "节约" in run(frozen, "savings list").output


def test_verifying_stores_months_years_and_days(frozen: Path) -> None:
    assert run(frozen, "savings verify").exit_code == 0
    one, months = found(frozen), stored(frozen, saving_name(*KEY), MONTH)
    assert len(months) == 12 and months.value.sum() == pytest.approx(one["saved"]["value"])
    assert (months.fields["low"] < months.value).all() and (months.fields["high"] > months.value).all()
    years = {name: stored(frozen, name(*KEY), YEAR) for name in (saving_name, saving_yuan_name, saving_tco2_name)}
    assert all(len(rows) == 2 for rows in years.values())
    assert years[saving_yuan_name].value.sum() == pytest.approx(one["yuan"]["value"])
    without, used = (stored(frozen, name(*KEY), DAY) for name in (baseline_name, after_name))
    assert len(without) == len(used) == 365
    assert without.value.sum() - used.value.sum() == pytest.approx(one["saved"]["value"])
    would, low, high = used.value / (1 - SHARE), without.fields["low"], without.fields["high"]
    assert ((would >= low) & (would <= high)).mean() > 0.85


def test_a_stored_saving_is_traced_to_its_two_sides_and_its_meters(frozen: Path) -> None:
    run(frozen, "savings verify")
    name = "explain north/school/saving/lamps/electricity/2025"
    chinese = run(frozen, name).output.splitlines()
    assert chinese[0].startswith("换灯（lamps，照明改造）") and english_in(chinese) == []
    said = run(frozen, f"{name} --lang en").output
    for part in (
        "Lamps (lamps, Lighting)",
        "± ",
        "yuan",
        "tCO2",
        "would have been used",
        "meter/hall electricity year",
    ):
        assert part in said
    assert "is no figure" in run(frozen, "explain north/school/saving/lamp/electricity/2025").output


def test_a_time_ahead_is_not_told_as_one_since_the_works(frozen: Path) -> None:
    told = run(frozen, "savings show lamps --from 2198-01-01 --lang en")
    assert told.exit_code == 1 and "No whole day of the time asked about is known yet" in told.output


@pytest.mark.parametrize("wrong", ["2026-13-01", "1.2.2026", "heute"])
def test_what_is_no_day_is_told_with_one_that_is(frozen: Path, wrong: str) -> None:
    told = run(frozen, f"savings show lamps --from {wrong}")
    assert told.exit_code == 2 and f"{wrong!r} is no day: write it as 2026-12-01" in told.stderr
    assert "不是日期" in told.stderr and "--from" in told.stderr


def test_the_chart_draws_what_was_used_against_what_would_have_been(frozen: Path) -> None:
    path = frozen / "lamps.svg"
    assert run(frozen, f"savings show lamps --chart {path}").exit_code == 0
    drawn = path.read_text(encoding="utf-8")
    assert drawn.startswith("<svg") and "kWh" in drawn and len(drawn) > 10_000


def test_a_period_can_be_named_and_an_adjustment_is_counted_and_listed(tmp_path: Path) -> None:
    where = home(tmp_path, CHANGE)
    run(where, FREEZE)
    spans = ("2025-07-01", "2025-06-01 --to 2025-07-01")
    plain, june = (found(where, f"savings show lamps --json --from {span}") for span in spans)
    assert plain["adjustments"] == [] and plain["first"] == "2025-07-01"
    (one,) = june["adjustments"]
    assert one["amount"] == pytest.approx(24 * 30) and one["by"] == "王老师"
    assert june["saved"]["value"] == pytest.approx(june["expected"] + 720 - june["used"])
    assert "new rooms" in run(where, "savings show lamps --lang en").output


def test_without_weather_it_is_said_that_the_baseline_knows_none(tmp_path: Path) -> None:
    where = home(tmp_path, weather=False)
    assert "不含室外温度" in run(where, FREEZE).output
    assert abs(found(where)["share"] - SHARE) < 0.05


BY_HOUR = """
[[account.price]]
since = 2025-01-01
document = "分时电价表"
timed = { "代理购电" = 0.4 }
fixed = { "输配电价" = 0.2 }
windows = "sd-2023-914"
"""


@pytest.mark.parametrize(("interval", "by_hour"), [("15min", True), ("1d", False)])
def test_where_the_price_goes_by_the_hour_a_saving_is_worth_its_hours_as_far_as_they_are_known(
    tmp_path: Path, interval: str, by_hour: bool
) -> None:
    where = home(tmp_path, interval=interval)
    path = where / "config" / "schools" / "north.toml"
    text = path.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("price_")]
    path.write_text("\n".join(lines).replace('tariff = "resident"', 'tariff = "tou"\n' + BY_HOUR), "utf-8")
    run(where, FREEZE)
    one = found(where)
    (price,) = one["prices"]
    assert (price["document"], price["by_hour"]) == ("分时电价表", by_hour)
    assert sum(month["yuan"]["value"] for month in one["months"]) == pytest.approx(one["yuan"]["value"])
    said = run(where, "savings show lamps").output
    assert ("每小时按当时的价格" if by_hour else "没有逐小时的数") in said


def test_a_daily_meter_has_a_daily_baseline(tmp_path: Path) -> None:
    where = home(tmp_path, interval="1d")
    run(where, FREEZE)
    assert json.loads(run(where, "baseline list --json").stdout)[0]["model"] == "daily"
    assert found(where)["share"] == pytest.approx(SHARE, abs=0.02)


def test_a_meter_read_by_hand_is_judged_by_what_lies_between_readings(tmp_path: Path) -> None:
    where = home(tmp_path, interval="30d")
    read_by_hand(where)
    run(where, FREEZE)
    (kept,) = json.loads(run(where, "baseline list --json").stdout)
    assert (kept["model"], kept["fit"]["count"]) == ("bills", 12)
    one = found(where)
    assert one["share"] == pytest.approx(SHARE, abs=0.03) and one["told_from_zero"]
    assert abs(one["saved"]["value"] - truth().saved()) < one["saved"]["half_90"]


def test_every_reason_is_said_where_nothing_can_be(tmp_path: Path) -> None:
    where = home(tmp_path)
    assert "封存基准" in run(where, "savings show lamps").output and run(where, "savings list").exit_code == 0
    short = run(where, "baseline freeze --meter hall --from 2024-09-01 --to 2024-12-01 --by 王 --lang en")
    assert short.exit_code == 1 and "The period has 91 days" in short.output and "months" in short.output
    late = run(where, "baseline freeze --project lamps --to 2025-03-01 --by 王")
    assert late.exit_code == 1 and "会含改造的影响" in late.output
    for day in (1, 2):
        run(where, f"baseline freeze --project lamps --from 2024-01-0{day} --by 王")
    assert "封存了2个基准" in run(where, "savings show lamps").output
    first = json.loads(run(where, "baseline list --json").stdout)[0]["id"]
    text = (where / "config" / "schools" / "north.toml").read_text(encoding="utf-8")
    chosen = text.replace('meters = ["hall"]\n', f'meters = ["hall"]\nbaselines = ["{first}"]\n')
    (where / "config" / "schools" / "north.toml").write_text(chosen, "utf-8")
    assert found(where)["baselines"] == [first]
    lose(where, FINISHED, 300)
    run(where, "savings verify")
    assert [reason["word"] for reason in found(where)["refused"]] == ["coverage"]


def test_a_baseline_says_when_its_days_were_corrected_afterwards(tmp_path: Path) -> None:
    where = home(tmp_path)
    run(where, FREEZE)
    lose(where, FINISHED.replace(year=2024, month=5), 3)
    (one,) = json.loads(run(where, "baseline list --json").stdout)
    assert "有更正" in run(where, f"baseline show {one['id']}").output


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("savings show lamp", "did you mean 'lamps'?"),
        ("savings show lamps --from 2025-12-01 --to 2025-11-01", "the period is empty"),
        ("savings show lamps --chart lamps.txt", "must end in .svg or .png"),
        ("baseline show 00", "没有这个基准 / no such baseline"),
        ("baseline freeze --by 王", "name a project or a meter"),
        ("baseline freeze --meter hal --by 王", "did you mean 'hall'?"),
        ("baseline freeze --meter hall --from 2025-01-01 --to 2024-01-01 --by 王", "the period is empty"),
    ],
)
def test_a_wrong_word_is_answered_with_the_right_one(frozen: Path, command: str, said: str) -> None:
    result = run(frozen, command)
    assert result.exit_code == 2 and said in result.output


def test_a_school_without_projects_says_how_to_write_one(tmp_path: Path) -> None:
    where = home(tmp_path, project="")
    for command in ("savings list", "savings verify"):
        assert "example.toml" in run(where, command).output
    for command in ("baseline list", "baseline show 00"):
        assert "还没有封存" in run(where, command).output
