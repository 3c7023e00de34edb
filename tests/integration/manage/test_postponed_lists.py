"""What lists say of new dates: who answered, hours that hold no more, and groups to be told theirs on the telephone."""

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts.enums import Role
from app.core.db import db
from app.core.transaction import transaction
from app.events.operations.lateness import write_lateness
from app.events.queries import EventRow, get_event
from app.flows.date_mapping import DATE_TO_COME, NewDates, Shift
from app.flows.postponing import postpone_event
from app.registrations.drafts import Contact, RegistrationDraft
from app.registrations.operations import Registered, cancel_registration
from app.registrations.operations.asking import stay
from tests.integration.manage.conftest import class_draft, paris, person_draft

Enrol = Callable[[EventRow, RegistrationDraft], Registered]
LogIn = Callable[[int, Role], FlaskClient]
MORNING = paris(4, 7)


def page(answer: TestResponse) -> str:
    return answer.text.replace("\N{NO-BREAK SPACE}", " ")


def postpone(event: EventRow, dates: NewDates, by: object) -> EventRow:
    with transaction():
        postpone_event(event.id, dates, by=by, now=MORNING - timedelta(days=20))  # type: ignore[arg-type]
    db.session.rollback()
    return get_event(event.slug)


@pytest.fixture
def asked(forum: EventRow, enrol: Enrol, by: object) -> dict[str, str]:
    """The number of somebody of each answer: comes, says nothing, does not come, registered since."""
    made = {
        name: enrol(
            forum, person_draft(forum, 0, f"{name.title()} Dupont", contact=Contact(name, f"{name}@example.org"))
        )
        for name in ("yes", "asked", "no")
    }
    moved = postpone(forum, Shift(7), by)
    with transaction():
        stay(made["yes"].id, by=by, now=MORNING)  # type: ignore[arg-type]
        cancel_registration(made["no"].id, by=by, now=MORNING)  # type: ignore[arg-type]
    later = Contact("later", "later@example.org")
    made["not_asked"] = enrol(moved, person_draft(moved, 0, "Later Dupont", contact=later))
    return {name: one.reference for name, one in made.items()}


def test_a_list_is_narrowed_by_the_answer_to_the_new_date(
    client: FlaskClient, forum: EventRow, asked: dict[str, str]
) -> None:
    listed = f"/manage/events/{forum.slug}/registrations"
    for reply, reference in asked.items():
        shown = client.get(f"{listed}?reply={reply}").text
        assert {r for r in asked.values() if f"/registrations/{r}" in shown} == {reference}
        assert "Answer to the new date" in shown
    both = client.get(f"{listed}?reply=yes&reply=asked").text
    assert {name for name, r in asked.items() if f"/registrations/{r}" in both} == {"yes", "asked"}


def test_without_new_dates_there_is_no_such_filter(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    made = enrol(forum, person_draft(forum, 0, "Hugo Dupont"))
    shown = client.get(f"/manage/events/{forum.slug}/registrations").text
    assert made.reference in shown
    assert "Answer to the new date" not in shown


def test_who_sees_no_names_may_narrow_by_it(
    log_in: LogIn, organiser_id: int, forum: EventRow, asked: dict[str, str]
) -> None:
    shown = log_in(organiser_id, Role.VIEWER).get(f"/manage/events/{forum.slug}/registrations?reply=asked")
    assert shown.status_code == 200
    assert {name for name, r in asked.items() if r in shown.text} == {"asked"}


def test_old_hours_are_marked_while_the_date_is_to_come(
    client: FlaskClient, forum: EventRow, enrol: Enrol, by: object
) -> None:
    made = enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    listed = f"/manage/events/{forum.slug}/registrations"
    assert "date to come" not in page(client.get(listed))
    postpone(forum, DATE_TO_COME, by)
    assert "Thu 4, 9:00 am (date to come)" in page(client.get(listed))
    door = page(client.get(f"/door/{forum.slug}/tickets/{made.reference}"))
    assert "New date to come" in door
    assert "9:00 am" not in door


def late(event: EventRow, minutes: int) -> None:
    with transaction():
        write_lateness(event.id, waves={event.waves[4].id: minutes}, now=MORNING)
    db.session.rollback()


def test_groups_without_mail_are_called_when_their_hours_change(
    client: FlaskClient, forum: EventRow, enrol: Enrol
) -> None:
    made = enrol(forum, class_draft(forum, 4, "Manon Lambert"))
    mailed = Contact("Ana Petit", "ana.petit@example.org", "06 39 98 07 45")
    told = enrol(forum, class_draft(forum, 4, "Ana Petit", contact=mailed))
    calls = f"/manage/events/{forum.slug}/calls"
    assert "Do they know their new hours?" not in client.get(calls).text
    late(forum, 20)
    assert f'href="{calls}"' in client.get(f"/manage/events/{forum.slug}/registrations").text
    shown = page(client.get(calls))
    for words in ("Do they know their new hours?", made.reference, "<s>Friday 5 February at 9:00 am</s>",
                  "<b>Friday 5 February at 9:20 am</b>", "06 39 98 44 10"):  # fmt: skip
        assert words in shown
    assert f"/calls/hours/{told.reference}" not in shown
    mark = shown.split('name="mark" value="')[1].split('"')[0]
    late(forum, 40)
    stale = client.post(f"{calls}/hours/{made.reference}", data={"mark": mark}, follow_redirects=True)
    assert "Their hours changed again meanwhile" in stale.text
    mark = stale.text.split('name="mark" value="')[1].split('"')[0]
    noted = client.post(f"{calls}/hours/{made.reference}", data={"mark": mark}, follow_redirects=True)
    assert "Noted: they know when to come." in noted.text
    assert "Do they know their new hours?" not in noted.text
    again = client.post(f"{calls}/hours/{made.reference}", data={"mark": mark}, follow_redirects=True)
    assert "Nothing to note" in again.text
    assert "Told on the telephone when to come" in client.get(f"/manage/events/{forum.slug}/history").text
    late(forum, 0)
    assert "<s>Friday 5 February at 9:40 am</s>" in page(client.get(calls))


def test_whom_no_mail_reaches_is_called_first_page_by_page(
    client: FlaskClient, forum: EventRow, enrol: Enrol, by: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    contacts = [
        Contact(f"P{n}", "", f"06 39 98 10 0{n}") if n % 2 else Contact(f"P{n}", f"p{n}@example.org") for n in range(5)
    ]
    made = [enrol(forum, person_draft(forum, 0, contact.name, contact=contact)) for contact in contacts]
    postpone(forum, Shift(7), by)
    monkeypatch.setattr("app.reports.queries.unanswered.PAGE", 2)
    path: str | None = f"/manage/events/{forum.slug}/calls"
    seen: list[str] = []
    marked = 0
    while path is not None:
        shown = client.get(path).text
        seen += re.findall(r'<th scope="row"><a href="[^"]*/registrations/([^"]+)"', shown)
        marked += shown.count("Without mail")
        following = re.search(r'href="([^"]*/calls\?answer=asked&amp;after=[01][.0-9]+)"', shown)
        path = html.unescape(following[1]) if following else None
    assert seen == [made[n].reference for n in (1, 3, 0, 2, 4)]
    assert marked == 2
