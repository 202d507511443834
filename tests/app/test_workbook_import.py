"""`campus meters import`: what a workbook changes is shown, asked, and written with nothing else touched."""

import tomllib
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook, load_workbook

from app import workbook_talk
from app.registry_toml import load_registry
from campus.errors import StoreUnavailable
from ingest.payload import formats
from tests.app.registry_example import SCHOOL, WHOLE, change
from tests.app.waiting import hold, journaled, run, school_file
from tests.app.workbook_example import (
    ENGLISH_ROW,
    FIRST_ROW,
    HEADING_ROW,
    body,
    column_of,
    edit,
    fill,
    give_readings,
    home_with_workbook,
    row,
)

METER = {
    "名称": "实验楼电表",
    "介质": "电 electricity",
    "间隔": "15min",
    "主题": "campus/north/lab",
    "格式": "native",
}


def take_in(home, path, options="--yes", answers=()):
    """Import a workbook."""
    return run(home, f"meters import '{path}' {options}", answers)


def test_new_buildings_accounts_and_meters_are_registered(tmp_path):
    path = home_with_workbook(tmp_path, SCHOOL)
    fill(path, "building", lab={"名称": "实验楼", "类别": "实验楼", "面积": "1,200", "假期是否停用": "是", "层数": 5})
    fill(
        path,
        "account",
        tap={"户号": "3700000002", "介质": "水", "计费方式": "单一价", "单价": 4.2, "价格文件": "水价"},
    )
    fill(path, "meter", lab=METER | {"楼栋": "实验楼", "起用日": "2026年9月1日", "型号": "DTSD"})
    water = {
        "安装点": "楼前井",
        "介质": "水",
        "间隔": "1天",
        "户号": 3700000002,
        "通信": "人工",
        "脉冲L": 10,
        "单位": "吨",
    }
    fill(path, "meter", lab__water=water | {"楼栋": "lab", "检定到期": datetime(2028, 5, 31)})
    result = take_in(tmp_path, path)
    assert result.exit_code == 0, result.output
    assert body(tmp_path)["building"] == [
        {
            "key": "lab",
            "name": "实验楼",
            "class": "laboratory",
            "floor_area_m2": 1200,
            "survey": {"closed_in_holidays": "yes", "floors": "5"},
        }
    ]
    assert row(tmp_path, "account", "tap")["price_unit"] == "m³"
    lab = row(tmp_path, "meter", "lab")
    assert lab["building"] == "lab" and lab["from"].isoformat() == "2026-09-01T00:00:00+08:00"
    assert lab["unit"] == "kWh" and lab["survey"] == {"model": "DTSD"}
    found = row(tmp_path, "meter", "lab-water")
    assert (found["name"], found["unit"], found["pulse"], found["interval"]) == ("楼前井", "m³", 0.01, "1d")
    assert found["account"] == "tap" and found["survey"] == {"spot": "楼前井", "calibration_due": "2028-05-31"}
    assert run(tmp_path, "check").exit_code == 0


def test_an_account_without_a_key_is_known_by_its_number(tmp_path):
    path = home_with_workbook(tmp_path)

    def add(book):
        sheet = book["户号"]
        sheet.cell(FIRST_ROW, column_of(sheet, "编号")).value = None
        sheet.cell(FIRST_ROW, column_of(sheet, "电压")).value = "10 kV"
        for heading, value in {"户号": 3700000009, "介质": "水", "计费方式": "单一价"}.items():
            sheet.cell(FIRST_ROW + 1, column_of(sheet, heading)).value = value

    edit(path, add)
    assert take_in(tmp_path, path).exit_code == 0
    assert [account["key"] for account in body(tmp_path)["account"]] == ["power", "3700000009"]
    assert row(tmp_path, "account", "power")["survey"] == {"voltage": "10 kV"}


def test_a_dry_run_shows_and_writes_nothing(tmp_path):
    path = home_with_workbook(tmp_path)
    fill(path, "building", teaching={"面积": 8300}, gate={"名称": "门卫", "类别": "门卫"})
    result = take_in(tmp_path, path, "--dry-run")
    assert result.exit_code == 0 and "nothing was written" in result.output
    for part in ("8200", "8300", "面积 floor area m²", "gate", "新增 added"):
        assert part in result.output
    assert school_file(tmp_path, WHOLE).read_text("utf-8") == WHOLE


