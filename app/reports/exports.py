"""Lists as files: what a cell is in a CSV, and who may have a file that was made."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.accounts.enums import MAY_MANAGE
from app.accounts.rules import Ability, Access, RowLimit, may, row_limit
from app.core.i18n import Locale
from app.core.text import slugify
from app.sheets.cells import as_text

KEPT = timedelta(days=7)
"""How long an XLSX can be fetched. Then its content is deleted; the line in the log stays."""
REGISTRATIONS, STRUCTURES = "registrations", "structures"
ROWS_A_PART = 250
BYTE_ORDER_MARK = "\ufeff"

Cell = str | int | float | date | datetime | None
CSV_SEPARATORS: dict[Locale, str] = {"fr": ";", "en": ","}
"""What Excel expects between the cells of a CSV, by the language it speaks."""
_DAYS: dict[Locale, str] = {"fr": "%d/%m/%Y", "en": "%Y-%m-%d"}
_ROWS_ORDER = list(RowLimit)
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def is_personal(name: str) -> bool:
    """Whether the value of a filter may name somebody, or tell what they answered."""
    return name in {"q", "oriented_by"} or name.startswith("answer:")


@dataclass(frozen=True)
class ExportFilters:
    """What narrowed and sorted a list: as the address says it, in the words of who asked, and whose rows they saw.

    `lasting`: those words without what may name somebody; only they are kept once the file is there.
    """

    args: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    rows: RowLimit = RowLimit.ALL
    lasting: tuple[str, ...] = ()

    def without_names(self) -> "ExportFilters":
        """The same without what was looked for by name or answer: that it was stays, by the filters' names."""
        if not any(is_personal(name) for name, _value in self.args):
            return self
        args = ((name, "" if is_personal(name) else value) for name, value in self.args)
        return replace(self, args=tuple(dict.fromkeys(args)), words=self.lasting)

    def to_json(self) -> dict[str, Any]:
        return {
            "args": [list(pair) for pair in self.args],
            "words": list(self.words),
            "lasting": list(self.lasting),
            "titles": list(self.titles),
            "rows": self.rows.value,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "ExportFilters":
        return cls(
            tuple((str(name), str(value)) for name, value in stored.get("args", ())),
            tuple(stored.get("words", ())),
            tuple(stored.get("titles", ())),
            RowLimit(stored.get("rows", RowLimit.ALL)),
            tuple(stored.get("lasting", ())),
        )


@dataclass(frozen=True)
class ExportDraft:
    """What is about to be taken out. `event_id` None: a list of the whole organiser, such as its structures."""

    organiser_id: int
    event_id: int | None
    what: str
    columns: tuple[str, ...]
    filters: ExportFilters
    personal: bool
    locale: Locale
    rows: int | None
    file_name: str


@dataclass(frozen=True)
class Sheet:
    """A list to be written: titles, and rows of as many cells. Instants are shown in `timezone`."""

    title: str
    heads: tuple[str, ...]
    rows: Iterable[Sequence[Cell]] = field(repr=False)
    timezone: str = "Europe/Paris"
    locale: Locale = "fr"


def csv_parts(sheet: Sheet, *, ended: Callable[[int], None] | None = None) -> Iterator[bytes]:
    """The sheet as CSV (RFC 4180) in UTF-8 with a byte order mark, some hundred rows at a time.

    No cell is ever a formula. `ended` is told how many rows there were, once the last of them is taken.
    """
    target = io.StringIO(newline="")
    target.write(BYTE_ORDER_MARK)
    writer = csv.writer(target, delimiter=CSV_SEPARATORS[sheet.locale], lineterminator="\r\n")
    writer.writerow([as_text(plain_text(head)) for head in sheet.heads])
    say, count = csv_cell(sheet.locale, sheet.timezone), 0
    for row in sheet.rows:
        writer.writerow([say(cell) for cell in row])
        count += 1
        if count % ROWS_A_PART == 0:
            yield target.getvalue().encode()
            target.seek(0)
            target.truncate()
    yield target.getvalue().encode()
    if ended is not None:
        ended(count)


def csv_cell(locale: Locale, timezone: str) -> Callable[[Cell], str | int]:
    """How that language writes a cell: 04/02/2027 09:40 and 1,5 in French, 2027-02-04 09:40 and 1.5 in English."""
    zone, day = ZoneInfo(timezone), _DAYS[locale]

    def say(cell: Cell) -> str | int:
        if isinstance(cell, str):
            return as_text(plain_text(cell))
        if cell is None:
            return ""
        if isinstance(cell, int):
            return cell
        if isinstance(cell, datetime):
            return cell.astimezone(zone).strftime(f"{day} %H:%M")
        if isinstance(cell, date):
            return cell.strftime(day)
        return str(cell).replace(".", ",") if locale == "fr" else str(cell)

    return say


def plain_text(text: str) -> str:
    """Without what no text of a table has: control characters, halves of characters."""
    return text if text.isprintable() else _NO_TEXT.sub("", text)


def file_name(stem: str, suffix: str, now: datetime, timezone: str) -> str:
    """la-voie-des-talents-inscriptions-2027-01-11.xlsx"""
    return f"{slugify(stem)}-{now.astimezone(ZoneInfo(timezone)):%Y-%m-%d}.{suffix}"


def covers(limit: RowLimit, rows: RowLimit) -> bool:
    """Whether somebody who sees the rows of `limit` sees all those of `rows`."""
    return _ROWS_ORDER.index(limit) <= _ROWS_ORDER.index(rows)


def may_fetch(access: Access, account_id: int, *, maker_id: int | None, personal: bool, rows: RowLimit) -> bool:
    """Whether somebody may have a file: who made it, or an owner or manager; and it holds nothing that they may not see."""
    theirs = maker_id == account_id or access.role in MAY_MANAGE
    sees = not personal or may(access, Ability.PEOPLE_SEE)
    return theirs and sees and may(access, Ability.EXPORT) and covers(row_limit(access), rows)
