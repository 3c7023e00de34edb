"""The page of figures, its files, and a box's history: without people's names, in a constant number of statements."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from zipfile import ZipFile

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert, update

from app.accounts.enums import Role
from app.boxes.enums import OutReason
from app.boxes.models import Box, ScenarioItem
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.reports.lending import LendingYear, YearKind
from app.reports.queries.box_history import PAGE, box_history, whereabouts
from app.reports.queries.lending_figures import lending_figures
from app.sheets.reading import read_sheet
from tests.factories import make_member
from tests.integration.boxes.figures_world import at, lend, make_figures_world, out_of_service
from tests.integration.guards.walking import sign_in_as
from tests.integration.loans.world import LoanWorld, make_structure, make_world, set_structure

NOW = at("2028-01-05 09:00")
BASE = "/manage/boxes/figures"


def signed_in(app: Flask, organiser_id: int, role: Role = Role.VIEWER) -> FlaskClient:
    set_clock(app.extensions, NOW)
    return sign_in_as(app, make_member(organiser_id, role)[0])


@contextmanager
def statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_a_viewer_reads_figures_without_names_and_takes_them_out(sqlite_app: Flask) -> None:
    made = make_figures_world()
    set_structure(made.world.structure_id, commune="=HYPERLINK(1)")
    client = signed_in(sqlite_app, made.organiser_id)
    page = client.get(f"{BASE}?year=2027-2028").text
    assert "Manon Lambert" not in page
    assert "manon.lambert@example.org" not in page
    assert re.search(r"<b>13</b> <span[^>]*>32 (in|en) 2026-2027", page)
    for code in re.findall(rf'href="{BASE}/([a-z-]+)\.csv\?year=2027-2028"', page):
        for form in ("csv", "xlsx"):
            assert client.get(f"{BASE}/{code}.{form}?year=2027-2028").status_code == 200, code
    csv = client.get(f"{BASE}/communes.csv?year=2027-2028")
    assert csv.headers["Content-Type"].startswith("text/csv")
    assert "'=HYPERLINK(1)" in csv.text
    content = client.get(f"{BASE}/communes.xlsx?year=2027-2028").data
    rows = [row.cells[:3] for row in read_sheet(content).rows]
    assert rows == [("=HYPERLINK(1)", "2", "1"), ("Chenôve", "1", "1"), ("Total", "3", "2")]
    assert b"<f>" not in ZipFile(BytesIO(content)).read("xl/worksheets/sheet1.xml")
    boxes = client.get(f"{BASE}/boxes.csv?year=2026-2027&scenario={made.world.scenario.code}").text
    assert made.world.code(made.world.box_ids[0]) in boxes


def test_what_only_the_year_before_had_stands_there_too_and_unknown_values_are_no_zeros(sqlite_app: Flask) -> None:
    made = make_figures_world()
    client = signed_in(sqlite_app, made.organiser_id)
    client.set_cookie("lang", "en")

    def rows(table: str, year: str) -> list[tuple[str, ...]]:
        return [row.cells for row in read_sheet(client.get(f"{BASE}/{table}.xlsx?year={year}").data).rows]

    unmet = [(row[0], row[2], row[5]) for row in rows("unmet", "2027-2028")]
    assert unmet == [("Refused", "2", "0"), ("Called off", "0", "1"), ("Not collected", "1", "0")]
    assert [row[1:] for row in rows("repairs", "2027-2028")] == [("1", "1", "15", "0"), ("0", "0", "0", "7")]
    assert [(row[0], row[1], row[-1]) for row in rows("kinds", "2028-2029")][:2] == [
        ("Company", "0", "2"), ("Training body", "0", "1"),
    ]  # fmt: skip

    def value() -> str:
        told = {row[0]: row[1] for row in rows("totals", "2026-2027")}
        return told["Value of what was lost, in euros"]

    assert value() == "9"
    with transaction():
        db.session.execute(update(ScenarioItem).values(value_cents=None))
    assert value() == ""
    assert rows("lost", "2026-2027")[-1] == ("Total", "", "2", "")


def test_years_and_tables_that_there_are_not(sqlite_app: Flask) -> None:
    world = make_world()
    client = signed_in(sqlite_app, world.organiser_id)
    for good in ("", "?year=2019", "?year=2026-2027", f"?year=2027&scenario={world.scenario.code}"):
        assert client.get(BASE + good).status_code == 200, good
    for wrong in ("?year=2026-2028", "?year=1999", "?year=9999", "?year=x", "?year=٢٠٢٧", "?scenario=NONE"):
        assert client.get(BASE + wrong).status_code == 404, wrong
    assert client.get(f"{BASE}/nothing.csv").status_code == 404
    door = signed_in(sqlite_app, world.organiser_id, Role.DOOR)
    assert door.get(BASE).status_code == 403


def test_statements_do_not_grow_with_loans(whole_app: Flask) -> None:
    world = make_world(boxes=1, asks_accreditation=False)

    def run() -> int:
        with statements() as seen:
            lending_figures(world.organiser_id, LendingYear(YearKind.SCHOOL, 2026), now=NOW)
            box_history(world.box_ids[0], now=NOW)
            whereabouts(world.box_ids[0], now=NOW)
        return len(seen)

    lend(world, "2027-02-01 am", "2027-02-03 pm", out="2027-02-01 08:00", back="2027-02-03 16:00", keep=world.box_ids)
    out_of_service(world, world.box_ids[0], OutReason.CLEANING, "2027-03-01 08:00", back="2027-03-02 08:00")
    first = run()
    with transaction():
        row = {"organiser_id": world.organiser_id, "scenario_id": world.scenario_id, "created_at": NOW}
        db.session.execute(insert(Box), [{**row, "code": f"X{n}", "label": f"x{n}"} for n in range(20)])
    for day in ("2027-04-05", "2027-04-08", "2027-04-13"):
        lend(world, f"{day} am", f"{day} pm", out=f"{day} 08:00", back=f"{day} 17:00", keep=world.box_ids,
             structure_id=_another(world))  # fmt: skip
    assert run() == first <= 8 + 7 + 5


def _another(world: LoanWorld) -> int:
    with transaction():
        return make_structure(world.organiser_id)


def test_a_box_tells_its_whole_history_and_where_it_is(whole_app: Flask) -> None:
    made = make_figures_world()
    a, b, c = made.world.box_ids
    set_clock(whole_app.extensions, NOW)
    owner = signed_in(whole_app, made.organiser_id, Role.OWNER)
    viewer = signed_in(whole_app, made.organiser_id)
    here = f"/manage/boxes/all/{made.world.code(c)}"
    told = owner.get(here).text
    lines = box_history(c, now=NOW).lines
    kinds = [line.kind.value for line in lines if not (line.loan and line.loan.released)]
    assert sorted(kinds) == ["change"] * 3 + ["event"] * 2 + ["loan"] * 2 + ["outage"] * 2
    instants = [line.at for line in lines]
    assert instants == sorted(instants, reverse=True)
    assert "· Inès Roux" in told
    assert "· Inès Roux" not in viewer.get(here).text
    swapped = [line.loan for line in box_history(b, now=NOW).lines if line.loan and line.loan.released]
    assert {loan.handed_over_at for loan in swapped} == {None}
    told_of = [line.loan for line in box_history(a, now=NOW).lines if line.loan and line.loan.handed_over_at]
    first = told_of[-1]
    assert [(count.name, count.counted, count.expected) for count in first.missing][:1] == [("Cadenas", 2, 4)]
    late, free = whereabouts(a, now=NOW), whereabouts(c, now=NOW)
    assert late.loan is not None
    assert late.late
    assert (free.loan, free.to_check) == (None, None)
    assert free.next_event is not None
    assert whereabouts(a, now=at("2028-01-03 09:00")).late is False
    assert whereabouts(c, now=at("2028-02-01 09:00")).event is not None


def test_a_long_history_has_pages(sqlite_app: Flask) -> None:
    world = make_world(boxes=1)
    for day in range(PAGE // 2):
        out_of_service(
            world,
            world.box_ids[0],
            OutReason.CLEANING,
            f"2027-03-{day + 1:02} 08:00",
            back=f"2027-03-{day + 1:02} 18:00",
        )
    client, here = signed_in(sqlite_app, world.organiser_id), f"/manage/boxes/all/{world.code(world.box_ids[0])}"
    assert f"{here}?page=2#history" in client.get(here).text
    second = client.get(f"{here}?page=2").text
    assert f"{here}?page=1#history" in second
    for wrong in ("0", "99", "x", "9" * 30):
        assert client.get(f"{here}?page={wrong}").status_code == 200
    pages = [box_history(world.box_ids[0], number, now=NOW) for number in (1, 2)]
    assert [len(page.lines) for page in pages] == [PAGE, 1]
    assert pages[1].lines[0].change is not None
