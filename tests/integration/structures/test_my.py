"""Contacts at /my: in by a single-use link, with a session of their own, to what concerns their structure and nothing else."""

import threading
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text, update

from app.accounts.enums import Role
from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.clock import set_clock
from app.core.db import db
from app.core.errors import DatabaseBusy, WriteConflict
from app.core.transaction import transaction
from app.messages.models import Message, MessageState
from app.registrations.drafts import Contact, Organisation
from app.registrations.models import Registration
from app.registrations.queries import get_registration
from app.structures.drafts import ContactDraft
from app.structures.errors import LinkOver
from app.structures.models import ContactLink, Structure, StructureContact
from app.structures.operations.contacts import change_contact, end_contact
from app.structures.operations.directory import archive_structure
from app.structures.operations.links import ask_link, link_token, purge_links, use_link
from app.structures.queries import get_structure, list_corrections
from app.web.guards import GuardKind, guard_of_endpoint
from tests.factories import NOW, class_draft, make_event, make_organiser, make_registration, person_draft
from tests.integration.structures.conftest import link_in, make_contact, make_structure, text_of

MAIL = "sabine.morizot@example.org"
Mails = Callable[[], list[EmailMessage]]


@pytest.fixture
def structure_id(organiser_id: int) -> int:
    return make_structure(organiser_id, commune="Dijon", uai="0219322U")


@pytest.fixture
def contact_id(structure_id: int, organiser_id: int) -> int:
    return make_contact(structure_id, organiser_id)


def ask(client: FlaskClient, mails: Mails, email: str = MAIL) -> str:
    """The path of the link that a mail brings."""
    answer = client.post("/my", data={"email": email})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/my/sent")
    return link_in(mails()[-1])


def come_in(client: FlaskClient, mails: Mails, email: str = MAIL) -> None:
    assert client.post(ask(client, mails, email)).status_code == 303


def test_the_link_comes_by_mail_and_lets_in_once(contact_id: int, visitor: FlaskClient, mails: Mails) -> None:
    link = ask(visitor, mails)
    mail = mails()[-1]
    assert mail["To"] == MAIL
    assert "Lycée des Quatre-Vents" in text_of(mail)
    for _ in range(3):  # mail programs look before people do
        assert visitor.get(link).status_code == 200
    assert visitor.get("/my/structure").status_code == 302
    answer = visitor.post(link)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/my/structure")
    assert "Lycée des Quatre-Vents" in visitor.get("/my/structure").get_data(as_text=True)
    assert visitor.get("/my").headers["Location"] == "/my/structure"
    assert visitor.get(link).status_code == 410
    assert visitor.post(link).status_code == 410


def test_logging_out_everywhere_ends_every_device_and_every_link(
    whole_app: Flask, contact_id: int, organiser_id: int, visitor: FlaskClient, mails: Mails
) -> None:
    other_contact = make_contact(make_structure(organiser_id, name="Collège des Trois-Rivières"), organiser_id)
    come_in(visitor, mails)
    elsewhere = whole_app.test_client()
    come_in(elsewhere, mails)
    waiting = ask(whole_app.test_client(), mails)
    page = visitor.get("/my/structure").get_data(as_text=True)
    assert 'action="/my/leave-everywhere"' in page
    assert visitor.post("/my/leave-everywhere").headers["Location"] == "/my"
    for client in (visitor, elsewhere):
        assert client.get("/my/structure").headers["Location"].startswith("/my")
        assert client.get("/my/structure").status_code == 302
    assert visitor.get(waiting).status_code == 410
    epochs = dict(db.session.execute(select(StructureContact.id, StructureContact.epoch)).all())
    assert epochs == {contact_id: 2, other_contact: 2}
    come_in(visitor, mails)
    assert visitor.get("/my/choose").status_code == 200


def test_the_answer_is_the_same_whoever_asks(contact_id: int, visitor: FlaskClient, mails: Mails) -> None:
    known, unknown = (visitor.post("/my", data={"email": email}) for email in (MAIL, "nobody@example.org"))
    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
    assert [mail["To"] for mail in mails()] == [MAIL]
    assert visitor.post("/my", data={"email": "sabine@"}).status_code == 422


def test_the_database_keeps_nothing_that_opens(contact_id: int, visitor: FlaskClient, mails: Mails) -> None:
    token = ask(visitor, mails).rpartition("/")[2]
    for table in ("messages", "contact_links", "jobs", "audit_entries"):
        assert token not in str(db.session.execute(text(f"SELECT * FROM {table}")).all()), table
    nonce = db.session.execute(select(Message.params)).scalar_one()["nonce"]
    assert visitor.get(f"/my/enter/{nonce}").status_code == 410
    assert link_token(nonce) == token


