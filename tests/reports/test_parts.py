"""Numbers, cells, costs and limits: what is said where something is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.annual_gather import gather
from app.annual_store import Row, Rows, year_of
from campus.registry import Building
from campus.results import Price
from campus.said import Said
from campus.schema import FIGURE, MONTH, SCHOOL_SUBJECT, SeriesId
from campus.units import QUANTITIES
from reports import pdf
from reports.annual import MOST_LIMITS
from reports.cells import NOT_ENOUGH, NOT_MEASURED, brief, cell, change, quotient, words
from reports.cost import NO_PRICE, NOT_ALL, cost
from reports.text import digits, number, percent
from reports.year import Amount, Bill, Medium
from tests.reports.reading import needs_pdftotext, pages
from tests.reports.schools import DONE, NOW, SCHOOLS, YEAR_OF, bounds

WHOLE = Amount("s/school/electricity/2025", "kWh", 1000.0, 0.95, 0.1)
SHORT = replace(WHOLE, coverage=0.8999)
FLAT = Price(0.5, "kWh", "doc")


def medium(*bills: Bill, year: Amount = WHOLE) -> Medium:
    return Medium(QUANTITIES["electricity"], year, None, (None,) * 12, {}, bills)


@given(st.floats(-1e9, 1e9), st.sampled_from(["kWh", "m³", "GJ", "元", "tCO2", "%", "tCO2/人", "kgCO2/m²"]))
def test_a_printed_number_reads_back_to_its_last_digit(value, unit):
    read = float(number(value, unit).replace("\u00a0", ""))
    assert read == pytest.approx(value, abs=0.5 * 10 ** -digits(unit) + 1e-6)


def test_zero_has_no_sign_and_thousands_a_gap():
    assert number(-0.04, "GJ") == "0.0"
    assert number(-1234567.8, "kWh") == "-1\u00a0234\u00a0568"
    assert percent(0.987) == "98.7\u00a0%"


def test_a_total_below_the_coverage_is_not_a_number():
    assert cell(WHOLE).value == 1000.0
    short = cell(SHORT)
    assert (short.value, short.text, short.measured) == (None, NOT_ENOUGH, 1000.0)
    assert cell(None).text == NOT_MEASURED


def test_no_quotient_without_a_denominator_or_a_total():
    assert quotient(WHOLE, 500, "kWh/m²").value == 2.0
    assert quotient(WHOLE, None, "kWh/m²").value is None
    assert quotient(SHORT, 500, "kWh/m²").value is None


def test_no_change_against_a_year_that_is_not_there_not_over_or_not_whole():
    before = replace(WHOLE, value=800.0)
    assert change(WHOLE, before, over=True).value == pytest.approx(25)
    for now, then, over in ((WHOLE, None, True), (WHOLE, before, False), (SHORT, before, True)):
        assert change(now, then, over).value is None
    assert change(WHOLE, replace(SHORT, value=800.0), over=True).value is None
    assert change(WHOLE, replace(before, value=0.0), over=True).value is None


def test_a_year_costs_use_times_price_and_nothing_is_invented():
    assert cost(medium(Bill(WHOLE, FLAT))).value == 500.0
    assert cost(medium(Bill(WHOLE, None))).text == NO_PRICE
    assert cost(medium()).text == NO_PRICE
    assert cost(medium(Bill(WHOLE, Price(0.5, "m³", "doc")))).text == NO_PRICE
    assert cost(medium(Bill(SHORT, FLAT), year=SHORT)).value is None


def test_several_prices_are_taken_where_the_accounts_add_up_to_the_school():
    dear = replace(FLAT, yuan=1.0)
    parts = Bill(replace(WHOLE, value=600.0), FLAT), Bill(replace(WHOLE, value=400.0), dear)
    assert cost(medium(*parts)).value == pytest.approx(700.0)
    assert cost(medium(parts[0], Bill(replace(WHOLE, value=300.0), dear))).text == NOT_ALL


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gaps", ["用电：覆盖率 74.6", "3–4、7 月没有数据", "用水：覆盖率"]),
        ("estimated", ["用电：估算占比 31.0", "超过 10.0"]),
        ("no-price", ["用电：总表的户号没有录入价格"]),
        ("no-area", ["缺建筑面积：在 config/schools/s.toml"]),
        ("abroad", ["用电：地区 GB 没有排放因子", "用气：地区 GB 没有排放因子"]),
        ("no-code-no-people", ["缺统一社会信用代码", "缺用能人数"]),
        ("running", ["年度未结束：数字只到 2025-09-16"]),
        ("water-only", ["没有计量任何产生碳排放的能源"]),
    ],
)
def test_the_box_says_what_is_missing_in_both_languages(papers, name, said):
    report = papers(next(made for made in SCHOOLS if made.name == name)).report
    text = "\n".join(limit.zh.replace("\u00a0", " ") for limit in report.forbidding)
    assert all(part in text for part in said), text
    assert all(limit.en and limit.en != limit.zh for limit in report.limits)
    assert not report.final


def test_months_of_carbon_too_thin_to_be_stored_tell_what_was_measured_and_add_up_to_the_year(papers):
    paper = papers(next(made for made in SCHOOLS if made.name == "running"))
    made = gather(paper.pieces, YEAR_OF).carbon
    begun = [month for month in made.months if month is not None]
    thin = cell(made.months[4])
    assert (thin.value, thin.text) == (None, NOT_ENOUGH)
    assert thin.coverage == pytest.approx(0.998 * 2 / 3)
    assert sum(month.value for month in begun) == pytest.approx(made.total.value)


def test_a_running_month_of_carbon_keeps_the_coverage_it_is_stored_with(papers):
    pieces = papers(next(made for made in SCHOOLS if made.name == "running")).pieces
    series, start = SeriesId(FIGURE, SCHOOL_SUBJECT, "carbon/total", MONTH), bounds(YEAR_OF, 9)[0]
    span = year_of(pieces.registry, YEAR_OF, pieces.clock())
    months = Rows(pieces.registry, span, {(series, start): Row(1.0, 0.92, 0.0)}).months(SCHOOL_SUBJECT, series.name)
    assert months[8].coverage == 0.92


def test_nothing_is_claimed_of_a_medium_without_a_meter(papers):
    report = papers(next(made for made in SCHOOLS if made.name == "water-only")).report
    assert [tile.main.text for tile in report.tiles].count(NOT_MEASURED) == 3
    assert report.carbon.main.value is None


def test_a_school_that_lacks_nothing_waits_for_its_signatures_alone(papers):
    made = next(made for made in SCHOOLS if made.name == "rich")
    priced = replace(made, name="whole", prices=made.prices | {"gas": Price(3.5, "m³", "气价文件")})
    report = papers(priced).report
    assert report.final and report.forbidding == ()


def test_what_a_school_should_enter_is_said_without_the_words_of_a_file(papers):
    report = papers(next(made for made in SCHOOLS if made.name == "no-price")).report
    said = next(limit for limit in report.forbidding if "没有录入价格" in limit.zh)
    assert "在学校文件的户号里填价格" in said.zh and "[[" not in said.zh + said.en


def test_two_registers_of_a_meter_are_told_apart_and_what_was_measured_has_its_unit(papers):
    report = papers(next(made for made in SCHOOLS if made.name == "gaps")).report
    named = [
        tuple(cell.text.zh for cell in row if cell.text not in (None, NOT_ENOUGH)) for row in report.quality.rows
    ]
    assert len(set(named)) == len(named)
    assert {row[2] for row in named} >= {"用电", "上网电量"}
    short = next(cell for row in report.quality.rows for cell in row if cell.measured is not None)
    assert f"\u00a0{short.unit} · " in brief(short, unit=True)


def test_in_tables_what_is_not_enough_is_grey_and_red_stays_with_the_first_page(papers, monkeypatch):
    paper, plain = papers(next(made for made in SCHOOLS if made.name == "gaps")), pdf.typst.compile
    monkeypatch.setattr(pdf.typst, "compile", lambda *args, **more: plain(*args, **more, format="svg"))
    shown = replace(paper.report, limits=paper.report.limits[:MOST_LIMITS])
    first, *others = pdf.render(shown, paper.made.now, "both")
    assert b"#b3261e" in first
    assert others and not any(b"#b3261e" in page for page in others)


@needs_pdftotext
def test_a_row_of_a_table_stands_on_one_page(papers, tmp_path):
    report = papers(next(made for made in SCHOOLS if made.name == "rich")).report
    row = [words(Said(f"QQA{'长' * 150}QQZ", "")) for _ in report.factors.heads]
    (tmp_path / "long.pdf").write_bytes(
        pdf.render(replace(report, factors=replace(report.factors, rows=(tuple(row),) * 20)), NOW, "both")
    )
    with_rows = [page for page in pages(tmp_path / "long.pdf") if "QQ" in page]
    assert len(with_rows) > 1
    assert [page.count("QQA") for page in with_rows] == [page.count("QQZ") for page in with_rows]


@needs_pdftotext
def test_a_school_of_many_buildings_and_findings_still_signs_on_the_second_page(papers):
    named = {
        f"b{n}": Building(f"b{n}", f"第{n}号学生宿舍及实训楼", f"Student dormitory {n}", "dormitory")
        for n in range(24)
    }
    made = replace(
        SCHOOLS[0], name="many", buildings=named, episodes=tuple(replace(DONE[0], id=n) for n in range(12))
    )
    paper = papers(made)
    second, third = pages(paper.pdf)[1:3]
    assert "报出日期" in second and "附表一" in third
    assert "另有 20 栋见附表二" in second and "仍待处理" in second
    assert len(paper.report.places.rows) == 24 + 3