@pytest.mark.parametrize(("answer", "area"), [("n", 8200), ("y", 8300)])
def test_without_yes_it_asks_before_it_writes(tmp_path, answer, area):
    path = home_with_workbook(tmp_path)
    fill(path, "building", teaching={"面积": 8300})
    take_in(tmp_path, path, "", [answer])
    assert row(tmp_path, "building", "teaching")["floor_area_m2"] == area


def test_comments_order_and_everything_the_workbook_does_not_know_stay(tmp_path):
    text = "# 我们的学校\n" + WHOLE.replace("floor_area_m2 = 8200", "floor_area_m2 = 8200   # 房产证")
    path = home_with_workbook(tmp_path, text)
    fill(path, "building", teaching={"面积": 8300, "层数": 6})
    fill(path, "meter", main={"位数": 6, "厂家": "某厂"})
    assert take_in(tmp_path, path).exit_code == 0
    wanted = (
        text.replace("floor_area_m2 = 8200   #", "floor_area_m2 = 8300   #")
        .replace("people = 900\n", 'people = 900\n\n[building.survey]\nfloors = "6"\n')
        .replace("width = 8", "width = 6")
        .replace('item = "01000"\n', 'item = "01000"\n\n[meter.survey]\nmaker = "某厂"\n')
    )
    assert school_file.__name__ and (tmp_path / "config/schools/north.toml").read_text("utf-8") == wanted


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_the_file_as_it_was_lies_beside_it_and_line_ends_and_byte_order_mark_stay(tmp_path, ends):
    path = home_with_workbook(tmp_path)
    file = tmp_path / "config/schools/north.toml"
    before = b"\xef\xbb\xbf" + WHOLE.replace("\n", ends).encode()
    file.write_bytes(before)
    fill(path, "building", teaching={"面积": 8300})
    assert take_in(tmp_path, path).exit_code == 0
    assert file.with_name("north.toml.bak").read_bytes() == before
    written = file.read_bytes()
    assert written.startswith(b"\xef\xbb\xbf[school]") and written.count(b"\n") == written.count(ends.encode())


def test_sorted_rows_and_moved_columns_mean_the_same(tmp_path):
    path = home_with_workbook(tmp_path)
    fill(path, "meter", lab=METER | {"上级表": "main"}, lab2=METER | {"主题": "campus/north/lab2"})

    def shuffle(book):
        sheet = book["表计"]
        rows = [[cell.value for cell in line] for line in sheet.iter_rows()]
        filled = [line for line in rows[FIRST_ROW - 1 :] if line[0]]
        sheet.delete_rows(1, sheet.max_row)
        for line in [rows[HEADING_ROW - 1], rows[ENGLISH_ROW - 1], *reversed(filled)]:
            sheet.append([value if not str(value).startswith("=") else None for value in reversed(line)])
        sheet.title = "5 表计"
        book.move_sheet(sheet, -3)

    edit(path, shuffle)
    result = take_in(tmp_path, path)
    assert result.exit_code == 0, result.output
    assert {meter["key"] for meter in body(tmp_path)["meter"]} == {"main", "teaching", "lab", "lab2"}
    assert row(tmp_path, "meter", "lab")["parent"] == "main"


def test_a_row_that_is_missing_stays_registered_and_is_told(tmp_path):
    path = home_with_workbook(tmp_path)
    edit(path, lambda book: book["表计"].delete_rows(FIRST_ROW, 1))
    result = take_in(tmp_path, path)
    assert result.exit_code == 0 and "not in the workbook, kept: 表计 main" in result.output
    assert row(tmp_path, "meter", "main")


def test_an_empty_cell_leaves_what_is_registered_and_a_dash_takes_it_away(tmp_path):
    path = home_with_workbook(tmp_path)
    fill(path, "building", teaching={"面积": None, "人数": "-"})
    assert take_in(tmp_path, path).exit_code == 0
    teaching = row(tmp_path, "building", "teaching")
    assert teaching["floor_area_m2"] == 8200 and "people" not in teaching


