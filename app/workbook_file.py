"""Whether a file is a workbook that can be read without harm, told before anything opens it."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from app.workbook_problem import WorkbookInvalid, refused

# A workbook of 200 meters unpacks to 1 MB of XML. Photos pasted into cells stay packed, but count as file.
MOST_XML_BYTES = 16_000_000
MOST_FILE_BYTES = 100_000_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # [MS-CFB] 2.2: old .xls, and .xlsx behind a password
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # [MS-OFFCRYPTO] 2.3.4.4
_ZIP = b"PK"
_TEXT_PROBE = 4096
_MERGED = re.compile(rb'mergeCell\b[^>]*?\bref="\$?[A-Z]+\$?(\d+):\$?([A-Z]+)\$?(\d+)"')
MOST_MERGED_ROWS = 1000  # as one merged area; the library makes every cell of it


def check_file(path: Path) -> None:
    """Raise `WorkbookInvalid`, with a sentence that says what to do, where the file is no workbook to be read."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(_TEXT_PROBE)
            rest = file.read(MOST_FILE_BYTES) if head.startswith(_OLE) else b""
    except OSError as error:
        raise refused(
            path.name, f"打不开（{error.strerror}）", f"cannot be read ({error.strerror}): close it elsewhere"
        ) from error
    if not head.startswith(_ZIP):
        raise _no_workbook(path, head, rest)
    if size > MOST_FILE_BYTES:
        raise refused(
            path.name,
            f"文件超过 {MOST_FILE_BYTES // 1_000_000} MB：照片请存成文件，单元格里只写文件名",
            f"is larger than {MOST_FILE_BYTES // 1_000_000} MB: keep photos as files, with their names in the cells",
        )
    _check_parts(path)


def _no_workbook(path: Path, head: bytes, rest: bytes) -> WorkbookInvalid:
    if head.startswith(_OLE) and _ENCRYPTED in head + rest:
        return refused(
            path.name, "有打开密码：请取消密码后另存为 .xlsx", "has a password: take it off and save it as .xlsx"
        )
    if head.startswith(_OLE):
        return refused(path.name, "是旧的 .xls 格式：请另存为 .xlsx", "is an old .xls: save it as .xlsx")
    if head and b"\0" not in head:
        return refused(
            path.name,
            "是文本（如 .csv），不是 .xlsx：请用表格软件打开模板，把内容粘贴进去",
            "is text (such as .csv), not .xlsx: open the template in a spreadsheet and paste the rows into it",
        )
    return refused(path.name, "不是 .xlsx 工作簿", "is no .xlsx workbook: make one with campus meters template")


def _check_parts(path: Path) -> None:
    """Look into the archive: it must be whole, without macros, and small once unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            texts = [part for part in parts if part.filename.endswith((".xml", ".rels", ".vml"))]
            if sum(part.file_size for part in texts) > MOST_XML_BYTES:
                raise refused(
                    path.name,
                    f"解压后超过 {MOST_XML_BYTES // 1_000_000} MB，不像调研表：请把内容复制到新模板里",
                    f"unpacks to more than {MOST_XML_BYTES // 1_000_000} MB, as no survey does:"
                    " copy its rows into a new template",
                )
            odd = any(_swells(archive.read(part)) for part in texts)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise refused(path.name, "文件损坏，读不出来", "is damaged: save it again, or use another copy") from error
    if any(part.filename.endswith("vbaProject.bin") for part in parts):
        raise refused(path.name, "含有宏：请另存为不含宏的 .xlsx", "holds macros: save it as .xlsx, without macros")
    if odd or not any(part.filename == "xl/workbook.xml" for part in parts):
        raise refused(path.name, "不是 .xlsx 工作簿", "is no .xlsx workbook: make one with campus meters template")


def _swells(part: bytes) -> bool:
    """Whether a part grows when it is read: by entities, or by merged areas of a million cells."""
    return b"<!DOCTYPE" in part or any(
        int(last) - int(first) > MOST_MERGED_ROWS or len(column) > 2 for first, column, last in _MERGED.findall(part)
    )
