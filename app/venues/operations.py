"""Changes to venues."""

from datetime import datetime

from sqlalchemy import insert, select, update

from app.core.db import db
from app.venues.models import Venue


def keep_venue(organiser_id: int, *, name: str, address: str, commune: str, now: datetime) -> int | None:
    """The organiser's venue of that name and commune, made or brought up to date; None when the name is empty."""
    if not name.strip():
        return None
    found = db.session.execute(
        select(Venue.id, Venue.address).where(
            Venue.organiser_id == organiser_id, Venue.name == name.strip(), Venue.commune == commune.strip()
        )
    ).first()
    if found is None:
        return db.session.execute(
            insert(Venue)
            .values(
                organiser_id=organiser_id, name=name.strip(), address=address, commune=commune.strip(), created_at=now
            )
            .returning(Venue.id)
        ).scalar_one()
    if address and address != found.address:
        db.session.execute(update(Venue).where(Venue.id == found.id).values(address=address))
    venue_id: int = found.id
    return venue_id
