"""Files to import, and the forum that they are for."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import xlsxwriter

from app.events.drafts import AllotmentDraft, WaveDraft
from app.events.queries import EventRow
from tests.factories import PARIS, forum, make_event, make_organiser

REAL = Path(__file__).parents[2] / "data" / "inscriptions_voie_des_talents_2021.csv"
HOURS = ((9, 0), (9, 40), (10, 20), (11, 0), (13, 30), (14, 10), (14, 50), (15, 30))
AUDIENCES = (
    "school", "student", "job_seeker", "employment_prescriber", "guidance_prescriber", "family", "professional",
)  # fmt: skip
HEADER = (
    "Date", "Créneau", "Public", "Établissement", "Code UAI", "Classe", "Effectif élèves", "Accompagnateurs", "Nom",
    "Prénom", "Courriel", "Téléphone", "Commune",
)  # fmt: skip
GOOD = {
    "Date": "11/10/2021", "Créneau": "09h00", "Public": "Famille", "Nom": "Lambert", "Prénom": "Manon",
    "Courriel": "manon.lambert@example.org", "Téléphone": "06 39 98 10 10", "Commune": "Dijon",
}  # fmt: skip
CLASS = GOOD | {
    "Public": "Scolaires", "Établissement": "Collège des Trois-Rivières", "Code UAI": "0219100C", "Classe": "3e B",
    "Effectif élèves": "28", "Accompagnateurs": "2", "Courriel": "classe@example.org",
}  # fmt: skip


def make_talents(
    *, capacity: int = 80, allotments: tuple[AllotmentDraft, ...] = (), organiser_id: int | None = None
) -> EventRow:
    """The forum of October 2021: eight waves on each of two days."""
    starts = [datetime(2021, 10, day, *hour, tzinfo=PARIS) for day in (11, 12) for hour in HOURS]
    waves = tuple(WaveDraft(s, s + timedelta(minutes=40), capacity, allotments=allotments) for s in starts)
    draft = forum(starts_at=starts[0], ends_at=starts[-1] + timedelta(hours=2), waves=waves, audiences=AUDIENCES)
    return make_event(organiser_id or make_organiser(), draft)


def csv_of(*lines: Mapping[str, str], header: Sequence[str] = HEADER, separator: str = ";") -> bytes:
    """A file with these lines, each the values of its columns; what it does not say is empty."""
    rows = [header, *([line.get(name, "") for name in header] for line in lines)]
    return "".join(separator.join(row) + "\r\n" for row in rows).encode()


def xlsx_of(*rows: Sequence[object], first_row: int = 0) -> bytes:
    """A workbook of one sheet; dates and times get a format, as people give them."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"strings_to_formulas": False, "strings_to_numbers": False}) as book:
        sheet, day, hour = (
            book.add_worksheet(),
            book.add_format({"num_format": "dd/mm/yyyy"}),
            book.add_format({"num_format": "hh:mm"}),
        )
        for number, row in enumerate(rows, start=first_row):
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    sheet.write_datetime(number, column, value, day if value.time() == datetime.min.time() else hour)
                else:
                    sheet.write(number, column, value)
    return target.getvalue()
