"""Who is registered and can be reached by no mail: whoever is to be telephoned when an event does not take place."""

from dataclasses import dataclass, field

from sqlalchemy import select

from app.core.db import db
from app.registrations.models import Registration
from app.reports.queries.list_sql import STANDS

MOST = 500


@dataclass(frozen=True)
class WithoutMail:
    """One registration that stands. `group` and `organisation` are empty for who comes alone."""

    reference: str
    contact_name: str = field(repr=False)
    contact_phone: str = field(repr=False)
    group: str
    organisation: str
    people: int


def list_without_mail(event_id: int) -> tuple[WithoutMail, ...]:
    """By name, MOST of them at most: one statement."""
    rows = db.session.execute(
        select(
            Registration.reference, Registration.contact_name, Registration.contact_phone, Registration.class_label,
            Registration.organisation_name, Registration.participants + Registration.companions,
        )
        .where(Registration.event_id == event_id, STANDS, Registration.contact_email == "")
        .order_by(Registration.sort_name, Registration.id)
        .limit(MOST)
    )  # fmt: skip
    return tuple(WithoutMail(*row) for row in rows)
