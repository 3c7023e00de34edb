"""The columns of the list in the order one wants, kept by views and files; and structures to narrow it by, however many."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, update

from app.accounts.enums import EventFunction, Role
from app.accounts.operations.partners import entrust
from app.accounts.rules import Access
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.text import fold
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.registrations.enums import RegistrationKind
from app.registrations.models import Registration
from app.reports.lists import move_column
from app.reports.queries.list_choices import MOST_CHOICES, list_choices
from app.structures.models import Structure, StructureKind
from tests import factories
from tests.integration.manage.conftest import NOW, person_draft
from tests.integration.manage.test_list_page import heads, links

LogIn = Callable[[int, Role], FlaskClient]


@pytest.fixture
def base(forum: EventRow, enrol: Callable[..., object]) -> str:
    enrol(forum, person_draft(forum, 0, "Manon Lambert"))
    enrol(forum, person_draft(forum, 1, "Lina Zerrouki"))
    return f"/manage/events/{forum.slug}/registrations"


def offered(page: str) -> list[str]:
    """Titles in the form of columns, in its order, ticked ones alone."""
    form = re.search(r'<form method="post" action="[^"]*/registrations/columns">.*?</form>', page, re.S)
    assert form is not None
    return re.findall(r'name="column" value="[^"]+" checked><span>([^<]+)<', form[0])


@pytest.mark.parametrize(
    ("key", "by", "found"),
    [
        ("c", -1, "name c b d"),
        ("b", 1, "name c b d"),
        ("b", -1, "name b c d"),  # the first one leads to the registration
        ("d", 1, "name b c d"),
        ("name", 1, "name b c d"),
        ("unknown", 1, "name b c d"),
    ],
)
def test_a_column_moves_by_one_place(key: str, by: int, found: str) -> None:
    assert move_column(("name", "b", "c", "d"), key, by) == tuple(found.split())


def test_columns_move_without_scripts_and_stay_so(client: FlaskClient, base: str) -> None:
    chosen = {"column": ["name", "commune", "status", "people"], "q": "lambert", "status": "confirmed"}
    moved = client.post(f"{base}/columns", data={**chosen, "earlier": "people"})
    page = client.get(moved.location).text
    assert heads(page) == offered(page) == ["Name", "Town", "Headcount", "Status"]
    assert '<details class="filter filter-end" id="columns" data-menu open>' in page  # to move the next one
    assert "q=lambert&status=confirmed" in moved.location
    assert heads(client.get(base).text) == ["Name", "Town", "Headcount", "Status"]
    again = client.post(f"{base}/columns", data={"column": ["name", "commune", "people", "status"], "later": "commune"})
    assert heads(client.get(again.location).text) == ["Name", "Headcount", "Town", "Status"]
    shown = client.post(f"{base}/columns", data={"column": ["name", "people", "commune", "status", "email"]})
    page = client.get(shown.location).text
    assert heads(page) == ["Name", "Headcount", "Town", "Status", "E-mail address"]
    assert ' id="columns" data-menu>' in page


def test_the_order_goes_with_views_and_files(client: FlaskClient, base: str) -> None:
    order = ["name", "people", "commune"]
    page = client.get(client.post(f"{base}/columns", data={"column": order}).location).text
    file = client.get(links(page)["CSV file"]).data.decode("utf-8-sig")
    assert file.splitlines()[0] == "Name,Headcount,Town"
    client.post(f"{base}/views/new", data={"column": order, "name": "À compter"})
    client.post(f"{base}/columns", data={"usual": "1"})
    assert heads(client.get(links(client.get(base).text)["À compter"]).text) == ["Name", "Headcount", "Town"]
    pressed = re.search(r'<form method="post" action="[^"]*/registrations/columns">.*?</form>', page, re.S)
    assert pressed is not None
    first = re.findall(r"<button[^>]*>", pressed[0])[0]
    assert "name=" not in first  # the Enter key moves nothing


def fill_directory(event: EventRow, many: int) -> None:
    """So many structures that registered, and one that did not."""
    names = [f"Établissement {n:03d}" for n in range(many)]
    kept = [{"organiser_id": event.organiser_id, "kind": StructureKind.SCHOOL, "name": n, "name_key": fold(n),
             "created_at": NOW, "updated_at": NOW} for n in (*names, "Établissement resté chez lui")]  # fmt: skip
    with transaction():
        ids = list(
            db.session.execute(insert(Structure).returning(Structure.id, sort_by_parameter_order=True), kept).scalars()
        )
    for structure_id, name in zip(ids, names, strict=False):
        copy_registration(event, structure_id, name)


def copy_registration(event: EventRow, structure_id: int, name: str) -> None:
    values = {
        "event_id": event.id, "organiser_id": event.organiser_id, "reference": f"VT-{structure_id}", "kind": "group",
        "token": f"t{structure_id}", "audience": "school", "status": "confirmed", "participants": 1, "companions": 0,
        "contact_name": name, "organisation_name": name, "structure_id": structure_id, "source": "staff",
        "sort_name": name, "search_text": fold(name), "changed_in": 0, "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    with transaction():
        db.session.execute(insert(Registration).values(values))


def structures_offered(page: str) -> list[str]:
    box = re.search(r'<div id="structures-found">(.*?)</div>', page, re.S)
    return re.findall(r"<span>([^<]+)</span>", box[1]) if box else []


def test_few_structures_are_all_offered_without_a_search(client: FlaskClient, base: str, forum: EventRow) -> None:
    fill_directory(forum, 3)
    page = client.get(f"{base}/filters").text
    assert structures_offered(page) == [f"Établissement {n:03d}" for n in range(3)]
    assert 'name="find"' not in page


def test_many_structures_are_found_by_their_names(
    client: FlaskClient, base: str, forum: EventRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.reports.queries.list_choices.MOST_CHOICES", 5)
    monkeypatch.setattr("app.web.manage.registrations.MOST_CHOICES", 5)
    fill_directory(forum, 12)
    page = client.get(f"{base}/filters").text
    assert structures_offered(page) == [f"Établissement {n:03d}" for n in range(5)]
    assert "The first 5: type more of the name." in page
    assert f'formaction="{base}/filters"' in page
    last = re.search(r'value="(\d+)"><span>Établissement 011', client.get(f"{base}/filters?find=etab+11").text)
    assert last is not None
    ticked = client.get(f"{base}/filters?structure={last[1]}&find=ETABLISSEMENT+00&status=confirmed").text
    assert structures_offered(ticked)[0] == "Établissement 011"  # what is ticked stays, found or not
    assert len(structures_offered(ticked)) == 6
    assert 'name="status" value="confirmed" checked' in ticked
    nothing = client.get(f"{base}/filters?find=reste+chez").text  # it did not register
    assert "No structure of this list has this in its name." in nothing
    assert "type more" not in nothing


def test_enter_in_the_search_of_structures_looks_for_them(client: FlaskClient, base: str) -> None:
    typed = client.get(f"{base}?status=confirmed&find=pard%C3%A9&enter=1")
    assert (typed.status_code, typed.location) == (302, f"{base}/filters?status=confirmed&find=pard%C3%A9")
    assert client.get(f"{base}?status=confirmed&find=&enter=1").status_code == 200
    assert client.get(f"{base}?status=confirmed&find=pard").status_code == 200


def test_structures_are_those_of_the_readers_rows(
    base: str, forum: EventRow, log_in: LogIn, organiser_id: int, other_id: int
) -> None:
    fill_directory(forum, 2)
    alone = update(Registration).where(Registration.organisation_name == "Établissement 001")
    with transaction():
        db.session.execute(alone.values(kind=RegistrationKind.INDIVIDUAL, audience="job_seeker"))
    partner, functions = log_in(other_id, Role.DOOR), {EventFunction.SCHOOLS}
    with partner.session_transaction() as session:
        account_id = session["account_id"]
    with transaction():
        entrust(forum.id, organiser_id, account_id, functions, organisation="CCI", ends_at=None, by=SYSTEM, now=NOW)
    schools = Access(organiser_id, functions=frozenset(functions))
    assert [name for _, name in list_choices(forum, schools, structure="etab").structures] == ["Établissement 000"]
    assert "Établissement 001" not in partner.get(f"{base}/filters?find=etab").text
    stranger = Access(other_id, role=Role.DOOR)
    assert list_choices(forum, stranger, structure="etab").structures == ()


def test_the_search_folds_alike_on_both_databases(whole_app: Flask) -> None:
    organiser = factories.make_organiser()
    event = factories.make_event(organiser)
    fill_directory(event, 3)
    owner = Access(organiser, role=Role.OWNER)
    assert [name for _, name in list_choices(event, owner, structure="ÉTAB 002").structures] == ["Établissement 002"]
    assert list_choices(event, owner, structure="%").structures == ()
    assert not list_choices(event, owner).more
    assert MOST_CHOICES == 300
