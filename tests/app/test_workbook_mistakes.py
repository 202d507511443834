"""A workbook with mistakes: each is told at its cell, all at once, in both languages, and nothing is written."""

import zipfile
from io import BytesIO

import pytest
from openpyxl import load_workbook

from app import workbook_file
from app.workbook_columns import VERSION, VERSION_SHEET
from tests.app.registry_example import SCHOOL, WHOLE, meter
from tests.app.waiting import run, school_file
from tests.app.workbook_example import FIRST_ROW, HEADING_ROW, column_of, edit, fill, home_with_workbook

GOOD = {"名称": "实验楼电表", "介质": "电", "间隔": "15min", "主题": "campus/north/lab", "格式": "native"}


def refused(home, path) -> str:
    """Import a workbook that must be refused with nothing written; return what was said."""
    result = run(home, f"meters import '{path}' --yes")
    assert result.exit_code == 1, result.output
    assert school_file(home, WHOLE).read_text("utf-8") == WHOLE and not list(home.glob("config/schools/*.bak"))
    return result.output


def lines_at(output: str, place: str) -> list[str]:
    """Return the sentences about a cell."""
    return [line.split(": ", 1)[1] for line in output.splitlines() if line.startswith(f"{place}: ")]


@pytest.mark.parametrize(
    ("heading", "value", "zh", "en"),
    [
        ("名称", None, "缺少名称", "name is missing"),
        ("名称", "-", "不能为空", "cannot be none"),
        ("介质", "点", '没有"点"这个选项', "pick one of the list"),
        ("介质", "electrcity", "最接近：电 electricity", "nearest: 电 electricity"),
        (
            "上级表",
            "mian",
            '上级表 "mian" 不在本表；最接近：main',
            'parent meter "mian" is not in this sheet; nearest: main',
        ),
        ("楼栋", "教学搂", '楼栋 "教学搂" 不在楼栋表；最接近：教学楼', "nearest: 教学楼"),
        ("户号", "370000000l", "最接近：3700000001", 'account "370000000l" is not in its sheet'),
        ("位数", "八", "应为整数", "must be a whole number"),
        ("位数", 40, "不大于 15", "at most 15"),
        ("位数", 7.5, "应为整数", "must be a whole number"),
        ("倍率", 0, "应为数字，大于 0", "must be a number above 0"),
        ("倍率", "1,20", "应为数字", "must be a number"),
        ("倍率", True, "应为数字", "must be a number"),
        ("起用日", "去年", "应为日期", "must be a date"),
        ("起用日", "2026-02-30", '没有"2026-02-30"这一天', "there is no day"),
        ("起用日", "20026-02-03", "应为日期", "must be a date"),
        ("起用日", "1026-02-03", "年份应在", "the year must lie between"),
        ("起用日", True, "应为日期", "format the cell as a date"),
        ("检定到期", "随时", "应为日期", "must be a date"),
        ("间隔", "一刻钟", "应为时间长度", "must be a length of time"),
        ("间隔", None, "缺少间隔", "sent every is missing"),
        ("格式", "nativ", "最接近：native", "nearest: native"),
        ("主题", "campus/+/lab", "不能含 # 或 +", "no # or +"),
        ("主题", None, "缺少主题", "MQTT topic is missing"),
        ("单位", "斤", '没有"斤"这个选项', "pick one of the list"),
        ("单位", "m³", "登记检查不通过", 'unit "m³" measures water, gas'),
        ("表号", 1234567890123456, "超过15位", "more than 15 digits"),
        ("型号", "#REF!", "是错误值 #REF!", "holds the error #REF!"),
        ("名称", "=B6", "公式没有算出的值", "no computed value"),
        ("通信", "适时", "可选：实时 live、小时 hourly", "known: 实时 live, 小时 hourly"),
    ],
)
def test_a_wrong_value_is_told_at_its_cell(tmp_path, heading, value, zh, en):
    path = home_with_workbook(tmp_path)
    place = fill(path, "meter", lab=GOOD | {heading: value})["lab", heading]
    found = lines_at(refused(tmp_path, path), place)
    assert len(found) == 1 and zh in found[0] and en in found[0], found


@pytest.mark.parametrize(
    ("heading", "value"),
    [
        ("倍率", "１２０"),
        ("倍率", " 1,200 "),
        ("倍率", "1200.50"),
        ("名称", "　实验楼　"),
        ("介质", "ELECTRICITY"),
        ("介质", "电　electricity"),
        ("起用日", "2026.9.1"),
        ("起用日", "２０２６年９月１日"),
        ("间隔", "15 分钟"),
        ("间隔", "1小时"),
        ("单位", "度"),
        ("单位", "MWH"),
        ("上级表", "总表"),
        ("户号", 3700000001),
    ],
)
def test_what_is_meant_plainly_is_taken(tmp_path, heading, value):
    path = home_with_workbook(tmp_path)
    fill(path, "meter", lab=GOOD | {heading: value})
    result = run(tmp_path, f"meters import '{path}' --dry-run")
    assert result.exit_code == 0, result.output


