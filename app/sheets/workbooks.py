"""XLSX and ODS files, whose zip may unfold into anything: measured before the library that reads them sees them.

The parts are unzipped here, counted as they come, and packed again without compression: the reader gets exactly the
bytes that were counted. How many cells they stand for is counted too: a few bytes may say « a billion times the same ».
"""

import datetime
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from tempfile import NamedTemporaryFile
from typing import IO
from xml.parsers import expat

import python_calamine

from app.sheets.errors import ImportRefused
from app.sheets.kinds import kind_of_zip

MOST_UNZIPPED = 64 * 1024 * 1024
MOST_PARTS = 2_000
MOST_CELLS = 4_000_000
CHUNK = 1 << 16

_PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]*)([0-9]+)[\"']")
_CELL_TAGS = {"table:table-cell", "table:covered-table-cell"}

Value = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta


def read_workbook(content: bytes, *, rows: int, columns: int) -> list[list[str]]:
    """The first sheet that holds something, as texts: 28, 11/10/2021, 09:00.

    Raises ImportRefused: unreadable, document, archive, unzips_too_big, too_many_cells, protected, too_many_rows,
    too_many_columns, empty.
    """
    parts = _unzip(content)
    names = {name.lower() for name in parts}
    kind = kind_of_zip(names, parts.get("mimetype", b""))
    if kind == "document" or not names & {"xl/workbook.xml", "content.xml"}:
        raise ImportRefused(kind)
    for name, part in parts.items():
        if name.lower() == "content.xml":
            _measure_ods(part)
        else:
            _measure_xlsx(part)
    # the reader is told which of the two it is: of itself it would try formats that nobody measured
    sheet = _first_sheet(parts, ".xlsx" if "xl/workbook.xml" in names else ".ods")
    if len(sheet) > rows + 1:
        raise ImportRefused("too_many_rows", limit=rows)
    if max(map(len, sheet), default=0) > columns:
        raise ImportRefused("too_many_columns", limit=columns, line=1)
    return sheet


def _unzip(content: bytes) -> dict[str, bytes]:
    """Each part's bytes by its name. Refused by the sizes that the directory tells, and by what really comes out."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_PARTS or sum(e.file_size for e in entries) > MOST_UNZIPPED:
                raise ImportRefused("unzips_too_big", limit=MOST_UNZIPPED // 1024 // 1024)
            if any(e.flag_bits & 0x1 for e in entries):
                raise ImportRefused("protected")
            left = MOST_UNZIPPED
            parts: dict[str, bytes] = {}
            for entry in entries:
                parts[entry.filename] = part = b"".join(_chunks(archive, entry, left))
                left -= len(part)
            return parts
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise ImportRefused("unreadable") from error


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> Iterator[bytes]:
    with archive.open(entry) as part:
        while chunk := part.read(CHUNK):
            left -= len(chunk)
            if left < 0:
                raise ImportRefused("unzips_too_big", limit=MOST_UNZIPPED // 1024 // 1024)
            yield chunk


def _pack(parts: dict[str, bytes], target: IO[bytes]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    target.flush()


def _measure_xlsx(part: bytes) -> None:
    """The reader makes a full grid up to the last cell named: that grid is what must be bounded."""
    widest = lowest = 1
    for letters, figures in _PLACE.findall(part):
        if len(letters) > 3 or len(figures) > 7:
            continue  # no cell of XLSX is named so (XFD1048576 is the last)
        lowest = max(lowest, int(figures))
        column = 0
        for letter in letters.upper():
            column = column * 26 + letter - 64
        widest = max(widest, column)
    if widest * lowest > MOST_CELLS:
        raise ImportRefused("too_many_cells", limit=MOST_CELLS)


class _OdsExtent:
    """Adds up what the repeats of an ODS table unfold to, as the reader does: empty ones at the end do not count."""

    def __init__(self) -> None:
        self.cells = 0
        self.row_repeats = self.width = self.pending = self.pending_rows = 0
        self.repeats, self.empty = 1, True
        self.widest = self.lowest = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "table:table":
            self.widest = self.lowest = self.pending_rows = 0
        elif tag == "table:table-row":
            self.row_repeats = _repeats(attributes, "table:number-rows-repeated")
            self.width = self.pending = 0
        elif tag in _CELL_TAGS:
            self.repeats = _repeats(attributes, "table:number-columns-repeated")
            self.empty = not any(name.startswith(("office:", "table:formula", "calcext:")) for name in attributes)
        else:
            self.empty = False

    def end(self, tag: str) -> None:
        if tag in _CELL_TAGS:
            self.pending += self.repeats
            if not self.empty:
                self.width += self.pending
                self.pending = 0
        elif tag == "table:table-row":
            self._end_row()

    def _end_row(self) -> None:
        self.pending_rows += self.row_repeats
        if self.width:
            self.lowest += self.pending_rows
            self.pending_rows = 0
        self.widest = max(self.widest, self.width)
        if self.widest * self.lowest > MOST_CELLS or self.width > MOST_CELLS:
            raise ImportRefused("too_many_cells", limit=MOST_CELLS)


def _repeats(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(name, "1")
    return min(int(text), 1 << 40) if text.isdecimal() and len(text) < 20 else 1


def _measure_ods(part: bytes) -> None:
    extent = _OdsExtent()
    parser = expat.ParserCreate()
    parser.StartElementHandler = extent.start
    parser.EndElementHandler = extent.end
    try:
        parser.Parse(part, True)
    except (expat.ExpatError, ValueError) as error:
        raise ImportRefused("unreadable") from error


def _first_sheet(parts: dict[str, bytes], suffix: str) -> list[list[str]]:
    with NamedTemporaryFile(suffix=suffix) as packed:
        _pack(parts, packed)
        return _read_first_sheet(packed.name)


def _read_first_sheet(path: str) -> list[list[str]]:
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(path)
        for number in range(len(workbook.sheet_names)):
            rows = workbook.get_sheet_by_index(number).to_python(skip_empty_area=False)
            if any(value != "" for row in rows for value in row):
                return [_texts(row) for row in rows]
    except python_calamine.PasswordError as error:
        raise ImportRefused("protected") from error
    except Exception as error:
        raise ImportRefused("unreadable") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what a fault of the reader's Rust code becomes; no Exception
            raise
        raise ImportRefused("unreadable") from error
    raise ImportRefused("empty")


def _texts(row: Sequence[Value]) -> list[str]:
    return [_text(value) for value in row]


def _text(value: Value) -> str:
    if isinstance(value, datetime.datetime):
        return value.strftime("%d/%m/%Y") if value.time() == datetime.time() else value.strftime("%d/%m/%Y %H:%M")
    if isinstance(value, datetime.date):
        return value.strftime("%d/%m/%Y")
    if isinstance(value, datetime.time):
        return value.strftime("%H:%M")
    if isinstance(value, datetime.timedelta):
        minutes = int(value.total_seconds()) // 60
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