def test_the_link_is_over_after_an_hour(contact_id: int, visitor: FlaskClient, mails: Mails, whole_app: Flask) -> None:
    link = ask(visitor, mails)
    set_clock(whole_app.extensions, NOW + timedelta(minutes=59))
    assert visitor.get(link).status_code == 200
    set_clock(whole_app.extensions, NOW + timedelta(minutes=61))
    assert visitor.get(link).status_code == 410
    assert visitor.post(link).status_code == 410
    with transaction():
        purge_links(now=NOW + timedelta(days=2))
    assert db.session.execute(select(func.count()).select_from(ContactLink)).scalar_one() == 0


def test_a_mail_that_leaves_too_late_is_not_sent(contact_id: int, whole_app: Flask, work: Callable[[], None]) -> None:
    with transaction():
        ask_link(MAIL, "127.0.0.1", now=NOW)
    set_clock(whole_app.extensions, NOW + timedelta(hours=2))
    work()
    assert db.session.execute(select(Message.state)).scalars().all() == [MessageState.SKIPPED]


def test_two_who_press_at_once_are_not_both_let_in(contact_id: int, whole_app: Flask, work: Callable[[], None]) -> None:
    with transaction():
        ask_link(MAIL, "127.0.0.1", now=NOW)
    work()
    token = link_token(db.session.execute(select(Message.params)).scalar_one()["nonce"])
    db.session.rollback()
    results: list[str] = []
    barrier = threading.Barrier(4)

    def press() -> None:
        with whole_app.app_context():
            barrier.wait()
            try:
                with transaction():
                    use_link(token, now=NOW)
                results.append("in")
            except (LinkOver, WriteConflict, DatabaseBusy):
                results.append("over")

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["in", "over", "over", "over"]


def test_asking_again_and_again_is_slowed_down(contact_id: int, visitor: FlaskClient, whole_app: Flask) -> None:
    for email in ("nobody@example.org", MAIL):
        for _ in range(3):
            visitor.post("/my", data={"email": email})
        answer = visitor.post("/my", data={"email": email})
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0
        assert "Several mails were asked for already." in answer.get_data(as_text=True)
    assert db.session.execute(select(func.count()).select_from(Message)).scalar_one() <= 3


def test_the_desk_and_my_are_two_sessions(
    contact_id: int, desk: FlaskClient, visitor: FlaskClient, mails: Mails
) -> None:
    assert desk.get("/my/structure").headers["Location"] == "/my"
    come_in(visitor, mails)
    assert visitor.get("/manage/structures").headers["Location"].startswith("/login")
    come_in(desk, mails)
    assert desk.get("/my/structure").status_code == 200
    assert desk.post("/my/logout").status_code == 303
    assert desk.get("/my/structure").status_code == 302
    assert desk.get("/manage/structures").status_code == 200


def test_every_page_of_contacts_sends_others_to_the_door(whole_app: Flask, contact_id: int, desk: FlaskClient) -> None:
    seen = 0
    for rule in whole_app.url_map.iter_rules():
        for method in (rule.methods or set()) & {"GET", "POST"}:
            guard = guard_of_endpoint(whole_app, rule.endpoint, method)
            if guard is None or guard.kind is not GuardKind.CONTACT:
                continue
            for client in (desk, whole_app.test_client()):
                assert client.open(rule.rule, method=method).headers["Location"].split("?")[0] == "/my", rule.rule
            seen += 1
    assert seen >= 6


def test_who_leaves_is_out_at_once(
    organiser_id: int, structure_id: int, contact_id: int, visitor: FlaskClient, mails: Mails, desk: FlaskClient
) -> None:
    come_in(visitor, mails)
    link = ask(visitor, mails)
    desk.post(f"/manage/structures/{structure_id}/contacts/{contact_id}/end")
    assert visitor.get("/my/structure").headers["Location"] == "/my"
    assert visitor.get(link).status_code == 410
    desk.post(f"/manage/structures/{structure_id}/contacts/{contact_id}/return")
    assert visitor.get("/my/structure").headers["Location"] == "/my"  # the session of before stays over
    row = db.session.execute(select(StructureContact.ended_at, StructureContact.epoch)).one()
    assert (row.ended_at, row.epoch) == (None, 2)


def test_another_mail_address_ends_what_the_old_one_opened(
    organiser_id: int, contact_id: int, visitor: FlaskClient, mails: Mails
) -> None:
    come_in(visitor, mails)
    with transaction():
        draft = ContactDraft("Sabine Morizot", "PsyEN", "autre@example.org")
        change_contact(contact_id, draft, organiser_id=organiser_id, by=SYSTEM, now=NOW)
    assert visitor.get("/my/structure").status_code == 302


