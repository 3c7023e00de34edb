"""Who was asked whether they come on the new date, and what they said: for lists and for the telephone."""

import enum
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from app.accounts.rules import Ability, Access, may, row_limit
from app.core.db import db
from app.events.queries import EventRow
from app.registrations.enums import ALIVE, RegistrationKind, RegistrationStatus
from app.registrations.models import Registration, RegistrationWave
from app.reports.queries.list_sql import PEOPLE, within

PAGE = 50


class Answer(enum.StrEnum):
    """ASKED: no answer yet. NO: cancelled since they were asked."""

    ASKED = "asked"
    YES = "yes"
    NO = "no"


@dataclass(frozen=True)
class AskedLine:
    """Name, telephone and mail are empty without PEOPLE_SEE. `mailed`: the question reached them by mail."""

    id: int
    reference: str
    name: str = field(repr=False)
    phone: str = field(repr=False)
    email: str = field(repr=False)
    is_group: bool
    class_label: str
    organisation_name: str
    audience: str
    people: int
    status: RegistrationStatus
    answer: Answer
    mailed: bool
    answered_at: datetime | None


@dataclass(frozen=True)
class AnswerTotals:
    """(registrations, people) by answer."""

    by_answer: dict[Answer, tuple[int, int]]

    def registrations(self, answer: Answer) -> int:
        return self.by_answer.get(answer, (0, 0))[0]

    def people(self, answer: Answer) -> int:
        return self.by_answer.get(answer, (0, 0))[1]

    @property
    def total(self) -> int:
        return sum(count for count, _people in self.by_answer.values())


@dataclass(frozen=True)
class AskedPage:
    lines: tuple[AskedLine, ...]
    more: bool


_answer = case(
    (Registration.status.in_(ALIVE) & Registration.stays_at.is_not(None), Answer.YES.value),
    (Registration.status.in_(ALIVE), Answer.ASKED.value),
    else_=Answer.NO.value,
)


def _asked(event_id: int, asked_at: datetime | None, access: Access) -> list[ColumnElement[bool]]:
    """Who was asked the last time that the event moved."""
    return [
        Registration.event_id == event_id,
        Registration.deleted_at.is_(None),
        Registration.asked_at == asked_at,
        *within(row_limit(access)),
    ]


def count_answers(event_id: int, asked_at: datetime | None, access: Access) -> AnswerTotals:
    """Those among the rows of the access, by what they said: one statement. `asked_at` is the event's `postponed_at`."""
    rows = db.session.execute(
        select(_answer, func.count(), func.sum(PEOPLE))
        .where(*_asked(event_id, asked_at, access))
        .group_by(_answer)
    )  # fmt: skip
    return AnswerTotals({Answer(answer): (int(count), int(people)) for answer, count, people in rows})


@dataclass(frozen=True)
class ToAsk:
    """Registrations that new dates ask, and those of them that no mail reaches."""

    registrations: int
    without_mail: int

    @property
    def mails(self) -> int:
        return self.registrations - self.without_mail


def count_to_ask(event: EventRow, waves: Collection[int]) -> ToAsk:
    """Who stands for one of these waves; everybody where they are all that there are. One statement."""
    which = [Registration.event_id == event.id, Registration.status.in_(ALIVE), Registration.deleted_at.is_(None)]
    if not {wave.id for wave in event.waves} <= set(waves):
        asks = select(RegistrationWave.registration_id).where(RegistrationWave.wave_id.in_(sorted(waves)))
        which.append(Registration.id.in_(asks))
    silent = func.count(case((Registration.contact_email == "", 1)))
    found = db.session.execute(select(func.count(), silent).select_from(Registration).where(*which)).one()
    return ToAsk(int(found[0]), int(found[1]))


def list_asked(
    event_id: int, asked_at: datetime | None, access: Access, answer: Answer, *, after: tuple[bool, int] = (False, 0)
) -> AskedPage:
    """A page of those who said that: whom no mail reached first, for the telephone alone tells them; then in the order of
    registering. `after` is (has a mail, id) of the last one seen. One statement.
    """
    named, mailed = may(access, Ability.PEOPLE_SEE), case((Registration.contact_email == "", 0), else_=1)
    beyond = or_(mailed > int(after[0]), and_(mailed == int(after[0]), Registration.id > after[1]))
    rows = db.session.execute(
        select(
            Registration.id, Registration.reference, Registration.contact_name, Registration.contact_phone,
            Registration.contact_email, Registration.kind, Registration.class_label, Registration.organisation_name,
            Registration.audience, PEOPLE.label("people"), Registration.status, Registration.stays_at,
            Registration.cancelled_at, mailed.label("mailed"),
        )
        .where(*_asked(event_id, asked_at, access), _answer == answer.value, beyond)
        .order_by(mailed, Registration.id)
        .limit(PAGE + 1)
    ).all()  # fmt: skip
    lines = [
        AskedLine(
            id=r.id, reference=r.reference, name=r.contact_name if named else "", phone=r.contact_phone if named else "",
            email=r.contact_email if named else "", is_group=r.kind is RegistrationKind.GROUP, class_label=r.class_label,
            organisation_name=r.organisation_name, audience=r.audience, people=r.people, status=r.status, answer=answer,
            mailed=bool(r.mailed), answered_at=r.cancelled_at if answer is Answer.NO else r.stays_at,
        )
        for r in rows
    ]  # fmt: skip
    return AskedPage(tuple(lines[:PAGE]), len(lines) > PAGE)


def pick_asked(event_id: int, asked_at: datetime | None, access: Access, ids: Collection[int]) -> frozenset[int]:
    """Of these registrations, those that the access has among its rows and that did not answer yet."""
    found = db.session.execute(
        select(Registration.id).where(
            Registration.id.in_(sorted(ids)), *_asked(event_id, asked_at, access), _answer == Answer.ASKED.value
        )
    ).scalars()
    return frozenset(found)