def test_a_column_of_ones_own_is_left_aside_and_said_so(tmp_path):
    path = home_with_workbook(tmp_path)
    edit(path, lambda book: book["楼栋"].cell(HEADING_ROW, 30, "我的备注"))
    result = take_in(tmp_path, path)
    assert result.exit_code == 0 and 'the column "我的备注" was not read' in result.output


def test_a_price_brings_its_unit_and_its_paper_out_of_the_survey(tmp_path):
    text = WHOLE[: WHOLE.index("price_yuan")] + WHOLE[WHOLE.index("\n[[meter]]") :]
    path = home_with_workbook(tmp_path, text)
    fill(path, "account", power={"价格文件": "发改价格〔2007〕2463号"})
    assert take_in(tmp_path, path).exit_code == 0
    assert row(tmp_path, "account", "power")["survey"] == {"price_document": "发改价格〔2007〕2463号"}
    fill(path, "account", power={"单价": 0.555})
    assert take_in(tmp_path, path).exit_code == 0
    power = row(tmp_path, "account", "power")
    assert (power["price_yuan"], power["price_unit"], power["price_document"], power["survey"]) == (
        0.555,
        "kWh",
        "发改价格〔2007〕2463号",
        {},
    )
    fill(path, "account", power={"单价": "-"})
    assert take_in(tmp_path, path).exit_code == 0
    assert "price_yuan" not in row(tmp_path, "account", "power")


# A meter that has measured something keeps what it was measured with.


def test_a_meter_without_readings_is_corrected_where_it_stands(tmp_path):
    path = home_with_workbook(tmp_path)
    fill(path, "meter", main={"倍率": 60, "表号": "A7"}, teaching={"倍率": 30, "表号": "B3", "上级表": "-"})
    assert take_in(tmp_path, path).exit_code == 0
    main, teaching = row(tmp_path, "meter", "main"), row(tmp_path, "meter", "teaching")
    assert (main["ratio"], main["serial"], "change" in main) == (60, "A7", False)
    assert (teaching["change"][0]["ratio"], "parent" in teaching) == (30, False)
    assert {teaching["change"][0]["serial"], teaching["replaced"][0]["serial"]} == {"B2", "B3"}


def test_a_new_ratio_of_a_meter_with_readings_begins_on_its_day(tmp_path):
    path = home_with_workbook(tmp_path)
    give_readings(tmp_path, "main", "teaching")
    fill(path, "meter", main={"倍率": 60, "楼栋": "teaching", "变更生效日": "2026/7/1"})
    result = take_in(tmp_path, path)
    assert result.exit_code == 0, result.output
    main = row(tmp_path, "meter", "main")
    assert main["ratio"] == 80
    (changed,) = main["change"]
    assert changed.pop("from").isoformat() == "2026-07-01T00:00:00+08:00"
    assert changed == {"ratio": 60, "building": "teaching"}


def test_a_day_in_the_row_of_a_meter_without_readings_is_kept_to(tmp_path):
    path = home_with_workbook(tmp_path)
    fill(path, "meter", main={"倍率": 100, "变更生效日": "2026-12-01"})
    result = take_in(tmp_path, path)
    assert result.exit_code == 0 and "2026-12-01" in result.output, result.output
    main = row(tmp_path, "meter", "main")
    (changed,) = main["change"]
    assert main["ratio"] == 80 and changed["ratio"] == 100
    assert changed["from"].isoformat() == "2026-12-01T00:00:00+08:00"


@pytest.mark.parametrize("day", ["2026-01-01", "2025-09-01"])
def test_a_day_not_after_the_beginning_of_a_meter_without_readings_corrects_it_where_it_stands(tmp_path, day):
    path = home_with_workbook(tmp_path)
    fill(path, "meter", teaching={"上级表": "-", "变更生效日": day})
    assert take_in(tmp_path, path).exit_code == 0
    teaching = row(tmp_path, "meter", "teaching")
    assert "parent" not in teaching and len(teaching["change"]) == 1


