"""The edition of 11 and 12 October 2021: its 912 registered people from the office's file, and who came.

The figures are those of the report of that year: more than 900 visitors, of whom 463 came through the offers.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from pathlib import Path

from app.accounts.enums import Role
from app.accounts.rules import Access
from app.checkin.operations import record_scans
from app.core.actor import SYSTEM
from app.demo.flow import make_scans
from app.demo.forum import at, forum, forum_waves
from app.demo.plans import make_plan
from app.events.enums import EventMove
from app.events.operations import create_event, move_event
from app.events.queries import EventRow, get_event
from app.registrations.importing.planning import plan_file
from app.registrations.importing.writing import lines_of, record_import, write_lines, written_of
from app.registrations.operations.no_shows import tell_no_shows
from app.reports.queries.no_shows import list_no_shows

PAST_SLUG = "la-voie-des-talents-2021"
DAYS = (date(2021, 10, 11), date(2021, 10, 12))
MADE = datetime(2021, 6, 14, 8, 0, tzinfo=UTC)
IMPORTED = datetime(2021, 10, 4, 7, 30, tzinfo=UTC)
PLANNED = datetime(2021, 10, 5, 14, 0, tzinfo=UTC)
FILE = Path(__file__).parent / "data" / "inscriptions_voie_des_talents_2021.csv"
WAVE_CAPACITY = 80
LONGEST_KEPT = 3650
WHY = ("illness", "transport", "no_news", "illness")


def make_past_forum(organiser_id: int, project_id: int) -> str:
    """The forum of 2021 as it ended; its slug. Names are kept for as long as can be: they are invented."""
    draft = replace(
        forum(DAYS, forum_waves(DAYS, WAVE_CAPACITY), project_id),
        slug=PAST_SLUG,
        registration_closes_at=at(DAYS[0], 0),
        keep_names_days=LONGEST_KEPT,
    )
    slug = create_event(draft, organiser_id=organiser_id, by=SYSTEM, now=MADE)
    event_id = get_event(slug).id
    move_event(event_id, EventMove.PUBLISH, by=SYSTEM, now=MADE)
    event = get_event(slug)
    lines = lines_of(plan_file(event, FILE.read_bytes()), leave_out=())
    tally = write_lines(event, lines, send_mails=False, by=SYSTEM, now=IMPORTED)
    record_import(event, written_of(tally, left_out=0), FILE.name, by=SYSTEM, now=IMPORTED)
    make_plan(event_id, now=PLANNED)
    for number, scans in enumerate(make_scans(event), start=1):
        record_scans(event, f"Téléphones du jour {number}", scans, now=scans[-1].scanned_at)
    move_event(event_id, EventMove.CLOSE, by=SYSTEM, now=at(DAYS[1], 18))
    _tell_why_some_did_not_come(event)
    return slug


def _tell_why_some_did_not_come(event: EventRow) -> None:
    """The office telephoned most of them the week after."""
    absent = list_no_shows(event.id, Access(event.organiser_id, role=Role.OWNER)).lines
    told = dict(zip((line.id for line in absent[: len(absent) * 2 // 3]), cycle(WHY), strict=False))
    tell_no_shows(event.id, told, by=SYSTEM, now=at(DAYS[1], 10) + timedelta(days=7))
