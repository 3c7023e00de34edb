"""Files of every kind, good and bad: a sheet, or a refusal that names the fault."""

import struct
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.registrations.importing.errors import ImportRefused
from app.registrations.importing.wording import REFUSALS, say_refusal
from app.sheets.reading import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, read_sheet
from tests.integration.importing.files import (
    REAL,
    SHEET,
    cell,
    day_cell,
    hour_cell,
    ods_of,
    ods_row,
    xlsx_of,
    zip_of,
)

TABLE = "Nom;Prénom\r\nGuérin;Noël\r\n"

WORKBOOK = xlsx_of([cell("Nom"), cell("Mail")], [cell("Roux"), cell("a@example.org")])


def damage(at: int, patch: bytes) -> bytes:
    """A workbook with some bytes overwritten."""
    return WORKBOOK[:at] + patch + WORKBOOK[at + len(patch) :]


def refusal(content: bytes) -> str:
    with pytest.raises(ImportRefused) as caught:
        read_sheet(content)
    for locale in ("fr", "en"):
        assert "%(" not in say_refusal(caught.value, locale)
    return caught.value.code


def test_real_file_has_its_lines_and_accents() -> None:
    sheet = read_sheet(REAL.read_bytes())
    assert len(sheet.rows) == 286
    assert sheet.header[:3] == ("Date", "Créneau", "Public")
    assert (sheet.rows[0].line, sheet.rows[-1].line) == (2, 287)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_encodings_and_separators_are_recognised(encoding: str, separator: str) -> None:
    sheet = read_sheet(TABLE.replace(";", separator).encode(encoding))
    assert sheet.header == ("Nom", "Prénom")
    assert sheet.rows[0].cells == ("Guérin", "Noël")


def test_blank_lines_count_and_are_left_out() -> None:
    sheet = read_sheet(b"\r\nNom;Mail\r\n\r\n;\r\nRoux;a@example.org\r\n")
    assert [row.line for row in sheet.rows] == [5]


def test_a_text_over_two_lines_is_one_cell() -> None:
    sheet = read_sheet(b'Nom;Classe\r\nRoux;"3e\nB"\r\nBlanc;4e\r\n')
    assert [(r.line, r.cells[1]) for r in sheet.rows] == [(2, "3e B"), (3, "4e")]


def test_a_quotation_mark_that_closes_only_at_a_later_one_is_told_at_its_line() -> None:
    """The lines between the two would be lost in one cell without a word."""
    lines = [b"Nom;Mail;Classe", b"Blanc;b;3e", b'Roux;"a;3e', *[b"Vert;v;4e"] * 9, b'Noir;"n";5e', b""]
    with pytest.raises(ImportRefused) as caught:
        read_sheet(b"\r\n".join(lines))
    assert (caught.value.code, caught.value.facts) == ("unclosed_quote", {"line": 3})


def test_a_text_over_several_lines_with_separators_in_it_is_one_cell() -> None:
    remark = "Arrive en car,\nà 9 h, à pied,\nou en train, selon le temps\nMerci"
    assert read_sheet(f'Nom,Remarque\nRoux,"{remark}"\n'.encode()).rows[0].cells == ("Roux", " ".join(remark.split()))


