"""The largest group that registers by itself: the public page and programs keep to it, the team need not."""

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.actor import SYSTEM, VISITOR
from app.core.db import db
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.events.queries import EventRow, get_event
from app.registrations.drafts import Headcount
from app.registrations.enums import Source
from app.registrations.models import Registration
from app.registrations.operations import change_registration, register
from app.registrations.queries import get_registration
from tests.factories import NOW, class_draft, forum, make_event, make_registration
from tests.integration.public.conftest import Visitor, class_answers, words_of

WORDS = "Groups of up to 30 people register here, companions included."


@pytest.fixture
def limited(organiser_id: int) -> EventRow:
    return make_event(organiser_id, forum(largest_group=30))


def stored() -> list[Any]:
    return list(db.session.execute(select(Registration.id)).scalars())


def test_the_page_says_the_limit_and_keeps_to_it(client: FlaskClient, limited: EventRow) -> None:
    visitor = Visitor(client, limited)
    large = class_answers(limited, headcount__participants="29", headcount__companions="2")
    step = visitor.send({**large, "step": "1"})
    assert "Up to 30 people, companions included." in words_of(step)
    refused = visitor.send({**large, "step": "2"})
    assert refused.status_code == 422
    assert WORDS in words_of(refused)
    assert 'value="29"' in refused.text, "what was typed is kept"
    at_once = visitor.send(large)
    assert at_once.status_code == 422
    assert WORDS in words_of(at_once)
    assert stored() == []
    assert visitor.send(class_answers(limited)).status_code == 303, "28 + 2 are 30"


def test_programs_keep_to_it_and_the_team_does_not(limited: EventRow) -> None:
    draft = class_draft(limited, participants=40)
    with pytest.raises(FieldError) as caught, transaction():
        register(limited, replace(draft, source=Source.API), by=SYSTEM, now=NOW)
    assert caught.value.problems == {"headcount/participants": "group_too_large"}
    made = make_registration(limited, replace(draft, source=Source.STAFF))
    assert get_registration(made.id).people == 42


def test_ones_own_page_does_not_go_round_it(client: FlaskClient, limited: EventRow) -> None:
    made = make_registration(limited, class_draft(limited, participants=20, source=Source.WEB))
    sent = {"waves": str(limited.waves[0].id), "headcount.participants": "29", "headcount.companions": "2"}
    refused = client.post(f"/r/{made.token}/change", data=sent)
    assert refused.status_code == 422
    assert WORDS in words_of(refused)
    with transaction():
        change_registration(made.id, headcount=Headcount(45, 2), by=SYSTEM, now=NOW)
    with transaction():
        change_registration(made.id, headcount=Headcount(40, 2), by=VISITOR, now=NOW)
    assert get_registration(made.id).people == 42, "fewer than the team agreed to is no trouble"


def test_without_a_limit_nothing_is_said(client: FlaskClient, event: EventRow) -> None:
    assert get_event(event.slug).largest_group is None
    step = Visitor(client, event).send({**class_answers(event), "step": "1"})
    assert "companions included" not in words_of(step)