def test_every_mistake_is_told_at_once(tmp_path):
    path = home_with_workbook(tmp_path)
    places = fill(path, "building", b1={"名称": "一号楼", "类别": "宿舍搂"}, b2={"类别": "食堂", "面积": "大"})
    places |= fill(path, "account", gas={"户号": "88", "介质": "煤", "计费方式": "单一价", "单价": 3.5})
    places |= fill(path, "meter", lab=GOOD | {"倍率": -1, "楼栋": "b9"}, x__y={"介质": "水", "位数": "很多"})
    output = refused(tmp_path, path)
    wrong = [("b1", "类别"), ("b2", "面积"), ("gas", "介质"), ("lab", "倍率"), ("lab", "楼栋"), ("x-y", "位数")]
    for key in wrong:
        assert len(lines_at(output, places[key])) == 1, output
    for sentence in ("name is missing", "price document is missing", "sent every is missing", "format is missing"):
        assert sentence in output
    assert "11 problems" in output or output.count("\n") >= 11, output


def test_mistakes_are_told_in_the_order_in_which_they_stand(tmp_path):
    path = home_with_workbook(tmp_path)
    places = fill(path, "meter", lab=GOOD | {"楼栋": "b9", "倍率": -1}, z=GOOD | {"位数": 0, "主题": "z"})
    places |= fill(path, "building", teaching={"面积": -1})
    output = refused(tmp_path, path)
    told = [line.split(": ")[0] for line in output.splitlines() if "!" in line]
    wrong = [("teaching", "面积"), ("lab", "楼栋"), ("lab", "倍率"), ("z", "位数")]
    assert told == [places[cell] for cell in wrong]


def test_a_row_without_a_key_a_doubled_key_and_a_chinese_key_are_told(tmp_path):
    path = home_with_workbook(tmp_path)
    fill(path, "meter", a=GOOD, 总表1=GOOD, c=GOOD, d=GOOD)

    def change(book):
        sheet = book["表计"]
        sheet.cell(FIRST_ROW + 4, 1).value = "a"
        sheet.cell(FIRST_ROW + 5, 1).value = None

    edit(path, change)
    output = refused(tmp_path, path)
    assert f'表计!A{FIRST_ROW + 4}: 编号 "a" 重复，见 表计!A{FIRST_ROW + 2}' in output
    assert f"表计!A{FIRST_ROW + 5}: 缺少编号 / has no key" in output
    assert f"表计!A{FIRST_ROW + 3}: 编号：编号只用字母" in output


def test_a_serial_belongs_to_one_meter_but_for_the_channels_of_one_device(tmp_path):
    path = home_with_workbook(tmp_path)
    device = GOOD | {"主题": "plug", "格式": "shelly", "表号": "S9"}
    places = fill(
        path,
        "meter",
        a=device | {"通道": "switch:0"},
        b=device | {"通道": "switch:1"},
        c=GOOD | {"表号": "S9"},
    )
    output = refused(tmp_path, path)
    assert output.count("stands at") == 1
    assert lines_at(output, places["c", "表号"]) and places["a", "表号"] in output


def test_a_ring_of_parents_is_told_once(tmp_path):
    path = home_with_workbook(tmp_path)
    fill(path, "meter", main={"上级表": "teaching"})
    output = refused(tmp_path, path)
    assert output.count("ring") == 1 and "main → teaching → main" in output


def test_what_the_registry_check_finds_is_told_at_the_cell(tmp_path):
    path = home_with_workbook(tmp_path)
    places = fill(
        path,
        "meter",
        w=GOOD | {"介质": "水", "上级表": "main", "主题": "w"},
        twin=GOOD | {"主题": "campus/north/main"},
        late=GOOD | {"主题": "late", "起用日": "2026-05-01", "停用日": "2026-04-01"},
        early=GOOD | {"主题": "early", "上级表": "teaching"},
    )
    output = refused(tmp_path, path)
    assert "measures electricity, itself water" in lines_at(output, places["w", "上级表"])[0]
    assert "at the same time as main" in lines_at(output, places["twin", "主题"])[0]
    assert "not after it begins" in lines_at(output, places["late", "停用日"])[0]
    assert "not in force before" in lines_at(output, places["early", "上级表"])[0]


def test_a_topic_of_another_school_is_told_at_the_cell(tmp_path):
    path = home_with_workbook(tmp_path)
    school_file(tmp_path, SCHOOL.replace("north", "south") + meter("m", topic="campus/south/m"), "south")
    place = fill(path, "meter", lab=GOOD | {"主题": "campus/south/m"})["lab", "主题"]
    assert "also the topic of m in school 'south'" in lines_at(refused(tmp_path, path), place)[0]


