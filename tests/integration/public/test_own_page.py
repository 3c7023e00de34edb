"""One's own page: seeing, changing, cancelling, taking one's data along, being forgotten."""

import json
import threading

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft
from app.events.enums import EventMove
from app.events.operations import move_event
from app.events.queries import EventRow, get_places
from app.jobs.models import Job
from app.jobs.worker import run_worker
from app.messages.models import Message
from app.registrations.drafts import Contact, Statistics
from app.registrations.enums import Gender, RegistrationStatus
from app.registrations.models import DeclaredStatistics
from app.registrations.operations import Registered
from app.registrations.operations.tickets import LINKS_JOB
from app.registrations.queries import FORGOTTEN, get_registration
from tests.conftest import counted_statements
from tests.factories import NOW, forum, make_event, make_registration, one_wave, person_draft
from tests.integration.public.conftest import fields_of, words_of


@pytest.fixture
def made(event: EventRow) -> Registered:
    """A class of 28 + 2 in the first wave, with a mail address of its own."""
    return make_registration(event)


def templates() -> list[str]:
    return list(db.session.execute(select(Message.template).order_by(Message.id)).scalars())


def taken(event: EventRow) -> list[int]:
    places = get_places(event)
    return [places.waves[wave.id] for wave in event.waves]


def test_page_shows_the_ticket_and_what_can_be_done(client: FlaskClient, event: EventRow, made: Registered) -> None:
    page = words_of(client.get(f"/r/{made.token}"))
    for words in (
        "3e B", "Collège des Trois-Rivières", "9:00 am", "28 + 2", "pupils + adults", made.reference, "Next stop", "Construire",
        "Stands métiers", "9:20 am", f"/r/{made.token}/change", f"/r/{made.token}/cancel", f"/r/{made.token}.ics",
        f"/t/{made.ticket_code}.pdf", "Make 28 cards", "Confirmed",
    ):  # fmt: skip
        assert words in page
    assert "manon.lambert" not in page


