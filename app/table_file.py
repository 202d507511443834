"""Opening a file of readings, whatever it is: its rows, or one sentence that says why there are none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from app import table_text, workbook_rows
from app.table_problem import FileRefused
from app.table_text import Track
from ingest.table import Row

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # [MS-CFB] 2.2: old .xls, and .xlsx behind a password
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # [MS-OFFCRYPTO] 2.3.4.4
_KINDS = {b"\x89PNG": "图片 / picture", b"\xff\xd8\xff": "图片 / picture", b"GIF8": "图片 / picture"} | {
    b"%PDF": "PDF",
    b"\x1f\x8b": "gzip",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
}
_PROBE = 4096
_FIRST_LINES = 60


@dataclass(frozen=True, slots=True)
class Table:
    """A file that can be read as rows: `size` is its length [bytes of a text; 0 for a workbook]."""

    path: Path
    size: int = 0
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    others: tuple[str, ...] = ()

    def rows(self, track: Track) -> Iterator[Row]:
        """Yield the rows; `track` is told how far they have been read."""
        if self.sheet:
            return workbook_rows.rows(self.path, self.sheet, track)
        return table_text.rows(self.path, (self.encoding, self.delimiter), track)


def open_table(path: Path, sheet: str = "") -> Table:
    """Return a file's table; raises `FileRefused` for what is none."""
    try:
        with path.open("rb") as file:
            head = file.read(_PROBE)
            rest = file.read(table_text.BLOCK) if head.startswith(_OLE) else b""
        size = path.stat().st_size
    except OSError as error:
        raise FileRefused(path.name, f"打不开（{error.strerror}）", f"cannot be read ({error.strerror})") from error
    if head.startswith(_OLE):
        raise _old(path, _ENCRYPTED in head + rest)
    if head.startswith(b"PK"):
        return _workbook(path, sheet)
    return _text(path, head, size)


def _old(path: Path, encrypted: bool) -> FileRefused:
    if encrypted:
        return FileRefused(
            path.name, "有打开密码：请取消密码后另存为 .xlsx", "has a password: take it off and save it as .xlsx"
        )
    return FileRefused(
        path.name, "是旧的 .xls 格式：请另存为 .xlsx 或 .csv", "is an old .xls: save it as .xlsx or .csv"
    )


def _workbook(path: Path, wanted: str) -> Table:
    workbook_rows.check_archive(path)
    titles = workbook_rows.sheets(path)
    if wanted and wanted not in titles:
        known = ", ".join(titles)
        raise FileRefused(path.name, f"没有工作表 {wanted}，只有：{known}", f"has no sheet {wanted}; it has: {known}")
    for title in [wanted] if wanted else titles:
        table = Table(path, sheet=title, others=tuple(other for other in titles if other != title))
        if next(table.rows(_nobody), None) is not None:
            return table
    raise FileRefused(path.name, "是空的", "is empty")


def _text(path: Path, head: bytes, size: int) -> Table:
    for magic, kind in _KINDS.items():
        if head.startswith(magic):
            raise FileRefused(path.name, f"不是表格（{kind}）", f"is no table ({kind})")
    encoding = table_text.encoding_of(path)
    first = list(islice(table_text.lines(path, encoding, _nobody), _FIRST_LINES))
    probe = "\n".join(first)[:_PROBE]
    if table_text.looks_binary(probe):
        raise FileRefused(path.name, "不是文本，也不是 .xlsx", "is neither text nor .xlsx")
    if probe.lstrip().lower().startswith(("<html", "<!doctype", "<?xml", "<table", "<head")):
        raise FileRefused(
            path.name,
            "是网页（或改了后缀的网页表格）：请用表格软件打开后另存为 .xlsx 或 .csv",
            "is a web page, whatever its name says: open it in a spreadsheet and save it as .xlsx or .csv",
        )
    table = Table(path, size, encoding, table_text.delimiter_of(first))
    if next(table.rows(_nobody), None) is None:
        raise FileRefused(path.name, "是空的", "is empty")
    return table


def _nobody(_: int) -> None:
    """Track nothing."""
