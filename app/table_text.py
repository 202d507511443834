"""Text of unknown encoding as rows: by its bytes, never by the machine's own settings; line by line, however long."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from app.table_problem import FileRefused
from ingest.table import Row

BLOCK = 2**20
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_PROBE = 4096
_UNMARKED = 0.1  # of the bytes that are 0, all in second place: UTF-16 without its mark
_HIGH = re.compile(rb"[\x80-\xff]+")
_DELIMITERS = "\t;|,"
_SNIFFED = 60  # lines
_AGREE = 0.7  # of the lines that a delimiter must part alike
_LONGEST_CELL = 8  # lines that a quoted cell may span: headings have line breaks in them, data have not
_LONGEST_LINE = 2**20  # characters: a row of a year of quarters takes half of it
_CUT = "文件在这一行中间断了 / the file breaks off in the middle of this row"
_NOT_TEXT = re.compile("[\x01-\x08\x0e-\x1b]")
_UNENDED = "\x00"  # at the end of a last line that nothing ends: the file may have been cut off in it
_UNWANTED = re.compile("[\x00\ufffd\ufeff]")

Track = Callable[[int], None]


def encoding_of(path: Path) -> str:
    """Return the encoding: by its mark, else UTF-8 where all of it is, else GB 18030 or cp1252.

    Chinese text has its high bytes in pairs (GB 2312: both from A1 on), Western text one by one.
    """
    with path.open("rb") as file:
        head = file.read(_PROBE)
        for mark, name in _MARKS:
            if head.startswith(mark):
                return name
        if b"\0" not in head[::2] and head[1::2].count(0) > _UNMARKED * len(head):
            return "utf-16-le"
        file.seek(0)
        decoder, paired, single = codecs.getincrementaldecoder("utf-8")(), 0, 0
        good = True
        while block := file.read(BLOCK):
            good = good and _decodes(decoder, block)
            for run in _HIGH.findall(block):
                pairs = len(run) % 2 == 0 and min(run) >= 0xA1
                paired, single = paired + pairs * len(run), single + (not pairs) * len(run)
    if good:
        return "utf-8"
    return "gb18030" if paired > single else "cp1252"


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes) -> bool:
    try:
        decoder.decode(block)
    except UnicodeDecodeError:
        return False
    return True


def lines(path: Path, encoding: str, track: Track) -> Iterator[str]:
    """Yield a file's lines, whatever ends them; `track` is told how many bytes have been read."""
    decoder, rest, read = codecs.getincrementaldecoder(encoding)("replace"), "", 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            text = rest + decoder.decode(block)
            read += len(block)
            # The last line may go on, and a \r at the end may have its \n in the next block.
            held = "\r" if text.endswith("\r") else ""
            *whole, rest = text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n").split("\n")
            rest += held
            if len(rest) > _LONGEST_LINE:
                raise FileRefused(path.name, "一行太长，不是表格", "has a line too long for a table")
            for line in whole:
                yield _UNWANTED.sub("", line)
            track(read)
    if last := _UNWANTED.sub("", rest + decoder.decode(b"", True)):
        yield last.removesuffix("\r") if last.endswith("\r") else f"{last}{_UNENDED}"


def delimiter_of(first: list[str]) -> str:
    """Return what parts the cells: as the file says (`sep=`), else the strongest mark that most lines have."""
    if first and (said := re.fullmatch(r"\s*sep=(.?)\s*", first[0], re.IGNORECASE)):
        return said[1] or ","
    told = [re.sub(r'"[^"]*"', "", line) for line in first if line.strip()]
    for mark in _DELIMITERS:
        counts = Counter(line.count(mark) for line in told)
        counts.pop(0, None)
        if counts and sum(counts.values()) >= _AGREE * len(told):
            return mark
    return max(_DELIMITERS, key=lambda mark: sum(line.count(mark) for line in told))


def rows(path: Path, how: tuple[str, str], track: Track) -> Iterator[Row]:
    """Yield a text's rows, numbered by its lines; `how` are encoding and delimiter. A blank line is no row."""
    encoding, delimiter = how
    numbered = enumerate(lines(path, encoding, track), 1)
    waiting: list[tuple[int, str]] = []
    width = 0
    while True:
        number, line = waiting.pop(0) if waiting else next(numbered, (0, ""))
        if not number:
            return
        if not line.strip() or re.fullmatch(r"\s*sep=.?\s*", line, re.IGNORECASE):
            continue
        ended = not line.endswith(_UNENDED)
        line = line.removesuffix(_UNENDED)
        if line.count('"') % 2 == 0:
            cells = _cells(line, delimiter)
            cut = not ended and len(cells) < width
            width = max(width, len(cells))
            yield Row(number, cells, _CUT if cut else "")
            continue
        for _ in range(len(waiting), _LONGEST_CELL):
            waiting.append(next(numbered, (0, "")))
        yield _open_quote((number, line), waiting, (delimiter, width))


def _open_quote(first: tuple[int, str], waiting: list[tuple[int, str]], how: tuple[str, int]) -> Row:
    """Return the row of a line whose quote stays open: with the lines it goes on in, or broken, alone.

    A line that is a row by itself is never swallowed by the broken quote of another.
    """
    (number, text), (delimiter, width) = first, how
    for taken, (other, line) in enumerate(waiting, 1):
        if not other or (width > 2 and line.count(delimiter) + 1 > width // 2):
            break
        text += f"\n{line.removesuffix(_UNENDED)}"
        if line.count('"') % 2:
            del waiting[:taken]
            return Row(number, _cells(text, delimiter))
    return Row(number, (first[1][:80],), "引号没有配对 / a quote is never closed")


def _cells(line: str, delimiter: str) -> tuple[str, ...]:
    if '"' not in line:
        return tuple(cell.strip() for cell in line.split(delimiter))
    return tuple(cell.strip() for cell in next(csv.reader(line.splitlines(keepends=True), delimiter=delimiter)))


def looks_binary(head: str) -> bool:
    """Whether a text holds what no text holds."""
    return bool(_NOT_TEXT.search(head))
