"""Reading a plan: some of many groups, on a phone, before the event, what changed since; a partner who sees to the programme."""

import itertools
import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from app.accounts.enums import EventFunction, Role
from app.accounts.operations.partners import entrust
from app.accounts.operations.people import create_account
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.events.models import Event, Space, Stop
from app.events.queries import EventRow, get_event_by_id
from app.flows.queries import find_plan_in_force, get_plan_by_id, list_groups_to_plan, list_passages
from app.registrations.drafts import Contact, Organisation
from app.registrations.operations import cancel_registration
from app.web.manage import plan as plan_pages
from tests.factories import DAY_ONE, NOW, hashed, make_event, make_member, make_organiser, make_plan
from tests.integration.flows.conftest import add_class, led_forum, plan_now, publish
from tests.integration.guards.walking import sign_in_as

_numbers = itertools.count(1)
DAY = timedelta(days=1)


@pytest.fixture
def client(whole_app: Flask, event: EventRow) -> FlaskClient:
    return enter(whole_app, make_member(event.organiser_id, Role.MANAGER)[0])


def enter(app: Flask, account_id: int) -> FlaskClient:
    client = sign_in_as(app, account_id)
    client.set_cookie("lang", "en")
    return client


def partner(app: Flask, event: EventRow, function: EventFunction) -> FlaskClient:
    with transaction():
        account_id = create_account(f"partner{next(_numbers)}@example.org", "Odile Roy", hashed(), by=SYSTEM, now=NOW)
        entrust(
            event.id,
            event.organiser_id,
            account_id,
            {function},
            organisation="Campus",
            ends_at=None,
            by=SYSTEM,
            now=NOW,
        )
    return enter(app, account_id)


def words(page: TestResponse) -> str:
    assert page.status_code == 200
    text = re.sub(r"<[^>]+>", " ", page.text.partition("<body")[2]).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r"\s+", " ", text)


def base(event: EventRow) -> str:
    return f"/manage/events/{event.slug}"


