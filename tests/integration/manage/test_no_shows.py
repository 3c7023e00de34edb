"""Those who did not come: listed once the event is over, each with a coded reason, one by one or several at once."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import EventFunction, Role
from app.accounts.operations.partners import entrust
from app.accounts.rules import Access
from app.checkin.drafts import ScanInput
from app.checkin.enums import Direction
from app.checkin.operations import record_scans
from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.clock import set_clock
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.events.enums import EventMove
from app.events.errors import EventReadOnly
from app.events.operations import move_event
from app.events.queries import EventRow
from app.registrations.drafts import RegistrationDraft
from app.registrations.errors import NotOver
from app.registrations.operations import Registered, cancel_registration
from app.registrations.operations.no_shows import tell_no_shows
from app.registrations.queries import get_registration
from app.reports.queries import no_shows
from app.reports.queries.no_shows import count_no_shows, list_no_shows
from tests import factories
from tests.conftest import counted_statements
from tests.integration.manage.conftest import NOW, class_draft, paris, person_draft

LogIn = Callable[[int, Role], FlaskClient]
Enrol = Callable[[EventRow, RegistrationDraft], Registered]
AFTER = paris(6, 9)


def page_of(event: EventRow) -> str:
    return f"/manage/events/{event.slug}/no-shows"


def scan(event: EventRow, made: Registered) -> None:
    item = ScanInput(str(uuid4()), made.ticket_code, event.checkpoints[0].id, Direction.IN, paris(4, 9, 5))
    with transaction():
        record_scans(event, "Porte A", [item], now=NOW)


@pytest.fixture
def absent(app: Flask, forum: EventRow, enrol: Enrol) -> dict[str, Registered]:
    """Two classes and a person who did not come; another class did, one was cancelled, one waits. The forum is over."""
    made = {name: enrol(forum, class_draft(forum, 0, name)) for name in ("Ana Petit", "Manon Lambert")}
    made["Hugo Dupont"] = enrol(forum, person_draft(forum, 1, "Hugo Dupont"))
    waiting = enrol(forum, person_draft(forum, 0, "Zoé Noël", waitlist=True))
    came, off = (enrol(forum, class_draft(forum, 2, name)) for name in ("Rose Blanc", "Yann Gris"))
    scan(forum, came)
    with transaction():
        cancel_registration(off.id, by=SYSTEM, now=NOW)
    assert get_registration(waiting.id).status.value == "waitlisted"
    set_clock(app.extensions, AFTER)
    return made


def test_before_the_end_nobody_is_missing(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    made = enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    page = client.get(page_of(forum)).text
    assert "Nobody is missing yet" in page
    assert "Manon Lambert" not in page
    client.post(page_of(forum), data={f"code-{made.id}": "illness"})
    assert get_registration(made.id).no_show_code == ""
    assert f'"{page_of(forum)}"' not in client.get(f"/manage/events/{forum.slug}").text


def test_those_who_were_never_scanned_are_listed(
    client: FlaskClient, forum: EventRow, absent: dict[str, Registered]
) -> None:
    page = client.get(page_of(forum)).text
    assert all(name in page for name in absent)
    assert not any(name in page for name in ("Rose Blanc", "Yann Gris", "Zoé Noël"))
    assert "61 people" in page
    assert f'"{page_of(forum)}"' in client.get(f"/manage/events/{forum.slug}").text


def test_each_row_tells_its_own_reason_and_they_are_counted(
    client: FlaskClient, forum: EventRow, absent: dict[str, Registered]
) -> None:
    ana, hugo = absent["Ana Petit"].id, absent["Hugo Dupont"].id
    data = {f"code-{ana}": "transport", f"was-{ana}": "", f"code-{hugo}": "forgot", f"was-{hugo}": ""}
    page = client.post(page_of(forum), data=data, follow_redirects=True).text
    assert "Saved for 2 registrations." in page
    assert (get_registration(ana).no_show_code, get_registration(hugo).no_show_code) == ("transport", "forgot")
    totals = count_no_shows(forum.id, Access(forum.organiser_id, role=Role.OWNER))
    assert totals.by_code == {"": (1, 30), "transport": (1, 30), "forgot": (1, 1)}
    assert (totals.registrations, totals.people, totals.untold) == (3, 61, 1)
    line = list_history(f"registration:{ana}")[0]
    assert (line.verb, line.details) == ("registration.no_show_told", {"no_show_code": ["", "transport"]})
    told = client.get(f"/manage/events/{forum.slug}/registrations/{absent['Hugo Dupont'].reference}").text
    assert "Forgot" in told


def test_ticked_rows_get_one_reason_or_lose_it(
    client: FlaskClient, forum: EventRow, absent: dict[str, Registered]
) -> None:
    ids = [made.id for made in absent.values()]
    client.post(page_of(forum), data={"registration": ids[:2], "code": "no_news", "several": "1"})
    assert [get_registration(i).no_show_code for i in ids] == ["no_news", "no_news", ""]
    client.post(page_of(forum), data={"registration": ids[:1], "code": "none", "several": "1"})
    assert [get_registration(i).no_show_code for i in ids] == ["", "no_news", ""]
    nothing = client.post(page_of(forum), data={"registration": ids, "code": "", "several": "1"}, follow_redirects=True)
    assert "Nothing changed: choose a reason first." in nothing.text
    again = client.post(
        page_of(forum), data={"registration": ids[1:2], "code": "no_news", "several": "1"}, follow_redirects=True
    )
    assert "Nothing to change: it was so already." in again.text


def test_what_a_colleague_told_meanwhile_stays(
    client: FlaskClient, forum: EventRow, absent: dict[str, Registered]
) -> None:
    ana, hugo = absent["Ana Petit"].id, absent["Hugo Dupont"].id
    with transaction():
        tell_no_shows(forum.id, {ana: "weather"}, by=SYSTEM, now=AFTER)
    client.post(page_of(forum), data={f"code-{ana}": "", f"was-{ana}": "", f"code-{hugo}": "forgot", f"was-{hugo}": ""})
    assert (get_registration(ana).no_show_code, get_registration(hugo).no_show_code) == ("weather", "forgot")


def test_an_archived_event_is_read_and_not_changed(
    client: FlaskClient, forum: EventRow, absent: dict[str, Registered]
) -> None:
    ana = absent["Ana Petit"].id
    with transaction():
        tell_no_shows(forum.id, {ana: "weather"}, by=SYSTEM, now=AFTER)
        for move in (EventMove.CLOSE, EventMove.ARCHIVE):
            move_event(forum.id, move, by=SYSTEM, now=AFTER)
        with pytest.raises(EventReadOnly):
            tell_no_shows(forum.id, {ana: "forgot"}, by=SYSTEM, now=AFTER)
    page = client.get(page_of(forum)).text
    assert ("Ana Petit" in page, "Weather" in page, "Save the reasons" in page) == (True, True, False)
    assert client.post(page_of(forum), data={f"code-{ana}": "forgot"}).status_code == 409
    assert get_registration(ana).no_show_code == "weather"


def test_nobody_else_gets_a_reason(client: FlaskClient, forum: EventRow, enrol: Enrol, app: Flask) -> None:
    came, off = (enrol(forum, class_draft(forum, 0, name)) for name in ("Rose Blanc", "Yann Gris"))
    scan(forum, came)
    with transaction():
        cancel_registration(off.id, by=SYSTEM, now=NOW)
    set_clock(app.extensions, AFTER)
    client.post(page_of(forum), data={"registration": [came.id, off.id, 999], "code": "illness", "several": "1"})
    assert {get_registration(made.id).no_show_code for made in (came, off)} == {""}


@pytest.mark.parametrize(
    "data",
    [
        {"registration": "x", "code": "illness", "several": "1"},
        {"registration": "1", "code": "nonsense", "several": "1"},
        {"code-x": "illness", "code-": "a", "back": "https://example.org/"},
    ],
)
def test_nonsense_changes_nothing(
    client: FlaskClient, forum: EventRow, absent: dict[str, Registered], data: dict[str, str]
) -> None:
    answer = client.post(page_of(forum), data=data)
    assert (answer.status_code, answer.headers["Location"]) == (303, page_of(forum))
    assert {get_registration(made.id).no_show_code for made in absent.values()} == {""}


def test_search_and_reason_narrow_the_list(client: FlaskClient, forum: EventRow, absent: dict[str, Registered]) -> None:
    with transaction():
        tell_no_shows(forum.id, {absent["Ana Petit"].id: "weather"}, by=SYSTEM, now=AFTER)
    found = client.get(f"{page_of(forum)}?q=lambert").text
    assert ("Manon Lambert" in found, "Hugo Dupont" in found) == (True, False)
    told = client.get(f"{page_of(forum)}?reason=weather").text
    assert ("Ana Petit" in told, "Hugo Dupont" in told) == (True, False)
    untold = client.get(f"{page_of(forum)}?reason=none").text
    assert ("Ana Petit" in untold, "Hugo Dupont" in untold) == (False, True)
    assert "Nobody matches" in client.get(f"{page_of(forum)}?q=%25").text


def test_pages_follow_each_other(
    client: FlaskClient, forum: EventRow, absent: dict[str, Registered], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(no_shows, "PAGE", 2)
    access = Access(forum.organiser_id, role=Role.OWNER)
    first = list_no_shows(forum.id, access)
    assert ([line.name for line in first.lines], first.more) == (["Hugo Dupont", "Manon Lambert"], True)
    second = list_no_shows(forum.id, access, after=first.lines[-1].id)
    assert ([line.name for line in second.lines], second.more) == (["Ana Petit"], False)
    assert f"after={first.lines[-1].id}" in client.get(page_of(forum)).text


def test_the_list_takes_the_same_statements_whatever_its_length(forum: EventRow, absent: dict[str, Registered]) -> None:
    with counted_statements() as counted:
        access = Access(forum.organiser_id, role=Role.OWNER)
        assert len(list_no_shows(forum.id, access).lines) == 3
        count_no_shows(forum.id, access)
    assert int(counted) == 2


def test_who_may(log_in: LogIn, forum: EventRow, organiser_id: int, other_id: int) -> None:
    for role, status in ((Role.OWNER, 200), (Role.MANAGER, 200), (Role.VIEWER, 403), (Role.DOOR, 403)):
        assert log_in(organiser_id, role).get(page_of(forum)).status_code == status
    assert log_in(other_id, Role.OWNER).get(page_of(forum)).status_code == 404


def test_a_partner_for_schools_sees_and_tells_groups_alone(
    log_in: LogIn, forum: EventRow, absent: dict[str, Registered], organiser_id: int, other_id: int
) -> None:
    client = log_in(other_id, Role.DOOR)
    with client.session_transaction() as session:
        account_id = session["account_id"]
    with transaction():
        entrust(
            forum.id, organiser_id, account_id, {EventFunction.SCHOOLS}, organisation="Campus", ends_at=None,
            by=SYSTEM, now=NOW,
        )  # fmt: skip
    page = client.get(page_of(forum)).text
    assert ("Manon Lambert" in page, "Hugo Dupont" in page) == (True, False)
    ids = [made.id for made in absent.values()]
    client.post(page_of(forum), data={"registration": ids, "code": "illness", "several": "1"})
    codes = {name: get_registration(made.id).no_show_code for name, made in absent.items()}
    assert codes == {"Ana Petit": "illness", "Manon Lambert": "illness", "Hugo Dupont": ""}


def test_operation_on_both_databases(whole_app: Flask) -> None:
    event = factories.make_event(factories.make_organiser())
    made = factories.make_registration(event)
    over = event.ends_at + timedelta(hours=1)
    with transaction(), pytest.raises(NotOver):
        tell_no_shows(event.id, {made.id: "forgot"}, by=SYSTEM, now=event.starts_at)
    with transaction(), pytest.raises(FieldError):
        tell_no_shows(event.id, {made.id: "nope"}, by=SYSTEM, now=over)
    for expected in (1, 0):
        with transaction():
            assert tell_no_shows(event.id, {made.id: "forgot", 999: "forgot"}, by=SYSTEM, now=over) == expected
    access = Access(event.organiser_id, role=Role.OWNER)
    assert count_no_shows(event.id, access).by_code == {"forgot": (1, 30)}
    page = list_no_shows(event.id, access, text="lambert", codes=["forgot"])
    assert [line.id for line in page.lines] == [made.id]
    assert list_no_shows(event.id, access, after=made.id).lines == ()
