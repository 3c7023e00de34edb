"""Who runs boxes and erases themselves as a structure's contact is taken off the list; importing this registers it.

Where the mail address is a contact's of the same organiser elsewhere too, the list keeps them: it goes with the last of them.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from app.boxes.models import Facilitator
from app.core.actor import Actor
from app.core.db import db
from app.loans.errors import FacilitatorNeeded
from app.loans.operations.forgetting_people import forget_facilitator, list_going_on
from app.structures.errors import ContactNeeded
from app.structures.models import StructureContact
from app.structures.queries import list_visiting
from app.structures.registry import ContactPart, register_contact_part
from app.training.held import tell_training


def list_cards_that_go(contact_id: int, email: str) -> list[int]:
    """Ids of the facilitators that a contact takes along who erases themselves."""
    if not email:
        return []
    organiser_id = db.session.execute(
        select(StructureContact.organiser_id).where(StructureContact.id == contact_id)
    ).scalar_one()
    if any(c.organiser_id == organiser_id and c.contact_id != contact_id for c in list_visiting(email)):
        return []
    cards = select(Facilitator.id).where(
        Facilitator.organiser_id == organiser_id, Facilitator.mail_key == email.lower()
    )  # fmt: skip
    return list(db.session.execute(cards.order_by(Facilitator.id)).scalars())


def _needs(contact_id: int, structure_id: int, email: str, now: datetime) -> Sequence[str]:
    return [one for card in list_cards_that_go(contact_id, email) for one in list_going_on(card, now=now)]


def _forget(contact_id: int, structure_id: int, email: str, now: datetime, by: Actor) -> None:
    cards = list_cards_that_go(contact_id, email)
    assert not cards or by.organiser_id is not None
    try:
        for card in cards:
            forget_facilitator(card, organiser_id=by.organiser_id or 0, now=now, by=by)
    except FacilitatorNeeded as error:
        raise ContactNeeded(error.references) from error


register_contact_part("training", ContactPart(tell_training, _needs, _forget, only_by_themselves=True))