def test_many_groups_stand_on_several_pages_and_are_found_by_words(
    client: FlaskClient, event: EventRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_now(event)
    url = f"{base(event)}/plan/1"
    assert "Find a group" not in client.get(url).text  # three of them need no pages
    monkeypatch.setattr(plan_pages, "GROUPS", 2)
    first = client.get(url).text
    assert "1 to 2 of 3" in words(client.get(url))
    assert ("3e A" in first, "3e B" in first, "3e C" in first) == (True, True, False)
    last = client.get(f"{url}?page=2").text
    assert ("3e A" in last, "3e C" in last) == (False, True)
    assert words(client.get(f"{url}?page=99")) == words(client.get(f"{url}?page=2"))
    found = client.get(f"{url}?q=3E+c").text
    assert ("3e A" in found, "3e C" in found, "Show all" in found) == (False, True, True)
    assert "No group of this day matches." in words(client.get(f"{url}?q=nobody"))


def test_many_spaces_stand_on_several_pages(
    client: FlaskClient, event: EventRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_now(event)
    monkeypatch.setattr(plan_pages, "SPACES", 2)
    url = f"{base(event)}/plan/1/spaces"
    assert "Offres" not in words(client.get(url)).partition("Grande salle")[2]
    assert "Offres" in words(client.get(f"{url}?page=2"))
    assert "Grande salle" not in words(client.get(f"{url}?q=offres")).partition("Show all")[2]
    assert "No space matches." in words(client.get(f"{url}?q=cellar"))


def test_a_phone_reads_passages_one_below_the_other(client: FlaskClient, event: EventRow) -> None:
    plan_now(event)
    for path, said in (
        ("", r"9:\d\d am – 9:\d\d am, Stands métiers"),
        ("/spaces", r"9:\d\d am – 9:\d\d am, 3e [AB], 30 people"),
    ):
        text = client.get(f"{base(event)}/plan/1{path}").text
        cards = text.partition('<ul class="plan-cards">')[2].partition("data-plan-frame")[0]
        assert re.search(said, words_of(cards))


def words_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("\N{NO-BREAK SPACE}", " ")


def test_before_the_event_the_page_of_what_was_says_what_comes_there(client: FlaskClient, event: EventRow) -> None:
    plan_now(event)
    text = words(client.get(f"{base(event)}/plan/1"))
    assert "As it was" in text
    assert re.search(r"Planned · \w+day \d+ \w+, \d+:\d\d [ap]m", text)
    assert "The event has not begun" in words(client.get(f"{base(event)}/plan/1/real"))
    assert "19 times out of 20 there are no more people" in words(client.get(f"{base(event)}/plan/1/occupancy"))


def test_publishing_says_whom_to_call_and_the_calls_are_there(client: FlaskClient, event: EventRow) -> None:
    add_class(event, "3e D", wave=1, contact=Contact("Lou Petit", "", "+33639980144"))
    assert f"{base(event)}/calls" not in client.get(base(event)).text
    plan = plan_now(event)
    done = client.post(f"{base(event)}/plan/1/publish", data={"revision": plan.revision}, follow_redirects=True)
    assert "1 group has no mail address: telephone it" in words(done)
    assert f'href="{base(event)}/calls"' in done.text
    assert f"{base(event)}/calls" in client.get(base(event)).text
    assert "3e D" in words(client.get(f"{base(event)}/calls"))
    asked = words(client.get(f"{base(event)}/plan/1/drop"))
    assert "4 groups have no planned hours any more" in asked
    assert "1 group has no mail address: telephone it." in asked


def test_an_event_that_is_over_keeps_its_plan_without_a_button_to_withdraw_it(
    client: FlaskClient, event: EventRow, whole_app: Flask
) -> None:
    publish(plan_now(event))
    assert "Withdraw this plan" in client.get(f"{base(event)}/plan/1").text
    set_clock(whole_app.extensions, event.ends_at + DAY)
    text = client.get(f"{base(event)}/plan/1").text
    assert "Withdraw this plan" not in text
    assert "Plan again" not in text


def test_what_changed_since_is_said_of_each_and_of_many_at_once(client: FlaskClient, event: EventRow) -> None:
    publish(plan_now(event))
    add_class(event, "3e D", wave=1)
    with transaction():
        cancel_registration(_ids(event)[0], by=SYSTEM, now=NOW, quiet=True)
    text = words(client.get(f"{base(event)}/plan"))
    for said in ("This plan is out of date", "3e D is new.", "3e A no longer comes."):
        assert said in text
    for number in range(5):
        add_class(event, f"2de {number}", participants=3, wave=1)
    text = words(client.get(f"{base(event)}/plan"))
    assert "6 groups are new." in text
    assert "2de 1 is new" not in text


def test_a_changed_space_and_stop_keep_a_draft_from_being_published(client: FlaskClient, event: EventRow) -> None:
    plan = plan_now(event)
    with transaction():
        db.session.execute(update(Space).where(Space.name == "Orientation").values(capacity=35))
        db.session.execute(update(Event).values(version=Event.version + 1, revision=Event.revision + 1))
        db.session.execute(update(Stop).where(Stop.name_fr == "Stands métiers").values(minutes=35))
    answer = client.post(f"{base(event)}/plan/1/publish", data={"revision": plan.revision})
    assert answer.status_code == 409
    text = words_of(answer.text)
    for said in (
        "plan again, then publish what comes of it",
        "Space changed: Orientation.",
        "Stop changed: Stands métiers.",
    ):
        assert said in text


def _ids(event: EventRow) -> list[int]:
    return [group.registration_id for group in list_groups_to_plan(event.id)]


@pytest.fixture
def led(whole_app: Flask) -> EventRow:
    """A plan in force for a class and for a group that goes by its person's name; it is five past nine."""
    made = make_event(make_organiser(), led_forum())
    add_class(made, "3e A")
    add_class(
        made, "", organisation=Organisation(), contact=Contact("Zébulon Petit", "zebulon@example.org", "+33639980155")
    )
    make_plan(made)
    set_clock(whole_app.extensions, DAY_ONE + timedelta(minutes=5))
    return made


READ = (
    "plan",
    "plan/1",
    "plan/1/spaces",
    "plan/1/occupancy",
    "plan/1/real",
    "plan/1/compare",
    "plan/1/drop",
    "day",
    "papers",
)


def test_a_partner_for_the_programme_plans_and_says_delays_but_reads_no_name(whole_app: Flask, led: EventRow) -> None:
    client = partner(whole_app, led, EventFunction.PROGRAMME)
    for path in READ:
        text = client.get(f"{base(led)}/{path}").text
        for secret in ("Zébulon", "zebulon@", "39 98 01 55", "Manon Lambert"):
            assert secret not in text, path
    assert "3e A" in client.get(f"{base(led)}/day").text
    assert "Groups that are not there" not in client.get(f"{base(led)}/day").text
    late = f"{base(led)}/day/late?kind=wave&of={led.waves[0].id}&minutes=10"
    seen = client.get(late)
    assert seen.status_code == 200
    assert "Zébulon" not in seen.text
    assert client.post(f"{base(led)}/plan", data={"note": "Mine"}).status_code == 303
    assert client.get(f"{base(led)}/calls").status_code == 403
    assert client.get(f"{base(led)}/waiting").status_code == 403


def test_a_partner_for_offers_looks_on_alone(whole_app: Flask, led: EventRow) -> None:
    client = partner(whole_app, led, EventFunction.OFFERS)
    for path in READ:
        expected = 403 if path == "plan/1/drop" else 200
        answer = client.get(f"{base(led)}/{path}")
        assert answer.status_code == expected, path
        assert "Zébulon" not in answer.text
        assert f'<form method="post" action="{base(led)}' not in answer.text
    assert client.post(f"{base(led)}/plan").status_code == 403
    assert client.get(f"{base(led)}/day/late?kind=wave&of={led.waves[0].id}&minutes=10").status_code == 403


def test_a_draft_that_nobody_is_in_any_more_is_not_put_in_force(client: FlaskClient, event: EventRow) -> None:
    plan = plan_now(event)
    for one in _ids(event):
        with transaction():
            cancel_registration(one, by=SYSTEM, now=NOW, quiet=True)
    answer = client.post(f"{base(event)}/plan/1/publish", data={"revision": plan.revision, "incomplete": "1"})
    assert answer.status_code == 409
    assert "None of the groups of this plan still comes" in answer.text
    assert find_plan_in_force(event.id) is None


def test_of_an_event_that_is_over_no_plan_is_offered(client: FlaskClient, event: EventRow, whole_app: Flask) -> None:
    set_clock(whole_app.extensions, event.ends_at + DAY)
    text = words(client.get(f"{base(event)}/plan"))
    assert "No plan of passages was made for this event." in text
    assert "Propose a plan" not in text


def test_a_pin_leaves_the_last_move_to_be_undone(client: FlaskClient, event: EventRow) -> None:
    plan = plan_now(event)
    row = list_passages(plan.id)[-1]
    moved = {"revision": plan.revision, "shift": "30", "step": "keep", "along": "1"}
    client.post(f"{base(event)}/plan/1/passages/{row.id}", data=moved)
    db.session.rollback()
    client.post(
        f"{base(event)}/plan/1/pin/{row.id}", data={"revision": get_plan_by_id(plan.id).revision, "pinned": "1"}
    )
    assert "Undo the last move" in client.get(f"{base(event)}/plan/1").text
    assert "the passages are where they were" in client.post(f"{base(event)}/plan/1/undo", follow_redirects=True).text
    db.session.rollback()
    assert next(r.starts_at for r in list_passages(plan.id) if r.id == row.id) == row.starts_at


def test_the_day_page_shows_the_day_that_is_chosen(whole_app: Flask) -> None:
    waves = tuple(WaveDraft(DAY_ONE + n * DAY, DAY_ONE + n * DAY + timedelta(minutes=40), 120) for n in range(2))
    event = make_event(make_organiser(), led_forum(waves=waves, ends_at=DAY_ONE + DAY + timedelta(hours=8)))
    add_class(event, "3e A")
    add_class(event, "3e B", wave=1)
    make_plan(event)
    set_clock(whole_app.extensions, DAY_ONE + timedelta(minutes=5))
    client = enter(whole_app, make_member(event.organiser_id, Role.MANAGER)[0])
    today = words(client.get(f"{base(event)}/day"))
    assert "Today" in today
    assert "Nobody is here yet, 30 expected" in today
    assert ("Now: 3e A" in today, "3e B" in today.partition("Spaces")[2]) == (True, False)
    other = client.get(f"{base(event)}/day?day={(DAY_ONE + DAY).date().isoformat()}")
    text = words(other)
    assert "First, 9:00 am: 3e B" in text
    assert ("3e A" in text.partition("Spaces")[2], "Nobody is here, 60 places" in text) == (False, False)
    late = client.get(f"{base(event)}/day/late?kind=wave&of={event.waves[1].id}&minutes=7")
    assert "not for today: everybody is told now all the same" in words(late)
    assert "not for today" not in words(
        client.get(f"{base(event)}/day/late?kind=wave&of={event.waves[0].id}&minutes=7")
    )
    revision = get_event_by_id(event.id).revision
    data = {"kind": "wave", "of": event.waves[1].id, "minutes": 7, "revision": revision}
    assert client.post(f"{base(event)}/day/late", data=data).location.endswith(
        f"?day={(DAY_ONE + DAY).date().isoformat()}"
    )
