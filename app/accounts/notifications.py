"""In whose name mails are sent: the organiser's."""

from app.accounts.queries import get_organiser
from app.core.errors import NotFound
from app.core.text import shown_phone
from app.messages.senders import PARCOURS, Sender, sender_source


@sender_source
def organiser_as_sender(organiser_id: int) -> Sender:
    """An organiser's name, colour and contact, as its mails show them; Parcours itself for one that is gone."""
    try:
        organiser = get_organiser(organiser_id)
    except NotFound:
        return PARCOURS
    return Sender(organiser.name, organiser.brand, organiser.email, shown_phone(organiser.phone))
