"""Every number of the report says how it came to be known, in both files, and every correction is on record."""

from __future__ import annotations

import pytest

from campus.quality import LETTERS, NAMES, Code, legend
from tests.reports import reading
from tests.reports.schools import SCHOOLS
from tests.reports.test_readback import cells_of


def named(name: str):
    return next(made for made in SCHOOLS if made.name == name)


@pytest.mark.parametrize("made", SCHOOLS, ids=lambda made: made.name)
def test_every_number_that_was_metered_has_a_code(papers, made):
    report = papers(made).report
    metered = [
        cell
        for cell in cells_of(report)
        if (cell.value is not None or cell.measured is not None)
        and not cell.exact  # a factor
        and not cell.source.startswith("ledger/")  # a finding's rate, judged and not measured
        and not cell.source.endswith("#conflicts")
    ]
    assert metered
    assert [cell for cell in metered if cell.code is None] == []
    assert all(cell.coverage is None or cell.code is not None for cell in cells_of(report))


@pytest.mark.parametrize(
    ("name", "code"), [("rich", Code.MEASURED), ("estimated", Code.ESTIMATED), ("corrected", Code.CORRECTED)]
)
def test_the_tiles_carry_the_code_of_the_year(papers, name, code):
    report = papers(named(name)).report
    assert {tile.main.code for tile in report.tiles} == {code} == {report.carbon.main.code}


def test_what_people_read_is_told_from_what_meters_sent(papers):
    tiles = papers(named("by-hand")).report.tiles
    assert (tiles[0].main.code, tiles[1].main.code) == (Code.MEASURED, Code.HAND)


def test_beside_every_coded_number_of_the_workbook_stands_its_code(papers):
    paper = papers(named("corrected"))
    said = f"{LETTERS[Code.CORRECTED]} {NAMES[Code.CORRECTED].zh}"
    for sheet, key in {"按月": "months", "按楼": "places", "数据质量": "quality"}.items():
        flat = [value for row in reading.sheets(paper.xlsx)[sheet] for value in row]
        cells = [cell for row in getattr(paper.report, key).rows for cell in row]
        assert flat.count(said) == sum(cell.code is Code.CORRECTED for cell in cells) > 0
    summary = reading.sheets(paper.xlsx)["年报"]
    assert any(legend().zh in str(value) for row in summary for value in row)


@reading.needs_pdftotext
def test_the_pdf_prints_letters_legend_share_and_the_record_of_corrections(papers):
    text = "\n".join(reading.pages(papers(named("corrected")).pdf))
    assert "C 更正 · 覆盖率" in text and "更正 6.3 %" in text
    assert "质量码" in text and all(name.zh in text for name in NAMES.values())
    record = text[text.index("更正记录") :]
    for part in ("c1", "用量为 1,234.5 kWh", "抄表核对", "王老师", "c2", "看错表"):
        assert part in record, part


def test_a_correction_that_stands_is_a_limit_the_reader_knows_and_one_withdrawn_is_none(papers):
    report = papers(named("corrected")).report
    assert any("有 1 条更正" in limit.zh and not limit.forbids for limit in report.limits)
    assert len(report.amended.rows) == 2
