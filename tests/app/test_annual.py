"""`campus report annual`: whole or not at all, the same from the same store, names as they are, errors that help."""

from __future__ import annotations

import os
import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from app import account
from app.annual import CannotWrite, build
from app.annual_gather import NoYear, Pieces, gather
from app.annual_store import NotBegun
from app.cli import main
from app.settings import load_settings
from app.wiring import install
from campus.registry import Account, Building, School
from campus.results import Price
from campus.schema import FIGURE, SCHOOL_SUBJECT, YEAR, SeriesId
from campus.tariff import flat
from tests.app.test_derive import PLAIN, START, Pipe, everything
from tests.reports import reading, schools
from tests.reports.schools import Episodes, Made

pytestmark = reading.needs_pdftotext

SCHOOL = """[school]
key = "ours"
name = "我们学校"
name_en = "Ours"
type = "primary"
timezone = "Asia/Shanghai"
region = "CN-SD"
calendar = "CN"
"""
METER = """
[[meter]]
key = "tap"
name = "总水表"
topic = "campus/ours/tap"
format = "native"
quantity = "water"
unit = "m³"
interval = "15min"
arrival = "live"
"""
NASTY = "=cmd|' /C calc'!A1 #panic() *b* $x$ [a] <script>alert(1)</script> @f \\\\ \"q\" _u_ `c` //"


@pytest.fixture
def rich(tmp_path):
    (tmp_path / "rich").mkdir()
    with_store = schools.pieces(Made("rich", media=("electricity", "water")), tmp_path / "rich" / "store.sqlite")
    with closing(with_store.store):
        yield with_store


@pytest.fixture
def installed(tmp_path, monkeypatch):
    (tmp_path / "config" / "schools").mkdir(parents=True)
    (tmp_path / "config" / "schools" / "ours.toml").write_text(SCHOOL, encoding="utf-8")
    (tmp_path / "data" / "journal").mkdir(parents=True)
    monkeypatch.setenv("CAMPUS_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("CAMPUS_DATA", str(tmp_path / "data"))
    return tmp_path


def text_of(pdf: Path) -> str:
    read = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, check=True).stdout
    return read.decode().replace("\u00a0", " ")


@pytest.mark.usefixtures("installed")
def test_an_unknown_school_is_answered_with_the_nearest():
    result = CliRunner().invoke(main, ["report", "annual", "--school", "our", "--year", "2025"])
    assert result.exit_code == 2
    assert "did you mean ours" in result.output


def test_a_year_without_data_is_a_sentence_and_no_file(installed):
    asked = ["report", "annual", "--school", "ours", "--year", "2025", "--out", str(installed / "out")]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 1
    assert "no data of ours in 2025" in result.output
    assert not (installed / "out").exists()


def test_the_command_writes_both_files_and_says_what_forbids_a_final_one(installed):
    school = installed / "config" / "schools" / "ours.toml"
    school.write_text(SCHOOL + METER, encoding="utf-8")
    installation = install(load_settings(os.environ))
    with closing(installation.stores):
        schools.Filler(Made("ours"), installation.registries["ours"], installation.stores["ours"]).fill()
    asked = ["report", "annual", "--school", "ours", "--year", "2025", "--out", str(installed / "out")]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 1, result.output
    assert {path.suffix for path in (installed / "out").iterdir()} == {".pdf", ".xlsx"}
    assert "不得定稿 not final: 缺用能人数" in result.output
    assert "不得定稿 not final: 用水：总表的户号没有录入价格" in result.output


def test_the_years_there_are_is_said(rich, tmp_path):
    with pytest.raises(NoYear, match="figures of 2024, 2025, 2026"):
        build(rich, 2021, tmp_path)


def test_a_year_that_has_not_begun_is_refused(rich, tmp_path):
    with pytest.raises(NotBegun):
        build(rich, 2031, tmp_path)


def test_a_folder_that_takes_nothing_is_named(rich, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match="cannot write"):
        build(rich, 2025, tmp_path / "file" / "inside")


def test_an_earlier_report_is_replaced_and_nothing_else_is_left(rich, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "s-2025-annual.pdf").write_text("old")
    built = build(rich, 2025, out)
    assert built.pdf.read_bytes().startswith(b"%PDF")
    assert sorted(path.name for path in out.iterdir()) == ["s-2025-annual.pdf", "s-2025-annual.xlsx"]


def test_the_same_store_at_the_same_time_gives_the_same_bytes(rich, tmp_path):
    first, second = build(rich, 2025, tmp_path / "a"), build(rich, 2025, tmp_path / "b")
    assert first.pdf.read_bytes() == second.pdf.read_bytes()
    assert first.xlsx.read_bytes() == second.xlsx.read_bytes()