def test_an_archived_structure_is_closed_to_its_contacts(
    organiser_id: int, structure_id: int, contact_id: int, visitor: FlaskClient, mails: Mails
) -> None:
    come_in(visitor, mails)
    with transaction():
        archive_structure(structure_id, organiser_id=organiser_id, by=SYSTEM, now=NOW)
    assert visitor.get("/my/structure").status_code == 302
    assert visitor.post("/my", data={"email": MAIL}).status_code == 302
    assert len(mails()) == 1


def test_they_see_what_concerns_their_structure_and_tickets_only_of_their_own_mail(
    organiser_id: int, contact_id: int, visitor: FlaskClient, mails: Mails
) -> None:
    event = make_event(organiser_id)
    school = Organisation("Lycée des Quatre-Vents", "0219322U", "2de 4", "Dijon")
    own = make_registration(event, class_draft(event, contact=Contact("Sabine Morizot", MAIL), organisation=school))
    other = Organisation("Lycée des Quatre-Vents", "0219322U", "1re STMG", "Dijon")
    theirs = make_registration(event, class_draft(event, organisation=other, participants=20))
    foreign = make_registration(event, person_draft(event, waves=(event.waves[1].id,)))
    assert db.session.execute(select(func.count()).select_from(Structure)).scalar_one() == 1
    come_in(visitor, mails)
    html = visitor.get("/my/structure").get_data(as_text=True)
    assert "2de 4" in html
    assert "1re STMG" in html
    assert "30 people" in html
    assert theirs.reference in html
    assert f"/r/{own.token}" in html
    for secret in (
        get_registration(theirs.id).token,
        theirs.ticket_code,
        "Manon Lambert",
        "manon.lambert",
        foreign.reference,
    ):
        assert secret not in html, secret


def test_what_is_over_says_how_many_came_and_what_is_deleted_is_not_told(
    organiser_id: int, structure_id: int, contact_id: int, visitor: FlaskClient, mails: Mails, whole_app: Flask
) -> None:
    event = make_event(organiser_id)
    school = Organisation("Lycée des Quatre-Vents", "0219322U", "2de 4", "Dijon")
    came = make_registration(event, class_draft(event, organisation=school))
    gone = make_registration(
        event, class_draft(event, organisation=Organisation("Lycée des Quatre-Vents", "0219322U", "3e Z", "Dijon"),
                           participants=5, companions=1),
    )  # fmt: skip
    set_clock(whole_app.extensions, event.ends_at + timedelta(days=1))
    with transaction():
        db.session.execute(
            text(
                "INSERT INTO presences (registration_id, event_id, participants, companions, came_participants,"
                " came_companions, last_scan_at) VALUES (:r, :e, 0, 0, 27, 2, :t)"
            ),
            {"r": came.id, "e": event.id, "t": event.starts_at},
        )
        db.session.execute(
            update(Registration)
            .where(Registration.id == gone.id)
            .values(status="cancelled", deleted_at=NOW, deleted_status="confirmed")
        )
    come_in(visitor, mails)
    html = visitor.get("/my/structure").get_data(as_text=True)
    assert "29 of 30 came" in html
    assert "29 present of 30" in html
    assert "3e Z" not in html


def test_one_mail_at_several_structures_chooses(
    organiser_id: int, contact_id: int, visitor: FlaskClient, mails: Mails
) -> None:
    other = make_organiser("Ailleurs")
    second = make_contact(make_structure(other, "CFA de la Plaine"), other)
    stranger = make_contact(make_structure(other, "Lycée d’en face"), other, "autre@example.org")
    link = ask(visitor, mails)
    page = visitor.get(link).get_data(as_text=True)
    assert "CFA de la Plaine" in page
    assert "Lycée des Quatre-Vents" in page
    assert visitor.post(link).headers["Location"] == "/my/choose"
    assert "Lycée d’en face" not in visitor.get("/my/choose").get_data(as_text=True)
    visitor.post("/my/choose", data={"contact": str(second)})
    assert '<h1 class="mb-0">CFA de la Plaine</h1>' in visitor.get("/my/structure").get_data(as_text=True)
    for wrong in (str(stranger), "0", "x", ""):
        assert visitor.post("/my/choose", data={"contact": wrong}).headers["Location"] == "/my/choose"
    assert "Lycée d’en face" not in visitor.get("/my/structure").get_data(as_text=True)


