"""Postponing from the desk: choose, see what it means, confirm; then the calls, and the person's own page."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts.enums import Role
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import EventMove
from app.events.operations import move_event
from app.events.queries import EventRow, get_event
from app.events.queries.postponed import find_postponed
from app.flows.date_mapping import DATE_TO_COME
from app.flows.postponing import postpone_event
from app.registrations.drafts import Contact, RegistrationDraft
from app.registrations.operations import Registered
from app.registrations.queries import get_registration
from tests.integration.manage.conftest import class_draft, paris, person_draft

Enrol = Callable[[EventRow, RegistrationDraft], Registered]
LogIn = Callable[[int, Role], FlaskClient]
MAILED = Contact("Hugo Dupont", "hugo.dupont@example.org", "06 39 98 07 45")


def page(answer: TestResponse) -> str:
    return answer.text.replace("\N{NO-BREAK SPACE}", " ")


def url(event: EventRow) -> str:
    return f"/manage/events/{event.slug}/postpone"


def hidden(answer: TestResponse) -> dict[str, str]:
    """The hidden fields of the page's last form: what the confirmation sends."""
    pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.text)
    return {name: value for name, value in pairs if name != "csrf_token"}


def shift(event: EventRow, day: str, **more: str) -> dict[str, str]:
    return {
        "way": "shift", "first_day": day, "code": "weather", "reason": "Neige annoncée.", "revision": str(event.revision), **more,
    }  # fmt: skip


