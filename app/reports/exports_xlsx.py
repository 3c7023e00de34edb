"""A list as XLSX (ECMA-376), written row by row in flat memory: texts as texts, numbers as numbers, dates as dates."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from app.reports.exports import Cell, Sheet, plain_text

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS = 1_048_575
"""What a sheet holds under its head."""
LONGEST_TEXT = 32_767
SAMPLE = 200
LEAST_WIDTH, MOST_WIDTH = 8, 48
_DAY, _MOMENT = "dd/mm/yyyy", "dd/mm/yyyy hh:mm"
_FORBIDDEN = dict.fromkeys(map(ord, "[]:*?/\\'"), " ")


def write_xlsx(
    target: IO[bytes], sheet: Sheet, *, made_at: datetime, progress: Callable[[int], None] = lambda _rows: None
) -> int:
    """Write the sheet, its head frozen and with a filter on each column; how many rows there were.

    `progress` is told the rows written so far, after each. Raises OverflowError beyond MOST_ROWS rows.
    """
    from xlsxwriter import Workbook  # a twentieth of a web process' start, and only the worker writes sheets

    with TemporaryDirectory(prefix="parcours-xlsx-") as folder:  # what is half written goes with it, whatever happens
        options = {"constant_memory": True, "tmpdir": folder, "in_memory": False}
        with Workbook(target, options) as book:
            book.set_properties({"title": sheet.title, "created": made_at.replace(tzinfo=None)})
            page = book.add_worksheet(sheet.title.translate(_FORBIDDEN).strip()[:31] or "1")
            return _fill(page, sheet, _Formats(book), progress)


class _Formats:
    """How the cells look that are more than plain text."""

    def __init__(self, book: "Workbook") -> None:
        self.head: Format = book.add_format({"bold": True, "bottom": 1, "text_wrap": False})
        self.day: Format = book.add_format({"num_format": _DAY, "align": "left"})
        self.moment: Format = book.add_format({"num_format": _MOMENT, "align": "left"})


def _fill(page: "Worksheet", sheet: Sheet, formats: _Formats, progress: Callable[[int], None]) -> int:
    widths = [len(head) + 3 for head in sheet.heads]  # the arrow of the filter takes room
    for column, head in enumerate(sheet.heads):
        page.write_string(0, column, plain_text(head), formats.head)
    write, count = _writer(page, formats, sheet.timezone), 0
    for row in sheet.rows:
        count += 1
        if count > MOST_ROWS:
            raise OverflowError(f"a sheet has no room for more than {MOST_ROWS} rows")
        for column, cell in enumerate(row):
            write(count, column, cell)
        if count <= SAMPLE:
            _widen(widths, row)
        progress(count)
    for column, width in enumerate(widths):
        page.set_column(column, column, min(max(width, LEAST_WIDTH), MOST_WIDTH))
    page.freeze_panes(1, 1)
    if sheet.heads:
        page.autofilter(0, 0, count, len(sheet.heads) - 1)
    return count


def _writer(page: "Worksheet", formats: _Formats, timezone: str) -> Callable[[int, int, Cell], None]:
    zone = ZoneInfo(timezone)
    # never page.write(): it takes a text that begins with = for a formula, and one with http:// for a link
    text: Any = page.write_string
    number: Any = page.write_number
    moment: Any = page.write_datetime

    def write(row: int, column: int, cell: Cell) -> None:
        if isinstance(cell, str):
            if cell:
                text(row, column, plain_text(cell)[:LONGEST_TEXT])
        elif isinstance(cell, datetime):
            moment(row, column, cell.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None), formats.moment)
        elif isinstance(cell, date):
            moment(row, column, cell, formats.day)
        elif cell is not None:
            number(row, column, cell)

    return write


def _widen(widths: list[int], row: Sequence[Cell]) -> None:
    for column, cell in enumerate(row):
        shown = len(_MOMENT) if isinstance(cell, datetime) else len(_DAY) if isinstance(cell, date) else len(str(cell))
        widths[column] = max(widths[column], shown + 1)