def test_merged_cells_are_told(tmp_path):
    path = home_with_workbook(tmp_path)
    edit(path, lambda book: book["楼栋"].merge_cells(f"B{FIRST_ROW}:C{FIRST_ROW}"))
    assert f"楼栋!B{FIRST_ROW}:C{FIRST_ROW}: 合并了单元格" in refused(tmp_path, path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda book: book.remove(book["表计"]), 'no sheet "表计" (Meters); there are: 楼栋、人员、户号'),
        (lambda book: setattr(book["表计"], "title", "仪表"), "there are: 楼栋、人员、户号、仪表"),
        (lambda book: book["表计"].delete_rows(HEADING_ROW), "no row of headings"),
        (lambda book: book["表计"].delete_cols(1), 'the column "编号" (key) is missing'),
        (
            lambda book: book["表计"].cell(HEADING_ROW, column_of(book["表计"], "上级表"), "上级表计"),
            'unknown column "上级表计"; nearest: 上级表',
        ),
        (lambda book: book["楼栋"].cell(HEADING_ROW, 30, "名称"), 'a second column "名称"'),
        (lambda book: book.remove(book[VERSION_SHEET]), "its hidden version is missing"),
        (lambda book: book[VERSION_SHEET].cell(1, 2, VERSION + 1), "made by a newer release"),
        (lambda book: book[VERSION_SHEET].cell(1, 2, VERSION - 1), "made by an older release"),
    ],
)
def test_a_workbook_out_of_shape_says_what_to_do(tmp_path, change, sentence):
    path = home_with_workbook(tmp_path)
    edit(path, change)
    assert sentence in refused(tmp_path, path)


def archive(**parts: bytes) -> bytes:
    """Return a zip archive."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"), content)
    return buffer.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (OLE, "an old .xls"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "has a password"),
        ("编号,名称\nmain,总表\n".encode(), "is text (such as .csv)"),
        ("编号,名称\nmain,总表\n".encode("gbk"), "is text (such as .csv)"),
        (b"", "is no .xlsx workbook"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "is no .xlsx workbook"),
        (b"PK\x03\x04 cut off", "is damaged"),
        (archive(readme_xml=b"<a/>"), "is no .xlsx workbook"),
        (archive(xl__workbook_xml=b"<workbook/>"), "cannot be read"),
        (archive(xl__workbook_xml=b"<workbook/>", xl__vbaProject_bin=b"x"), "holds macros"),
        (archive(xl__workbook_xml=b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'), "is no .xlsx workbook"),
        (archive(xl__workbook_xml=b" " * (workbook_file.MOST_XML_BYTES + 1)), "unpacks to more than 16 MB"),
    ],
    ids=["xls", "password", "csv", "csv-gbk", "empty", "png", "cut", "zip", "odd", "macro", "entities", "bomb"],
)
def test_a_file_that_is_no_workbook_gets_a_sentence(tmp_path, content, sentence):
    school_file(tmp_path, WHOLE)
    path = tmp_path / "survey.xlsx"
    path.write_bytes(content)
    assert sentence in refused(tmp_path, path)


def test_a_file_too_large_is_not_opened(tmp_path, monkeypatch):
    path = home_with_workbook(tmp_path)
    monkeypatch.setattr(workbook_file, "MOST_FILE_BYTES", 1000)
    assert "is larger than" in refused(tmp_path, path)


@pytest.mark.parametrize("cell", ["XFD1048576", "A1048576"])
def test_a_stray_cell_in_the_farthest_corner_costs_nothing(tmp_path, cell):
    path = home_with_workbook(tmp_path)

    def scribble(book):
        book["楼栋"][cell] = " "

    edit(path, scribble)
    assert run(tmp_path, f"meters import '{path}' --yes").exit_code == 0


def test_an_area_of_a_million_merged_cells_is_refused_before_it_is_made(tmp_path):
    path = home_with_workbook(tmp_path)
    parts = {}
    with zipfile.ZipFile(path) as file:
        for name in file.namelist():
            parts[name] = file.read(name).replace(
                b"</sheetData>", b'</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
            )
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    assert "is no .xlsx workbook" in refused(tmp_path, path)


def test_a_file_that_may_not_be_written_in_place_is_left_to_its_owner(tmp_path):
    text = (
        WHOLE[: WHOLE.index("\n[[building]]")]
        + '\n[[account]]\nkey = "a"\nmedium = "gas"\nnumber = "7"\ntariff = """\nflat"""\n'
    )
    path = home_with_workbook(tmp_path, text)
    fill(path, "account", a={"计费方式": "阶梯"})
    result = run(tmp_path, f"meters import '{path}' --yes")
    assert result.exit_code == 1 and "edit it by hand" in result.output
    assert (tmp_path / "config/schools/north.toml").read_text("utf-8") == text


def test_the_workbook_itself_is_never_written(tmp_path):
    path = home_with_workbook(tmp_path)
    fill(path, "building", teaching={"面积": 8300})
    before = path.read_bytes()
    assert run(tmp_path, f"meters import '{path}' --yes").exit_code == 0
    assert path.read_bytes() == before and load_workbook(path)["楼栋"]["A1"].value