def test_what_it_means_is_shown_before_it_is_done(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    enrol(forum, person_draft(forum, 1, "Hugo Dupont", contact=MAILED))
    assert f'"{url(forum)}"' in client.get(f"/manage/events/{forum.slug}/edit").text
    form = page(client.get(url(forum)))
    assert "For now it is Thursday 4 February 2027" in form
    seen = client.post(url(forum), data=shift(forum, "2027-05-01"))  # a Saturday, and Labour Day
    text = page(seen)
    for words in (
        "2 registrations stand", "1 mail goes out", "1 has no mail address", "Thursday 4 February at 9:00 am",
        "Saturday 1 May at 9:00 am", "Public holiday: Labour Day", "Postpone, send 1 mail", "Reason: Weather", "Neige annoncée.",
    ):  # fmt: skip
        assert words in text
    assert get_event(forum.slug) == forum
    done = client.post(url(forum), data={**hidden(seen), "step": "confirm"})
    assert done.status_code == 303
    assert re.fullmatch(r"/manage/jobs/\d+", done.location)
    progress = page(client.get(done.location))
    assert "The event is postponed. 1 mail goes out." in progress
    assert "Tell everyone that the event is postponed" in progress
    db.session.rollback()
    event = get_event(forum.slug)
    assert event.waves[0].starts_at == paris(4, 9) + timedelta(days=86, hours=-1)
    said = find_postponed(event)
    assert said is not None
    assert (said.code, said.reason) == ("weather", "Neige annoncée.")


def test_going_back_keeps_what_was_typed(client: FlaskClient, forum: EventRow) -> None:
    seen = client.post(url(forum), data=shift(forum, "2027-03-04"))
    back = client.post(url(forum), data={**hidden(seen), "step": "edit"})
    assert back.status_code == 200
    for words in ('value="2027-03-04"', "Neige annoncée.", 'value="weather" id="code-', "checked"):
        assert words in back.text
    wrong = client.post(url(forum), data={**shift(forum, "demain"), "code": "nobody_knows"})
    assert wrong.status_code == 422
    assert 'value="demain"' in wrong.text
    assert "Choose one of the answers shown." in wrong.text
    assert "Write a date" in wrong.text


def wave_fields(event: EventRow, **changes: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for number, wave in enumerate(event.waves):
        row = f"waves.{number}"
        fields |= {f"{row}.id": str(wave.id), f"{row}.day": "2027-03-04"}
        fields |= {f"{row}.starts": f"{9 + number:02d}:00", f"{row}.ends": f"{9 + number:02d}:45"}
    return {"way": "waves", "code": "venue_lost", "revision": str(event.revision), **fields, **changes}


def test_each_wave_has_hours_of_its_own(client: FlaskClient, forum: EventRow) -> None:
    assert client.post(url(forum), data={**wave_fields(forum), "step": "confirm"}).status_code == 303
    db.session.rollback()
    event = get_event(forum.slug)
    starts = [wave.starts_at - paris(4, 0) - timedelta(days=28) for wave in event.waves]
    assert starts == [timedelta(hours=9 + number) for number in range(5)]


def test_a_wave_that_ends_before_it_begins_is_said_at_its_row(client: FlaskClient, forum: EventRow) -> None:
    data = wave_fields(forum, **{"waves.1.ends": "08:00", "waves.2.day": ""})
    refused = client.post(url(forum), data=data)
    assert refused.status_code == 422
    assert "Write a date" in refused.text
    data["waves.2.day"] = "2027-03-04"
    refused = client.post(url(forum), data=data)
    assert refused.status_code == 422
    assert "The end must come after the beginning." in refused.text
    assert get_event(forum.slug) == forum


def test_dates_that_hold_already_or_are_over_are_refused(client: FlaskClient, forum: EventRow) -> None:
    same = client.post(url(forum), data=shift(forum, "2027-02-04"))
    assert (same.status_code, "These are the dates that hold already." in same.text) == (422, True)
    over = client.post(url(forum), data=shift(forum, "2026-02-04"))
    assert (over.status_code, "These dates are over." in over.text) == (422, True)


def test_two_people_at_once_do_not_move_it_twice(client: FlaskClient, forum: EventRow, by: Any) -> None:
    seen = client.post(url(forum), data=shift(forum, "2027-03-04"))
    with transaction():
        move_event(forum.id, EventMove.CLOSE, by=by, now=paris(4, 10))
    refused = client.post(url(forum), data={**hidden(seen), "step": "confirm"})
    assert refused.status_code == 409
    assert "Somebody changed this event meanwhile." in refused.text
    assert 'value="2027-03-04"' in refused.text
    db.session.rollback()
    assert get_event(forum.slug).starts_at == forum.starts_at
    again = {**shift(forum, "2027-03-04"), "revision": str(get_event(forum.slug).revision), "step": "confirm"}
    assert client.post(url(forum), data=again).status_code == 303


def test_the_page_exists_only_where_it_may_be_postponed(
    client: FlaskClient,
    make_event: Callable[..., EventRow],
    log_in: LogIn,
    organiser_id: int,
    other_id: int,
    forum: EventRow,
) -> None:
    draft = make_event(publish=False)
    assert client.get(url(draft)).status_code == 404
    assert log_in(other_id, Role.OWNER).get(url(forum)).status_code == 404
    assert log_in(organiser_id, Role.VIEWER).get(url(forum)).status_code == 403


def postponed(client: FlaskClient, forum: EventRow, **data: str) -> EventRow:
    sent = {**shift(forum, "2027-03-04"), **data, "step": "confirm"}
    assert client.post(url(forum), data=sent).status_code == 303
    db.session.rollback()
    return get_event(forum.slug)


def test_calls_name_who_did_not_answer_and_note_what_they_say(
    client: FlaskClient, forum: EventRow, enrol: Enrol
) -> None:
    made = enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    other = enrol(forum, person_draft(forum, 1, "Hugo Dupont", contact=MAILED))
    calls = f"/manage/events/{forum.slug}/calls"
    assert "No call to make" in client.get(calls).text
    postponed(client, forum)
    assert "No answer yet" in client.get(f"/manage/events/{forum.slug}/registrations/{made.reference}").text
    asked = page(client.get(calls))
    for words in ("3e B", "06 39 98 44 10", "Hugo Dupont", f"/registrations/{made.reference}/cancel"):
        assert words in asked
    for _ in range(2):  # pressed twice
        noted = client.post(f"{calls}/moved", data={"registration": str(made.id)}, follow_redirects=True)
    assert "Nothing to note" in noted.text
    db.session.rollback()
    assert get_registration(made.id).stays_at is not None
    assert "3e B" not in client.get(calls).text
    assert "3e B" in client.get(f"{calls}?answer=yes").text
    cancel = f"/manage/events/{forum.slug}/registrations/{other.reference}/cancel"
    assert client.post(cancel, data={"code": "illness"}).status_code == 302
    assert "Hugo Dupont" in client.get(f"{calls}?answer=no").text
    assert "Everybody answered" in client.get(calls).text
    history = page(client.get(f"/manage/events/{forum.slug}/registrations/{made.reference}"))
    assert "Comes on the new date too" in history


def test_calls_take_nobody_of_another_event(
    client: FlaskClient, forum: EventRow, make_event: Callable[..., EventRow], enrol: Enrol
) -> None:
    stranger = make_event()
    made = enrol(stranger, class_draft(stranger, 0, "Manon Lambert"))
    postponed(client, forum)
    postponed(client, stranger, revision=str(stranger.revision))
    client.post(f"/manage/events/{forum.slug}/calls/moved", data={"registration": str(made.id)})
    client.post(f"/manage/events/{forum.slug}/calls/moved", data={"registration": "9" * 30})
    db.session.rollback()
    assert get_registration(made.id).stays_at is None


def test_ones_own_page_asks_and_takes_the_answer(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    made = enrol(forum, person_draft(forum, 0, "Hugo Dupont", contact=MAILED))
    own = f"/r/{made.token}"
    assert "Do you still come?" not in client.get(own).text
    postponed(client, forum)
    asked = page(client.get(own))
    for words in ("The event is postponed", "Do you still come?", "Thursday 4 March at 9:00 am", "Reason: Weather"):
        assert words in asked
    for _ in range(2):
        answer = client.post(f"{own}/stay")
        assert (answer.status_code, answer.location) == (303, own)
    assert "You said that you come." in client.get(own).text
    assert client.post(f"{own}/cancel", data={"code": "timetable"}).status_code == 303
    assert client.post(f"{own}/stay").status_code == 409
    assert "Do you still come?" not in client.get(own).text


def test_a_date_to_come_is_said_everywhere_and_set_later(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    made = enrol(forum, person_draft(forum, 0, "Hugo Dupont", contact=MAILED))
    seen = client.post(url(forum), data=shift(forum, "", way="to_come"))
    assert "to a date to come?" in seen.text
    event = postponed(client, forum, way="to_come", first_day="")
    assert event.date_to_come
    public = page(client.get(f"/events/{forum.slug}"))
    assert "Postponed: the new date is to come" in public
    assert "4 February" not in public
    assert "Postponed: the new date is to come" in page(client.get(f"/events/{forum.slug}/register"))
    assert "New date to come" in page(client.get("/"))
    own = page(client.get(f"/r/{made.token}"))
    assert "Do you stay registered?" in own
    assert f"/r/{made.token}/change" not in own
    assert f"/r/{made.token}/cancel" in own
    assert "STATUS:CANCELLED" in client.get(f"/r/{made.token}.ics").text
    assert "STATUS:CANCELLED" in client.get(f"/events/{forum.slug}.ics").text
    assert "Set the new date" in client.get(f"/manage/events/{forum.slug}/edit").text
    postponed(client, event)
    assert "STATUS:CONFIRMED" in client.get(f"/r/{made.token}.ics").text
    public = page(client.get(f"/events/{forum.slug}"))
    assert "Postponed. New date: 4 and 5 March 2027." in public
    assert "Postponed: new date" in page(client.get("/"))


def test_a_wave_added_meanwhile_is_shown_before_anything_moves(client: FlaskClient, forum: EventRow, by: Any) -> None:
    sent = wave_fields(forum)
    for name in ("id", "day", "starts", "ends"):
        del sent[f"waves.4.{name}"]
    refused = client.post(url(forum), data=sent)
    assert (refused.status_code, "This answer is missing." in refused.text) == (422, True)
    assert f'name="waves.4.id" value="{forum.waves[4].id}"' in refused.text
    with transaction():
        move_event(forum.id, EventMove.CLOSE, by=by, now=paris(4, 10))
    stale = client.post(url(forum), data=wave_fields(forum))
    assert (stale.status_code, "Somebody changed this event meanwhile." in stale.text) == (409, True)


def test_the_preview_counts_only_those_whose_wave_moves(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    enrol(forum, person_draft(forum, 0, "Manon Lambert", contact=Contact("Manon Lambert", "manon@example.org")))
    enrol(forum, person_draft(forum, 4, "Hugo Dupont", contact=MAILED))
    data = wave_fields(forum)
    for number, wave in enumerate(forum.waves[:4]):  # these stay
        start = wave.starts_at.astimezone(paris(4, 9).tzinfo)
        data |= {f"waves.{number}.day": "2027-02-04", f"waves.{number}.starts": f"{start:%H:%M}"}
        data[f"waves.{number}.ends"] = f"{wave.ends_at.astimezone(start.tzinfo):%H:%M}"
    text = page(client.post(url(forum), data=data))
    assert "1 of them is asked: whose wave moves." in text
    assert "Postpone, send 1 mail" in text


def test_hours_are_set_by_postponing_and_not_in_the_form_while_the_date_is_to_come(
    client: FlaskClient, forum: EventRow
) -> None:
    postponed(client, forum, way="to_come")
    edit = f"/manage/events/{forum.slug}/edit/basics"
    data = {
        "title_fr": "La Voie des Talents", "kind": "forum", "timezone": "Europe/Paris", "starts_day": "2027-02-11",
        "starts_hour": "09:00", "ends_day": "2027-02-12", "ends_hour": "17:00", "move_waves": "y",
    }  # fmt: skip
    refused = client.post(edit, data=data)
    assert "The date is to come: set it with “Set the new date”" in page(refused)
    db.session.rollback()
    assert get_event(forum.slug).ends_at == forum.ends_at


def test_what_rests_tells_people_when_it_is_deleted_after_its_old_date(
    client: FlaskClient, forum: EventRow, enrol: Enrol, by: Any
) -> None:
    enrol(forum, person_draft(forum, 1, "Hugo Dupont", contact=MAILED))
    with transaction():
        postpone_event(forum.id, DATE_TO_COME, by=by, now=paris(1, 9))
    set_clock(client.application.extensions, forum.ends_at + timedelta(days=3))
    asked = page(client.get(f"/manage/events/{forum.slug}/delete"))
    assert "They are told by mail that the event is called off." in asked