def test_staff_send_the_link_from_the_contacts_row(
    structure_id: int, organiser_id: int, contact_id: int, desk: FlaskClient, visitor: FlaskClient, mails: Mails
) -> None:
    here = f"/manage/structures/{structure_id}"
    desk.post(f"{here}/contacts/{contact_id}/link")
    assert visitor.post(link_in(mails()[-1])).status_code == 303
    with transaction():
        end_contact(contact_id, organiser_id=organiser_id, by=SYSTEM, now=NOW)
    desk.post(f"{here}/contacts/{contact_id}/link")
    assert "No link can be sent" in desk.get(here).get_data(as_text=True)
    assert len(mails()) == 1
    verbs = [row.verb for row in list_history(f"structure:{structure_id}")]
    assert verbs[:3] == ["structure.contact_ended", "structure.contact_entered", "structure.link_sent"]


def test_contacts_propose_and_the_team_decides(
    organiser_id: int, structure_id: int, contact_id: int, desk: FlaskClient, visitor: FlaskClient, mails: Mails
) -> None:
    come_in(visitor, mails)
    values = {"name": "Lycée des Quatre-Vents", "uai": "0219322U", "commune": "Dijon", "address": "3 rue Haute"}
    bad = visitor.post("/my/correction", data=values | {"uai": "0219322A"})
    assert bad.status_code == 422
    assert "The letter does not go with the figures." in bad.get_data(as_text=True)
    assert "3 rue Haute" in bad.get_data(as_text=True)
    assert visitor.post("/my/correction", data=values | {"message": "x" * 501}).status_code == 422
    same = {name: value for name, value in values.items() if name != "address"}
    visitor.post("/my/correction", data=same)
    assert list_corrections(structure_id) == []
    visitor.post("/my/correction", data=values)
    visitor.post("/my/correction", data=values | {"message": "La porte est derrière."})
    (pending,) = list_corrections(structure_id)
    assert (pending.values, pending.message) == ({"address": "3 rue Haute"}, "La porte est derrière.")
    assert get_structure(structure_id, organiser_id=organiser_id).address == ""
    assert "La porte est derrière." in desk.get(f"/manage/structures/{structure_id}").get_data(as_text=True)
    path = f"/manage/structures/{structure_id}/corrections/{pending.id}"
    desk.post(path, data={"taken": "1"})
    assert get_structure(structure_id, organiser_id=organiser_id).address == "3 rue Haute"
    desk.post(path, data={"taken": "0"})
    assert "settled already" in desk.get(f"/manage/structures/{structure_id}").get_data(as_text=True)


def test_the_language_is_kept_for_pages_and_mails(contact_id: int, visitor: FlaskClient, mails: Mails) -> None:
    come_in(visitor, mails)
    answer = visitor.post("/my/language", data={"locale": "en"})
    assert answer.headers["Location"] == "/my/structure?lang=en"
    visitor.post("/my", data={"email": MAIL})
    assert mails()[-1]["Subject"] == "Your link to your structure’s pages"


def test_addresses_with_the_link_are_not_kept_nor_told_on(contact_id: int, visitor: FlaskClient, mails: Mails) -> None:
    answer = visitor.get(ask(visitor, mails))
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    come_in(visitor, mails)
    assert visitor.get("/my/structure").headers["Cache-Control"] == "no-store"


def test_contacts_are_checked_at_their_fields(structure_id: int, desk: FlaskClient) -> None:
    path = f"/manage/structures/{structure_id}/contacts/new"
    answer = desk.post(path, data={"name": "", "email": "manon@", "phone": "06", "locale": "fr"})
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for part in ('id="name-error"', 'id="email-error"', 'id="phone-error"', 'value="manon@"', 'value="06"'):
        assert part in html, part
    good = {"name": "Manon Lambert", "duty": "Professeure", "phone": "06 39 98 11 01", "locale": "fr"}
    assert desk.post(path, data=good).status_code == 302
    assert "06\N{NO-BREAK SPACE}39\N{NO-BREAK SPACE}98" in desk.get(f"/manage/structures/{structure_id}").get_data(
        as_text=True
    )


def test_the_role_of_a_viewer_sends_no_link(
    structure_id: int, organiser_id: int, contact_id: int, log_in: Callable[[int, Role], FlaskClient]
) -> None:
    viewer = log_in(organiser_id, Role.VIEWER)
    assert viewer.post(f"/manage/structures/{structure_id}/contacts/{contact_id}/link").status_code == 403


def test_an_address_of_the_desk_does_not_end_a_contacts_session(
    contact_id: int, visitor: FlaskClient, mails: Mails
) -> None:
    come_in(visitor, mails)
    assert visitor.get("/manage/structures").headers["Location"].startswith("/login")
    assert visitor.get("/my/structure").status_code == 200
