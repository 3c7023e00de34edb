"""Sheets to print: from the desk and from the teacher's own page, with the plan's hours or approximate ones."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from app.accounts.enums import Role
from app.core.actor import SYSTEM
from app.core.i18n import format_hour
from app.core.transaction import transaction
from app.events.enums import EventMove
from app.events.models import Stop
from app.events.operations import move_event
from app.events.queries import EventRow, get_event
from app.flows.queries import passages_of
from app.flows.queries.visits import list_guests, list_visits, read_told
from app.registrations.drafts import Contact, Organisation
from app.registrations.operations import cancel_registration
from app.registrations.queries import get_by_reference, get_registration
from app.web.manage import papers as pages
from tests.conftest import counted_statements
from tests.factories import NOW, class_draft, make_plan, make_registration, person_draft
from tests.integration.flows.conftest import add_class
from tests.integration.papers.conftest import TEACHER, be_late, edited
from tests.unit.documents.pdf_reading import read_pdf


def texts_of(client: FlaskClient, address: str) -> list[str]:
    """The text of each page of a PDF, each on one line."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    assert answer.content_type == "application/pdf"
    return [" ".join(text.split()) for text in read_pdf(answer.data).texts]


def hours_of(event: EventRow, registration_id: int) -> list[str]:
    """The planned hours of a registration as a sheet says them."""
    return [
        f"{format_hour(p.starts_at, event.timezone, 'en')} – {format_hour(p.ends_at, event.timezone, 'en')}".replace("\xa0", " ")
        for p in passages_of(registration_id)
    ]  # fmt: skip


def base(event: EventRow) -> str:
    return f"/manage/events/{event.slug}/papers"


def test_group_sheets_say_the_hours_of_the_plan(
    event: EventRow, team: Callable[[Role], FlaskClient], visitor: FlaskClient
) -> None:
    make_plan(event)
    pages = texts_of(team(Role.MANAGER), f"{base(event)}/groups.pdf")
    guests = list_guests(event.id)
    assert [guest.class_label for guest in guests] == ["3e A", "3e B", "3e C"]
    for guest, page in zip(guests, pages, strict=True):
        assert f"{guest.class_label} Collège des Trois-Rivières, Dijon" in page
        assert guest.reference in page
        assert len(hours_of(event, guest.id)) == 3
        for hours in hours_of(event, guest.id):
            assert hours in page
        assert "+ 5 min walk" in page
        assert "28 pupils + 2 adults" in page
        assert "about" not in page
        assert TEACHER not in page
        token = get_registration(guest.id).token
        (own,) = texts_of(visitor, f"/r/{token}/sheet.pdf")
        assert own == page
        assert token not in own
        (one,) = texts_of(team(Role.VIEWER), f"{base(event)}/groups/{guest.reference}.pdf")
        assert one == page


def test_without_a_plan_hours_are_approximate_and_the_sheet_says_so(
    event: EventRow, team: Callable[[Role], FlaskClient]
) -> None:
    pages = texts_of(team(Role.MANAGER), f"{base(event)}/groups.pdf")
    assert all("No plan is published for this group yet" in page for page in pages)
    assert "about 9:00 am" in pages[0]
    assert "about 9:35 am" in pages[0]
    stands = texts_of(team(Role.MANAGER), f"{base(event)}/stands.pdf")
    assert all("No plan is published yet: all hours are approximate." in page for page in stands)


def test_a_group_that_the_plan_does_not_know_has_approximate_hours(
    event: EventRow, team: Callable[[Role], FlaskClient]
) -> None:
    make_plan(event)
    add_class(event, "3e D", wave=1)
    pages = texts_of(team(Role.MANAGER), f"{base(event)}/groups.pdf")
    assert ["No plan is published for this group yet" in page for page in pages] == [False, False, False, True]
    page = team(Role.MANAGER).get(base(event)).text
    assert "1 group is not in the plan in force" in page
    stand = texts_of(team(Role.MANAGER), f"{base(event)}/stands/{event.spaces[0].id}.pdf")[0]
    assert "Hours said as “about” are not in the plan yet." in stand
    assert "about 9:40 am 3e D" in stand


def test_teams_of_a_group_stand_one_under_the_other(event: EventRow, team: Callable[[Role], FlaskClient]) -> None:
    edited(event, update(Stop).where(Stop.id == event.stops[1].id).values(largest_team=15))
    make_plan(event)
    page = texts_of(team(Role.MANAGER), f"{base(event)}/groups.pdf")[0]
    assert "Team 1 · 15 people" in page
    assert "Team 2 · 15 people" in page
    assert page.count("Orientation") == 2
    stand = texts_of(team(Role.MANAGER), f"{base(event)}/stands/{event.spaces[1].id}.pdf")[0]
    assert "3e A, team 1" in stand
    assert "3e A, team 2" in stand
    assert "15 people" in stand