def test_short_lines_are_filled_and_dashes_are_nothing() -> None:
    sheet = read_sheet("Nom;Prénom;Mail\r\nRoux\r\nBlanc;–;-\r\n".encode())
    assert [r.cells for r in sheet.rows] == [("Roux", "", ""), ("Blanc", "", "")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \r\n\r\n", "empty"),
        (b";;\r\n;;\r\n", "empty"),
        (b"Nom;Mail\r\n", "only_header"),
        (TABLE.encode("utf-16"), "utf16"),
        (TABLE.encode("utf-16-le"), "utf16"),
        (b"\x7fELF\x02\x01\x01\x00;\x03\x01\r\n", "binary"),
        (b"\x7fELF\x02\x01\x01;\x03\x81\r\n", "binary"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF;a\r\n\x81", "image"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "pdf"),
        (b"{\\rtf1\\ansi Nom;Mail}", "document"),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "archive"),
        (b"Nom;Mail\r\nRoux \x81;a\r\n", "encoding"),
        ("Prénom;Libellé\r\nRené;Inès\r\nZo".encode() + b"\xeb;a\r\n", "encoding"),  # one name of another program in UTF-8
        ("\ufeffNom;Mail\r\nRen".encode() + b"\xe9;a\r\n", "encoding"),
        (b"Nom|Mail\r\nRoux|a@example.org\r\n", "separator"),
        (b"Nom\r\nRoux\r\n", "separator"),
        (b'Nom;Mail\r\n"Roux;a\r\n' + b"Blanc;b\r\n" * 80, "unclosed_quote"),
        (b'Nom;Mail\r\n"' + b"x" * 200_000, "unclosed_quote"),
        (b'Nom;Mail\r\nBlanc;b\r\n"Roux;a\r\n', "unclosed_quote"),
        (b'"Nom;Mail\r\nBlanc;b\r\n', "unclosed_quote"),
        (b"Nom;Mail;NOM\r\na;b;c\r\n", "repeated_header"),
        (b"Nom;Mail\r\n" + b"x" * 3_000 + b";a\r\n", "long_cell"),
        (b";".join(b"c%d" % n for n in range(MOST_COLUMNS + 1)) + b"\r\n1;2\r\n", "too_many_columns"),
        (b"Nom;Mail\r\n" + b"a;b\r\n" * (MOST_ROWS + 1), "too_many_rows"),
        (b"a;b\r\n" * (MOST_BYTES // 5 + 1), "too_big"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old_excel"),
        (b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(600), "old_excel"),
        (b"\x09\x00\x04\x00\x02\x00\x10\x00" + bytes(600), "old_excel"),
        (b"<html><body><table><tr><td>Nom</td></tr></table></body></html>", "markup"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><Workbook><Worksheet/></Workbook>', "markup"),
        (b"\r\n <TABLE border=1><tr><td>Nom</td></tr></TABLE>", "markup"),
        (b"PK\x03\x04 no zip at all", "unreadable"),
        (WORKBOOK[: len(WORKBOOK) // 2], "unreadable"),
        (zip_of({"xl/workbook.bin": b"\x83", "[Content_Types].xml": "<Types/>"}), "unreadable"),
        (zip_of({"word/document.xml": "<w/>"}), "document"),
        (zip_of({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<a/>"}), "document"),
        (zip_of({"photos/1.jpg": b"\xff\xd8\xff"}), "archive"),
        (zip_of({"xl/workbook.xml": "<a/>", "xl/workbook.bin": b"\x83"}), "unreadable"),
        (zip_of({"content.xml": "<not closed"}), "unreadable"),
        (xlsx_of(), "empty"),
        (xlsx_of([cell("Nom"), cell("Mail")]), "only_header"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_reason(content: bytes, code: str) -> None:
    assert refusal(content) == code


def test_every_refusal_has_words() -> None:
    assert {"separator", "utf16", "missing_columns", "unzips_too_big", "too_many_cells"} <= set(REFUSALS)


def test_workbook_gives_dates_hours_and_numbers_as_people_write_them() -> None:
    content = xlsx_of(
        [cell(name) for name in ("Date", "Heure", "Effectif", "Nom")],
        [day_cell(datetime(2021, 10, 11)), hour_cell(9, 40), cell(28), cell("Guérin")],  # noqa: DTZ001
    )
    sheet = read_sheet(content)
    assert sheet.spreadsheet
    assert sheet.rows[0].cells == ("11/10/2021", "09:40", "28", "Guérin")


def test_ods_is_read() -> None:
    sheet = read_sheet(ods_of(ods_row("Nom", "Prénom") + ods_row("Guérin", "Noël")))
    assert sheet.header == ("Nom", "Prénom")
    assert sheet.rows[0].cells == ("Guérin", "Noël")


def test_ods_with_a_million_empty_rows_at_its_end_is_read() -> None:
    empty = (
        '<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"/>'
        "</table:table-row>"
    )
    assert len(read_sheet(ods_of(ods_row("Nom", "Prénom") + ods_row("Guérin", "Noël") + empty)).rows) == 1


def test_zip_bomb_is_refused_by_what_its_directory_says() -> None:
    assert refusal(zip_of({"xl/workbook.xml": "<a/>", "xl/media/x": bytes(70 * 1024 * 1024)})) == "unzips_too_big"


def test_zip_whose_directory_lies_is_refused() -> None:
    """The directory says 10 bytes where 70 million come out: what is read is what was said, and its checksum is wrong."""
    content = bytearray(zip_of({"xl/workbook.xml": "<a/>", "xl/worksheets/sheet1.xml": bytes(70 * 1024 * 1024)}))
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", 10)
    assert refusal(bytes(content)) == "unreadable"


def test_sheet_that_stands_for_billions_of_cells_is_refused() -> None:
    far = f'<worksheet xmlns="{SHEET}"><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
    far += '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    assert refusal(xlsx_of(sheet=far)) == "too_many_cells"
    assert refusal(ods_of(ods_row("a", cells_repeated=4_000_000_000))) == "too_many_cells"
    assert refusal(ods_of(ods_row("a", "b") + ods_row("a", "b", repeated=4_000_000_000))) == "too_many_cells"


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=400),
        st.text(max_size=300).map(lambda t: t.encode("utf-8", "surrogatepass")),
        st.text(alphabet='ab;,"\t\r\n =é', max_size=200).map(str.encode),
        st.binary(max_size=200).map(lambda b: b"PK\x03\x04" + b),
        st.tuples(st.integers(0, 900), st.binary(min_size=1, max_size=20)).map(lambda d: damage(*d)),
    )
)
def test_arbitrary_bytes_give_a_sheet_or_a_refusal(content: bytes) -> None:
    try:
        sheet = read_sheet(content)
    except ImportRefused as refused:
        say_refusal(refused, "fr")
        return
    assert sheet.rows
    assert all(len(row.cells) >= len(sheet.header) for row in sheet.rows)
