"""What's on."""

import re
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.events.enums import EventMove
from app.events.operations import move_event
from app.events.queries import EventRow
from tests.conftest import counted_statements
from tests.factories import DAY_ONE, NOW, class_draft, forum, make_event, make_organiser, make_registration
from tests.integration.public.conftest import words_of


def past_event(organiser_id: int) -> EventRow:
    began = NOW - timedelta(days=400)
    return make_event(
        organiser_id,
        forum(
            title_en="Last year", starts_at=began, ends_at=began + timedelta(hours=8),
            waves=(WaveDraft(began, began + timedelta(minutes=40), 60),),
        ),
    )  # fmt: skip


def test_coming_events_are_shown_with_what_is_left(client: FlaskClient, event: EventRow) -> None:
    page = words_of(client.get("/"))
    for words in (
        "The Path of Talents", "Thursday 4 February 2027", "Le Consortium, Dijon", "90 places left",
        "For classes, people looking for work, families", "Creativ’",
    ):  # fmt: skip
        assert words in page
    make_registration(event, class_draft(event))
    assert "60 places left" in words_of(client.get("/"))


def test_past_events_stand_apart(client: FlaskClient, event: EventRow, organiser_id: int) -> None:
    past_event(organiser_id)
    assert "Last year" not in client.get("/").text
    page = client.get("/?past=1").text
    assert "Last year" in page
    assert "The Path of Talents" not in page


def test_drafts_are_not_shown(client: FlaskClient, organiser_id: int) -> None:
    make_event(organiser_id, publish=False)
    assert "Nothing is planned at the moment" in client.get("/").text


def test_cancelled_event_is_said_so(client: FlaskClient, event: EventRow) -> None:
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW, reason="The hall is flooded.")
    page = client.get("/").text
    assert "Called off" in page
    assert "The hall is flooded." in page


def test_cancelled_event_is_one_line_at_its_date(client: FlaskClient, organiser_id: int) -> None:
    def on(days: int, title: str) -> EventRow:
        start = DAY_ONE + timedelta(days=days)
        waves = (WaveDraft(start, start + timedelta(minutes=40), 60),)
        return make_event(
            organiser_id,
            forum(
                title_en=title, starts_at=start, ends_at=start + timedelta(hours=8), waves=waves, stops=(), spaces=()
            ),
        )

    on(0, "Before"), on(4, "After")
    off = on(2, "Called-off one")
    with transaction():
        move_event(off.id, EventMove.CANCEL, by=SYSTEM, now=NOW, reason="The hall is flooded.")
    page = words_of(client.get("/"))
    assert page.index("Before") < page.index("Called-off one") < page.index("After")
    card = page[page.index("Called-off one") : page.index("After")]
    assert "The hall is flooded." in card
    assert "from 9:00 am" not in card
    assert page.count("Le Consortium, Dijon") == 2


def test_months_stand_above_their_events_with_the_year_where_it_is_another(
    sqlite_app: Flask, client: FlaskClient, organiser_id: int
) -> None:
    for start in (DAY_ONE, DAY_ONE + timedelta(days=1), DAY_ONE + timedelta(days=40)):
        waves = (WaveDraft(start, start + timedelta(minutes=40), 60),)
        make_event(
            organiser_id, forum(starts_at=start, ends_at=start + timedelta(hours=8), waves=waves, stops=(), spaces=())
        )
    assert months(client) == ["February", "March"]
    set_clock(sqlite_app.extensions, NOW - timedelta(days=60))
    assert months(client) == ["February 2027", "March 2027"]
    assert months(client, "?lang=fr") == ["Février 2027", "Mars 2027"]


def test_event_in_progress_stands_in_the_present_month(
    sqlite_app: Flask, client: FlaskClient, organiser_id: int
) -> None:
    last = DAY_ONE + timedelta(days=27)
    waves = tuple(WaveDraft(at, at + timedelta(hours=1), 60) for at in (DAY_ONE, last))
    make_event(organiser_id, forum(waves=waves, ends_at=last + timedelta(hours=2)))
    set_clock(sqlite_app.extensions, last - timedelta(days=1))
    assert months(client) == ["March"]


def months(client: FlaskClient, query: str = "") -> list[str]:
    return re.findall(r"<h2[^>]*>([^<]+)</h2>", client.get(f"/{query}").text)


def test_many_audiences_are_told_in_few_words(client: FlaskClient, organiser_id: int) -> None:
    everybody = ("school", "student", "job_seeker", "family", "professional")
    make_event(organiser_id, forum(audiences=everybody))
    assert "For classes, students, people looking for work and 2 more audiences" in client.get("/").text


def test_several_organisers_are_named_and_the_head_is_neutral(client: FlaskClient, event: EventRow) -> None:
    make_event(make_organiser("Autre Pôle"))
    page = client.get("/").text
    assert "Forum · Autre Pôle" in page
    assert "Forum · Creativ’" in page
    assert '<span class="brand-name">Parcours</span>' in page


def test_long_lists_have_pages(client: FlaskClient, organiser_id: int) -> None:
    for number in range(23):
        start = DAY_ONE + timedelta(days=number)
        waves = (WaveDraft(start, start + timedelta(minutes=40), 60),)
        make_event(
            organiser_id, forum(starts_at=start, ends_at=start + timedelta(hours=8), waves=waves, stops=(), spaces=())
        )
    first, second = client.get("/").text, client.get("/?page=2").text
    assert (first.count("event-card"), second.count("event-card")) == (20, 3)
    assert 'href="/?page=2"' in first
    assert 'rel="prev" href="/"' in second
    assert client.get("/?page=many").text.count("event-card") == 20


def test_list_takes_as_many_statements_for_three_as_for_one(client: FlaskClient, organiser_id: int) -> None:
    def statements() -> int:
        with counted_statements() as counted:
            client.get("/")
        return int(counted)

    make_event(organiser_id)
    client.get("/")
    one = statements()
    for _ in range(2):
        make_event(organiser_id)
    assert statements() == one


def test_the_team_and_contacts_find_their_way_in(client: FlaskClient) -> None:
    page = client.get("/?lang=en").text
    assert '<a href="/login">Log in (team and partners)</a>' in page
    assert '<a href="/my">My structure</a>' in page
