"""Counts that cannot both be: asked on the board in people's words, settled there by one press or with another figure."""

import pytest
from sqlalchemy import select

from app.accounts.enums import Role
from app.checkin.device_models import Conflict
from app.checkin.enums import ConflictKind, ConflictStatus
from app.checkin.queries import get_occupancy
from app.core.db import db
from app.core.transaction import transaction
from app.registrations.drafts import Headcount
from app.web.manage.live_board import forget_boards
from tests.factories import DAY_ONE, make_event, make_organiser
from tests.integration.live.conftest import MINUTE, Day


def conflict(day: Day, kind: ConflictKind = ConflictKind.TWICE) -> int:
    """27 + 2 of a class at the entrance, 24 + 2 of it at a space; its id."""
    first = day.scan("A", Headcount(27, 2))
    second = day.scan("A", Headcount(24, 2), space=0, at=5)
    day.at(7)
    db.session.rollback()
    with transaction():
        row = db.session.execute(select(Conflict).where(Conflict.event_id == day.event.id)).scalars().first()
        if row is None:
            row = Conflict(
                organiser_id=day.event.organiser_id, event_id=day.event.id, registration_id=day.people["A"].id, kind=kind,
                first_scan=first, second_scan=second, first_participants=27, first_companions=2, second_participants=24,
                second_companions=2, created_at=DAY_ONE,
            )  # fmt: skip
            db.session.add(row)
        row.kind = kind
        db.session.flush()
        made: int = row.id
    db.session.remove()
    forget_boards()
    return made


def state(conflict_id: int) -> tuple[ConflictStatus, int | None, int | None]:
    db.session.rollback()
    columns = Conflict.status, Conflict.settled_participants, Conflict.settled_companions
    row = db.session.execute(select(*columns).where(Conflict.id == conflict_id)).one()
    return row.status, row.settled_participants, row.settled_companions


def url(day: Day, rest: str = "") -> str:
    return f"/manage/events/{day.event.slug}/live/counts{rest}"


def test_both_counts_are_told_in_people_and_one_press_settles_them(day: Day) -> None:
    one, client = conflict(day), day.browser(Role.DOOR)
    page = day.read(client)
    assert "Counts to confirm 1 count 3e A · Collège des Trois-Rivières" in page
    assert "27 + 2 counted at Entrance at 9:00 am, and 24 + 2 at Grande salle at 9:05 am. How many are they?" in page
    answer = client.post(url(day), data={"settled": f"{one}:second"})
    assert (answer.status_code, answer.location) == (303, f"/manage/events/{day.event.slug}/live")
    assert state(one) == (ConflictStatus.SETTLED, 24, 2)
    page = day.read(client)
    assert "24 + 2, it is noted." in page
    assert "Counts to confirm" not in page
    client.post(url(day), data={"settled": f"{one}:first"})
    assert "Nothing to confirm: somebody was first" in day.read(client)
    assert state(one) == (ConflictStatus.SETTLED, 24, 2)


def test_another_figure_has_a_page_of_its_own(day: Day) -> None:
    one, client = conflict(day), day.browser()
    page = day.read(client, f"/counts/{one}")
    assert "30 people were expected." in page
    wrong = client.post(url(day, f"/{one}"), data={"participants": "-1", "companions": "2"})
    assert wrong.status_code == 422
    assert state(one)[0] is ConflictStatus.OPEN
    client.post(url(day, f"/{one}"), data={"participants": "26", "companions": "1", "note": "Compté dans le hall"})
    assert state(one) == (ConflictStatus.SETTLED, 26, 1)
    assert get_occupancy(day.event, now=DAY_ONE + 8 * MINUTE).present == 27


def test_both_may_stand_only_where_people_were_let_in_twice(day: Day) -> None:
    one, client = conflict(day, ConflictKind.DIFFERS), day.browser()
    assert "Both: other people" not in day.read(client)
    assert client.post(url(day), data={"settled": f"{one}:both"}).status_code == 404
    assert state(one)[0] is ConflictStatus.OPEN


@pytest.mark.parametrize("sent", ["", "x:first", "1:", "1:third", "99999999999:first", "1"])
def test_nonsense_is_not_there(day: Day, sent: str) -> None:
    one = conflict(day)
    assert day.browser().post(url(day), data={"settled": sent}).status_code == 404
    assert state(one)[0] is ConflictStatus.OPEN


def test_a_conflict_of_another_event_is_not_ours(day: Day) -> None:
    one = conflict(day)
    other = make_event(make_organiser("Ailleurs"))
    stranger = Day(day.app, other, {}).browser()
    stranger.post(f"/manage/events/{other.slug}/live/counts", data={"settled": f"{one}:first"})
    assert stranger.post(url(day), data={"settled": f"{one}:first"}).status_code == 404
    assert state(one)[0] is ConflictStatus.OPEN


def test_who_only_watches_reads_the_question_and_cannot_answer_it(day: Day) -> None:
    one, viewer = conflict(day), day.browser(Role.VIEWER)
    page = day.read(viewer)
    assert "How many are they?" in page
    assert "Another figure" not in page
    assert viewer.post(url(day), data={"settled": f"{one}:first"}).status_code == 403