def test_what_is_shown_tells_the_day_a_change_begins_and_the_registers_of_a_swap(tmp_path):
    path = home_with_workbook(tmp_path, WHOLE.replace("ratio = 80\n", 'ratio = 80\nserial = "A1"\n'))
    give_readings(tmp_path, "main")
    swap = {"表号": "A9", "旧表止数": 48211.37, "新表起数": 0.02, "变更生效日": "2026-10-01"}
    fill(path, "meter", main=swap | {"倍率": 60, "位数": 6})
    lines = take_in(tmp_path, path, "--dry-run").output.splitlines()
    shown = {
        what: line for line in lines for what in ("位数", "倍率", "表号", "旧表止数", "新表起数") if what in line
    }
    assert "生效 from" in "".join(lines) and "2026-10-01" not in shown.pop("位数")
    assert len(shown) == 4 and all("2026-10-01" in line for line in shown.values())
    assert "48211.37" in shown["旧表止数"] and "0.02" in shown["新表起数"]


def test_the_same_workbook_twice_changes_nothing_more(tmp_path):
    path = home_with_workbook(tmp_path)
    give_readings(tmp_path, "main", "teaching")
    swap = {"表号": "A9", "旧表止数": 812.5, "新表起数": 0, "变更生效日": "2026-07-01"}
    fill(path, "meter", main=swap | {"倍率": 60}, teaching={"上级表": "-", "变更生效日": "2026-08-01"}, lab=METER)
    assert take_in(tmp_path, path).exit_code == 0
    once = body(tmp_path)
    result = take_in(tmp_path, path)
    assert "Nothing changes" in result.output, result.output
    assert body(tmp_path) == once


def test_a_change_stands_among_the_others_by_its_day(tmp_path):
    text = WHOLE.replace(
        'item = "01000"\n', 'item = "01000"\n' + change("2026-09-01T00:00:00+08:00", building="teaching")
    )
    path = home_with_workbook(tmp_path, text)
    give_readings(tmp_path, "main")
    fill(path, "meter", main={"倍率": 60, "变更生效日": "2026-07-01"})
    assert take_in(tmp_path, path).exit_code == 0
    assert [sorted({*c} - {"from"}) for c in row(tmp_path, "meter", "main")["change"]] == [["ratio"], ["building"]]


def test_changes_of_one_day_stand_together(tmp_path):
    path = home_with_workbook(tmp_path)
    give_readings(tmp_path, "teaching")
    fill(path, "meter", teaching={"上级表": "-", "变更生效日": "2026-06-01"})
    assert take_in(tmp_path, path).exit_code == 0
    (changed,) = row(tmp_path, "meter", "teaching")["change"]
    assert (changed["parent"], changed["ratio"], changed["serial"]) == ("", 40, "B2")


def test_a_later_change_of_the_same_is_not_undone(tmp_path):
    path = home_with_workbook(tmp_path)
    give_readings(tmp_path, "teaching")
    fill(path, "meter", teaching={"倍率": 10, "变更生效日": "2026-02-01"})
    result = take_in(tmp_path, path)
    assert result.exit_code == 1 and "a later change is registered from 2026-06-01 on" in result.output


def test_without_a_day_it_asks_once_for_all_meters(tmp_path):
    path = home_with_workbook(tmp_path)
    give_readings(tmp_path, "main", "teaching")
    fill(path, "meter", main={"倍率": 60}, teaching={"倍率": 30})
    result = take_in(tmp_path, path, "", ["soon", "2026-11-01", "y"])
    assert result.exit_code == 0, result.output
    assert "main、teaching" in result.output and "must be a date" in result.output
    for key in ("main", "teaching"):
        assert row(tmp_path, "meter", key)["change"][-1]["from"].isoformat() == "2026-11-01T00:00:00+08:00"


@pytest.mark.parametrize("option", ["--yes", "--dry-run"])
def test_without_a_day_and_nobody_to_ask_it_refuses_at_the_cell(tmp_path, option):
    path = home_with_workbook(tmp_path)
    give_readings(tmp_path, "main")
    place = fill(path, "meter", main={"倍率": 60, "变更生效日": None})["main", "变更生效日"]
    result = take_in(tmp_path, path, option)
    assert result.exit_code == 1 and f"{place}: 这块表已有读数" in result.output
    assert "change" not in row(tmp_path, "meter", "main")