def test_page_is_kept_by_nobody(client: FlaskClient, made: Registered) -> None:
    answer = client.get(f"/r/{made.token}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_unknown_and_forged_links_get_one_answer(client: FlaskClient, event: EventRow, made: Registered) -> None:
    urls = [
        "/r/nothing", f"/r/{made.token[:-1]}", f"/r/{made.token}x", "/r/%3Cscript%3E", "/r/" + "a" * 500,
        f"/r/{made.ticket_code}", f"/t/{made.token}", "/t/nothing", f"/t/{made.reference}", "/t/nothing.pdf", "/t/nothing/qr.svg",
        "/r/nothing/change", "/r/nothing/cancel", "/r/nothing/data.json", "/r/nothing.ics",
    ]  # fmt: skip
    answers = [client.get(url) for url in urls]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert f"/events/{event.slug}/link" in answers[0].text


def test_change_moves_the_class_and_tells(client: FlaskClient, event: EventRow, made: Registered) -> None:
    page = client.get(f"/r/{made.token}/change")
    kept = fields_of(page)
    assert (kept["headcount.participants"], kept["headcount.companions"]) == (["28"], ["2"])
    assert kept["waves"] == [str(event.waves[0].id)]
    answer = client.post(
        f"/r/{made.token}/change",
        data={"headcount.participants": "25", "headcount.companions": "2", "waves": str(event.waves[1].id)},
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/r/{made.token}")
    after = get_registration(made.id)
    assert (after.waves, after.participants, after.companions) == ((event.waves[1].id,), 25, 2)
    assert taken(event) == [0, 27]
    assert templates() == ["registrations.confirmed", "registrations.changed"]
    assert "It is changed." in client.get(f"/r/{made.token}").text


def test_change_without_room_changes_nothing(client: FlaskClient, event: EventRow, made: Registered) -> None:
    make_registration(event, person_draft(event, waves=(event.waves[1].id,)))
    page = client.post(
        f"/r/{made.token}/change",
        data={"headcount.participants": "29", "headcount.companions": "2", "waves": str(event.waves[1].id)},
    )
    assert page.status_code == 409
    text = words_of(page)
    assert "Not enough places on Thursday 4 February at 9:40 am" in text
    assert "you keep your 30 places" in text
    assert fields_of(page)["headcount.participants"] == ["29"]
    assert taken(event) == [30, 1]
    assert get_registration(made.id).people == 30


def test_class_may_grow_into_the_last_places_of_its_own_wave(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(organiser_id, one_wave(31, AllotmentDraft("school", 31, 1)))
    made = make_registration(event)
    answer = client.post(
        f"/r/{made.token}/change",
        data={"headcount.participants": "29", "headcount.companions": "2", "waves": str(event.waves[0].id)},
    )
    assert answer.status_code == 303
    assert taken(event) == [31]


@pytest.mark.parametrize("wrong", [{"headcount.participants": "0"}, {"waves": ""}, {"headcount.companions": "many"}])
def test_change_with_an_error_keeps_what_was_typed(
    client: FlaskClient, event: EventRow, made: Registered, wrong: dict[str, str]
) -> None:
    sent = {"headcount.participants": "25", "headcount.companions": "3", "waves": str(event.waves[1].id)} | wrong
    page = client.post(f"/r/{made.token}/change", data=sent)
    assert page.status_code == 422
    for name in ("headcount.participants", "headcount.companions"):
        assert fields_of(page)[name] == [sent[name]]
    assert get_registration(made.id).people == 30


def test_person_changes_the_time_alone(client: FlaskClient, event: EventRow) -> None:
    made = make_registration(event, person_draft(event))
    assert "headcount" not in client.get(f"/r/{made.token}/change").text.partition("<main")[2]
    client.post(f"/r/{made.token}/change", data={"waves": str(event.waves[1].id), "headcount.participants": "40"})
    after = get_registration(made.id)
    assert (after.waves, after.people) == ((event.waves[1].id,), 1)


def test_who_cancels_may_tell_why_by_one_tap(client: FlaskClient, event: EventRow, made: Registered) -> None:
    page = client.get(f"/r/{made.token}/cancel").text
    assert "Nobody to come along with the group" in page
    assert "Registered twice" not in page
    assert "Found a job or a training" not in page
    forged = client.post(f"/r/{made.token}/cancel", data={"code": "twice", "reason": "Deux fois"})
    assert (forged.status_code, "Deux fois" in forged.text) == (422, True)
    assert get_registration(made.id).status is RegistrationStatus.CONFIRMED
    assert client.post(f"/r/{made.token}/cancel", data={"code": "transport"}).status_code == 303
    after = get_registration(made.id)
    assert (after.status, after.cancel_code, after.cancel_reason) == (RegistrationStatus.CANCELLED, "transport", "")


def test_cancelling_asks_again_with_figures(client: FlaskClient, event: EventRow, made: Registered) -> None:
    page = client.get(f"/r/{made.token}/cancel")
    assert "Cancel the registration of 30 people?" in page.text
    assert "30 places become free for others." in page.text
    assert taken(event) == [30, 0]
    answer = client.post(f"/r/{made.token}/cancel", data={"reason": "The bus is not coming."})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/r/{made.token}")
    after = get_registration(made.id)
    told = (after.status, after.cancel_code, after.cancel_reason)
    assert told == (RegistrationStatus.CANCELLED, "other", "The bus is not coming.")
    assert taken(event) == [0, 0]
    page = client.get(f"/r/{made.token}")
    assert "This ticket no longer lets anybody in." in page.text
    assert f"/r/{made.token}/change" not in page.text
    assert client.post(f"/r/{made.token}/cancel").status_code == 409
    assert client.post(f"/r/{made.token}/change", data={"waves": "1"}).status_code == 409


def test_visit_that_began_is_no_longer_changed_here(
    sqlite_app: Flask, client: FlaskClient, event: EventRow, made: Registered
) -> None:
    set_clock(sqlite_app.extensions, event.waves[0].ends_at)
    assert f"/r/{made.token}/cancel" not in client.get(f"/r/{made.token}").text
    for path in ("change", "cancel"):
        assert client.get(f"/r/{made.token}/{path}").status_code == 409
        assert client.post(f"/r/{made.token}/{path}").status_code == 409
    assert get_registration(made.id).status is RegistrationStatus.CONFIRMED


def test_address_of_the_page_is_shown_where_no_mail_says_it(client: FlaskClient, event: EventRow) -> None:
    silent = make_registration(event, person_draft(event, contact=Contact("Ana Petit", phone="+33639980102")))
    mailed = make_registration(event, person_draft(event))
    assert f"http://127.0.0.1:8000/r/{silent.token}" in client.get(f"/r/{silent.token}").text
    assert "Keep the address of this page" not in client.get(f"/r/{mailed.token}").text


def test_what_was_done_is_told_before_anything_else_and_has_the_focus(client: FlaskClient, made: Registered) -> None:
    client.post(f"/r/{made.token}/cancel")
    page = client.get(f"/r/{made.token}").text.partition("<main")[2]
    told = page.index("It is cancelled.")
    assert "data-focus" in page[:told]
    assert told < page.index('<article class="ticket"')


def test_cards_follow_the_headcount(client: FlaskClient, event: EventRow, made: Registered) -> None:
    def change(participants: int) -> str:
        client.post(
            f"/r/{made.token}/change",
            data={"headcount.participants": str(participants), "headcount.companions": "2", "waves": str(event.waves[0].id)},
        )  # fmt: skip
        return client.get(f"/r/{made.token}").text

    client.post(f"/r/{made.token}/cards")
    fewer = change(26)
    assert "Open 26 cards" in fewer
    assert "2 cards no longer count, since fewer people come: 3B-27, 3B-28." in fewer
    more = change(30)
    assert "Open 28 cards" in more
    assert "Add 2 cards" in more
    client.post(f"/r/{made.token}/cards")
    assert "Open 30 cards" in client.get(f"/r/{made.token}").text


def test_cancelled_class_has_no_cards_to_print(client: FlaskClient, made: Registered) -> None:
    client.post(f"/r/{made.token}/cards")
    client.post(f"/r/{made.token}/cancel")
    assert client.get(f"/r/{made.token}/cards.pdf").status_code == 302


def test_cards_are_made_once_and_hold_no_name(client: FlaskClient, event: EventRow, made: Registered) -> None:
    answer = client.post(f"/r/{made.token}/cards")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/r/{made.token}/cards.pdf")
    paper = client.get(answer.headers["Location"])
    assert (paper.content_type, paper.data[:5]) == ("application/pdf", b"%PDF-")
    client.post(f"/r/{made.token}/cards")
    registration = get_registration(made.id)
    assert len(registration.cards) == 28
    assert "Open 28 cards" in client.get(f"/r/{made.token}").text
    card = client.get(f"/t/{registration.cards[6].code}")
    assert card.status_code == 200
    assert registration.cards[6].label in card.text
    for secret in ("Manon", "Trois-Rivières", "3e B", registration.reference, registration.token, "28 + 2"):
        assert secret not in card.text
    assert client.get(f"/t/{registration.cards[6].code}.pdf").status_code == 404


def test_calendar_of_a_registration(client: FlaskClient, made: Registered) -> None:
    answer = client.get(f"/r/{made.token}.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert b"STATUS:CONFIRMED" in answer.data


def test_everything_that_is_held_can_be_taken_along(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(organiser_id, forum(asks_statistics=True))
    contact = Contact("Hugo Dupont", "hugo.dupont@example.org", "+33639980102")
    made = make_registration(event, person_draft(event, contact=contact, statistics=Statistics(gender=Gender.MAN)))
    page = words_of(client.get(f"/r/{made.token}/data"))
    for words in ("Hugo Dupont", "hugo.dupont@example.org", "06 39 98 01 02", "A man"):
        assert words in page
    answer = client.get(f"/r/{made.token}/data.json")
    held = json.loads(answer.data)
    assert held["contact"] == {"name": "Hugo Dupont", "email": "hugo.dupont@example.org", "phone": "+33639980102"}
    assert held["statistics"]["gender"] == "man"
    assert [line["what"] for line in held["history"]] == ["registration.made"]
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{made.reference}.json"'


def test_erasing_asks_again_then_forgets(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(organiser_id, forum(asks_statistics=True))
    made = make_registration(event, person_draft(event, statistics=Statistics(gender=Gender.WOMAN)))
    assert "1 place becomes free" in client.get(f"/r/{made.token}/erase").text
    assert get_registration(made.id).contact_name == "Hugo Dupont"
    assert client.post(f"/r/{made.token}/erase").status_code == 303
    after = get_registration(made.id)
    assert (after.contact_name, after.contact_email, after.status) == (FORGOTTEN, "", RegistrationStatus.CANCELLED)
    assert db.session.execute(select(DeclaredStatistics)).first() is None
    page = client.get(f"/r/{made.token}")
    assert "We no longer know who registered here." in page.text
    assert "Hugo" not in page.text
    assert client.get(f"/r/{made.token}/erase").status_code == 302


def test_link_is_sent_again_and_the_answer_tells_nothing(
    sqlite_app: Flask, client: FlaskClient, event: EventRow
) -> None:
    make_registration(event, person_draft(event, contact=Contact("Hugo Dupont", "hugo.dupont@example.org")))
    known = client.post(
        f"/events/{event.slug}/link", data={"email": " Hugo.Dupont@example.org "}, follow_redirects=True
    )
    unknown = client.post(f"/events/{event.slug}/link", data={"email": "nobody@example.org"}, follow_redirects=True)
    assert known.status_code == 200
    assert known.data == unknown.data
    run_worker(sqlite_app, drain=True, stop=threading.Event(), concurrency=1)
    assert templates() == ["registrations.confirmed", "registrations.link"]


def test_asking_for_the_link_does_the_same_work_whoever_has_the_address(client: FlaskClient, event: EventRow) -> None:
    """Else the time that the answer takes would tell who is registered."""
    make_registration(event, person_draft(event, contact=Contact("Hugo Dupont", "hugo.dupont@example.org")))
    statements: list[list[str]] = []
    for email in ("hugo.dupont@example.org", "nobody@example.org"):
        client.get(f"/events/{event.slug}")
        with counted_statements() as counted:
            assert client.post(f"/events/{event.slug}/link", data={"email": email}).status_code == 303
        statements.append(counted.statements)
    assert statements[0] == statements[1]
    assert not any("FROM registrations" in statement for statement in statements[0])
    payloads = db.session.execute(select(Job.payload).where(Job.name == LINKS_JOB)).scalars().all()
    assert len(payloads) == 2
    assert "example.org" not in str(payloads), "a job keeps the digest alone"


def test_wrong_address_for_the_link_is_said(client: FlaskClient, event: EventRow) -> None:
    page = client.post(f"/events/{event.slug}/link", data={"email": "hugo@"})
    assert page.status_code == 422
    assert fields_of(page)["email"] == ["hugo@"]


def test_cancelled_event_is_unmistakable(client: FlaskClient, event: EventRow, made: Registered) -> None:
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW, reason="The hall is flooded.")
    for url in (f"/r/{made.token}", f"/t/{made.ticket_code}"):
        page = client.get(url).text
        assert "This event is called off" in page
        assert "The hall is flooded." in page
        assert "Show this code" not in page
        assert ">Confirmed<" not in page
