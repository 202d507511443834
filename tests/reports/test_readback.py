"""Every number of both files is read back, and is the store's to the printed precision."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict

import pytest

from app.explain import ask, explain
from reports.cells import Cell
from tests.reports import reading
from tests.reports.schools import SCHOOLS

pytestmark = [
    reading.needs_pdftotext,
    pytest.mark.parametrize("made", SCHOOLS, ids=lambda made: made.name),
]
LEAST_COVERAGE = 0.9


@pytest.fixture
def paper(made, papers):
    return papers(made)


def cells_of(report) -> list[Cell]:
    inside = [cell for table in report.tables() for row in table.rows for cell in row]
    return [*(entry.cell for entry in report.entries()), *inside]


def expected(paper, cell: Cell) -> float:
    """Return what the store says a cell with a source is."""
    return reading.reckoned(paper.store, cell.source) * (100 if cell.unit == "%" else 1)


def test_every_number_names_stored_figures_and_is_what_they_come_to(paper):
    with_numbers = [cell for cell in cells_of(paper.report) if cell.value is not None]
    assert with_numbers
    for cell in with_numbers:
        assert cell.source, cell
        assert cell.value == pytest.approx(expected(paper, cell), rel=1e-9, abs=1e-9), cell.source
        assert cell.coverage is None or cell.coverage >= LEAST_COVERAGE


def test_every_stored_figure_a_number_names_can_be_explained(paper):
    named = {name for cell in cells_of(paper.report) for name in reading.names(cell.source)}
    assert named
    for name in named:
        assert explain(ask(name, {"s": paper.pieces.registry}), paper.pieces.store, paper.pieces.registry, "zh"), name


def test_a_total_below_the_coverage_is_words_and_what_was_measured_is_the_stores(paper):
    for cell in cells_of(paper.report):
        if cell.measured is not None:
            assert cell.value is None and cell.text is not None
            assert cell.measured == pytest.approx(expected(paper, cell), rel=1e-9)
            assert cell.coverage < LEAST_COVERAGE


def test_the_workbooks_summary_holds_the_stores_numbers_and_their_trust(paper):
    rows = reading.sheets(paper.xlsx)["年报"]
    listed = [row for row in rows if isinstance(row[9], str) and re.match(r"s/", row[9])]
    assert listed
    for row in listed:
        unit = str(row[2]).replace("₂", "2")
        number = row[1] if isinstance(row[1], int | float) else row[7]
        if number is None:
            continue
        came_to = reading.reckoned(paper.store, row[9]) * (100 if unit == "%" else 1)
        assert number == pytest.approx(came_to, rel=1e-9, abs=1e-9), row
        if re.fullmatch(r"s/[^ ]+", row[9]):
            _, covered, estimated = reading.stored(paper.store, row[9])
            assert row[5] == pytest.approx(estimated)
            assert row[4] >= covered - 1e-9
            if "/intensity/" not in row[9]:  # what is taken off another leaves a greater share
                assert (row[6] or 0.0) == pytest.approx(paper.made.corrected)


def test_the_workbooks_months_are_the_stores(paper):
    head, *rows = reading.sheets(paper.xlsx)["按月"][1:]
    found = 0
    for row in (row for row in rows if row[0]):
        for column, title in enumerate(head):
            quantity = QUANTITY.get(str(title).split(" ")[0].split("\n")[0])
            if quantity and isinstance(row[column], int | float):
                value, covered, estimated = reading.stored(paper.store, f"s/school/{quantity}/{row[0]}")
                assert row[column] == pytest.approx(value)
                assert row[column + 2] >= covered - 1e-9  # of a running month, over what has passed of it
                assert row[column + 3] == pytest.approx(estimated)
                found += 1
    assert found


QUANTITY = {
    "用电": "electricity",
    "用水": "water",
    "用气": "gas",
    "用热": "heat",
    "光伏发电": "generation",
    "上网电量": "electricity_export",
    "碳排放": "carbon/total",
}


def test_the_workbooks_tables_hold_their_cells_numbers(paper):
    in_sheets = {"按月": "months", "按楼": "places", "因子": "factors", "数据质量": "quality"}
    for sheet, key in in_sheets.items():
        rows = reading.sheets(paper.xlsx)[sheet]
        there = sorted(v for row in rows[2:] for v in row if isinstance(v, int | float))
        cells = [cell for row in getattr(paper.report, key).rows for cell in row]
        wanted = sorted(v for c in cells for v in (c.value, c.coverage, c.estimated) if v is not None)
        assert there == pytest.approx(wanted)


def test_every_number_of_the_report_stands_in_the_pdf(paper):
    text = "\n".join(reading.pages(paper.pdf))
    there = Counter(reading.numbers(text))
    wanted: Counter[str] = Counter()
    for cell in cells_of(paper.report):
        number = cell.value if cell.value is not None else cell.measured
        if number is not None:
            scale = 100 if cell.unit == "%" else 1
            came_to = number if cell.unit == "%" else reading.reckoned(paper.store, cell.source) * scale
            wanted[reading.printed(came_to, cell.unit, cell.exact)] += 1
    memo = Counter(
        reading.printed(e.cell.measured, e.cell.unit) for e in paper.report.memo if e.cell.measured is not None
    )
    assert wanted - memo - there == Counter()


def test_each_row_of_the_pdfs_tables_has_its_own_numbers(paper):
    lines = [line for page in reading.pages(paper.pdf)[1:] for line in page.splitlines()]
    for table in (paper.report.months, paper.report.where, paper.report.compared, paper.report.places):
        for row in table.rows:
            name = row[0].text.zh
            wanted = [reading.printed(c.value, c.unit, c.exact) for c in row[1:] if c.value is not None]
            mine = [line for line in lines if line.strip().startswith(name + " ")]
            assert any(reading.numbers(line.replace(name, "", 1)) == wanted for line in mine), (name, wanted, mine)


def test_the_pdf_prints_no_number_that_is_not_a_cells_or_a_texts(paper):
    """Whatever is printed is a figure, its trust, or part of a text that the report carries."""
    known = set(reading.numbers(_texts(asdict(paper.report))))
    for cell in cells_of(paper.report):
        for number in (cell.value, cell.measured):
            if number is not None:
                known.add(reading.printed(number, cell.unit, cell.exact))
        shares = (cell.coverage, cell.estimated, cell.corrected)
        known |= {f"{100 * share:.1f}" for share in shares if share is not None}
    known |= {"1", "2", "3", "4", "5"}  # pages, appendices
    for at, page in enumerate(reading.pages(paper.pdf)):
        body = page if at else page[: page.index("三、一年的走势")] + page[page.index("四、本报告的限制") :]
        assert set(reading.numbers(body)) - known - set(reading.numbers(paper.report.inputs)) == set()


def _texts(value: object) -> str:
    if isinstance(value, dict):
        return "\n".join(_texts(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return "\n".join(_texts(inner) for inner in value)
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""
