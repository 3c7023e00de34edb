"""What an address of the list asks for in vain is said on the page, alike for every filter, and nothing falls over it."""

import html
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, update

from app.accounts.enums import Role
from app.accounts.rules import Access
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.models import Allotment, Event, Wave
from app.events.queries import EventRow
from app.registrations.models import RegistrationWave
from app.registrations.operations import cancel_registration
from app.reports.lists import ListQuery, left_aside
from app.reports.queries.list_choices import known_query
from app.structures.drafts import StructureDraft
from app.structures.models import StructureKind
from app.structures.operations.directory import create_structure
from tests import factories
from tests.integration.manage.conftest import person_draft
from tests.integration.manage.test_list_page import links, names

LogIn = Callable[[int, Role], FlaskClient]
EVERYBODY = ["Dupont, Hugo", "Zerrouki, Lina"]
LEFT_OUT = "left out:"


@pytest.fixture
def base(forum: EventRow, enrol: Callable[..., object]) -> str:
    enrol(forum, person_draft(forum, 0, "Hugo Dupont"))
    enrol(forum, person_draft(forum, 1, "Lina Zerrouki", audience="family"))
    return f"/manage/events/{forum.slug}/registrations"


def notice(page: str) -> str:
    """What the page says is left out; nothing where it says nothing."""
    found = re.search(r'<div class="notice-body">(.*?)</div>', page.partition('id="results"')[2], re.S)
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", found[1]).split())) if found else ""


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("status=nonsense", "Status: nonsense"),
        ("wave=999999", "Wave: 999999"),
        ("wave=x", "Wave: x"),
        ("day=2031-01-01", "Day: 2031-01-01"),
        ("audience=martian", "Audience: martian"),
        ("arrival=soon", "Arrival: soon"),
        ("kind=crowd", "Group or person: crowd"),
        ("source=pigeon", "Registered through: pigeon"),
        ("structure=999999", "Structure: 999999"),
        ("structure=x", "Structure: x"),
        ("cancel_code=comet", "Why it is cancelled: comet"),
        ("no_show_code=comet", "Why nobody came: comet"),
        ("answer:diet=none", "diet: none"),
        ("page=77", "Page: 77"),
        ("page=x", "Page: x"),
        ("page=-1", "Page: -1"),
        ("q=%01", "Search: �"),
        (f"wave={'9' * 200}", f"Wave: {'9' * 59}…"),
        ("status=%3Cb%3E&wave=y", "Status: <b> · Wave: y"),
    ],
)
def test_what_means_nothing_is_said_and_left_out(client: FlaskClient, base: str, said: str, told: str) -> None:
    page = client.get(f"{base}?{said}").text
    assert names(page) == EVERYBODY
    assert f"{LEFT_OUT} {told}" in notice(page)
    without = links(page)["The list without it"]
    assert without == f"{base}?view=all"
    assert notice(client.get(without).text) == ""


@pytest.mark.parametrize(
    "said", ["", "page=1", "page=01", "status=confirmed", "q=zzz", "sort=status", "view=all", "lang=en"]
)
def test_nothing_is_said_where_all_means_something(client: FlaskClient, base: str, said: str) -> None:
    assert notice(client.get(f"{base}?{said}").text) == ""


def test_what_means_something_beside_it_stays(client: FlaskClient, base: str) -> None:
    page = client.get(f"{base}?audience=family&wave=999999&sort=status&q=lina").text
    assert names(page) == ["Zerrouki, Lina"]
    assert notice(page).startswith("This means nothing here any more and was left out: Wave: 999999")
    assert links(page)["The list without it"] == f"{base}?q=lina&audience=family&sort=status"


def test_the_results_alone_say_it_too(client: FlaskClient, base: str) -> None:
    page = client.get(f"{base}?wave=999999", headers={"HX-Request": "true"}).text
    assert page.lstrip().startswith('<div id="results">')
    assert "Wave: 999999" in notice(page)


def test_who_sees_no_people_s_data_is_told_without_their_values(base: str, log_in: LogIn, organiser_id: int) -> None:
    page = log_in(organiser_id, Role.VIEWER).get(f"{base}?oriented_by=Mme+Perrin&answer:diet=none&status=x").text
    assert notice(page) == (
        "This means nothing here any more and was left out: Status: x "
        "Filters by people’s data were left out: you do not see these data. The list without it"
    )


def test_a_view_that_lost_a_filter_says_so(
    client: FlaskClient, base: str, log_in: LogIn, organiser_id: int, forum: EventRow
) -> None:
    sent = {"wave": str(forum.waves[0].id), "name": "Première vague", "shared": "y", "opens": "y"}
    assert client.post(f"{base}/views/new", data=sent).status_code == 302
    with transaction():
        drop_first_wave(forum)
    opened = client.get(base, follow_redirects=True).text
    assert names(opened) == EVERYBODY
    assert f"Wave: {forum.waves[0].id}" in notice(opened)
    for reader in (client, log_in(organiser_id, Role.VIEWER)):
        shown = links(reader.get(f"{base}/views").text)["Première vague"]
        assert "was left out: Wave" in notice(reader.get(shown).text)


def drop_first_wave(forum: EventRow) -> None:
    """The first wave is no longer one of the event's: its people ask for the second one."""
    first, second = forum.waves[0].id, forum.waves[1].id
    moved = update(RegistrationWave).where(RegistrationWave.wave_id == first).values(wave_id=second)
    db.session.execute(moved)
    db.session.execute(delete(Allotment).where(Allotment.wave_id == first))
    db.session.execute(delete(Wave).where(Wave.id == first))
    db.session.execute(
        update(Event).where(Event.id == forum.id).values(revision=Event.revision + 1, version=Event.version + 1)
    )


def test_structures_reasons_and_audiences_that_there_are_stay(whole_app: Flask) -> None:
    organiser = factories.make_organiser()
    event = factories.make_event(organiser)
    with transaction():
        structure = create_structure(
            StructureDraft(StructureKind.SCHOOL, "Collège Pardé"), organiser_id=organiser, by=SYSTEM, now=factories.NOW
        )
    made = factories.make_registration(event, factories.person_draft(event))
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=factories.NOW, code="illness")
    asked = ListQuery(
        structures=frozenset({structure, 999_999}), audiences=frozenset({"job_seeker", "martian"}),
        cancel_codes=frozenset({"illness", "comet"}), no_show_codes=frozenset({"transport", "comet"}),
    )  # fmt: skip
    found = known_query(event, asked, Access(organiser, role=Role.OWNER))
    assert found == ListQuery(
        structures=frozenset({structure}), audiences=frozenset({"job_seeker"}), cancel_codes=frozenset({"illness"}),
        no_show_codes=frozenset({"transport"}),
    )  # fmt: skip
    assert set(left_aside(asked.to_args(), found)) == {
        ("structure", "999999"), ("audience", "martian"), ("cancel_code", "comet"), ("no_show_code", "comet"),
    }  # fmt: skip
