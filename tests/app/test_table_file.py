"""Opening files: whatever the encoding, the line ends and the quotes; what is no table is one sentence."""

import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import table_text
from app.table_file import open_table
from app.table_problem import FileRefused
from tests.sizes import examples

CHINESE = "表号,抄表时间,用电量\nA1,2026-11-21 00:00,1.5\n"
WESTERN = "Zähler,Zeit,Wärme m³\nA1,2026-11-21 00:00,1.5\n"


def rows(tmp_path, content, name="f.csv"):
    """Return the rows of a file of these bytes."""
    path = tmp_path / name
    path.write_bytes(content)
    return list(open_table(path).rows(lambda _: None))


def cells(tmp_path, content):
    """Return the cells of every row."""
    return [row.cells for row in rows(tmp_path, content)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030", "gbk"])
def test_chinese_text_is_read_in_every_encoding_that_writes_it(tmp_path, encoding):
    assert rows(tmp_path, CHINESE.encode(encoding))[0].cells == ("表号", "抄表时间", "用电量")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_western_text_is_read_in_every_encoding_that_writes_it(tmp_path, encoding):
    assert rows(tmp_path, WESTERN.encode(encoding))[0].cells == ("Zähler", "Zeit", "Wärme m³")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_counts_as_one_line(tmp_path, end):
    assert [row.number for row in rows(tmp_path, f"a,b{end}1,2{end}{end}3,4{end}".encode())] == [1, 2, 4]


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(st.lists(st.text("ab表é,\"; '", max_size=6), min_size=2, max_size=4), min_size=1, max_size=6),
    st.integers(1, 40),
    st.sampled_from(["\n", "\r\n"]),
)
def test_lines_are_whole_wherever_the_blocks_of_a_long_file_end(tmp_path_factory, table, block, end):
    path = tmp_path_factory.mktemp("blocks") / "f.csv"
    lines = [";".join(row) for row in table]
    path.write_bytes(end.join(lines).encode() + end.encode())
    before, table_text.BLOCK = table_text.BLOCK, block
    try:
        read = list(table_text.lines(path, "utf-8", lambda _: None))
    finally:
        table_text.BLOCK = before
    assert read == lines


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_what_parts_the_cells_is_found(tmp_path, mark):
    text = f"meter{mark}time{mark}value in kWh\nA{mark}2026-11-21{mark}1.5\n"
    assert {len(row) for row in cells(tmp_path, text.encode())} == {3}


def test_a_decimal_comma_does_not_part_cells(tmp_path):
    assert cells(tmp_path, b"a;b;c\n1,5;2,5;3,5\n2,5;3,5;4,5\n")[1] == ("1,5", "2,5", "3,5")


def test_the_mark_a_file_names_itself_is_taken(tmp_path):
    assert cells(tmp_path, b"sep=;\na;b\n1,5;2\n") == [("a", "b"), ("1,5", "2")]


def test_a_broken_quote_costs_its_own_row_and_no_other(tmp_path):
    broken, whole = '"A","2026-11\n', '"A","2026-11-21",3,4\n'
    found = rows(tmp_path, f"id,day,value,x\n{whole}{broken}{whole}{broken}{whole}".encode())
    assert [row.number for row in found if row.fault] == [3, 5] and len(found) == 6
    assert found[3].cells == ("A", "2026-11-21", "3", "4")


def test_a_heading_of_two_lines_is_one_row(tmp_path):
    found = rows(tmp_path, b'"Meter\nNumber","Reading\nDate",Use\nA,2026-11-21,3\n')
    assert found[0].cells == ("Meter\nNumber", "Reading\nDate", "Use") and found[1].number == 4


def test_a_file_cut_off_in_a_row_loses_that_row_and_says_so(tmp_path):
    whole = rows(tmp_path, b"a,b,c\n1,2,3\n4,5,6")
    cut = rows(tmp_path, b"a,b,c\n1,2,3\n4,5.")
    assert not whole[-1].fault and "breaks off" in cut[-1].fault


def test_null_bytes_of_a_mangled_file_are_left_out(tmp_path):
    assert cells(tmp_path, b"a\0,\0b\0\n1\0,\x002\0\n") == [("a", "b"), ("1", "2")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\n\n  \n", "is empty"),
        (b"sep=,\n", "is empty"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "old .xls"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "web page"),
        (b"  <!DOCTYPE html>\n<p>", "web page"),
        (bytes(range(256)) * 4, "neither text"),
        (b"PK\x03\x04 but no archive", "cannot be read"),
    ],
)
def test_what_is_no_table_is_said_in_one_sentence_of_both_languages(tmp_path, content, sentence):
    with pytest.raises(FileRefused, match=sentence) as refused:
        rows(tmp_path, content, "f.xls")
    assert str(refused.value).startswith("f.xls: ") and "\n" not in str(refused.value)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in str(refused.value))


def test_an_archive_that_is_no_workbook_is_refused(tmp_path):
    path = tmp_path / "f.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "1,2")
    with pytest.raises(FileRefused, match="unpack it"):
        open_table(path)


def test_a_line_without_end_does_not_fill_the_memory(tmp_path):
    with pytest.raises(FileRefused, match="too long"):
        rows(tmp_path, b"a," * 3_000_000)
