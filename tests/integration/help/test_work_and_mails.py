"""Background work and mails at the desk: what stopped is told in plain words and started again, nobody else's is seen."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.enums import EventFunction, Role
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.jobs.models import JobState
from app.jobs.operations import claim, enqueue, fail, report_progress
from app.jobs.queries import get_job
from app.messages.models import Message, MessageState
from app.messages.operations import mark_sent
from app.messages.queries import MessageRow, list_messages
from app.messages.rendering import list_templates
from app.registrations.drafts import Contact
from app.registrations.models import Registration
from app.registrations.queries import RegistrationRow, get_registration
from app.web.mail_frame import MAIL_CSP
from app.web.manage.messages import MESSAGE_LABELS
from app.web.plain_errors import plain_error
from tests.factories import NOW, class_draft, make_event, make_member, make_organiser, make_registration, person_draft
from tests.integration.help.conftest import SignIn, make_partner

WORK = "/manage/jobs"


@pytest.fixture
def event(organiser_id: int) -> EventRow:
    return make_event(organiser_id)


@pytest.fixture
def person(event: EventRow) -> RegistrationRow:
    """Somebody whose confirmation waits to leave."""
    draft = person_draft(event, contact=Contact("Hugo Dupont", "hugo@example.org"))
    return get_registration(make_registration(event, draft).id)


def mail_of(registration: RegistrationRow) -> MessageRow:
    return list_messages(subject=f"registration:{registration.id}")[0]


def break_mail(error: str = "550 5.1.1 no such user") -> None:
    """The next job due is tried, and fails for good."""
    with transaction():
        claimed = claim("test", now=NOW)
        assert claimed is not None
        fail(claimed, error, now=NOW, for_good=True)


def states(client: FlaskClient, **query: str) -> int:
    """How many lines the list of work shows."""
    return client.get(WORK, query_string=query).text.count('<a class="row-link" id="job-')


# --- Work ---------------------------------------------------------------------------------------------------------


def test_all_that_stopped_starts_again_at_once(owner: FlaskClient, organiser_id: int, event: EventRow) -> None:
    for _ in range(2):
        make_registration(event, person_draft(event))
        break_mail("ConnectionRefusedError: [Errno 111] Connection refused")
    theirs = make_organiser("Ailleurs")
    with transaction():
        foreign = enqueue("messages.send", {"message_id": 0}, now=NOW, organiser_id=theirs)
    break_mail()
    page = owner.get(WORK).text
    assert page.count("The mail server does not answer.") == 2
    assert "Start all 2 stopped again" in page
    answer = owner.post(f"{WORK}/retry", follow_redirects=True).text
    assert "2 pieces of work start again." in answer
    assert get_job(foreign).state is JobState.DEAD
    assert "Nothing is stopped." in owner.post(f"{WORK}/retry", follow_redirects=True).text


def test_what_waits_is_called_off_where_that_does_no_harm(
    owner: FlaskClient, organiser_id: int, person: RegistrationRow
) -> None:
    with transaction():
        purge = enqueue("jobs.purge", {}, now=NOW, organiser_id=organiser_id)
    sending = re.findall(r'action="/manage/jobs/(\d+)/cancel"', owner.get(WORK).text)
    assert len(sending) == 1  # the mail; keeping the house may not be called off
    assert "It is called off" in owner.post(f"{WORK}/{sending[0]}/cancel", follow_redirects=True).text
    assert get_job(int(sending[0])).state is JobState.CANCELLED
    assert mail_of(person).state is MessageState.SKIPPED
    assert "Too late" in owner.post(f"{WORK}/{purge}/cancel", follow_redirects=True).text
    assert "Too late" in owner.post(f"{WORK}/{sending[0]}/cancel", follow_redirects=True).text
    with transaction():
        assert claim("test", now=NOW) is not None  # the purge
        assert claim("test", now=NOW) is None
    assert states(owner, state="cancelled") == 1


def test_work_is_narrowed_and_searched(owner: FlaskClient, organiser_id: int, person: RegistrationRow) -> None:
    with transaction():
        enqueue("registrations.write_import", {}, now=NOW, organiser_id=organiser_id)
    assert states(owner) == 2
    assert states(owner, q="HUGO@example") == 1
    assert states(owner, q="imported file") == 1
    assert states(owner, q="zzz") == 0
    assert "No work matches “zzz”" in owner.get(WORK, query_string={"q": "zzz"}).text
    break_mail()
    assert (states(owner, state="dead"), states(owner, state="queued"), states(owner, state="nonsense")) == (1, 1, 2)
    assert states(owner, q="no such user") == 1


def test_a_page_looks_again_by_itself_while_something_runs(owner: FlaskClient, organiser_id: int) -> None:
    assert "every 3s" not in owner.get(WORK).text
    with transaction():
        job_id = enqueue("registrations.write_import", {}, now=NOW, organiser_id=organiser_id)
        claimed = claim("test", now=NOW)
        assert claimed is not None
        report_progress(claimed, 40, 120, now=NOW)
    page = owner.get(WORK).text
    assert 'hx-trigger="every 3s"' in page
    assert "40 of 120" in page
    assert "40 of 120" in owner.get(f"{WORK}/{job_id}").text


def test_work_is_for_who_manages(viewer: FlaskClient, event: EventRow, sign_in: SignIn) -> None:
    partner = sign_in(make_partner(event, EventFunction.REGISTRATIONS))
    for client in (viewer, partner):
        assert client.get(WORK).status_code == 403
        assert client.post(f"{WORK}/retry").status_code == 403


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("550 5.1.1 <a@example.org>: Recipient address rejected: User unknown", "The mailbox does not exist"),
        ("552 5.2.2 Mailbox full, quota exceeded", "The mailbox is full."),
        ("554 5.7.1 Message rejected as spam", "takes the mail for spam"),
        ("535 5.7.8 authentication failed", "refuses the installation’s name or password"),
        ("451 4.7.1 greylisted", "asks to try later"),
        ("mail.example.org:25: [Errno 111] Connection refused", "does not answer"),
        ("mail.example.org:25: timed out", "does not answer"),
        ("its worker stopped each time it was tried", "The program stopped"),
        ("KeyError: 'x'", "Something unexpected"),
        ("", ""),
    ],
)
def test_errors_have_plain_words(whole_app: Flask, error: str, words: str) -> None:
    with whole_app.test_request_context(headers={"Accept-Language": "en"}):
        assert words in plain_error(error)


# --- Mails --------------------------------------------------------------------------------------------------------


def test_mails_of_an_event_are_found_by_person_kind_and_state(
    owner: FlaskClient, event: EventRow, person: RegistrationRow
) -> None:
    make_registration(event, class_draft(event, contact=Contact("Manon Lambert", "manon@example.org")))
    break_mail()
    base = f"/manage/events/{event.slug}/messages"

    def names(**query: str) -> list[str]:
        page = owner.get(base, query_string=query).text
        return re.findall(r'class="row-link" href="[^"]+">([^<]+)<', page)

    assert names() == ["Manon Lambert", "Hugo Dupont"]
    assert names(q="lambert") == names(q="MANON@example") == names(state="queued") == ["Manon Lambert"]
    assert names(state="failed") == names(registration=person.reference) == ["Hugo Dupont"]
    assert names(kind="registrations.confirmed") == ["Manon Lambert", "Hugo Dupont"]
    assert names(kind="registrations.cancelled") == []
    kinds = re.findall(r'<option value="([^"]+)"', owner.get(base).text)
    assert kinds == ["registrations.confirmed"]  # and not those that nobody was ever sent
    assert "No mail matches" in owner.get(base, query_string={"q": "zzz"}).text
    page = owner.get(base).text
    assert "The mailbox does not exist" in page
    assert "1 mail did not leave" in page
    assert owner.get(f"/manage/messages?event={event.slug}").headers["Location"] == base


def test_a_failed_mail_leaves_again_to_the_address_of_today(
    owner: FlaskClient, event: EventRow, person: RegistrationRow
) -> None:
    break_mail()
    before = mail_of(person)
    with transaction():
        db.session.get_one(Registration, person.id).contact_email = "hugo.dupont@example.org"
    base = f"/manage/events/{event.slug}/messages"
    answer = owner.post(f"{base}/{before.id}/again", follow_redirects=True).text
    assert "The mail leaves for hugo.dupont@example.org." in answer
    after = mail_of(person)
    assert (after.id, after.state, after.recipient, after.error) == (
        before.id, MessageState.QUEUED, "hugo.dupont@example.org", "",
    )  # fmt: skip
    with transaction():
        claimed = claim("test", now=NOW + timedelta(minutes=1))
    assert claimed is not None
    assert (claimed.payload, claimed.attempts) == ({"message_id": before.id}, 1)
    assert "Nothing to do" in owner.post(f"{base}/{before.id}/again", follow_redirects=True).text


def test_a_sent_mail_is_sent_once_more_as_a_new_one(
    owner: FlaskClient, event: EventRow, person: RegistrationRow
) -> None:
    first = mail_of(person)
    with transaction():
        mark_sent(first.id, title="C’est noté", now=NOW)
    owner.post(f"/manage/events/{event.slug}/messages/{first.id}/again", data={"from": "registration"})
    mails = list_messages(subject=f"registration:{person.id}")
    assert [(m.template, m.state) for m in mails] == [
        ("registrations.confirmed", MessageState.QUEUED), ("registrations.confirmed", MessageState.SENT),
    ]  # fmt: skip
    ids = db.session.execute(select(Message.rfc_id)).scalars().all()
    assert len(set(ids)) == 2


def test_all_failed_mails_of_an_event_leave_again(owner: FlaskClient, event: EventRow) -> None:
    other = make_event(event.organiser_id)
    made = [make_registration(e, person_draft(e)).id for e in (event, event, other)]
    for _ in made:
        break_mail()
    with transaction():
        db.session.get_one(Registration, made[1]).contact_email = ""
    page = owner.post(f"/manage/events/{event.slug}/messages/failed", follow_redirects=True).text
    assert "1 mail leaves again." in page
    assert "1 mail has no address any more." in page
    assert [list_messages(subject=f"registration:{i}")[0].state for i in made] == [
        MessageState.QUEUED, MessageState.FAILED, MessageState.FAILED,
    ]  # fmt: skip
    assert "1 mail leaves again." in owner.post("/manage/messages/failed", follow_redirects=True).text


def test_a_mail_is_previewed_in_a_frame_that_runs_nothing(
    owner: FlaskClient, event: EventRow, person: RegistrationRow
) -> None:
    base = f"/manage/events/{event.slug}/messages/{mail_of(person).id}"
    page = owner.get(base).text
    assert f'src="{base}/html"' in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    frame = owner.get(f"{base}/html")
    assert frame.headers["Content-Security-Policy"] == MAIL_CSP
    assert "script-src" not in MAIL_CSP
    assert "default-src 'none'" in MAIL_CSP
    assert frame.headers["Cache-Control"] == "no-store"
    assert person.reference in frame.text


def test_names_and_addresses_are_for_who_may_see_people(
    viewer: FlaskClient, event: EventRow, person: RegistrationRow
) -> None:
    break_mail("550 5.1.1 <hugo@example.org> no such user")
    base = f"/manage/events/{event.slug}/messages"
    for path in (base, "/manage/messages", f"{base}?q=hugo", f"{base}?q=hugo@example.org"):
        page = viewer.get(path)
        assert page.status_code == 200
        assert "Dupont" not in page.text, path
        assert "hugo@example.org" not in page.text or path.endswith("q=hugo@example.org"), path
        assert person.reference not in page.text or "q=" not in path, path
    assert person.reference in viewer.get(base).text
    message_id = mail_of(person).id
    for path in (f"{base}/{message_id}", f"{base}/{message_id}/html"):
        assert viewer.get(path).status_code == 403
    assert viewer.post(f"{base}/{message_id}/again").status_code == 403
    assert viewer.post(f"{base}/failed").status_code == 403


def test_a_partner_sees_the_mails_of_their_rows(sign_in: SignIn, event: EventRow, person: RegistrationRow) -> None:
    class_ = get_registration(make_registration(event, class_draft(event)).id)
    partner = sign_in(make_partner(event, EventFunction.SCHOOLS))
    base = f"/manage/events/{event.slug}/messages"
    page = partner.get(base).text
    assert "Manon Lambert" in page
    assert "Hugo" not in page
    assert partner.get(f"{base}/{mail_of(class_).id}").status_code == 200
    for path in (f"{base}/{mail_of(person).id}", f"{base}/{mail_of(person).id}/html"):
        assert partner.get(path).status_code == 404
    assert partner.get("/manage/messages").status_code == 403


def test_another_organisers_mails_do_not_exist(sign_in: SignIn, event: EventRow, person: RegistrationRow) -> None:
    theirs = make_organiser("Ailleurs")
    own = make_event(theirs)
    stranger = sign_in(make_member(theirs, Role.OWNER)[0])
    message_id = mail_of(person).id
    assert stranger.get(f"/manage/events/{event.slug}/messages").status_code == 404
    assert stranger.get(f"/manage/events/{own.slug}/messages/{message_id}").status_code == 404
    assert stranger.post(f"/manage/events/{own.slug}/messages/{message_id}/again").status_code == 404
    assert "Hugo" not in stranger.get("/manage/messages").text


def test_links_that_let_somebody_in_are_not_previewed(owner: FlaskClient, event: EventRow) -> None:
    """A mail about anything but a registration has no preview: a colleague could use what stands in it."""
    with transaction():
        for template in ("accounts.invitation", "accounts.reset"):
            db.session.add(
                Message(
                    organiser_id=event.organiser_id, subject="account:1", template=template, params={},
                    recipient="new@example.org", locale="fr", rfc_id=f"<{template}@x>", queued_at=NOW,
                )
            )  # fmt: skip
    assert "new@example.org" in owner.get("/manage/messages").text
    for message_id in db.session.execute(select(Message.id)).scalars():
        assert owner.get(f"/manage/events/{event.slug}/messages/{message_id}").status_code == 404


def test_every_kind_of_mail_has_words() -> None:
    assert {name for name in list_templates() if not name.startswith(("tests.", "test."))} - set(
        MESSAGE_LABELS
    ) == set()
