"""Building the demo, whole or not at all, through the operations that everybody uses."""

from dataclasses import dataclass
from datetime import date, datetime

from app.core.actor import SYSTEM
from app.core.errors import NotFound
from app.demo.agenda import make_agenda, make_foreign_event
from app.demo.boxes import make_boxes
from app.demo.event_boxes import make_event_boxes
from app.demo.loans import make_loans
from app.demo.past import PAST_SLUG, make_past_forum
from app.demo.people import find_organisers, make_organisers, make_tokens
from app.demo.structures import make_structures
from app.demo.targets import make_targets
from app.demo.upcoming import make_next_forum
from app.events.enums import Axis, EventKind
from app.events.operations import save_project
from app.events.queries import find_event, list_events

FUNDERS = ("Région Bourgogne-Franche-Comté", "Fonds social européen", "État, plan de relance")


@dataclass(frozen=True)
class Demo:
    """What the demo holds: keys told once, and the slugs of the two editions of the forum."""

    tokens: dict[str, str]
    past: str
    next: str


def load_demo(*, now: datetime) -> Demo:
    """Make organisers, people, keys and events. Raises AccountExists where one of the demo's mails is taken."""
    organisers = make_organisers(now)
    forum_id = _make_forum_project(organisers.creativ, now)
    apprentices_id = save_project(
        organiser_id=organisers.creativ,
        name="Cité Apprenti.e",
        axis=Axis.PRIORITY_NEIGHBOURHOODS,
        secondary=[Axis.SECURING_CAREERS],
        funders=FUNDERS[1:],
        by=SYSTEM,
        now=now,
    )
    past = make_past_forum(organisers.creativ, forum_id)
    upcoming = make_next_forum(organisers.creativ, forum_id, now=now)
    make_targets(organisers.creativ, forum_id, (past, upcoming), now=now)
    make_structures(organisers.creativ, now=now)
    make_boxes(organisers.creativ, now=now)
    make_loans(organisers.creativ, now=now)
    make_event_boxes(organisers.creativ, upcoming, now=now)
    make_agenda(organisers.creativ, forum=forum_id, apprentices=apprentices_id, now=now)
    make_foreign_event(organisers.foreign, now=now)
    return Demo(make_tokens(organisers, now), past, upcoming)


def is_loaded() -> bool:
    """Whether the demo is in this database."""
    return find_event(PAST_SLUG) is not None


def renew_demo(*, now: datetime) -> Demo:
    """The demo that is there, with new keys: for when the file that told them is lost.

    Raises NotFound when its owners or its next forum are no longer there.
    """
    organisers = find_organisers(now)
    forums = [e.slug for e in list_events(organisers.creativ) if e.kind is EventKind.FORUM and e.slug != PAST_SLUG]
    if not forums:
        raise NotFound("forum")
    return Demo(make_tokens(organisers, now), PAST_SLUG, forums[-1])


def _make_forum_project(organiser_id: int, now: datetime) -> int:
    return save_project(
        organiser_id=organiser_id,
        name="La Voie des Talents",
        axis=Axis.SECURING_CAREERS,
        secondary=[Axis.SCHOOL_COMPANY, Axis.PRIORITY_NEIGHBOURHOODS],
        funders=FUNDERS,
        starts_on=date(2021, 1, 1),
        by=SYSTEM,
        now=now,
    )
