"""How far an organiser is on the way to its first published event."""

from dataclasses import dataclass

from sqlalchemy import case, exists, func, or_, select

from app.accounts.models import Invitation, Membership, Organiser
from app.accounts.operations.guide import HIDDEN, PRACTISED, PREVIEWED
from app.checkin.models import Scan
from app.core.db import db
from app.events.enums import EventState
from app.events.models import Event, Wave


@dataclass(frozen=True)
class FirstSteps:
    """What is done. `event_slug` is the event that the steps are about, empty while there is none."""

    looked: bool
    event_slug: str
    event_title_fr: str
    event_title_en: str
    waves: bool
    texts: bool
    previewed: bool
    published: bool
    invited: bool
    practised: bool
    hidden: bool

    def event_title(self, locale: str) -> str:
        return self.event_title_en or self.event_title_fr if locale == "en" else self.event_title_fr

    @property
    def all_done(self) -> bool:
        return all(
            (
                self.looked, self.event_slug, self.waves, self.texts, self.previewed, self.published, self.invited,
                self.practised,
            )
        )  # fmt: skip


def get_first_steps(organiser_id: int, account_id: int) -> FirstSteps:
    """What an organiser has done, and what one of its people told. Two statements.

    The steps are about an event that was published, else the latest draft. A look counts once its name, contact, logo or
    colours were ever saved; trying the door counts once anything was scanned or the person tried it.
    """
    event = db.session.execute(
        select(
            Event.slug, Event.title_fr, Event.title_en, Event.published_at,
            exists().where(Wave.event_id == Event.id).label("waves"),
            or_(Event.summary_fr != "", Event.description_fr != "").label("texts"),
        )
        .where(Event.organiser_id == organiser_id, Event.deleted_at.is_(None))
        .order_by(
            case((Event.state == EventState.CANCELLED, 2), (Event.published_at.is_(None), 1), else_=0), Event.id.desc()
        )
        .limit(1)
    ).first()  # fmt: skip
    members = select(func.count()).where(Membership.organiser_id == organiser_id).scalar_subquery()
    organiser = db.session.execute(
        select(
            or_(
                Organiser.look_version > 1, Organiser.email != "", Organiser.phone != "", Organiser.logo_type != ""
            ).label("looked"),
            members.label("members"),
            exists().where(Invitation.organiser_id == organiser_id).label("invited"),
            exists().where(Scan.organiser_id == organiser_id).label("scanned"),
            func.coalesce(Membership.guide, "").label("guide"),
        )
        .outerjoin(Membership, (Membership.organiser_id == Organiser.id) & (Membership.account_id == account_id))
        .where(Organiser.id == organiser_id)
    ).one()
    told = organiser.guide.split()
    published = event is not None and event.published_at is not None
    return FirstSteps(
        looked=organiser.looked,
        event_slug=event.slug if event else "",
        event_title_fr=event.title_fr if event else "",
        event_title_en=event.title_en if event else "",
        waves=event is not None and event.waves,
        texts=event is not None and event.texts,
        previewed=published or PREVIEWED in told,
        published=published,
        invited=organiser.members > 1 or organiser.invited,
        practised=organiser.scanned or PRACTISED in told,
        hidden=HIDDEN in told,
    )