def test_the_hash_is_the_stores_and_not_the_clocks(rich):
    later = replace(rich, clock=lambda: schools.NOW + timedelta(days=90))
    assert gather(rich, 2025).inputs == gather(later, 2025).inputs
    renamed = replace(rich.registry, school=replace(rich.registry.school, people=1))
    assert gather(replace(rich, registry=renamed), 2025).inputs != gather(rich, 2025).inputs


def test_names_come_out_as_they_are_and_no_formula_is_written(tmp_path):
    school = School("s", NASTY, NASTY, "primary", schools.ZONE, "CN-SD", "CN", code="=1+1", people=10)
    building = Building("teaching", f"-{NASTY}", "", "teaching", 100.0)
    made = Made("nasty", school=school, buildings={"teaching": building}, media=("electricity",))
    with closing((pieces := schools.pieces(made, tmp_path / "store.sqlite")).store):
        built = build(pieces, 2025, tmp_path)
    text = " ".join(text_of(built.pdf).split())
    for part in ("=cmd|", "#panic()", "*b*", "$x$", "[a]", "<script>alert(1)</script>", "@f", "_u_", "`c`", "=1+1"):
        assert part in text, part
    book = openpyxl.load_workbook(built.xlsx)
    cells = [cell for page in book for row in page.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert any(isinstance(cell.value, str) and cell.value.startswith("=cmd") and cell.quotePrefix for cell in cells)


def test_chinese_alone_leaves_the_english_out(rich, tmp_path):
    text = text_of(build(rich, 2025, tmp_path, "zh").pdf)
    assert "一、一页看懂" in text and "The year at a glance" not in text


def test_the_headings_are_those_of_the_form(rich, tmp_path):
    text = text_of(build(rich, 2025, tmp_path).pdf)
    headings = ["一、一页看懂", "二、与定额相比", "三、一年的走势", "四、本报告的限制", "五、用在哪里", "六、比去年"]
    headings += [
        "七、做了什么、省了多少",
        "八、明年目标与措施",
        "不计入合计",
        "填表人",
        "统计负责人(后勤处)",
        "财务核对",
    ]
    headings += ["财务核对", "单位负责人(校长)", "(公章)", "联系电话", "报出日期", "不得定稿", "重新生成可核对"]
    assert "示范学校 2025 年度能源资源消费与碳排放年报" in text
    places = [text.find(heading) for heading in headings[:8]]
    assert places == sorted(places) and -1 not in places
    assert [heading for heading in headings if heading not in text] == []


def test_without_the_systems_fonts_the_one_that_comes_along_sets_it(rich, tmp_path, monkeypatch):
    from reports import pdf

    plain = pdf.typst.compile
    monkeypatch.setattr(pdf.typst, "compile", lambda *a, **more: plain(*a, **more, ignore_system_fonts=True))
    assert "一、一页看懂" in text_of(build(rich, 2025, tmp_path).pdf)


def test_carbon_that_is_not_what_factors_give_now_keeps_it_a_draft(rich, monkeypatch):
    doubled = tuple(replace(row, value=2 * row.value) for row in account.factors.shipped())
    assert not gather(rich, 2025).stale
    monkeypatch.setattr(account.factors, "shipped", lambda: doubled)
    assert gather(rich, 2025).stale


def test_from_readings_to_the_paper(tmp_path):
    """The real path: messages, journal, drain, derive, carbon, report; the year is the main meter's readings."""
    (tmp_path / "pipe").mkdir()
    price = Account("power", "electricity", "1", "flat", flat(Price(0.5, "kWh", "doc")))
    main_meter = replace(PLAIN.meters["main"], account="power")
    known = replace(PLAIN, accounts={"power": price}, meters=PLAIN.meters | {"main": main_meter})
    with closing(Pipe(tmp_path / "pipe", known)) as pipe:
        pipe.journal(everything())
        pipe.drain()
        pipe.derive()
        account.write_carbon(pipe.store, known, account.first_month(pipe.store, known))
        now = datetime(2026, 3, 5, tzinfo=UTC)
        built = build(Pieces(known, pipe.store, Episodes(), lambda: now), 2026, tmp_path)
        year = SeriesId(FIGURE, SCHOOL_SUBJECT, "electricity", YEAR)
        rows = pipe.store.series([year], START - timedelta(days=365), START)[year]
    cells = [row for row in openpyxl.load_workbook(built.xlsx)["年报"].iter_rows(values_only=True) if row[0]]
    electricity = next(row for row in cells if str(row[0]).startswith("电 "))
    assert "数据不足" in str(electricity[1])
    assert electricity[7] == pytest.approx(float(rows.value[0]))
    assert electricity[9] == "s/school/electricity/2026"
    assert [limit.zh for limit in built.forbidding if "用电：覆盖率" in limit.zh]
