"""From an operation to the mailbox: what arrives says what is so, and its codes open the ticket."""

import html as markup
import re
from datetime import timedelta
from email.utils import parseaddr
from typing import Any

import pytest
from sqlalchemy import select, update

from app.core.actor import SYSTEM, VISITOR
from app.core.checks import run_checks
from app.core.db import db
from app.core.i18n import Locale, translate
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, WaveDraft
from app.events.enums import Enrolment
from app.events.queries import EventRow, get_event_by_id
from app.jobs.operations import enqueue
from app.messages.models import Message, MessageState
from app.messages.operations import raise_sequence
from app.registrations.drafts import Contact, Headcount
from app.registrations.notifications import Kind, tell
from app.registrations.operations import (
    Registered,
    cancel_event_registrations,
    cancel_registration,
    change_registration,
    erase_registration,
    register,
    send_links_again,
    tell_already_registered,
)
from app.registrations.operations.reopening import telling_mark
from app.registrations.queries import get_registration
from tests.factories import (
    DAY_ONE,
    NOW,
    class_draft,
    forum,
    make_event,
    make_organiser,
    make_registration,
    one_wave,
    person_draft,
)
from tests.integration.mails.conftest import Received, drain, read_code
from tests.unit.documents.pdf_reading import read_pdf

pytestmark = pytest.mark.usefixtures("mail_app")
BASE = "http://127.0.0.1:8000"
LEFTOVERS = ("%(", "{{", "{%", "}}", "%s", "None", "Undefined", "<Event", "object at")
LOCALES: list[Locale] = ["fr", "en"]


def ticket_url(made: Registered) -> str:
    return f"{BASE}/t/{made.ticket_code}"


def only(mails: list[Received]) -> Received:
    assert len(mails) == 1, [m.title for m in mails]
    return mails[0]


def title(words: str, event: EventRow) -> str:
    """The French title of a mail about the first day."""
    return translate("fr", f"{words}: %(title)s · %(date)s", title=event.title_fr, date="jeudi 4 février 2027")


def states() -> list[MessageState]:
    return list(db.session.execute(select(Message.state).order_by(Message.id)).scalars())


def write(work: Any) -> Any:
    with transaction():
        return work()


@pytest.mark.parametrize("locale", LOCALES)
def test_a_class_gets_its_ticket(locale: Locale) -> None:
    event = make_event(make_organiser())
    draft = class_draft(event, locale=locale, contact=Contact("Manon Lambert", "Manon.Lambert@example.org"))
    made = make_registration(event, draft)
    mail = only(drain())
    row = get_registration(made.id)
    assert parseaddr(str(mail.headers["From"])) == ("Creativ’", "parcours@example.org")
    assert mail.to == "manon.lambert@example.org"
    date = {"fr": "jeudi 4 février 2027", "en": "Thursday 4 February 2027"}[locale]
    assert mail.title == translate(locale, "Your ticket: %(title)s · %(date)s", title=event.title(locale), date=date)
    assert mail.headers["Content-Language"] == locale
    assert mail.headers["Message-ID"] == db.session.execute(select(Message.rfc_id)).scalar_one()
    assert mail.headers["Auto-Submitted"] == "auto-generated"
    headcount = {"fr": ("28", "2"), "en": ("28 pupils", "2 adults")}[locale]
    hour = {"fr": "9\u00a0h\u00a000", "en": "9:00\u00a0am"}[locale]
    for body in (mail.text, markup.unescape(mail.html)):
        for words in (made.reference, f"{BASE}/r/{row.token}", "3e B", hour, *headcount):
            assert words in body, words
    assert ticket_url(made) in mail.text
    assert f'href="{ticket_url(made)}"' in mail.html
    for hour in {"fr": ("vers 9\u00a0h\u00a000", "vers 9\u00a0h\u00a020"), "en": ("about 9:00", "about 9:20")}[locale]:
        assert hour in mail.text
    assert mail.headers.get_content_type() == "multipart/mixed"
    assert [r for r in run_checks(NOW) if not r.ok] == []


def test_its_codes_open_the_ticket() -> None:
    event = make_event(make_organiser())
    made = make_registration(event)
    mail = only(drain())
    ((content_id, picture),) = mail.pictures.items()
    assert f"cid:{content_id}" in mail.html
    assert read_code(picture) == ticket_url(made)
    pdf = read_pdf(mail.file(".pdf"))
    assert pdf.codes == [ticket_url(made)]
    assert made.reference in pdf.texts[0]
    assert mail.types == {
        f"billet-{made.reference}.pdf": "application/pdf",
        f"{event.slug}.ics": "text/calendar",
    }


