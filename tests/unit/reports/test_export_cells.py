"""What is written into a file: cells of a CSV in both languages, an XLSX with types, and who may have a file."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

import pytest
import python_calamine
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.enums import EventFunction, Role
from app.accounts.rules import Ability, Access, RowLimit, may, row_limit
from app.core.i18n import Locale
from app.reports.exports import Cell, Sheet, covers, csv_parts, file_name, may_fetch
from app.reports.exports_xlsx import LONGEST_TEXT, write_xlsx

NOW = datetime(2027, 1, 11, 9, 0, tzinfo=UTC)
FORMULAS = ("=1+1", "+33 1", "-2", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0")


def as_csv(*rows: Sequence[Cell], locale: Locale = "fr", heads: tuple[str, ...] = ("Nom",)) -> str:
    sheet = Sheet("Inscriptions", heads, rows, "Europe/Paris", locale)
    return b"".join(csv_parts(sheet)).decode("utf-8")


def as_xlsx(*rows: Sequence[Cell], heads: tuple[str, ...] = ("Nom",), title: str = "Inscriptions") -> bytes:
    target = io.BytesIO()
    assert write_xlsx(target, Sheet(title, heads, rows, "Europe/Paris", "fr"), made_at=NOW) == len(rows)
    return target.getvalue()


def read_back(content: bytes) -> list[list[object]]:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [list(row) for row in book.get_sheet_by_index(0).to_python()]


def test_a_csv_begins_with_a_byte_order_mark_and_is_cut_as_each_language_expects() -> None:
    row = ("Lambert ; Manon", datetime(2027, 2, 4, 8, 40, tzinfo=UTC), date(2027, 2, 4), 30, 1.5, None)
    heads = ("Nom", "A", "B", "C", "D", "E")
    assert as_csv(row, heads=heads) == (
        '\ufeffNom;A;B;C;D;E\r\n"Lambert ; Manon";04/02/2027 09:40;04/02/2027;30;1,5;\r\n'
    )
    assert as_csv(row, heads=heads, locale="en") == (
        "\ufeffNom,A,B,C,D,E\r\nLambert ; Manon,2027-02-04 09:40,2027-02-04,30,1.5,\r\n"
    )


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_ever_a_formula(text: str) -> None:
    """Neither of a CSV, where an apostrophe says so, nor of an XLSX, where the cell is a text; heads are people's words too."""
    said = as_csv((text,), heads=(text,))
    for record in csv.reader(io.StringIO(said.removeprefix("\ufeff"), newline=""), delimiter=";"):
        assert record == [f"'{text}"]
    content = as_xlsx((text, "http://example.org", "{=1}"), heads=(text, "b", "c"))
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        page = parts.read("xl/worksheets/sheet1.xml").decode()
        assert "xl/worksheets/_rels/sheet1.xml.rels" not in parts.namelist()  # no link either
    assert "<f>" not in page
    assert "<f " not in page
    assert read_back(content)[1][1:] == ["http://example.org", "{=1}"]


@given(st.lists(st.text(max_size=12) | st.integers(-5, 10**9) | st.none(), min_size=1, max_size=5))
def test_whatever_people_wrote_comes_back_and_breaks_no_line(cells: list[str | int | None]) -> None:
    heads = tuple(f"c{n}" for n in range(len(cells)))
    text = as_csv(tuple(cells), heads=heads).removeprefix("\ufeff")
    records = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    assert len(records) == 2
    assert len(records[1]) == len(cells)
    assert not any(cell.startswith(("=", "+", "@", "\t", "\r")) for cell in records[1])
    rows = read_back(as_xlsx(tuple(cells), heads=heads))
    assert len(rows) in {1, 2}  # a row of empty cells is none


def test_rows_are_asked_for_as_they_are_written() -> None:
    """A part leaves before all rows were read, and the end is told once, after the last part."""
    taken: list[int] = []
    ends: list[int] = []

    def rows() -> Iterator[tuple[int]]:
        for number in range(600):
            taken.append(number)
            yield (number,)

    parts = csv_parts(Sheet("Liste", ("n",), rows(), "Europe/Paris", "fr"), ended=ends.append)
    next(parts)
    assert len(taken) < 600
    assert ends == []
    list(parts)
    assert ends == [600]


