"""`campus check`: every problem of all files at once, or a tree of what is registered."""

from pathlib import Path

import pytest

from tests.app.registry_example import SCHOOL, WHOLE, meter
from tests.app.waiting import run, school_file

EXAMPLE = Path(__file__).resolve().parents[2] / "config" / "schools" / "example.toml"


def test_without_a_problem_it_shows_what_is_registered(tmp_path):
    school_file(tmp_path, WHOLE + meter("cold", quantity="water", unit="L"))
    result = run(tmp_path, "check")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert "北校区 (north): 3 meters, 1 building, 1 account" in lines[0]
    main = next(n for n, line in enumerate(lines) if "main 总表" in line)
    assert "teaching 教学楼电表 @ teaching" in lines[main + 1]  # below the meter above it
    assert lines[main + 1].index("teaching") > lines[main].index("main")


def test_every_problem_of_all_files_is_shown_at_once(tmp_path):
    school_file(tmp_path, SCHOOL + "x = 1\ny = 2\n")
    school_file(tmp_path, SCHOOL.replace("north", "south") + meter("a", unit="kw"), "south")
    (tmp_path / "config" / "settings.toml").write_text("[web]\nport = 0\n", encoding="utf-8")
    result = run(tmp_path, "check")
    assert result.exit_code == 1
    for place in ("settings.toml:2:", "north.toml:10:", "north.toml:11:", "south.toml:"):
        assert place in result.output
    assert "4 problems" in result.output


def test_a_file_elsewhere_can_be_checked_alone(tmp_path):
    school_file(tmp_path, "broken")
    result = run(tmp_path, f"check '{EXAMPLE}'")
    assert result.exit_code == 0 and "示例中学" in result.output


def test_without_a_school_it_says_how_to_begin(tmp_path):
    result = run(tmp_path, "check")
    assert result.exit_code == 0 and "example.toml" in result.output


def test_a_ring_of_parents_is_shown_and_not_walked(tmp_path):
    school_file(tmp_path, SCHOOL + meter("a", parent="b") + meter("b", parent="a"))
    result = run(tmp_path, "check")
    assert result.exit_code == 1 and "ring" in result.output


def test_a_file_that_is_not_there_is_wrong_use(tmp_path):
    assert run(tmp_path, "check nowhere.toml").exit_code == 2


def test_a_modbus_map_of_ones_own_is_checked_with_the_rest(tmp_path):
    school_file(tmp_path, WHOLE)
    maps = tmp_path / "config" / "modbus"
    maps.mkdir()
    (maps / "broken.toml").write_text("[[point]]\naddress = -1\n", encoding="utf-8")
    result = run(tmp_path, "check")
    assert result.exit_code == 1 and "broken.toml:" in result.output


def test_all_that_was_read_is_shown_with_prices_plans_and_projects(tmp_path):
    lines = run(tmp_path, f"check '{EXAMPLE}'").output.splitlines()
    assert "2 accounts, 2 plans, 1 project" in lines[0]
    for part in (
        "0.555 元 yuan/kWh（示例假设价，请换成账单或价格文件，假设价 assumed）",
        "没有价格：不算钱 / no price: no yuan",
        "计划用水 water plan 2026-Q4: 9,800 m³",
        "2027-01-24 00:00…2027-02-27 00:00",
        "in service from 2027-02-20",
        "调整 adjusted 2027-03-01 – 2027-07-01: +24.5 electricity/d",
    ):
        assert any(part in line for line in lines), part


def test_each_dated_price_is_shown_with_its_parts(tmp_path):
    account = '[[account]]\nkey = "shop"\nmedium = "electricity"\nnumber = "9"\ntariff = "two_part"\n'
    price = (
        "billed_kva = 100\n"
        '[[account.price]]\nsince = 2026-01-01\ndocument = "一月价"\nfixed = {a = 0.1}\nyuan_per_kw = 28\n'
        '[[account.price]]\nsince = 2026-07-01\ndocument = "七月价"\nwindows = "sd-2023-914"\ntimed = {b = 0.5}\n'
        "yuan_per_kw = 28\ntiers = [{above = 2160, yuan = 0.05}]\n"
    )
    school_file(tmp_path, SCHOOL + account + price)
    output = run(tmp_path, "check").output
    assert "2026-01-01 起 on: a 0.1 元 yuan/kWh; 28 元 yuan/kW·月 month（一月价）" in output
    assert "2026-07-01 起 on: b 0.5 分时 timed 元 yuan/kWh; > 2160 kWh: +0.05" in output
    assert "sd-2023-914（七月价）" in output


GOOD = meter("hall")
BROKEN = (
    meter("hall", interval="soon"),  # a value that cannot be read
    GOOD.replace('key = "hall"', 'key = "hall 1"'),  # a key that is none
    GOOD.replace('key = "hall"\n', ""),
)
NAMES_IT = (
    '[[project]]\nkey = "p"\nname = "p"\nmeasure = "lighting"\nmeters = ["hall"]\nstarted = 2025-01-01\n',
    '[[virtual]]\nkey = "v"\nname = "v"\nquantity = "electricity"\nformula = "hall + b"\n',
    '[[plan]]\nkey = "p"\nkind = "outage"\nmeters = ["hall"]\n'
    "from = 2026-01-01T00:00:00Z\nto = 2026-01-02T00:00:00Z\n",
)


@pytest.mark.parametrize("names_it", [meter("c", parent="hall"), *NAMES_IT])
@pytest.mark.parametrize("broken", BROKEN)
def test_what_only_follows_from_a_problem_is_not_told_as_another(tmp_path, names_it, broken):
    school_file(tmp_path, SCHOOL + GOOD + meter("b") + names_it)
    assert run(tmp_path, "check").exit_code == 0
    school_file(tmp_path, SCHOOL + broken + meter("b") + names_it)
    told = run(tmp_path, "check").stderr.splitlines()
    assert told[1:] == ["1 problem"] and "north.toml:" in told[0]


def test_a_name_of_no_row_at_all_is_told(tmp_path):
    school_file(tmp_path, SCHOOL + meter("a a") + meter("b", parent="elsewhere"))
    assert "no [[meter]] has the key 'elsewhere'" in run(tmp_path, "check").stderr


def test_times_in_problems_stand_at_the_schools_clock(tmp_path):
    plan = '[[plan]]\nkey = "p"\nkind = "outage"\nfrom = 2026-01-02T08:00:00+08:00\nto = 2026-01-01T08:00:00+08:00\n'
    school_file(tmp_path, SCHOOL + plan)
    said = "p: ends at 2026-01-01T08:00+08:00, not after it begins at 2026-01-02T08:00+08:00"
    assert said in run(tmp_path, "check").stderr