def test_a_store_that_cannot_be_asked_counts_as_readings(tmp_path, monkeypatch):
    path = home_with_workbook(tmp_path)
    give_readings(tmp_path)
    fill(path, "meter", main={"倍率": 60})

    def away(*_):
        raise StoreUnavailable("away")

    monkeypatch.setattr(workbook_talk, "open_store", away)
    assert "it has readings" in take_in(tmp_path, path).output


def test_a_new_serial_on_a_meter_with_readings_is_a_swapped_meter(tmp_path):
    text = WHOLE.replace("ratio = 80\n", 'ratio = 80\nserial = "A1"\n')
    path = home_with_workbook(tmp_path, text)
    give_readings(tmp_path, "main")
    fill(path, "meter", main={"表号": "A2", "变更生效日": "2026-10-01"})
    refused = take_in(tmp_path, path)
    assert refused.exit_code == 1 and refused.output.count("a new serial is a new meter") == 2
    fill(path, "meter", main={"旧表止数": 48211.37, "新表起数": 0.02})
    assert take_in(tmp_path, path).exit_code == 0
    main = row(tmp_path, "meter", "main")
    (replaced,) = main["replaced"]
    assert replaced.pop("at").isoformat() == "2026-10-01T00:00:00+08:00"
    assert replaced == {"end": 48211.37, "start": 0.02, "serial": "A2"} and main["serial"] == "A1"


def test_a_serial_that_was_unknown_is_only_filled_in(tmp_path):
    path = home_with_workbook(tmp_path)
    give_readings(tmp_path, "main")
    fill(path, "meter", main={"表号": "A1"})
    assert take_in(tmp_path, path).exit_code == 0
    main = row(tmp_path, "meter", "main")
    assert main["serial"] == "A1" and "replaced" not in main


def test_another_medium_is_another_meter(tmp_path):
    path = home_with_workbook(tmp_path)
    give_readings(tmp_path, "teaching")
    fill(path, "meter", teaching={"介质": "光伏发电"})
    result = take_in(tmp_path, path)
    assert result.exit_code == 1 and "another medium is another meter" in result.output


def test_what_waited_for_a_new_meter_goes_into_the_journal(tmp_path):
    path = home_with_workbook(tmp_path)
    payload = b'{"time":"2026-11-22T08:00:00+08:00","register":1,"unit":"kWh"}'
    hold(tmp_path, "campus/north/lab", payload)
    hold(tmp_path, "other", payload, segment=2)
    fill(path, "meter", lab=METER)
    result = take_in(tmp_path, path)
    assert "now go into the store: 1" in result.output
    assert journaled(tmp_path) == [("campus/north/lab", payload)]


def test_a_file_changed_meanwhile_is_left_alone(tmp_path, monkeypatch):
    path = home_with_workbook(tmp_path)
    fill(path, "building", teaching={"面积": 8300})
    file = tmp_path / "config/schools/north.toml"

    def edited_meanwhile(*_, **__):
        file.write_text(WHOLE + "# mine\n", encoding="utf-8")
        return True

    monkeypatch.setattr("click.confirm", edited_meanwhile)
    result = take_in(tmp_path, path, "")
    assert result.exit_code == 1 and "once more" in result.output
    assert file.read_text("utf-8") == WHOLE + "# mine\n"


def test_the_workbook_knows_its_school_and_no_other_takes_it(tmp_path):
    path = home_with_workbook(tmp_path)
    school_file(tmp_path, SCHOOL.replace("north", "south"), "south")
    fill(path, "building", teaching={"面积": 8300})
    wrong = take_in(tmp_path, path, "--yes --school south")
    assert wrong.exit_code == 1 and 'is of the school "north", not of "south"' in wrong.output
    assert take_in(tmp_path, path).exit_code == 0
    assert row(tmp_path, "building", "teaching")["floor_area_m2"] == 8300