def test_stand_sheets_say_who_comes_when(event: EventRow, team: Callable[[Role], FlaskClient]) -> None:
    make_plan(event)
    pages = texts_of(team(Role.MANAGER), f"{base(event)}/stands.pdf")
    assert len(pages) == len(event.spaces)
    for space, page in zip(event.spaces, pages, strict=True):
        assert page.count("Collège des Trois-Rivières") == 3
        assert space.name in page
        assert f"at most {space.capacity} people" in page
        assert TEACHER not in page
    of_space = [p for p in passages_of(list_guests(event.id)[0].id) if p.space_id == event.spaces[1].id]
    begins = format_hour(of_space[0].starts_at, event.timezone, "en").replace("\xa0", " ")
    assert f"{begins} –" in pages[1]


def test_who_cancels_is_on_no_sheet(event: EventRow, team: Callable[[Role], FlaskClient]) -> None:
    make_plan(event)
    gone = list_guests(event.id)[1]
    with transaction():
        cancel_registration(gone.id, by=SYSTEM, now=NOW)
    pages = texts_of(team(Role.MANAGER), f"{base(event)}/groups.pdf")
    assert [gone.reference in page for page in pages] == [False, False]
    stands = texts_of(team(Role.MANAGER), f"{base(event)}/stands.pdf")
    assert not any("3e B" in page for page in stands)
    token = get_by_reference(gone.reference, organiser_id=event.organiser_id).token
    assert team(Role.MANAGER).get(f"/r/{token}/sheet.pdf").status_code == 404
    assert team(Role.MANAGER).get(f"{base(event)}/groups/{gone.reference}.pdf").status_code == 404


def test_a_group_without_class_or_school_is_told_by_its_audience(
    event: EventRow, team: Callable[[Role], FlaskClient]
) -> None:
    draft = class_draft(
        event, audience="family", contact=Contact("Zoé Secret", "zoe@example.org"), organisation=Organisation(),
        waves=(event.waves[1].id,),
    )  # fmt: skip
    made = make_registration(event, draft)
    make_plan(event)
    client = team(Role.MANAGER)
    pages = texts_of(client, f"{base(event)}/groups.pdf") + texts_of(client, f"{base(event)}/stands.pdf")
    assert any(made.reference in page for page in pages)
    assert any("Families" in page for page in pages)
    assert not any("Secret" in page for page in [*pages, client.get(base(event)).text])


def test_delays_and_called_off_events_are_said(event: EventRow, team: Callable[[Role], FlaskClient]) -> None:
    make_plan(event)
    be_late(event, wave=10, space=15)
    client = team(Role.MANAGER)
    assert "The arrival at 9:00 am is 10 min late." in texts_of(client, f"{base(event)}/groups.pdf")[0]
    assert "This space is 15 min late." in texts_of(client, f"{base(event)}/stands.pdf")[0]
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW, reason="Neige")
    assert "This event is called off" in texts_of(client, f"{base(event)}/stands.pdf")[0]


def test_who_comes_alone_has_no_sheet(event: EventRow, visitor: FlaskClient) -> None:
    alone = get_registration(make_registration(event, person_draft(event)).id)
    assert visitor.get(f"/r/{alone.token}/sheet.pdf").status_code == 404
    assert "sheet.pdf" not in visitor.get(f"/r/{alone.token}").text
    class_ = get_registration(list_guests(event.id)[0].id)
    assert f"/r/{class_.token}/sheet.pdf" in visitor.get(f"/r/{class_.token}").text
    assert visitor.get("/r/unknown/sheet.pdf").status_code == 404


def test_many_sheets_are_several_files(
    event: EventRow, team: Callable[[Role], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_SHEETS", 2)
    client = team(Role.MANAGER)
    shown = client.get(base(event)).text
    assert "1 to 2" in shown
    assert "3 to 3" in shown
    assert len(texts_of(client, f"{base(event)}/groups.pdf")) == 2
    assert len(texts_of(client, f"{base(event)}/groups.pdf?part=2")) == 1
    for part in ("3", "0", "x", "-1", "99999"):
        assert client.get(f"{base(event)}/groups.pdf?part={part}").status_code == 404


def test_sheets_take_the_same_statements_for_one_group_and_for_many(event: EventRow) -> None:
    make_plan(event)
    fresh = get_event(event.slug)
    with counted_statements() as few:
        list_visits(fresh)
    for letter in "DEFG":
        add_class(event, f"3e {letter}", wave=1, participants=10)
    make_plan(event)
    with counted_statements() as many:
        assert len(list_visits(fresh).every) == 7 * 3
    assert int(few) == int(many) == 3
    assert read_told(event.id).planned


def test_the_door_and_strangers_read_no_papers(
    whole_app: Flask, event: EventRow, team: Callable[[Role], FlaskClient]
) -> None:
    door = team(Role.DOOR)
    for address in ("", "/groups.pdf", "/stands.pdf"):
        assert door.get(base(event) + address).status_code == 403
        assert whole_app.test_client().get(base(event) + address).status_code == 302