def test_an_xlsx_has_types_a_frozen_head_filters_and_widths() -> None:
    moment, day = datetime(2027, 2, 4, 8, 40, 59, tzinfo=UTC), date(2027, 2, 4)
    content = as_xlsx(
        ("Manon Lambert", moment, day, 30, 1.5, None, "0219100C"),
        ("x" * 60, None, None, 1, None, "", ""),
        heads=("Nom", "Vu", "Jour", "Personnes", "Part", "Vide", "UAI"),
    )
    rows = read_back(content)
    assert rows[0] == ["Nom", "Vu", "Jour", "Personnes", "Part", "Vide", "UAI"]
    assert rows[1] == ["Manon Lambert", datetime(2027, 2, 4, 9, 40), day, 30.0, 1.5, "", "0219100C"]  # noqa: DTZ001
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        page = parts.read("xl/worksheets/sheet1.xml").decode()
    assert 'state="frozen"' in page
    assert '<autoFilter ref="A1:G3"' in page
    assert '<col min="1" max="1" width="48' in page  # the long name is not cut, and not endless either


def test_an_xlsx_of_an_empty_list_is_a_head() -> None:
    assert read_back(as_xlsx(heads=("Nom", "Vagues"))) == [["Nom", "Vagues"]]


def test_texts_and_titles_that_no_workbook_holds() -> None:
    content = as_xlsx(
        ("a\x00b\x07", "y" * (LONGEST_TEXT + 9)), heads=("Nom", "Long"), title="Liste: [a/b]*?" + "z" * 40
    )
    assert read_back(content)[1] == ["ab", "y" * LONGEST_TEXT]


def test_the_name_of_a_file_says_what_and_when() -> None:
    assert file_name("La Voie des Talents-Inscriptions", "csv", NOW, "Europe/Paris") == (
        "la-voie-des-talents-inscriptions-2027-01-11.csv"
    )
    late = datetime(2027, 1, 11, 23, 30, tzinfo=UTC)
    assert file_name("x", "xlsx", late, "Europe/Paris") == "x-2027-01-12.xlsx"


@given(
    st.none() | st.sampled_from(Role), st.frozensets(st.sampled_from(EventFunction)), st.booleans(), st.booleans(),
    st.sampled_from([RowLimit.ALL, RowLimit.GROUPS_AND_SCHOOLS]),
)  # fmt: skip
def test_nobody_has_a_file_with_more_than_they_see(
    role: Role | None, functions: frozenset[EventFunction], own: bool, personal: bool, rows: RowLimit
) -> None:
    access = Access(1, 1, role, functions)
    if not may_fetch(access, 7, maker_id=7 if own else 8, personal=personal, rows=rows):
        return
    assert may(access, Ability.EXPORT)
    assert own or role in {Role.OWNER, Role.MANAGER}
    assert may(access, Ability.PEOPLE_SEE) or not personal
    assert row_limit(access) is RowLimit.ALL or row_limit(access) is rows


def test_who_made_a_file_and_the_organisers_managers_may_have_it() -> None:
    schools = Access(1, 1, None, frozenset({EventFunction.SCHOOLS}))
    part = {"personal": True, "rows": RowLimit.GROUPS_AND_SCHOOLS}
    assert may_fetch(schools, 7, maker_id=7, personal=True, rows=RowLimit.GROUPS_AND_SCHOOLS)
    assert not may_fetch(schools, 7, maker_id=7, personal=True, rows=RowLimit.ALL)
    assert not may_fetch(schools, 7, maker_id=8, **part)  # type: ignore[arg-type]
    assert may_fetch(Access(1, role=Role.MANAGER), 1, maker_id=7, **part)  # type: ignore[arg-type]
    assert not may_fetch(Access(1, role=Role.VIEWER), 7, maker_id=7, **part)  # type: ignore[arg-type]
    assert may_fetch(Access(1, role=Role.VIEWER), 7, maker_id=7, personal=False, rows=RowLimit.ALL)


def test_all_rows_cover_some_and_some_never_all() -> None:
    assert covers(RowLimit.ALL, RowLimit.GROUPS_AND_SCHOOLS)
    assert covers(RowLimit.GROUPS_AND_SCHOOLS, RowLimit.GROUPS_AND_SCHOOLS)
    assert not covers(RowLimit.GROUPS_AND_SCHOOLS, RowLimit.ALL)
    assert not covers(RowLimit.NONE, RowLimit.GROUPS_AND_SCHOOLS)