def test_two_hundred_meters_are_registered_in_one_go(tmp_path):
    path = home_with_workbook(tmp_path, SCHOOL)
    fill(
        path,
        "building",
        **{f"b{n}": {"名称": f"{n}号楼", "类别": "宿舍 dormitory", "面积": 1000 + n} for n in range(20)},
    )
    meters = {
        f"m{n}": METER
        | {"名称": f"{n}号表", "表号": f"S{n:04}", "楼栋": f"b{n % 20}", "主题": f"campus/north/m{n}", "来源": "现场"}
        | ({"上级表": f"m{n // 10}"} if n else {})
        for n in range(200)
    }
    book = load_workbook(path)
    sheet = book["表计"]
    columns = {heading: column_of(sheet, heading) for heading in ("编号", *meters["m1"])}
    for number, (key, values) in enumerate(meters.items(), FIRST_ROW):
        for heading, value in ({"编号": key} | values).items():
            sheet.cell(number, columns[heading], value)
    book.save(path)
    result = take_in(tmp_path, path)
    assert result.exit_code == 0, result.output
    text = (tmp_path / "config/schools/north.toml").read_text("utf-8")
    registry, issues = load_registry(text, "north.toml", formats())
    assert not issues and registry is not None and len(registry.meters) == 200
    assert registry.meters["m57"].parent == "m5" and registry.meters["m57"].survey == {"source": "现场"}
    assert "Nothing changes" in take_in(tmp_path, path).output


def test_a_workbook_saved_without_styles_is_read_too(tmp_path):
    path = home_with_workbook(tmp_path)
    plain = Workbook()
    plain.remove(plain.active)
    for sheet in load_workbook(path).worksheets:
        copy = plain.create_sheet(sheet.title)
        for line in sheet.iter_rows(values_only=True):
            copy.append(line)
    plain.save(path)
    assert "Nothing changes" in take_in(tmp_path, path).output
    assert tomllib.loads(WHOLE) == body(tmp_path)


@pytest.mark.parametrize(
    ("heading", "cell", "key", "value"),
    [
        ("定比", "20%", "fixed_share", 0.2),
        ("定比", 0.35, "fixed_share", 0.35),
        ("力调标准", "0.90", "power_factor_standard", 0.9),
        ("合同需量", 400, "contract_demand_kw", 400),
        ("计费容量kVA", "630", "billed_kva", 630),
    ],
)
def test_what_an_account_is_billed_by_goes_into_its_own_table(tmp_path, heading, cell, key, value):
    path = home_with_workbook(tmp_path, WHOLE.replace('"resident"', '"two_part"'))
    fill(path, "account", power={heading: cell})
    result = run(tmp_path, f"meters import '{path}' --yes")
    assert result.exit_code == 0, result.output
    assert row(tmp_path, "account", "power")[key] == value


def test_none_is_a_power_factor_standard_too_and_another_one_is_told(tmp_path):
    text = WHOLE.replace('tariff = "resident"', 'tariff = "two_part"\npower_factor_standard = 0.9')
    path = home_with_workbook(tmp_path, text)
    fill(path, "account", power={"力调标准": 0.95})
    assert "0.90、0.85、0.80 或 无" in run(tmp_path, f"meters import '{path}' --yes").output
    fill(path, "account", power={"力调标准": "无"})
    assert run(tmp_path, f"meters import '{path}' --yes").exit_code == 0
    assert "power_factor_standard" not in row(tmp_path, "account", "power")


def test_prices_by_date_are_left_as_they_stand(tmp_path):
    price = '\n[[account.price]]\nsince = 2026-01-01\ndocument = "d"\nyuan = 0.6\n'
    text = WHOLE[: WHOLE.index("price_yuan")] + price + WHOLE[WHOLE.index("\n[[meter]]") :]
    path = home_with_workbook(tmp_path, text)
    fill(path, "account", power={"供应单位": "供电公司"})
    assert run(tmp_path, f"meters import '{path}' --yes").exit_code == 0
    account = row(tmp_path, "account", "power")
    assert account["price"][0]["yuan"] == 0.6 and account["survey"]["supplier"] == "供电公司"


def test_people_are_entered_by_category_and_come_out_as_they_went_in(tmp_path):
    path = home_with_workbook(tmp_path)
    fill(path, "people", pupils={"类别": "走读", "平均人数": 850, "在校天数": 196, "年度": 2026, "依据": "学籍"})
    result = run(tmp_path, f"meters import '{path}' --yes")
    assert result.exit_code == 0, result.output
    assert row(tmp_path, "people", "pupils") == {
        "key": "pupils",
        "category": "pupil",
        "heads": 850,
        "days": 196,
        "year": 2026,
        "basis": "学籍",
    }


