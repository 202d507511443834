"""`campus meters template`: a workbook in the survey's own headings, filled with what is registered."""

from pathlib import Path

import pytest
from openpyxl import load_workbook

from app import workbook_words as words
from app.registry_fields import BUILDING_CLASSES, MEDIA, SURVEYS, TARIFFS
from app.workbook_columns import SHEETS, VERSION, VERSION_SHEET, WORDS_SHEET
from campus.plans import PlanKind
from campus.projects import Contract, Measure
from campus.registry import Arrival
from campus.units import KNOWN_UNITS, QUANTITIES
from ingest.payload import formats
from tests.app.registry_example import SCHOOL, WHOLE, meter
from tests.app.waiting import run, school_file
from tests.app.workbook_example import FIRST_ROW, HEADING_ROW, column_of, home_with_workbook

EXAMPLE = Path(__file__).resolve().parents[2] / "config" / "schools" / "example.toml"

# The survey workbook's sheets 2 to 5; a heading such as 倍率/脉冲L stands for one column each.
SURVEY = {
    "楼栋": "编号 名称 类别 建成年 面积 采暖面积 特殊区域面积(厨房/机房/大型实验) 层数 改造年与内容"
    " 使用单位及比例 假期是否停用",
    "人员": "编号 类别 平均人数 在校天数 年度 依据",
    "户号": "户号 介质 供应单位 用电类别/水类别 计费方式 电压 计量方式 倍率 变压器kVA"
    " 合同需量 力调标准 定比 抄表日 价格文件",
    "表计": "编号 表号 介质 安装点 楼栋 上级表 户号 型号 位数 倍率 脉冲L 精度 通信"
    " 厂家 检定到期 起用日 起数 停用日 止数 照片",
    "供暖期": "首日 末日 依据文件",
    "计划": "编号 种类 名称 起 止 楼栋 介质 表计 每天时段 室温调到℃ 文件",
    "项目": "编号 名称 种类 表计 开工日 投用日 合作方式 承诺年节约量 投资(元) 补助(元) 基准编号 依据文件",
}


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The workbook of the example school."""
    home = tmp_path_factory.mktemp("school")
    return load_workbook(home_with_workbook(home, EXAMPLE.read_text("utf-8").replace('"example"', '"north"')))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.zh)
def test_the_headings_are_the_surveys_own_in_its_order_with_an_english_line(book, sheet):
    headings = [cell.value for cell in book[sheet.zh][HEADING_ROW]]
    wanted = SURVEY[sheet.zh].split(" ")
    assert [heading for heading in headings if heading in wanted] == wanted
    assert headings[0] == sheet.column(sheet.named_by).zh
    assert {"来源", "责任人", "联系电话"} <= set(headings) or sheet.table not in SURVEYS
    assert all(cell.value for cell in book[sheet.zh][HEADING_ROW + 1])
    assert book[sheet.zh]["A1"].value.startswith("填写说明")


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.zh)
def test_a_column_has_a_codec_a_home_in_the_file_and_no_double(sheet):
    keys = [column.key for column in sheet.columns if column.key]
    assert len(keys) == len(set(keys)) == sum(not column.formula for column in sheet.columns)
    surveyed = {key.removeprefix("survey.") for key in keys if key.startswith("survey.")}
    assert surveyed == set(SURVEYS.get(sheet.table, ())) - {"price_document"}


@pytest.mark.parametrize(
    ("listed", "known"),
    [
        (words.CLASSES, BUILDING_CLASSES),
        (words.MEDIA, MEDIA),
        (words.TARIFFS, TARIFFS),
        (words.MEASURED, QUANTITIES),
        (words.PLANS, [kind.value for kind in PlanKind]),
        (words.MEASURES, [measure.value for measure in Measure]),
        (words.CONTRACTS, [contract.value for contract in Contract]),
        (words.ARRIVALS, [arrival.value for arrival in Arrival]),
    ],
)
def test_every_word_of_the_registry_stands_in_its_list_in_both_languages(listed, known):
    assert [word.key for word in listed] == list(known)
    for word in listed:
        assert {words.find(form, listed) for form in (word.shown, word.zh, word.en, word.key)} == {word.key}


def test_every_unit_of_the_registry_is_understood():
    assert all(words.unit(unit) in ("m³" if unit == "m3" else unit,) for unit in KNOWN_UNITS)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.zh)
def test_words_and_references_are_offered_in_lists_that_hold_them(book, sheet):
    page = book[sheet.zh]
    lists = {str(offered.sqref).split(":")[0]: offered for offered in page.data_validations.dataValidation}
    assert all(offered.showErrorMessage and not offered.formula1.startswith("=") for offered in lists.values())
    for column in sheet.columns:
        first = page.cell(FIRST_ROW, column_of(page, column.zh)).coordinate
        if column.refers or column.key == "format":
            assert first in lists
        elif column.codec.words:
            title, _, area = lists[first].formula1.partition("!")
            listed = [row[0].value for row in book[title.strip("'")][area]]
            assert listed == [word.shown for word in column.codec.words]


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.zh)
def test_the_sheet_can_be_sorted_scrolled_and_printed(book, sheet):
    page = book[sheet.zh]
    assert page.freeze_panes == f"C{FIRST_ROW}" and not page.merged_cells.ranges
    assert page.auto_filter.ref.startswith(f"A{FIRST_ROW - 1}:")
    assert page.page_setup.orientation == "landscape" and page.sheet_properties.pageSetUpPr.fitToPage
    for cell in page[HEADING_ROW]:
        wide = sum(2 if ord(letter) > 0x2E7F else 1 for letter in cell.value)
        assert page.column_dimensions[cell.column_letter].width >= min(wide, 20)


def test_what_must_be_filled_in_what_may_and_what_is_computed_differ_in_colour(book):
    page = book["表计"]

    def color(heading: str) -> str:
        return str(page.cell(FIRST_ROW, column_of(page, heading)).fill.start_color.rgb)

    assert len({color("编号"), color("照片"), color("楼栋名称(算)")}) == 3
    assert color("编号") == color("介质")


def test_the_version_is_hidden_and_names_the_school(book):
    assert book[VERSION_SHEET].sheet_state == "veryHidden" and book[WORDS_SHEET].sheet_state == "hidden"
    said = dict(book[VERSION_SHEET].iter_rows(max_col=2, values_only=True))
    assert said["version"] == VERSION and said["school"] == "north"


def test_what_is_registered_stands_in_its_rows(book):
    page = book["表计"]
    dorm = [cell.value for cell in page[FIRST_ROW + 2]]
    for value in ("dorm3-water", "水 water", "W-4410", 10, "实时 live", "3700000002", "楼前水表井", "m³"):
        assert value in dorm
    teaching = [cell.value for cell in page[FIRST_ROW + 1]]
    assert "main" not in teaching, "its parent ended with a change that is in force by now"


def test_the_import_of_an_untouched_template_changes_nothing(tmp_path):
    text = EXAMPLE.read_text("utf-8").replace('"example"', '"north"')
    path = home_with_workbook(tmp_path, text)
    result = run(tmp_path, f"meters import '{path}' --yes")
    assert result.exit_code == 0 and "Nothing changes" in result.output, result.output
    assert school_file(tmp_path, text).read_text("utf-8") == text


def test_a_filled_in_file_is_never_written_over(tmp_path):
    path = home_with_workbook(tmp_path)
    before = path.read_bytes()
    result = run(tmp_path, f"meters template '{path}'")
    assert result.exit_code == 1 and "is already there" in result.output
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "sentence"), [("a.xls", "must end in .xlsx"), ("no/a.xlsx", "folder does not exist")]
)
def test_a_name_that_cannot_be_written_gets_a_sentence(tmp_path, name, sentence):
    school_file(tmp_path, SCHOOL)
    result = run(tmp_path, f"meters template '{tmp_path / name}'")
    assert result.exit_code == 1 and sentence in result.output


def test_without_a_name_the_file_is_called_as_the_survey_is(tmp_path, monkeypatch):
    school_file(tmp_path, SCHOOL)
    monkeypatch.chdir(tmp_path)
    assert run(tmp_path, "meters template").exit_code == 0
    (path,) = tmp_path.glob("*.xlsx")
    assert path.name.startswith("校园能源调研表_north_20")


def test_a_name_that_looks_like_a_formula_stays_a_name(tmp_path):
    path = home_with_workbook(tmp_path, WHOLE + meter("odd", name='="=1+1"'))
    page = load_workbook(path)["表计"]
    cell = page.cell(FIRST_ROW + 2, column_of(page, "名称"))
    assert (cell.value, cell.data_type) == ("=1+1", "s")
    assert "Nothing changes" in run(tmp_path, f"meters import '{path}' --yes").output


def test_without_a_school_the_template_says_how_to_begin(tmp_path):
    result = run(tmp_path, f"meters template '{tmp_path / 'a.xlsx'}'")
    assert result.exit_code == 1 and "example.toml" in result.output


def test_every_format_is_offered(book):
    assert {cell.value for cell in book[WORDS_SHEET]["A"][1:]} - {None} == set(formats())
