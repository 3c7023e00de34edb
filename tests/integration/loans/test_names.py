"""Names go from loans when their time is over; what was lent, when and to which structure stays."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update

from app.accounts.enums import Role
from app.boxes.drafts import FacilitatorDraft
from app.boxes.enums import BoxCondition, FileUse, OutReason
from app.boxes.models import Accreditation, BoxFile, BoxOutage, Facilitator
from app.boxes.operations.people import create_facilitator, end_facilitator
from app.boxes.queries import get_facilitator
from app.core.actor import SYSTEM, Actor, ActorKind
from app.core.audit import AuditEntry, list_history
from app.core.checks import run_checks
from app.core.clock import set_clock
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.core.transaction import transaction
from app.jobs.registry import JobContext
from app.loans.drafts import CheckDraft, CountDraft
from app.loans.enums import AcceptedHow, LoanCancel, LoanMove
from app.loans.errors import FacilitatorNeeded
from app.loans.jobs import remove_names
from app.loans.links import loan_path, loan_token
from app.loans.models import Loan, LoanAgreement, LoanCount
from app.loans.operations import agree_loan, check_box, hand_over, move_loan, take_back
from app.loans.operations.agreements import store_agreement
from app.loans.operations.forgetting import forget_names
from app.loans.operations.forgetting_people import forget_facilitator, nameless
from app.loans.queries import get_loan, list_counts
from app.loans.standing import standings
from app.messages.models import Message
from app.resources.settings import SettingsRow, get_settings, set_settings
from app.structures.drafts import ContactDraft
from app.structures.errors import ContactNeeded, ContactNotFound
from app.structures.operations.contacts import add_contact
from app.structures.operations.erasing import erase_contact
from app.structures.queries import get_contact, list_contacts
from tests.factories import NOW, make_member
from tests.integration.guards.walking import sign_in_as
from tests.integration.loans.world import STAFF, LoanWorld, make_facilitator, make_world

MANON = Actor(ActorKind.VISITOR, "Manon Lambert", 7)
PARIS = ZoneInfo("Europe/Paris")
MAIL = "manon.lambert@example.org"
WORDS: dict[str, Any] = {
    "place": "Chez Manon",
    "purpose_note": "Les élèves de Manon",
    "notes": "Manon vient le soir",
    "phone": "0639980011",
}


def ended(world: LoanWorld) -> int:
    """A loan that went through everything and was closed on the day it began, with names everywhere."""
    made = world.enter(**WORDS)
    box = get_loan(made.id).loan_boxes[0].box_id
    with transaction():
        store_agreement(made.id, b"%PDF Manon Lambert", 1, revision=get_loan(made.id).revision, now=NOW)
        agree_loan(made.id, name="Manon Lambert", how=AcceptedHow.LINK, by=MANON, now=NOW, number=1)
        both: dict[str, Any] = {"given_by": "Inès Roux", "given_to": "Manon Lambert", "note": "Vu avec Manon"}
        item = world_item(world)
        hand_over(made.id, box, **both, by=STAFF, now=NOW)
        take_back(made.id, box, given_by="Manon Lambert", given_to="Inès Roux", by=STAFF, now=NOW)
        counts = (CountDraft(3, item_id=item, note="Perdu par Manon"),)
        check_box(made.id, box, CheckDraft(BoxCondition.INCOMPLETE, counts, note="Manon"), by=STAFF, now=NOW)
        move_loan(made.id, LoanMove.CLOSE, by=STAFF, now=NOW, note="Merci Manon")
        outage = BoxOutage(
            organiser_id=world.organiser_id, box_id=box, reason=OutReason.BROKEN, note="Manon", started_on=NOW.date(),
            ended_on=NOW.date(), created_at=NOW,
        )  # fmt: skip
        db.session.add(outage)
        db.session.add(
            BoxFile(
                organiser_id=world.organiser_id, token=f"photo{made.id}", use=FileUse.DAMAGE, box_id=box, name="a.jpg",
                loan_box_id=get_loan(made.id).loan_boxes[0].id, media_type="image/jpeg", size=3, content=b"abc",
                created_at=NOW,
            )
        )  # fmt: skip
    return made.id


def world_item(world: LoanWorld) -> int:
    return int(
        db.session.execute(
            text("SELECT min(id) FROM scenario_items WHERE scenario_id = :id"), {"id": world.scenario_id}
        ).scalar_one()
    )


def work(days: float) -> None:
    """The daily job, so many days after the loans ended."""
    remove_names(JobContext(1, {}, None, 1, lambda: NOW + timedelta(days=days), lambda _done, _total: None))


def keep(world: LoanWorld, days: int) -> None:
    with transaction():
        set_settings(world.organiser_id, SettingsRow(keep_names_days=days), by=SYSTEM, now=NOW)


def everything() -> str:
    """All rows in which somebody may stand, but agreements."""
    db.session.expire_all()
    tables = ("loans", "loan_boxes", "loan_counts", "audit_entries", "messages", "loan_facilitators", "box_outages")
    return "\n".join(str(list(db.session.execute(text(f"SELECT * FROM {t}")).all())) for t in tables)


def problems(days: float) -> tuple[str, ...]:
    return next(r.problems for r in run_checks(NOW + timedelta(days=days)) if r.name == "loans.names")


def test_names_go_after_the_days_that_the_organiser_set_and_agreements_stay(whole_app: Flask) -> None:
    world = make_world()
    loan_id = ended(world)
    keep(world, 30)
    work(29.9)
    assert "Manon" in everything()
    assert problems(30.9) == ()
    assert problems(31.1) == (f"{get_loan(loan_id).reference} still names its borrower",)
    work(30)
    said = everything()
    assert "Manon" not in said
    assert MAIL not in said
    loan = get_loan(loan_id)
    assert loan.names_removed_at == NOW + timedelta(days=30)
    assert (loan.structure_id, loan.facilitators, loan.players) == (world.structure_id, (), 12)
    assert [(c.counted, c.note) for c in list_counts(loan_id)] == [(3, "")]
    assert db.session.execute(select(BoxFile.id)).all() == []
    kept = db.session.execute(select(LoanAgreement.accepted_name, LoanAgreement.content)).one()
    assert kept == ("Manon Lambert", b"%PDF Manon Lambert")
    assert all(r.ok for r in run_checks(NOW + timedelta(days=40)) if r.name.startswith("loans."))
    revision = loan.revision
    work(31)
    assert get_loan(loan_id).revision == revision


def test_the_history_says_what_happened_without_names(whole_app: Flask) -> None:
    world = make_world()
    made = world.enter()
    with transaction():
        agree_loan(made.id, name="Manon Lambert", how=AcceptedHow.PAPER, by=STAFF, now=NOW)
        move_loan(
            made.id, LoanMove.CANCEL, by=STAFF, now=NOW, reason=LoanCancel.BORROWER_ABSENT, note="Manon est absente"
        )
    assert "Manon" not in str([line.details for line in list_history(f"loan:{made.id}")])
    old = {"name": "Manon Lambert", "note": "Manon", "how": "paper"}  # as lines were written once
    with transaction():
        db.session.execute(
            update(AuditEntry)
            .where(AuditEntry.subject == f"loan:{made.id}", AuditEntry.verb == "loan.agreed")
            .values(details=old)
        )
        forget_names(made.id, now=NOW)
    lines = {line.verb: line.details for line in list_history(f"loan:{made.id}")}
    assert lines["loan.agreed"] == {"how": "paper"}
    assert "loan.names_removed" in lines


def test_a_loan_that_goes_on_keeps_its_names(whole_app: Flask) -> None:
    world = make_world()
    made = world.enter()
    with pytest.raises(MoveNotAllowed), transaction():
        forget_names(made.id, now=NOW)
    with transaction():
        agree_loan(made.id, name="Manon Lambert", how=AcceptedHow.PAPER, by=STAFF, now=NOW)
        box = get_loan(made.id).loan_boxes[0].box_id
        hand_over(made.id, box, given_by="Inès Roux", given_to="Manon Lambert", by=STAFF, now=NOW)
    keep(world, 0)
    work(4000)
    assert get_loan(made.id).email == MAIL


def test_where_nobody_ended_a_loan_its_last_day_counts(whole_app: Flask) -> None:
    """Asked, promised, agreed and back, from 1 to 3 February: 30 days later their names go on 6 March."""
    world = make_world(4)
    asked, promised, agreed, back = world.ask(), *(world.enter(**WORDS) for _ in range(3))
    with transaction():
        for one in (agreed, back):
            agree_loan(one.id, name="Manon Lambert", how=AcceptedHow.PAPER, by=STAFF, now=NOW)
        box = get_loan(back.id).loan_boxes[0].box_id
        hand_over(back.id, box, given_by="Inès Roux", given_to="Manon Lambert", by=STAFF, now=NOW)
        take_back(back.id, box, given_by="Manon Lambert", given_to="Inès Roux", by=STAFF, now=NOW)
    keep(world, 30)
    made = (asked, promised, agreed, back)
    states = [get_loan(one.id).state for one in made]
    march = (datetime(2027, 3, 6, tzinfo=PARIS) - NOW) / timedelta(days=1)
    work(march - 0.01)
    assert {get_loan(one.id).contact_name for one in made} == {"Manon Lambert"}
    assert problems(march + 0.99) == ()
    assert problems(march + 1) == tuple(f"{one.reference} still names its borrower" for one in made)
    work(march)
    assert "Manon" not in everything()
    assert [get_loan(one.id).state for one in made] == states
    later = NOW + timedelta(days=march + 2)
    assert all(r.ok for r in run_checks(later) if r.name.startswith("loans."))
    assert standings([get_loan(promised.id), get_loan(agreed.id)], later) == {}
    with transaction():  # somebody ends one at last, and writes who it was
        move_loan(asked.id, LoanMove.CANCEL, by=STAFF, now=later, reason=LoanCancel.OTHER, note="Manon ne vient plus")
    assert all(r.ok for r in run_checks(later) if r.name.startswith("loans."))
    work(march + 32)
    assert get_loan(asked.id).reason_note == ""


def test_days_of_keeping_are_set_on_the_page_of_settings(whole_app: Flask) -> None:
    world = make_world()
    client = sign_in_as(whole_app, make_member(world.organiser_id, Role.OWNER)[0])
    sent = {"weekdays": ["0", "1"], "zone": "A"}
    here = "/manage/boxes/closures/settings"
    for wrong in ("", "-1", "3661", "x"):
        assert client.post(here, data=sent | {"keep_names_days": wrong}).status_code == 422
    assert client.post(here, data=sent | {"keep_names_days": "365"}).status_code == 302
    assert get_settings(world.organiser_id).keep_names_days == 365
    with pytest.raises(FieldError), transaction():
        set_settings(world.organiser_id, SettingsRow(keep_names_days=-1), by=SYSTEM, now=NOW)


def test_erasing_a_contact_takes_them_out_of_what_is_over_and_waits_for_what_is_not(whole_app: Flask) -> None:
    world = make_world()
    with transaction():
        contact_id = add_contact(
            world.structure_id, ContactDraft("Manon Lambert", "CPE", MAIL), organiser_id=world.organiser_id, by=SYSTEM,
            now=NOW,
        )  # fmt: skip
    over, going_on = ended(world), world.enter("2027-03-01 am", "2027-03-01 pm", contact_id=contact_id)

    def erase() -> None:
        with transaction():
            erase_contact(contact_id, organiser_id=world.organiser_id, by=STAFF, now=NOW)

    with pytest.raises(ContactNeeded) as needed:
        erase()
    assert needed.value.references == (going_on.reference,)
    client = sign_in_as(whole_app, make_member(world.organiser_id, Role.OWNER)[0])
    client.set_cookie("lang", "en")
    here = f"/manage/structures/{world.structure_id}"
    page = client.post(f"{here}/contacts/{contact_id}/erasure", follow_redirects=True).text
    assert f"End these loans first: {going_on.reference}" in page
    db.session.remove()
    assert get_contact(contact_id, organiser_id=world.organiser_id).email == MAIL
    with transaction():
        move_loan(going_on.id, LoanMove.CANCEL, by=STAFF, now=NOW, reason=LoanCancel.BORROWER_ABSENT)
    assert client.post(f"{here}/contacts/{contact_id}/erasure").status_code == 302
    db.session.remove()
    assert get_loan(over).names_removed_at is not None
    assert "Manon" not in everything()
    assert list_contacts(world.structure_id) == []
    with pytest.raises(ContactNotFound):
        erase()


def test_facilitators_who_left_long_ago_are_made_anonymous(whole_app: Flask) -> None:
    world = make_world()
    with transaction():
        draft = FacilitatorDraft("Karim Bernard", "karim@example.org", "0639980012")
        gone = create_facilitator(draft, organiser_id=world.organiser_id, by=SYSTEM, now=NOW)
        stays, busy = make_facilitator(world.organiser_id), make_facilitator(world.organiser_id, world.structure_id)
        for leaving in (gone, busy):
            end_facilitator(leaving, organiser_id=world.organiser_id, by=SYSTEM, now=NOW)
        db.session.execute(delete(Accreditation).where(Accreditation.facilitator_id == busy))
    named = world.enter(facilitator_ids=(world.facilitator_id,))
    with transaction():
        db.session.execute(text("UPDATE loan_facilitators SET facilitator_id = :id"), {"id": busy})
    keep(world, 100)
    work(99)
    assert get_facilitator(world.organiser_id, gone).name == "Karim Bernard"
    work(100)
    person = get_facilitator(world.organiser_id, gone)
    assert (person.name, person.email, person.phone) == (nameless(gone), "", "")
    assert get_facilitator(world.organiser_id, stays).name != nameless(stays)
    assert get_facilitator(world.organiser_id, busy).name != nameless(busy)
    with pytest.raises(FacilitatorNeeded) as needed, transaction():
        forget_facilitator(busy, organiser_id=world.organiser_id, now=NOW)
    assert needed.value.references == (named.reference,)
    client = sign_in_as(whole_app, make_member(world.organiser_id, Role.OWNER)[0])
    client.set_cookie("lang", "en")
    here = f"/manage/boxes/facilitators/{busy}"
    assert named.reference in client.post(f"{here}/erasure", follow_redirects=True).text
    with transaction():
        db.session.execute(update(Loan).values(state="closed", ended_at=NOW))
    assert client.post(f"{here}/erasure").status_code == 302
    db.session.remove()
    assert db.session.execute(select(Facilitator.name).where(Facilitator.id == busy)).scalar_one() == nameless(busy)


def test_a_loans_link_shows_nothing_from_90_days_after_its_end(whole_app: Flask) -> None:
    world = make_world()
    loan = get_loan(ended(world))
    path = loan_path(loan_token(loan.organiser_id, loan.reference))
    client = whole_app.test_client()
    client.set_cookie("lang", "en")
    set_clock(whole_app.extensions, NOW + timedelta(days=89))
    db.session.remove()
    assert loan.reference in client.get(path).text
    set_clock(whole_app.extensions, NOW.astimezone(UTC) + timedelta(days=90))
    for address in (path, f"{path}/agreement.pdf"):
        answer = client.get(address)
        assert answer.status_code == 410
        assert loan.reference not in answer.text
        assert "long over" in answer.text
    assert db.session.execute(select(LoanCount.id)).first() is not None
    assert db.session.execute(select(Message.id)).first() is not None