def test_the_calendar_entry_keeps_its_uid_and_counts_its_changes() -> None:
    event = make_event(make_organiser())
    made = make_registration(event)
    first = only(drain())
    write(lambda: change_registration(made.id, waves=(event.waves[1].id,), by=VISITOR, now=NOW))
    changed = only(drain())
    write(lambda: cancel_registration(made.id, by=VISITOR, now=NOW))
    cancelled = only(drain())
    entries = [only_entry(mail) for mail in (first, changed, cancelled)]
    assert len({str(e["UID"]) for e in entries}) == 1
    start = int(entries[0].get("SEQUENCE", 0))
    assert [int(e.get("SEQUENCE", 0)) - start for e in entries] == [0, 1, 2]
    assert [str(e["STATUS"]) for e in entries] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [e.start for e in entries] == [event.waves[0].starts_at, *[event.waves[1].starts_at] * 2]
    assert (changed.title, cancelled.title) == (title("Changed", event), title("Cancelled", event))
    assert len(changed.pictures) == 1
    assert (cancelled.pictures, list(cancelled.types.values())) == ({}, ["text/calendar"])


def only_entry(mail: Received) -> Any:
    (entry,) = mail.entries()
    return entry


def test_a_wave_given_up_leaves_the_calendar() -> None:
    waves = tuple(
        WaveDraft(DAY_ONE + timedelta(hours=n), DAY_ONE + timedelta(hours=n, minutes=40), 60) for n in range(3)
    )
    event = make_event(make_organiser(), forum(waves=waves, enrolment=Enrolment.SEVERAL))
    a, b, c = (w.id for w in event.waves)
    made = make_registration(event, person_draft(event, waves=(a, b)))
    before = {str(e["UID"]): str(e["STATUS"]) for e in only(drain()).entries()}
    write(lambda: change_registration(made.id, waves=(b, c), by=VISITOR, now=NOW))
    after = {str(e["UID"]): str(e["STATUS"]) for e in only(drain()).entries()}
    assert sorted(before.values()) == ["CONFIRMED", "CONFIRMED"]
    assert sorted(after.values()) == ["CANCELLED", "CONFIRMED", "CONFIRMED"]
    given_up = next(uid for uid, status in after.items() if status == "CANCELLED")
    assert given_up in before


def test_nothing_is_sent_for_what_was_rolled_back() -> None:
    event = make_event(make_organiser())

    def register_and_fail() -> None:
        with transaction():
            register(event, class_draft(event), by=SYSTEM, now=NOW)
            raise RuntimeError("the process fails")

    with pytest.raises(RuntimeError, match="the process fails"):
        register_and_fail()
    assert drain() == []
    assert db.session.execute(select(Message.id)).all() == []


def test_without_a_mailbox_nothing_is_queued() -> None:
    event = make_event(make_organiser())
    make_registration(event, person_draft(event, contact=Contact("Ana Petit", phone="06 39 98 01 02")))
    assert drain() == []


def test_a_mail_says_what_is_so_when_it_goes_out() -> None:
    event = make_event(make_organiser())
    made = make_registration(event)
    write(lambda: cancel_registration(made.id, by=VISITOR, now=NOW, quiet=True))
    mail = only(drain())
    assert mail.title == title("Cancelled", event)
    assert (mail.pictures, list(mail.types.values())) == ({}, ["text/calendar"])


def test_cancelling_before_the_first_mail_went_out_is_told_once() -> None:
    event = make_event(make_organiser())
    made = make_registration(event)
    write(lambda: change_registration(made.id, waves=(event.waves[1].id,), by=VISITOR, now=NOW))
    write(lambda: tell_already_registered(made.id, now=NOW))
    write(lambda: cancel_registration(made.id, by=VISITOR, now=NOW))
    mail = only(drain())
    assert mail.title == title("Cancelled", event)
    assert "Vos places sont libres pour d’autres." in mail.text
    assert states() == [MessageState.SKIPPED, MessageState.SKIPPED, MessageState.SKIPPED, MessageState.SENT]


def test_a_place_got_before_the_waiting_list_was_told_of_is_told_once() -> None:
    event = make_event(make_organiser(), one_wave(30))
    first = make_registration(event, class_draft(event, contact=Contact("Ana Petit", phone="06 39 98 01 02")))
    waiting = make_registration(event, class_draft(event, waitlist=True))
    write(lambda: cancel_registration(first.id, by=VISITOR, now=NOW))
    write(lambda: change_registration(waiting.id, headcount=Headcount(26, 2), by=VISITOR, now=NOW))
    mail = only(drain())
    assert mail.title == title("Your ticket", event)
    assert read_code(next(iter(mail.pictures.values()))) == ticket_url(waiting)


