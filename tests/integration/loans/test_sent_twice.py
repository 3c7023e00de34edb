"""A form sent again – pressed twice, or come back to – asks once: the loan that is there answers. Opened anew it asks anew."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.clock import set_clock
from app.core.db import db
from app.core.tokens import new_token
from app.core.transaction import transaction
from app.loans.enums import LoanState
from app.loans.models import Loan
from app.loans.operations import ask_loan, sendings
from app.loans.queries_events import list_event_boxes
from app.messages.models import Message
from app.web.sendings import sending_of
from tests.factories import NOW
from tests.integration.loans.event_world import DAY, forum_of
from tests.integration.loans.test_borrowers_pages import MAIL, send, values, visitor_of
from tests.integration.loans.test_loan_pages import BASE, desk, said
from tests.integration.loans.world import BORROWER, make_world, set_structure
from tests.integration.mails.conftest import drain


def loans() -> list[tuple[str, LoanState]]:
    found = db.session.execute(select(Loan.reference, Loan.state).order_by(Loan.id)).all()
    db.session.remove()
    return [(row.reference, row.state) for row in found]


def opened(client: FlaskClient, path: str) -> str:
    """The key of a form that is opened: the page leads to its own address with one."""
    answer = client.get(path)
    assert answer.status_code == 302
    key = answer.headers["Location"].rpartition("sending=")[2]
    assert f'name="sending" value="{key}"' in client.get(answer.headers["Location"]).text
    return key


@pytest.mark.parametrize("trusted", [False, True])
def test_a_request_sent_again_leads_to_the_first(trusted: bool, whole_app: Flask) -> None:
    world = make_world()
    set_structure(world.structure_id, trusted_borrower=trusted)
    client = visitor_of(whole_app, world)
    path = f"/my/loans/new?scenario={world.scenario.slug}&from=2027-02-01"
    key = opened(client, path)
    assert send(client, path, values(world, sending=key, email="nobody"))[0] == 422  # refused: the key is not used up
    assert f'name="sending" value="{key}"' in send(client, path, values(world, sending=key, email="nobody"))[1]
    sent = [send(client, path, values(world, sending=key, boxes=boxes)) for boxes in ("1", "1", "3")]
    ((reference, state),) = loans()
    assert state is (LoanState.APPROVED if trusted else LoanState.ASKED)
    assert sent == [(303, f"/my/loans/{reference}")] * 3
    page = said(client, f"/my/loans/{reference}")
    assert "You sent this request already: here it is." in page
    drain()
    told = db.session.execute(select(Message.id).where(Message.recipient == MAIL)).all()
    assert len(told) == (2 if trusted else 1)  # that it came, and of the trusted that it is accepted
    back = said(client, f"{path}&sending={key}")
    assert reference in back
    assert 'name="boxes"' not in back
    anew = opened(client, path)
    assert send(client, path, values(world, sending=anew))[0] == 303
    assert len(loans()) == 2


def test_a_key_is_of_one_person_and_of_one_organiser(whole_app: Flask) -> None:
    world, other = make_world(), make_world()
    key, path = new_token(), "/my/loans/new"
    for where in (world, world, other):
        client = visitor_of(whole_app, where)
        assert send(client, path, values(where, sending=key))[0] == 303
    assert len({reference for reference, _state in loans()}) == 3


def test_a_number_that_another_loan_has_by_chance_is_left_to_it(
    whole_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    monkeypatch.setattr(sendings, "_references", lambda *_: iter(["PR-2222-22", "PR-3333-33", "PR-4444-44"]))
    chance = world.enter()
    made = []
    for _ in range(2):
        with transaction():
            made.append(ask_loan(world.draft(), by=BORROWER, now=NOW, form="key"))
    assert chance.reference == "PR-2222-22"
    assert [(one.reference, one.again) for one in made] == [("PR-3333-33", False), ("PR-3333-33", True)]


def test_the_desks_form_sent_again_leads_to_its_loan(whole_app: Flask) -> None:
    world = make_world()
    client = desk(whole_app, world)
    path = f"{BASE}/new?structure={world.structure_id}&scenario={world.scenario_id}"
    key = opened(client, path)
    filled = {
        "structure": world.structure_id, "scenario": world.scenario_id, "boxes": "1", "first_day": "2027-02-01",
        "first_half": "am", "last_day": "2027-02-03", "last_half": "pm", "purpose": "class", "sending": key,
        "facilitators": world.facilitator_id, "contact": "",
    }  # fmt: skip
    db.session.remove()
    assert client.post(f"{BASE}/new", data={**filled, "how": "look"}).status_code == 200
    sent = [client.post(f"{BASE}/new", data={**filled, "how": how}).location for how in ("ask", "ask", "lend")]
    ((reference, state),) = loans()
    assert state is LoanState.ASKED
    assert sent == [f"{BASE}/{reference}"] * 3
    assert "This form was sent already" in said(client, f"{BASE}/{reference}")
    assert f'href="{BASE}/{reference}"' in said(client, f"{path}&sending={key}")
    anew = client.post(f"{BASE}/new", data={**filled, "how": "lend", "sending": opened(client, path)})
    assert anew.location != sent[0]
    assert len(loans()) == 2


def test_an_events_boxes_are_booked_once_with_one_form(whole_app: Flask) -> None:
    world = make_world()
    set_clock(whole_app.extensions, NOW)
    event = forum_of(world)
    client, base = desk(whole_app, world), f"/manage/events/{event.slug}/boxes"
    filled = {
        "scenario": world.scenario_id, "boxes": "1", "stop": "", "first_day": DAY, "first_half": "am", "last_day": DAY,
        "last_half": "am", "facilitators": world.facilitator_id, "sending": opened(client, f"{base}/new"),
    }  # fmt: skip
    db.session.remove()
    assert [client.post(f"{base}/new", data=filled).location for _ in range(2)] == [base, base]
    assert "This form was sent already, and its boxes are booked." in said(client, base)
    assert len(list_event_boxes(event.id)) == 1
    anew = {**filled, "sending": opened(client, f"{base}/new"), "first_half": "pm", "last_half": "pm"}
    assert client.post(f"{base}/new", data=anew).location == base
    assert len(list_event_boxes(event.id)) == 2


def test_what_is_no_key_is_none() -> None:
    assert [sending_of({"sending": said}) for said in ("short", "x" * 65, "é" * 20, "x" * 20)] == ["", "", "", "x" * 20]
    assert sending_of({}) == ""
