"""A world with a bin: an event that stands, with people who do and people who were deleted, and an event that was deleted."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import update

from app.accounts.enums import EventFunction, Role
from app.accounts.operations.partners import entrust
from app.accounts.operations.people import create_account
from app.accounts.queries import OrganiserRow, get_organiser
from app.accounts.rules import Access
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import SpaceDraft
from app.events.enums import Axis, QuestionKind
from app.events.models import Event, Question
from app.events.operations import save_project
from app.events.queries import EventRow, get_event
from app.messages.models import Message, MessageState
from app.registrations.drafts import Contact, Organisation, Statistics
from app.registrations.enums import Gender
from app.registrations.models import BulkAction
from app.registrations.queries import RegistrationRow, get_registration
from tests.factories import (
    NOW,
    class_draft,
    forum,
    hashed,
    make_event,
    make_member,
    make_organiser,
    make_plan,
    make_registration,
    person_draft,
)
from tests.integration.bin.conftest import delete, delete_whole

SECRET = "Zébulon"
"""Stands in everything that is in the bin, and nowhere else."""
SCHOOL = Organisation("Collège des Trois-Rivières", "0219100C", "3e B", "Dijon")


@dataclass(frozen=True)
class BinWorld:
    """`standing` and `deleted` are registrations of `event`; `gone` is the deleted event, `lost` one of its registrations."""

    organiser: OrganiserRow
    owner_id: int
    partner_id: int
    event: EventRow
    gone: EventRow
    standing: RegistrationRow
    deleted: tuple[RegistrationRow, ...]
    lost: RegistrationRow
    project_id: int
    bulk_id: int
    plan_id: int = 0

    @property
    def accesses(self) -> list[Access]:
        """The owner's, and that of a partner for the registrations of the event that stands."""
        partner = Access(self.organiser.id, self.event.id, None, frozenset({EventFunction.REGISTRATIONS}))
        return [Access(self.organiser.id, role=Role.OWNER), partner]

    @property
    def markers(self) -> set[str]:
        """What says that something of the bin is shown: names, numbers, links."""
        return {SECRET.lower(), "zebulon", self.gone.slug} | self.people

    @property
    def people(self) -> set[str]:
        """The same of people alone."""
        rows = (*self.deleted, self.lost)
        found = {text for row in rows for text in (row.reference, row.token, row.ticket.code, row.contact_email)}
        return found | {"xantippe"}


def make_world(*, planned: bool = False) -> BinWorld:
    """`planned`: both events have a plan in force, made before anybody was deleted."""
    organiser_id = make_organiser("Creativ’")
    owner_id, _mail = make_member(organiser_id, Role.OWNER)
    with transaction():
        project_id = save_project(
            organiser_id=organiser_id, name="Talents 2027", axis=Axis.SCHOOL_COMPANY, by=SYSTEM, now=NOW
        )
    spaces = (SpaceDraft("Grande salle", 70), SpaceDraft("Orientation", 70))
    event = make_event(organiser_id, forum(asks_statistics=True, project_id=project_id, spaces=spaces))
    _ask(event)
    event = get_event(event.slug)
    gone = make_event(
        organiser_id,
        forum(
            title_fr=f"Forum {SECRET}",
            title_en=f"{SECRET}’s forum",
            asks_statistics=True,
            project_id=project_id,
            spaces=spaces,
        ),
    )
    standing = get_registration(make_registration(event, class_draft(event, organisation=SCHOOL)).id)
    deleted = [_person(event, 1), _person(event, 2), _group(event, 3), _waiting(event, 4)]
    lost = _group(gone, 5)
    partner_id = _partner(event, gone)
    plan_id = make_plan(event) if planned else 0
    if planned:
        make_plan(gone)
    for registration in deleted:
        delete(registration.id, now=NOW + timedelta(seconds=1), notify=True)
    with transaction():
        db.session.execute(update(Event).where(Event.id == gone.id).values(cloned_from_id=event.id))
        db.session.execute(
            update(Message).where(Message.subject == f"registration:{deleted[0].id}").values(state=MessageState.FAILED)
        )
        bulk = BulkAction(
            organiser_id=organiser_id, event_id=event.id, actor_label="Inès Roux", kind="cancel", params={}, created_at=NOW,
            registration_ids=[standing.id, deleted[0].id], items=[{"id": deleted[0].id, "result": "done", "before": {}}],
        )  # fmt: skip
        db.session.add(bulk)
        db.session.flush()
        bulk_id = bulk.id
    delete_whole(gone.id, now=NOW + timedelta(seconds=2))
    organiser = get_organiser(organiser_id)
    return BinWorld(
        organiser, owner_id, partner_id, event, gone, standing, tuple(deleted), lost, project_id, bulk_id, plan_id
    )


def _partner(*events: EventRow) -> int:
    """Somebody with all functions of these events."""
    with transaction():
        account_id = create_account("paul@example.org", "Paul Duval", hashed(), by=SYSTEM, now=NOW)
        for event in events:
            entrust(
                event.id, event.organiser_id, account_id, tuple(EventFunction), organisation="CCI", ends_at=None,
                by=SYSTEM, now=NOW,
            )  # fmt: skip
    return account_id


def _ask(event: EventRow) -> None:
    with transaction():
        db.session.add(
            Question(
                event_id=event.id, key="why", kind=QuestionKind.TEXT, label_fr="Pourquoi ?", position=1, created_at=NOW
            )
        )
        db.session.execute(update(Event).where(Event.id == event.id).values(revision=Event.revision + 1))


def _contact(number: int) -> Contact:
    return Contact(f"{SECRET} Xantippe {number}", f"zebulon{number}@example.org", "+33639980177")


def _person(event: EventRow, number: int) -> RegistrationRow:
    draft = person_draft(
        event, contact=_contact(number), organisation=SCHOOL, statistics=Statistics(gender=Gender.WOMAN),
        answers={"why": f"Je suis {SECRET}"}, oriented_by=f"Mission {SECRET}",
    )  # fmt: skip
    return get_registration(make_registration(event, draft).id)


def _group(event: EventRow, number: int) -> RegistrationRow:
    organisation = Organisation(SCHOOL.name, SCHOOL.uai, f"3e {SECRET}", SCHOOL.commune)
    draft = class_draft(event, contact=_contact(number), organisation=organisation, participants=5, companions=1)
    return get_registration(make_registration(event, draft).id)


def _waiting(event: EventRow, number: int) -> RegistrationRow:
    draft = class_draft(event, contact=_contact(number), organisation=SCHOOL, participants=50, waitlist=True)
    return get_registration(make_registration(event, draft).id)
