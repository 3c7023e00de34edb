"""What's on."""

from datetime import timedelta

from flask.testing import FlaskClient

from app.core.actor import SYSTEM
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
        "The Path of Talents", "Thursday 4 February 2027", "Le Consortium, Dijon", "Registration is open · 90 places",
        "For classes, people looking for work, families", "Creativ’",
    ):  # fmt: skip
        assert words in page
    make_registration(event, class_draft(event))
    assert "60 places" in words_of(client.get("/"))


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