def test_seasons_plans_and_sub_items_are_entered_as_people_write_them(tmp_path):
    path = home_with_workbook(tmp_path)
    fill(path, "meter", **{body(tmp_path)["meter"][0]["key"]: {"分项": "01a00"}})
    plan = {"种类": "熄灯", "起": "2026-09-01", "止": "2027-01-20 07:30", "介质": "电，水", "每天时段": "23:00～6:00"}
    fill(path, "plan", dark=plan)
    edit(path, lambda book: _write(book["供暖期"], "2026年11月15日", date(2027, 3, 14), "公告"))
    result = run(tmp_path, f"meters import '{path}' --yes")
    assert result.exit_code == 0, result.output
    zone = ZoneInfo("Asia/Shanghai")
    assert body(tmp_path)["heating"] == [{"first": date(2026, 11, 15), "last": date(2027, 3, 14), "document": "公告"}]
    assert row(tmp_path, "plan", "dark") == {
        "key": "dark",
        "kind": "lights_out",
        "from": datetime(2026, 9, 1, tzinfo=zone),
        "to": datetime(2027, 1, 20, 7, 30, tzinfo=zone),
        "media": ["electricity", "water"],
        "daily": ["23:00", "06:00"],
    }
    assert body(tmp_path)["meter"][0]["item"] == "01A00"
    again = run(tmp_path, f"meters import '{path}' --yes")
    assert again.exit_code == 0 and len(body(tmp_path)["heating"]) == 1


def test_a_project_is_entered_and_its_wrong_meter_told_at_its_cell(tmp_path):
    path, key = home_with_workbook(tmp_path), body(tmp_path)["meter"][0]["key"]
    lamps = {"名称": "换灯", "种类": "照明改造", "表计": key, "开工日": "2027年1月25日", "投资(元)": 86000}
    fill(path, "project", lamps=lamps)
    result = run(tmp_path, f"meters import '{path}' --yes")
    assert result.exit_code == 0, result.output
    assert row(tmp_path, "project", "lamps") == {
        "key": "lamps",
        "name": "换灯",
        "measure": "lighting",
        "meters": [key],
        "started": date(2027, 1, 25),
        "investment_yuan": 86000,
    }
    fill(path, "project", lamps={"表计": "nowhere"})
    again = run(tmp_path, f"meters import '{path}' --yes")
    assert again.exit_code == 1 and "项目!D6" in again.output, again.output


def _write(sheet, *cells):
    for at, cell in enumerate(cells, 1):
        sheet.cell(FIRST_ROW, at, cell)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (("2026-11-15", "2026-03-14", "公告"), "供暖期!B6"),
        (("2026-11-15", "2027-03-14", None), "缺少依据文件"),
        ((None, "2027-03-14", "公告"), "缺少首日"),
    ],
)
def test_what_is_wrong_with_a_season_is_told_at_its_cell(tmp_path, cells, said):
    path = home_with_workbook(tmp_path)
    edit(path, lambda book: _write(book["供暖期"], *cells))
    result = run(tmp_path, f"meters import '{path}' --yes")
    assert result.exit_code == 1 and said in result.output, result.output


@pytest.mark.parametrize(
    ("heading", "cell", "said"),
    [
        ("介质", "电、煤", '没有"煤"这种介质'),
        ("每天时段", "23点", "23:00-06:00"),
        ("楼栋", "nowhere", "计划!F"),
        ("起", "2026-09-01 25:00", "计划!D"),
    ],
)
def test_what_is_wrong_with_a_plan_is_told_at_its_cell(tmp_path, heading, cell, said):
    path = home_with_workbook(tmp_path)
    fill(path, "plan", dark={"种类": "熄灯", "起": "2026-09-01", "止": "2027-01-20", heading: cell})
    result = run(tmp_path, f"meters import '{path}' --yes")
    assert result.exit_code == 1 and said in result.output, result.output


def test_a_workbook_of_before_there_were_people_is_taken_as_it_is(tmp_path):
    path = home_with_workbook(tmp_path)
    edit(path, lambda book: [book.remove(book[title]) for title in ("人员", "供暖期", "计划", "项目")])
    result = run(tmp_path, f"meters import '{path}' --yes")
    assert result.exit_code == 0, result.output
