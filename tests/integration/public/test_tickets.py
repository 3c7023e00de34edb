"""What a QR code opens."""

import io
import uuid
from datetime import timedelta

import pytest
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from app.checkin.enums import Direction
from app.checkin.operations import ScanInput, record_scans
from app.checkin.queries import list_door_tickets
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.documents.qr import qr_png
from app.events.drafts import StopDraft
from app.events.enums import EventMove
from app.events.operations import move_event
from app.events.queries import EventRow
from app.registrations.drafts import Contact, Headcount
from app.registrations.operations import Registered, cancel_registration, change_registration, issue_route_cards
from app.registrations.queries import get_registration
from tests.factories import NOW, class_draft, forum, make_event, make_registration, one_wave, person_draft
from tests.integration.public.conftest import words_of
from tests.unit.documents.pdf_reading import read_pdf


@pytest.fixture
def made(event: EventRow) -> Registered:
    return make_registration(
        event, person_draft(event, contact=Contact("Hugo Dupont", "hugo@example.org", "+33639980102"))
    )


def test_ticket_shows_its_holder_and_nothing_to_reach_them(client: FlaskClient, made: Registered) -> None:
    page = words_of(client.get(f"/t/{made.ticket_code}"))
    for words in ("Hugo Dupont", "9:00 am", "Thursday 4 February", made.reference, "Show this code at the entrance."):
        assert words in page
    for secret in ("hugo@example.org", "39 98 01 02", "639980102", made.token):
        assert secret not in page


def test_code_is_read_in_either_case(client: FlaskClient, made: Registered) -> None:
    assert client.get(f"/t/{made.ticket_code.lower()}").data == client.get(f"/t/{made.ticket_code}").data.replace(
        f"/t/{made.ticket_code}?".encode(), f"/t/{made.ticket_code.lower()}?".encode()
    )


def test_code_says_the_absolute_address_of_the_ticket(client: FlaskClient, made: Registered) -> None:
    picture = client.get(f"/t/{made.ticket_code}/qr.svg")
    assert picture.content_type == "image/svg+xml; charset=utf-8"
    assert picture.headers["Cache-Control"] == "private, no-cache"
    assert picture.text in client.get(f"/t/{made.ticket_code}").text
    address = f"http://127.0.0.1:8000/t/{made.ticket_code}"
    (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(qr_png(address))))
    assert read.text == address


def test_paper_is_a_pdf_with_its_number_in_its_name(client: FlaskClient, made: Registered) -> None:
    paper = client.get(f"/t/{made.ticket_code}.pdf")
    assert (paper.content_type, paper.data[:5]) == ("application/pdf", b"%PDF-")
    assert paper.headers["Content-Disposition"] == f'inline; filename="ticket-{made.reference}.pdf"'
    assert paper.headers["Cache-Control"] == "no-store"


def test_cancelled_ticket_lets_nobody_in(client: FlaskClient, made: Registered) -> None:
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=NOW)
    page = client.get(f"/t/{made.ticket_code}").text
    assert "Registration cancelled" in page
    assert "Show this code" not in page
    assert "QR code" not in page
    assert client.get(f"/t/{made.ticket_code}/qr.svg").status_code == 410
    paper = read_pdf(client.get(f"/t/{made.ticket_code}.pdf").data)
    assert (paper.codes, paper.alternatives) == ([], [])
    assert "Registration cancelled" in paper.texts[0]
    assert "Votre parcours" not in paper.texts[0]


def test_ticket_of_who_waits_is_no_ticket(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(organiser_id, one_wave(30))
    make_registration(event)
    waiting = make_registration(event, class_draft(event, waitlist=True))
    page = client.get(f"/t/{waiting.ticket_code}").text
    assert "You do not have a place yet." in page
    assert "Time asked for" in page
    assert "<svg xmlns" not in page
    assert client.get(f"/t/{waiting.ticket_code}/qr.svg").status_code == 410
    paper = read_pdf(client.get(f"/t/{waiting.ticket_code}.pdf").data)
    assert (paper.codes, "Waiting list" in paper.texts[0]) == ([], True)


def test_ticket_of_an_event_called_off_has_no_code(client: FlaskClient, event: EventRow, made: Registered) -> None:
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW, reason="The hall is flooded.")
    assert client.get(f"/t/{made.ticket_code}/qr.svg").status_code == 410
    paper = read_pdf(client.get(f"/t/{made.ticket_code}.pdf").data)
    assert paper.codes == []
    assert "The hall is flooded." in paper.texts[0]


