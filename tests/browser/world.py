"""A small organiser that has one of everything, so that each page can be opened with something on it."""

from dataclasses import dataclass

from flask import Flask
from sqlalchemy import select

from app.accounts.enums import Role
from app.core.actor import Actor, ActorKind
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import Axis, EventMove, QuestionKind, ReasonUse
from app.events.operations import move_event
from app.events.operations.deleting import delete_event
from app.events.operations.projects import save_project
from app.events.operations.questions import save_question
from app.events.operations.stands import open_stand
from app.events.operations.templates import save_template
from app.events.queries import EventRow, get_event
from app.events.questions import QuestionRow
from app.flows.date_mapping import Shift
from app.flows.postponing import postpone_event
from app.flows.queries import get_plan_by_id, list_passages
from app.messages.models import Message
from app.registrations.bulk.operations import prepare
from app.registrations.drafts import Contact, Organisation
from app.registrations.enums import BulkKind
from app.registrations.importing.files import keep_file
from app.registrations.importing.mapping import propose
from app.registrations.operations import cancel_registration
from app.registrations.operations.deleting import delete_registration
from app.registrations.queries import get_registration
from app.reports.exports import ExportDraft, ExportFilters
from app.reports.operations.exports import ask_for_xlsx
from app.reports.operations.views import save_view
from app.sheets.reading import read_sheet
from app.structures.importing.files import keep_file as keep_structures
from app.structures.importing.mapping import propose as propose_structures
from app.structures.operations.links import LINK_MAIL, link_token, send_link
from tests.factories import (
    NOW,
    class_draft,
    forum,
    make_event,
    make_member,
    make_organiser,
    make_plan,
    make_registration,
    person_draft,
)
from tests.integration.flows.conftest import led_forum
from tests.integration.structures.conftest import make_contact, make_structure

OTHER = Contact("Basile Vannier", "basile.vannier@example.org")
REGISTRATIONS = b"Nom;Mail;Public\nManon Lambert;manon@example.org;Scolaires\n"
STRUCTURES = "Nom;Commune;UAI\nLycée des Trois-Rivières;Dijon;0219322U\n".encode()


@dataclass(frozen=True)
class World:
    """`values` of routes' arguments: ids that are not among them are 1, the first of their kind. `way_in`: a contact's link.

    `more` are pages that another event or plan fills with other things: those of the team, and those of everybody.
    """

    values: dict[str, str]
    owner: str
    way_in: str
    more_of_team: tuple[str, ...] = ()
    more_public: tuple[str, ...] = ()


def make_world(app: Flask) -> World:
    organiser_id = make_organiser()
    account_id, owner = make_member(organiser_id, Role.OWNER)
    by = Actor(ActorKind.STAFF, "Inès Roux", account_id, organiser_id)
    structure = make_structure(organiser_id, uai="0219322U", commune="Dijon")
    make_structure(organiser_id, "Lycée des Quatre Vents")  # looks like the first
    contact = make_contact(structure, organiser_id)
    with transaction():
        send_link(contact, organiser_id=organiser_id, by=by, now=NOW)
        project = save_project(
            organiser_id=organiser_id, name="La Voie des Talents", axis=Axis.SCHOOL_COMPANY, by=by, now=NOW
        )
        keep_structures(
            organiser_id,
            "structures.csv",
            STRUCTURES,
            propose_structures(read_sheet(STRUCTURES).header),
            by=by,
            now=NOW,
        )
    event = make_event(organiser_id, led_forum(asks_statistics=True, project_id=project))
    make_event(organiser_id, publish=False)
    with transaction():
        question = save_question(
            event.id,
            QuestionRow("", QuestionKind.TEXT, "Que voulez-vous voir ?", "What would you like to see?"),
            by=by,
            now=NOW,
        )
        save_question(
            event.id, QuestionRow("", QuestionKind.FILE, "Votre CV", "Your CV", maximum=500), by=by, now=NOW
        )  # fmt: skip
        save_template(event.id, "Forum", by=by, now=NOW)
    event = get_event(event.slug)
    class_ = get_registration(
        make_registration(
            event, class_draft(event, organisation=Organisation("Lycée des Quatre-Vents", uai="0219322U"))
        ).id
    )
    gone, binned = (
        make_registration(event, person_draft(event)),
        make_registration(event, person_draft(event, contact=OTHER)),
    )
    called_off = make_event(organiser_id)
    deleted = make_event(organiser_id)
    with transaction():
        stand = open_stand(event.id, event.spaces[0].id, by=by, now=NOW)
        cancel_registration(gone.id, by=by, now=NOW)
        delete_registration(binned.id, by=by, now=NOW)
        move_event(called_off.id, EventMove.CANCEL, by=by, now=NOW, reason="Neige")
        delete_event(deleted.id, by=by, now=NOW)
        prepare(event, BulkKind.MAIL, [class_.id], by=by, now=NOW)
        ask_for_xlsx(
            ExportDraft(
                organiser_id, event.id, "registrations", ("name", "people"), ExportFilters(), personal=True, locale="fr",
                rows=1, file_name="liste.xlsx",
            ),
            by=by, now=NOW,
        )  # fmt: skip
        save_view(
            "Classes", [("kind", "group")], page=f"registrations:{event.id}", account_id=account_id,
            organiser_id=organiser_id, shared=True, by=by, now=NOW,
        )  # fmt: skip
        keep_file(event, "inscrits.csv", REGISTRATIONS, propose(read_sheet(REGISTRATIONS).header), by=by, now=NOW)
    values = {
        "slug": event.slug,
        "reference": class_.reference,
        "token": class_.token,
        "code": class_.ticket.code,
        "account_id": str(account_id),
        "key": question,
        "year": str(event.starts_at.year),
        "use": ReasonUse.EVENT_CANCELLED.value,
        "project_id": str(project),
        "structure_id": str(structure),
        "other_id": str(structure + 1),
        "event_id": str(deleted.id),
        "section": "waves",
        "stand": stand,
        **_plans(event),
    }
    postponed, token = _postponed(organiser_id, by)
    nonce = db.session.execute(select(Message.params).where(Message.template == LINK_MAIL)).scalar_one()["nonce"]
    db.session.remove()
    plan, moved = f"/manage/events/{event.slug}/plan/1", f"/manage/events/{postponed}"
    of_team = (plan, f"{plan}/spaces", f"{plan}/occupancy", f"{plan}/drop", moved, f"{moved}/calls", f"{moved}/edit")
    public = (f"/events/{postponed}", f"/r/{token}")
    return World(values, owner, f"/my/enter/{link_token(nonce)}", of_team, public)


def _plans(event: EventRow) -> dict[str, str]:
    """A plan in force, and a draft that is looked at."""
    make_plan(event, publish=True)
    draft = get_plan_by_id(make_plan(event, publish=False))
    return {"number": str(draft.number), "passage_id": str(list_passages(draft.id)[0].id)}


def _postponed(organiser_id: int, by: Actor) -> tuple[str, str]:
    """An event that is to be on another day, and the token of a class that was asked whether it comes."""
    event = make_event(organiser_id, forum(title_fr="Forum reporté", title_en="Postponed forum"))
    asked = get_registration(make_registration(event, class_draft(event)).id)
    with transaction():
        postpone_event(event.id, Shift(28), by=by, now=NOW, code="weather", reason="Neige", revision=event.revision)
    return event.slug, asked.token