def test_of_two_changes_the_last_is_told() -> None:
    event = make_event(make_organiser())
    made = make_registration(event)
    drain()
    for people in (26, 27):
        write(lambda n=people: change_registration(made.id, headcount=Headcount(n, 2), by=VISITOR, now=NOW))
    mail = only(drain())
    assert mail.title == title("Changed", event)
    assert "27 élèves + 2 adultes" in mail.text


def test_an_event_called_off_is_all_that_is_told_of_it() -> None:
    event = make_event(make_organiser())
    make_registration(event)
    write(lambda: cancel_event_registrations(event.id, reason="Neige", by=SYSTEM, now=NOW))
    assert only(drain()).title == title("Event cancelled", event)


def test_online_people_connect() -> None:
    draft = forum(venue_name="", venue_commune="", join_url="https://visio.example.org/salle", stops=())
    event = make_event(make_organiser(), draft)
    made = make_registration(event, person_draft(event, locale="en"))
    mail = only(drain())
    assert "https://visio.example.org/salle" in mail.text
    assert ticket_url(made) in mail.text
    assert 'href="https://visio.example.org/salle"' in mail.html
    for word in ("Connection", "link to connect"):
        assert word in mail.html
    for word in ("Arrival", "entrance", "QR"):
        assert not re.search(rf"\b{word}\b", mail.html)
    assert mail.pictures == {}
    assert "Connection" in read_pdf(mail.file(".pdf")).texts[0]


def test_nobody_writes_to_somebody_who_was_forgotten() -> None:
    event = make_event(make_organiser())
    made = make_registration(event)
    write(lambda: erase_registration(made.id, by=VISITOR, now=NOW))
    assert drain() == []
    assert db.session.execute(select(Message.state, Message.recipient)).all() == [(MessageState.SKIPPED, "")]
    assert [r for r in run_checks(NOW) if not r.ok] == []


def test_who_waits_is_told_how_many_wait_before() -> None:
    event = make_event(make_organiser(), one_wave(30, AllotmentDraft("school", 30)))
    make_registration(event)
    make_registration(event, class_draft(event, participants=10, companions=1, waitlist=True))
    make_registration(event, class_draft(event, waitlist=True, locale="en"))
    waiting = drain()[-1]
    assert waiting.title == "Waiting list: The Path of Talents · Thursday 4 February 2027"
    assert "11 people wait before you." in waiting.text
    assert "Time asked for" in waiting.html
    assert (waiting.pictures, waiting.types) == ({}, {})


def test_a_change_while_waiting_says_that_one_still_waits() -> None:
    event = make_event(make_organiser(), one_wave(30))
    make_registration(event)
    waiting = make_registration(event, class_draft(event, waitlist=True, locale="en"))
    drain()
    write(lambda: change_registration(waiting.id, headcount=Headcount(20, 2), by=VISITOR, now=NOW))
    mail = only(drain())
    assert mail.title.startswith("Changed: ")
    for body in (mail.text, mail.html):
        assert "You do not have a place yet." in body
        assert "Nobody waits before you." in body
    assert (mail.pictures, mail.types) == ({}, {})


def test_links_are_sent_again_to_the_address_that_has_them_only() -> None:
    event = make_event(make_organiser())
    made = make_registration(event, class_draft(event, contact=Contact("Manon Lambert", "manon@example.org")))
    make_registration(event)
    drain()
    assert write(lambda: send_links_again(event, "Manon@Example.org", now=NOW)) == 1
    assert write(lambda: send_links_again(event, "nobody@example.org", now=NOW)) == 0
    mail = only(drain())
    assert mail.to == "manon@example.org"
    assert f"{BASE}/r/{get_registration(made.id).token}" in mail.text


def test_who_registers_twice_is_told_by_mail() -> None:
    event = make_event(make_organiser())
    made = make_registration(event)
    drain()
    write(lambda: tell_already_registered(made.id, now=NOW))
    mail = only(drain())
    assert mail.title == title("You are already registered", event)
    assert read_code(next(iter(mail.pictures.values()))) == ticket_url(made)


KINDS: list[Kind] = ["confirmed", "waitlisted", "changed", "cancelled", "already", "link", "event_cancelled"]


