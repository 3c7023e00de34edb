"""Pages that say no, and help."""

from datetime import timedelta

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient

from app.accounts.enums import EventFunction, Role
from app.accounts.errors import TooManyAttempts
from app.core.actor import SYSTEM
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.events.enums import EventMove
from app.events.operations import move_event
from app.events.queries import EventRow
from app.web.guards import public
from tests.factories import DAY_ONE, NOW, forum, make_event, make_member
from tests.integration.help.conftest import SignIn, make_partner


@pytest.fixture
def event(organiser_id: int) -> EventRow:
    return make_event(organiser_id)


@pytest.mark.parametrize(("lang", "words"), [("fr", "Vous cherchez peut-être"), ("en", "Perhaps you are looking for")])
def test_a_wrong_address_leads_to_the_event_that_is_like_it(
    whole_app: Flask, event: EventRow, lang: str, words: str
) -> None:
    other = make_event(event.organiser_id, forum(title_fr="Matinale de l’emploi"))
    answer = whole_app.test_client().get(f"/events/voie-des-talent?lang={lang}")
    assert answer.status_code == 404
    assert words in answer.text
    assert f'href="/events/{event.slug}"' in answer.text
    assert f'href="/events/{other.slug}"' not in answer.text
    drafts = whole_app.test_client().get("/nowhere").text
    assert f'href="/events/{other.slug}"' in drafts


def test_a_draft_is_never_proposed(whole_app: Flask, organiser_id: int) -> None:
    draft = make_event(organiser_id, forum(title_fr="Secret de Polichinelle"), publish=False)
    assert draft.slug not in whole_app.test_client().get("/events/secret-de-polichinele").text


def test_editions_are_told_apart_and_what_is_off_is_not_proposed(whole_app: Flask, event: EventRow) -> None:
    year = timedelta(days=364)
    waves = (WaveDraft(DAY_ONE + year, DAY_ONE + year + timedelta(minutes=40), 60),)
    draft = forum(starts_at=DAY_ONE + year, ends_at=DAY_ONE + year + timedelta(hours=8), waves=waves)
    later = make_event(event.organiser_id, draft)
    client = whole_app.test_client()
    near = client.get("/events/la-voie-des-talentz?lang=en").text
    assert "The Path of Talents · Thursday 4 February 2027" in near
    assert "The Path of Talents · Thursday 3 February 2028" in near
    with transaction():
        move_event(later.id, EventMove.CANCEL, reason="Salle inondée", by=SYSTEM, now=NOW)
    assert later.slug not in client.get("/nowhere").text
    assert event.slug in client.get("/nowhere").text


def test_an_address_that_is_no_page_helps_as_much_as_any(owner: FlaskClient) -> None:
    page = owner.get("/manage/nothing-here")
    assert page.status_code == 404
    for address in ("/manage/events", "/manage/structures", "/door/events"):
        assert f'href="{address}"' in page.text, address


def test_a_partner_at_a_page_of_the_team_is_led_to_what_is_theirs(sign_in: SignIn, event: EventRow) -> None:
    partner = sign_in(make_partner(event, EventFunction.FIGURES))
    for address in ("/manage/structures", "/manage/people", "/manage/events"):
        page = partner.get(address)
        assert page.status_code == 403
        assert 'href="/manage/entrusted"' in page.text
        assert "not among the people of any organiser" not in page.text


def test_at_the_desk_it_proposes_a_search_and_pages_one_may_open(
    owner: FlaskClient, organiser_id: int, sign_in: SignIn
) -> None:
    page = owner.get("/manage/events/voie-des-talents-2019")
    assert page.status_code == 404
    assert 'action="/manage/search"' in page.text
    assert 'value="voie des talents 2019"' in page.text
    assert 'href="/manage/events"' in page.text
    door = sign_in(make_member(organiser_id, Role.DOOR)[0]).get("/manage/nothing")
    assert door.status_code == 404
    assert 'href="/manage/events"' not in door.text


def test_who_lacks_a_right_reads_who_can_give_it(
    organiser_id: int, owner: FlaskClient, sign_in: SignIn, event: EventRow
) -> None:
    page = sign_in(make_member(organiser_id, Role.DOOR)[0]).get("/manage/people")
    assert page.status_code == 403
    assert "Inès Roux owner" in page.text
    assert "Inès Roux door" not in page.text
    partner = sign_in(make_partner(event, EventFunction.FIGURES)).get(f"/manage/events/{event.slug}/registrations")
    assert partner.status_code == 403
    assert "Creativ’" in partner.text
    assert "Inès Roux owner" not in partner.text


def test_limits_say_their_figures(whole_app: Flask) -> None:
    def fail(name: str) -> str:
        if name == "wait":
            raise TooManyAttempts(NOW.replace(minute=5))
        abort(int(name))

    whole_app.add_url_rule("/fail/<name>", "fail", public(fail))
    client = whole_app.test_client()
    heavy = client.get("/fail/413?lang=en")
    assert (heavy.status_code, "10 MB at most" in heavy.text) == (413, True)
    wait = client.get("/fail/wait?lang=en")
    assert wait.status_code == 429
    assert 240 < int(wait.headers["Retry-After"]) <= 300
    assert "Try again from 10:05\N{NO-BREAK SPACE}am on." in wait.text
    busy = client.get("/fail/503")
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "2")
    gone = client.get("/fail/410?lang=en")
    assert (gone.status_code, "its time is over" in gone.text) == (410, True)
