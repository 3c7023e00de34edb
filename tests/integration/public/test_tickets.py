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
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.documents.qr import qr_png
from app.events.queries import EventRow
from app.registrations.drafts import Contact
from app.registrations.operations import Registered, cancel_registration
from tests.factories import NOW, forum, make_event, make_registration, person_draft
from tests.integration.public.conftest import words_of


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
    assert picture.headers["Cache-Control"] == "private, max-age=2592000"
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
    assert "https://visio.example.org/room" in client.get(f"/t/{made.ticket_code}").text
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=NOW)
    assert "visio.example.org" not in client.get(f"/t/{made.ticket_code}").text