def registration_for(kind: Kind, event: EventRow, locale: Locale) -> int:
    """A registration in the state that a mail of that kind is about, its own mails unsent."""
    draft = class_draft(event, locale=locale, waitlist=kind == "waitlisted")
    made = write(lambda: register(event, draft, by=SYSTEM, now=NOW, quiet=True))
    if kind == "cancelled":
        write(lambda: cancel_registration(made.id, by=VISITOR, now=NOW, quiet=True))
    if kind == "changed":
        write(lambda: change_registration(made.id, headcount=Headcount(1, 1), by=VISITOR, now=NOW, quiet=True))
    return int(made.id)


@pytest.mark.parametrize("kind", KINDS)
def test_every_mail_is_whole_in_both_languages(kind: Kind) -> None:
    event = make_event(make_organiser(), forum(join_url="https://visio.example.org/forum", entrance_fr="Porte B"))
    if kind == "waitlisted":
        make_registration(event, class_draft(event, participants=60, companions=0))
    ids = {locale: registration_for(kind, event, locale) for locale in LOCALES}
    db.session.rollback()
    drain()
    if kind == "event_cancelled":
        write(lambda: cancel_event_registrations(event.id, reason="Neige & verglas", by=SYSTEM, now=NOW))
    else:
        for locale, registration_id in ids.items():
            email = get_registration(registration_id).contact_email
            write(lambda i=registration_id, e=email, lang=locale: tell(kind, i, e, lang, organiser_id=1, now=NOW))
    french, english = sorted(drain(), key=lambda m: str(m.headers["Content-Language"]) == "en")
    assert (str(french.headers["Content-Language"]), str(english.headers["Content-Language"])) == ("fr", "en")
    for mail, title in ((french, "La Voie des Talents"), (english, "The Path of Talents")):
        assert title in mail.title
        for body in (mail.title, mail.text, mail.html):
            assert [word for word in LEFTOVERS if word in body] == []
        assert "<html" in mail.html
        assert "<" not in mail.text.replace("<3", "")
    assert french.title.split(":")[0].strip() != english.title.split(":")[0].strip()
    if kind == "event_cancelled":
        assert "Neige & verglas" in french.text
        assert "Neige &amp; verglas" in french.html


def test_everybody_of_a_cancelled_event_is_told_once() -> None:
    event = make_event(make_organiser())
    people = [make_registration(event, person_draft(event)) for _ in range(5)]
    gone = make_registration(event, person_draft(event))
    write(lambda: cancel_registration(gone.id, by=VISITOR, now=NOW))
    make_registration(event, person_draft(event, contact=Contact("Ana Petit", phone="06 39 98 01 02")))
    drain()
    write(lambda: cancel_event_registrations(event.id, reason="Neige", by=SYSTEM, now=NOW))
    told = drain()
    assert sorted(mail.to for mail in told) == sorted(get_registration(p.id).contact_email for p in people)
    assert {str(e["STATUS"]) for mail in told for e in mail.entries()} == {"CANCELLED"}
    write(lambda: enqueue("registrations.tell_event_cancelled", {"event_id": event.id}, now=NOW))
    assert drain() == []


def test_a_job_that_died_halfway_tells_the_others_only() -> None:
    event = make_event(make_organiser())
    people = [make_registration(event, person_draft(event)) for _ in range(3)]
    drain()
    with transaction():
        first = get_registration(people[0].id)
        tell(
            "event_cancelled", first.id, first.contact_email, "fr", organiser_id=first.organiser_id, now=NOW,
            more={"at": telling_mark(NOW)},
        )  # fmt: skip
        cancel_event_registrations(event.id, reason="Neige", by=SYSTEM, now=NOW)
    assert sorted(mail.to for mail in drain()) == sorted(get_registration(p.id).contact_email for p in people)


def test_a_moved_event_raises_the_sequence_of_everybodys_entry() -> None:
    event = make_event(make_organiser())
    made = make_registration(event)
    before = only_entry(only(drain()))
    with transaction():
        raise_sequence(f"event:{event.id}", now=NOW)
    write(lambda: tell_already_registered(made.id, now=NOW))
    after = only_entry(only(drain()))
    assert int(after["SEQUENCE"]) == int(before.get("SEQUENCE", 0)) + 1
    assert get_event_by_id(event.id).revision == event.revision


def test_a_message_for_a_registration_that_is_gone_is_skipped() -> None:
    event = make_event(make_organiser())
    make_registration(event)
    with transaction():
        db.session.execute(update(Message).values(params={"registration_id": 999}))
    assert drain() == []
    assert db.session.execute(select(Message.state)).scalars().all() == [MessageState.SKIPPED]
