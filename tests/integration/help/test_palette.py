"""The search of the desk finds what a person may see, and nothing else."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import EventFunction, Role
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.registrations.drafts import Contact
from app.registrations.models import Registration
from app.registrations.operations import cancel_registration
from app.registrations.queries import get_registration
from app.structures.drafts import StructureDraft
from app.structures.models import StructureKind
from app.structures.operations.directory import create_structure
from app.web.manage import palette
from tests.conftest import counted_statements
from tests.factories import (
    NOW,
    class_draft,
    forum,
    make_event,
    make_member,
    make_organiser,
    make_registration,
    person_draft,
)
from tests.integration.help.conftest import SignIn, make_partner

HTMX = {"HX-Request": "true"}


def options(client: FlaskClient, text: str) -> list[str]:
    """The titles that the palette offers."""
    page = client.get("/manage/search", query_string={"q": text}, headers=HTMX)
    assert page.status_code == 200
    return re.findall(r'role="option".*?<b>(.*?)</b>', page.text, re.DOTALL)


@pytest.fixture
def event(organiser_id: int) -> EventRow:
    return make_event(organiser_id)


def test_no_page_is_offered_twice(owner: FlaskClient) -> None:
    for places in (palette.ACTIONS, palette.PAGES):
        offered = [place.url for place in places]
        assert len(offered) == len(set(offered))
    assert options(owner, "xlsx") == options(owner, "taken out") == ["Exports"]


def test_finds_events_people_structures_pages_and_actions(owner: FlaskClient, event: EventRow) -> None:
    make_registration(event, person_draft(event, contact=Contact("Élodie Lambœuf", "elodie@example.org")))
    with transaction():
        create_structure(
            StructureDraft(StructureKind.SCHOOL, "Lycée Gustave-Eiffel", commune="Dijon"),
            organiser_id=event.organiser_id,
            by=SYSTEM,
            now=NOW,
        )
    assert options(owner, "PATH talents")[0] == "The Path of Talents"
    assert options(owner, "elodie LAMBOEUF") == ["Lambœuf, Élodie"]
    assert options(owner, "gustave eiffel") == ["Lycée Gustave-Eiffel"]
    assert "Make a new event" in options(owner, "new event")
    assert options(owner, "api token")[0] == "Make a key for a program"
    assert options(owner, "zzzz") == []
    page = owner.get("/manage/search?q=zzzz", headers=HTMX).text
    assert "Nothing matches “zzzz”." in page


def test_the_same_address_is_a_page_without_scripts(owner: FlaskClient, event: EventRow) -> None:
    made = get_registration(make_registration(event).id)
    page = owner.get("/manage/search?q=lambert").text
    assert "<html" in page
    assert f'href="/manage/events/{event.slug}/registrations/{made.reference}"' in page
    straight = owner.get("/manage/search", query_string={"q": made.reference.lower().replace("-", " ")})
    assert straight.headers["Location"] == f"/manage/events/{event.slug}/registrations/{made.reference}"
    assert "<html" not in owner.get("/manage/search?q=lambert", headers=HTMX).text
    assert owner.get("/manage/search?q=%00").status_code in {200, 400}


def test_nothing_of_another_organiser_is_found(owner: FlaskClient, event: EventRow) -> None:
    theirs = make_event(make_organiser("Ailleurs"), forum(title_fr="Le forum des autres", title_en=""))
    foreign = get_registration(
        make_registration(theirs, person_draft(theirs, contact=Contact("Zoé Zzz", "zoe@example.org"))).id
    )
    assert options(owner, "forum des autres") == []
    assert options(owner, "zoe zzz") == []
    assert options(owner, foreign.reference) == []
    assert owner.get(f"/manage/search?q={foreign.reference}").status_code == 200


def test_who_sees_no_names_finds_nobody_by_name(viewer: FlaskClient, event: EventRow) -> None:
    class_ = get_registration(make_registration(event, class_draft(event)).id)
    person = get_registration(
        make_registration(
            event, person_draft(event, contact=Contact("Hugo Dupont", "hugo@example.org", "0639980102"))
        ).id
    )
    for text in ("lambert", "manon", "hugo", "dupont", "hugo@example.org", "0639980102"):
        assert options(viewer, text) == [], text
    assert options(viewer, "trois-rivieres 3e") == ["3e B · Collège des Trois-Rivières"]
    assert options(viewer, class_.reference) == ["3e B · Collège des Trois-Rivières"]
    page = viewer.get("/manage/search", query_string={"q": person.reference}, headers=HTMX).text
    assert person.reference in page
    assert "Dupont" not in page


def test_a_partner_finds_the_rows_of_their_function_of_their_event(sign_in: SignIn, event: EventRow) -> None:
    make_registration(event, class_draft(event))
    make_registration(event, person_draft(event, contact=Contact("Hugo Dupont", "hugo@example.org")))
    other = make_event(event.organiser_id, forum(title_fr="Une autre", title_en="Another one"))
    make_registration(other, class_draft(other, contact=Contact("Rachel Lambert", "rachel@example.org")))
    partner = sign_in(make_partner(event, EventFunction.SCHOOLS))
    assert options(partner, "lambert") == ["Lambert, Manon"]
    assert options(partner, "dupont") == []
    assert options(partner, "another") == []
    assert options(partner, "talents")[0] == "The Path of Talents"
    figures = sign_in(make_partner(event, EventFunction.FIGURES))
    assert options(figures, "lambert") == []
    assert options(figures, "talents") == ["The Path of Talents"]


def test_what_is_deleted_is_not_found(owner: FlaskClient, event: EventRow) -> None:
    made = make_registration(event, person_draft(event, contact=Contact("Hugo Dupont", "hugo@example.org")))
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=NOW)
    assert options(owner, "dupont") == ["Dupont, Hugo"]
    with transaction():
        row = db.session.get_one(Registration, made.id)
        row.deleted_at = NOW
    assert options(owner, "dupont") == []


@pytest.mark.parametrize("role", list(Role))
def test_every_result_opens(sign_in: SignIn, event: EventRow, role: Role) -> None:
    """Whatever is offered to a role lets that role in."""
    make_registration(event)
    client = sign_in(make_member(event.organiser_id, role)[0])
    hrefs: set[str] = set()
    for text in ("", "e", "a", "o", "talent", "trois", "partners", "door", "questions talents", "history", "import"):
        page = client.get("/manage/search", query_string={"q": text}, headers=HTMX).text
        hrefs |= set(re.findall(r'role="option"[^>]*href="([^"]+)"', page))
    assert "/manage/account" in hrefs
    assert ("/manage/events/new" in hrefs) == (role in {Role.OWNER, Role.MANAGER})
    for href in sorted(hrefs):
        assert client.get(href).status_code in {200, 302, 303}, href


def test_a_page_of_an_event_is_found_by_its_name(owner: FlaskClient, event: EventRow) -> None:
    other = make_event(event.organiser_id, forum(title_fr="Une autre", title_en="Another one"))

    def found(text: str) -> list[str]:
        page = owner.get("/manage/search", query_string={"q": text}, headers=HTMX).text
        return [url for url in re.findall(r'role="option"[^>]*href="([^"]+)"', page) if "/partners" in url]

    both = {f"/manage/events/{e.slug}/partners" for e in (event, other)}
    assert set(found("partners")) == both
    assert found("talents partn") == [f"/manage/events/{event.slug}/partners"]
    assert found("partners nowhere") == found("pa") == []


def test_a_structure_stands_before_those_registered_for_it(owner: FlaskClient, event: EventRow) -> None:
    make_registration(event, class_draft(event))
    assert options(owner, "trois-rivieres")[0] == "Collège des Trois-Rivières"


def test_searching_takes_as_many_statements_however_much_there_is(owner: FlaskClient, event: EventRow) -> None:
    def count(text: str) -> int:
        with counted_statements() as counted:
            options(owner, text)
        return int(counted)

    options(owner, "lambert")
    few = count("lambert")
    for n in range(3):
        make_registration(event, person_draft(event, contact=Contact(f"Léa Lambert {n}", f"lea{n}@example.org")))
    assert count("lambert") == few <= 4


def test_visitors_are_sent_to_the_log_in(whole_app: Flask) -> None:
    answer = whole_app.test_client().get("/manage/search?q=lambert")
    assert (answer.status_code, "/login" in answer.headers["Location"]) == (302, True)
