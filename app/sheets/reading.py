"""A file as an office sends it → a sheet of texts: CSV (UTF-8 or Windows-1252; `;`, `,` or tab), XLSX, ODS.

Everything is bounded, and whatever the bytes are, the outcome is a Sheet or ImportRefused.
"""

import csv
import io
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from app.core.text import fold
from app.sheets.errors import ImportRefused
from app.sheets.kinds import ZIP_MARK, find_kind, is_binary
from app.sheets.workbooks import read_workbook

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 50_000
MOST_COLUMNS = 200
MOST_CHARACTERS = 2_000
SEPARATORS = ";,\t"
SAMPLE = 20

_OLD_EXCEL = (b"\xd0\xcf\x11\xe0", b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08")
"""How .xls files begin: the container of Excel 97 (and of files with a password), then the bare sheets before it."""
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|\?xml|html|head|meta|table|workbook)\b", re.IGNORECASE)
"""What programs write that call a web page, or Excel's XML of 2003, .xls."""
_END = "\x1f"
"""A line after the last one, which no file has: a quotation mark that is still open swallows it."""


@dataclass(frozen=True)
class Row:
    """`line` is the row's number as a spreadsheet shows it, the header being 1 when nothing stands above it."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """Every row has as many cells as the header, or more when it says more. `spreadsheet`: numbers came as numbers."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    spreadsheet: bool = False


def read_sheet(content: bytes) -> Sheet:
    """Read a file's table. Blank rows are left out.

    Raises ImportRefused: too_big, empty, only_header, old_excel, markup, image, pdf, document, archive, utf16, binary,
    encoding, separator, unclosed_quote, too_many_rows, too_many_columns, long_cell, repeated_header; for XLSX and ODS also
    unreadable, unzips_too_big, too_many_cells, protected.
    """
    if len(content) > MOST_BYTES:
        raise ImportRefused("too_big", limit=MOST_BYTES // 1024 // 1024)
    if not content.strip():
        raise ImportRefused("empty")
    if content.startswith(_OLD_EXCEL):
        raise ImportRefused("old_excel")
    if _MARKUP.match(content):
        raise ImportRefused("markup")
    kind = find_kind(content)
    if kind is not None:
        raise ImportRefused(kind)
    if content.startswith(ZIP_MARK):
        return _as_sheet(read_workbook(content, rows=MOST_ROWS, columns=MOST_COLUMNS), spreadsheet=True)
    text = _decode(content)
    return _as_sheet(_parse(text, _find_separator(text)), spreadsheet=False)


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or _looks_like_utf16(content):
        raise ImportRefused("utf16")
    if is_binary(content):
        raise ImportRefused("binary")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        if _is_broken_utf8(content):
            raise ImportRefused("encoding", line=content.count(b"\n", 0, broken.start) + 1) from broken
        try:
            return content.decode("cp1252")
        except UnicodeDecodeError as error:
            raise ImportRefused("encoding", line=content.count(b"\n", 0, error.start) + 1) from error


def _is_broken_utf8(content: bytes) -> bool:
    """Whether a file that is not UTF-8 throughout was meant to be: more letters of UTF-8 than bytes that belong to none."""
    if content.startswith(BOM_UTF8):
        return True
    read = content.decode("utf-8", "ignore")
    return len(read) - len(read.encode("ascii", "ignore")) > len(content) - len(read.encode())


def _looks_like_utf16(content: bytes) -> bool:
    half = max(1, len(content) // 2)
    return any(content[start::2].count(0) > half // 2 for start in (0, 1))


def _find_separator(text: str) -> str:
    """The separator that cuts the header into most columns; a tie goes to the one with which rows are as wide as it."""
    if not text.strip(SEPARATORS + " \r\n\"'"):
        raise ImportRefused("empty")
    best = (1, 0, "")
    for separator in SEPARATORS:
        widths = [len(cells) for cells in _records(text, separator, SAMPLE) if any(c.strip() for c in cells)]
        if widths and widths[0] > 1:
            best = max(best, (widths[0], widths.count(widths[0]), separator))
    if not best[2]:
        _parse(text, SEPARATORS[0])  # a quotation mark that opens in the header makes one column of it
        raise ImportRefused("separator")
    return best[2]


def _records(text: str, separator: str, most: int) -> list[list[str]]:
    records: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            records.append(cells)
            if len(records) >= most:
                break
    except csv.Error:
        return records  # the whole file is read later, and says which line
    return records


def _parse(text: str, separator: str) -> list[list[str]]:
    records: list[list[str]] = []
    reader = csv.reader(chain(io.StringIO(text, newline=""), [_END]), delimiter=separator)
    begins, width = 1, 0
    try:
        for cells in reader:
            if cells == [_END]:
                return records
            width = width or len(cells) * any(c.strip() for c in cells)
            lines = reader.line_num - begins
            if lines > 50 or (lines and any(_swallows_lines(c, separator, width) for c in cells)):
                break
            if len(records) > MOST_ROWS:
                raise ImportRefused("too_many_rows", limit=MOST_ROWS)
            records.append(cells)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise ImportRefused("unclosed_quote", line=begins) from error
    raise ImportRefused("unclosed_quote", line=begins)


def _swallows_lines(cell: str, separator: str, width: int) -> bool:
    """Whether a text over several lines holds whole lines of the table, as after a quotation mark that is not closed.

    In a table of two columns one separator proves little: a comma stands in many remarks.
    """
    inner = cell.splitlines()[1:-1]
    least = 3 if width < 3 else 1
    return _END in cell or (len(inner) >= least and all(line.count(separator) >= max(width - 1, 1) for line in inner))


def _as_sheet(records: Sequence[Sequence[str]], *, spreadsheet: bool) -> Sheet:
    rows = [Row(number, tuple(_tidy(c) for c in cells)) for number, cells in enumerate(records, start=1)]
    rows = [row for row in rows if any(row.cells)]
    if not rows:
        raise ImportRefused("empty")
    for row in rows:
        _require_bounds(row)
    header, body = rows[0], rows[1:]
    if not body:
        raise ImportRefused("only_header")
    if len(body) > MOST_ROWS:
        raise ImportRefused("too_many_rows", limit=MOST_ROWS)
    names = _name_columns(header.cells)
    width = len(names)
    padded = [Row(r.line, (*r.cells, *[""] * (width - len(r.cells)))) for r in body]
    return Sheet(names, tuple(padded), spreadsheet)


def _tidy(cell: str) -> str:
    """One line without spaces around; what people write for « nothing » is nothing."""
    text = " ".join(cell.split())
    return "" if text in {"-", "–", "—"} else text


def _require_bounds(row: Row) -> None:
    if len(row.cells) > MOST_COLUMNS:
        raise ImportRefused("too_many_columns", limit=MOST_COLUMNS, line=row.line)
    for cell in row.cells:
        if len(cell) > MOST_CHARACTERS:
            raise ImportRefused("long_cell", limit=MOST_CHARACTERS, line=row.line)


def _name_columns(cells: Iterable[str]) -> tuple[str, ...]:
    """The header's names; a column without one is called by its number. Empty ones at the end are no columns."""
    found = list(cells)
    while found and not found[-1]:
        found.pop()
    seen: set[str] = set()
    for name in found:
        if name and fold(name) in seen:
            raise ImportRefused("repeated_header", name=name[:60])
        seen.add(fold(name))
    return tuple(name or f"#{number}" for number, name in enumerate(found, start=1))