def test_ticket_says_the_year_the_venue_and_the_hours_of_the_stops(client: FlaskClient, organiser_id: int) -> None:
    draft = forum(venue_address="37 rue de Longvic", entrance_en="Door A", entrance_fr="Porte A")
    made = make_registration(make_event(organiser_id, draft))
    page = words_of(client.get(f"/t/{made.ticket_code}"))
    paper = " ".join(read_pdf(client.get(f"/t/{made.ticket_code}.pdf").data).texts[0].split())
    for text in (page, paper):
        for said in (
            "Thursday 4 February 2027", "9:00 am", "Le Consortium", "37 rue de Longvic", "Dijon", "Door A",
            "about 9:00 am", "about 9:20 am", "about 10:10 am",
        ):  # fmt: skip
            assert said in text, said
    assert made.reference in page.partition("Change or cancel")[2]
    assert f"say {made.reference}." in paper
    assert made.token not in page
    assert made.token not in paper


def test_hours_end_where_a_stop_has_no_length(client: FlaskClient, organiser_id: int) -> None:
    stops = (StopDraft("Construire", 20), StopDraft("Essayer", 0), StopDraft("Offres", 15))
    made = make_registration(make_event(organiser_id, forum(stops=stops)))
    page = words_of(client.get(f"/t/{made.ticket_code}"))
    assert "about 9:20 am" in page
    for hour in ("about 9:35", "about 9:40"):
        assert hour not in page


def test_card_of_somebody_who_no_longer_comes_is_withdrawn(client: FlaskClient, event: EventRow) -> None:
    made = make_registration(event, class_draft(event, participants=3))
    with transaction():
        issue_route_cards(made.id, by=SYSTEM, now=NOW)
    cards = get_registration(made.id).cards
    with transaction():
        change_registration(made.id, headcount=Headcount(2, 2), by=SYSTEM, now=NOW)
    gone = client.get(f"/t/{cards[2].code}").text
    assert "This card no longer counts" in gone
    assert "Show this code" not in gone
    assert client.get(f"/t/{cards[2].code}/qr.svg").status_code == 410
    assert client.get(f"/t/{cards[1].code}/qr.svg").status_code == 200
    paper = read_pdf(client.get(f"/r/{made.token}/cards.pdf").data)
    assert paper.codes == [f"http://127.0.0.1:8000/t/{card.code}" for card in cards[:2]]
    scans = [
        ScanInput(str(uuid.uuid4()), card.code, event.checkpoints[0].id, Direction.IN, NOW)
        for card in (cards[1], cards[2])
    ]
    with transaction():
        answers = record_scans(event, "door 1", scans, now=NOW)
    assert [(a.result.value, a.reason) for a in answers] == [("accepted", None), ("refused", "cancelled")]
    assert {t.code: t.status.value for t in list_door_tickets(event).tickets} == {
        made.ticket_code: "confirmed", cards[0].code: "confirmed", cards[1].code: "confirmed",
    }  # fmt: skip
    changed = list_door_tickets(event, since=0).tickets
    assert {t.code: t.status.value for t in changed}[cards[2].code] == "cancelled"


def test_next_stop_follows_the_clock(sqlite_app: Flask, client: FlaskClient, event: EventRow, made: Registered) -> None:
    arrival = event.waves[0].starts_at
    for minutes, stop in ((-60, "1 · Construire"), (1, "2 · Stands métiers"), (30, "3 · Offres")):
        set_clock(sqlite_app.extensions, arrival + timedelta(minutes=minutes))
        assert stop in client.get(f"/t/{made.ticket_code}").text
    set_clock(sqlite_app.extensions, arrival + timedelta(minutes=85))
    assert "Next stop" not in client.get(f"/t/{made.ticket_code}").text


def test_what_the_doors_saw_is_done(client: FlaskClient, event: EventRow, made: Registered) -> None:
    scan = ScanInput(str(uuid.uuid4()), made.ticket_code, event.checkpoints[1].id, Direction.IN, NOW)
    with transaction():
        (answer,) = record_scans(event, "door 1", [scan], now=NOW)
    assert answer.result == "accepted"
    page = client.get(f"/t/{made.ticket_code}").text
    assert "3 · Offres" in page
    assert page.count("route-done") == 1


def test_link_to_join_is_on_the_ticket_alone(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(organiser_id, forum(venue_name="", venue_commune="", join_url="https://visio.example.org/room"))
    made = make_registration(event, person_draft(event))
    page = client.get(f"/t/{made.ticket_code}").text
    assert "https://visio.example.org/room" in page
    assert "Connection" in page
    for word in ("Arrival", "entrance", "QR code"):
        assert word not in page
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=NOW)
    assert "visio.example.org" not in client.get(f"/t/{made.ticket_code}").text
