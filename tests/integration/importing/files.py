"""Files to import, and the forum that they are for."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

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
    draft = forum(
        starts_at=starts[0],
        ends_at=starts[-1] + timedelta(hours=2),
        waves=waves,
        audiences=AUDIENCES,
        keep_names_days=3650,  # else the worker would make everybody anonymous: it is long ago
    )
    return make_event(organiser_id or make_organiser(), draft)


def csv_of(*lines: Mapping[str, str], header: Sequence[str] = HEADER, separator: str = ";") -> bytes:
    """A file with these lines, each the values of its columns; what it does not say is empty."""
    rows = [header, *([line.get(name, "") for name in header] for line in lines)]
    return "".join(separator.join(row) + "\r\n" for row in rows).encode()


SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
WORKBOOK = f'<workbook xmlns="{SHEET}" xmlns:r="{RELATIONS}"><sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>'
WORKBOOK_RELATIONS = (
    f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{RELATIONS}/styles" Target="styles.xml"/></Relationships>'
)
STYLES = (
    f'<styleSheet xmlns="{SHEET}"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="20"/></cellXfs>'
    "</styleSheet>"
)
DATE, HOUR = 1, 2  # styles, by their place
OPENING = datetime(1899, 12, 30)  # noqa: DTZ001 - where spreadsheets begin to count days


def day_cell(day: datetime) -> str:
    """A date as a spreadsheet keeps it: the number of a day."""
    return f'<c s="{DATE}"><v>{(day - OPENING).days}</v></c>'


def hour_cell(hour: int, minute: int) -> str:
    """An hour as a spreadsheet keeps it: the share of a day."""
    return f'<c s="{HOUR}"><v>{(hour * 60 + minute) / 1440!r}</v></c>'


def cell(value: str | int) -> str:
    """A text or a number."""
    if isinstance(value, int):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>' if value else "<c/>"


def xlsx_of(*rows: Sequence[str], sheet: str | None = None) -> bytes:
    """A workbook of one sheet with these cells, or with the given part as its sheet."""
    body = "".join(f"<row>{''.join(cells)}</row>" for cells in rows)
    parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": (
            f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r" Type="{RELATIONS}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": WORKBOOK,
        "xl/_rels/workbook.xml.rels": WORKBOOK_RELATIONS,
        "xl/styles.xml": STYLES,
        "xl/worksheets/sheet1.xml": sheet or f'<worksheet xmlns="{SHEET}"><sheetData>{body}</sheetData></worksheet>',
    }
    return zip_of(parts)


def ods_of(rows: str) -> bytes:
    """A spreadsheet of LibreOffice with these rows (its XML)."""
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f"<office:document-content{names}><office:body><office:spreadsheet>"
        f'<table:table table:name="A">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    mimetype = "application/vnd.oasis.opendocument.spreadsheet"
    return zip_of({"mimetype": mimetype, "META-INF/manifest.xml": manifest, "content.xml": content})


def ods_row(*values: str, repeated: int = 1, cells_repeated: int = 1) -> str:
    """A row of texts; each cell, and the row itself, may say that it stands for many."""
    cells = "".join(
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{cells_repeated}">'
        f"<text:p>{escape(value)}</text:p></table:table-cell>"
        for value in values
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{cells}</table:table-row>'


def zip_of(parts: Mapping[str, str | bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return target.getvalue()
