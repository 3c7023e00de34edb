"""A list's filters and its order as SQL, the same on both databases: what all readings of the list are made of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Float, Select, Text, and_, case, cast, collate, false, func, or_, select, true

from app.accounts.rules import SCHOOL_AUDIENCE, Ability, Access, RowLimit, may, row_limit
from app.checkin.models import Presence
from app.core.db import db
from app.core.text import fold
from app.events.enums import QuestionKind
from app.events.models import Wave
from app.events.queries import EventRow
from app.events.questions import QuestionRow
from app.registrations.enums import ALIVE, RegistrationKind, RegistrationStatus, Source
from app.registrations.models import Registration, RegistrationWave
from app.reports.lists import NOTHING, Arrival, Column, ListQuery, Reply, allowed_query, event_days, find_column

PEOPLE = Registration.participants + Registration.companions
CAME = func.coalesce(Presence.came_participants + Presence.came_companions, 0)
STANDS = Registration.status.in_(ALIVE)
_WRITTEN = cast(Registration.answers, Text)
"""All answers of a registration as the text that is kept."""
_ACCENTED, _BARE = "éèêëàâîïôûüçÉÈÊËÀÂÎÏÔÛÜÇ", "eeeeaaiiouuceeeeaaiiouuc"
"""The letters that French towns and schools are written with, as PostgreSQL reads them when it searches and sorts."""
_PRESENCE = frozenset({"arrival", "came", "last_scan_at"})
_NAMES: dict[str, Any] = {
    "organisation": Registration.organisation_name,
    "commune": Registration.commune,
    "oriented_by": Registration.oriented_by,
}
"""Texts of which many rows have the same."""
_TEXTS: dict[str, Any] = {
    "class_label": Registration.class_label,
    "uai": Registration.uai,
    "email": Registration.contact_email,
    "phone": Registration.contact_phone,
    "cancel_code": Registration.cancel_code,
    "cancel_reason": Registration.cancel_reason,
    "no_show_code": Registration.no_show_code,
}
_VALUES: dict[str, Any] = {
    "locale": Registration.locale,
    "people": PEOPLE,
    "participants": Registration.participants,
    "companions": Registration.companions,
    "came": CAME,
    "created_at": Registration.created_at,
    "updated_at": Registration.updated_at,
    "is_15_or_older": Registration.is_15_or_older,
    "last_scan_at": Presence.last_scan_at,
    "cancelled_at": Registration.cancelled_at,
}


@dataclass(frozen=True)
class Key:
    """One value that a list is sorted by. What is empty comes last, whichever way."""

    value: Any
    down: bool = False
    may_be_empty: bool = False

    def ordering(self, value: Any, *, backwards: bool = False) -> Any:
        ordered = value.desc() if self.down is not backwards else value
        if not self.may_be_empty:
            return ordered
        return ordered.nulls_first() if backwards else ordered.nulls_last()


@dataclass(frozen=True)
class ListSql:
    """A list as SQL. `rows`: which registrations the person has; `conditions` narrow them. No two rows share the last key.

    `confirmed`: they let through nobody else. `costly`: they take longer than keeping a row that they let through; of a list
    in the order of an index they are asked only until a page is full. `searches`: they read long texts.
    """

    rows: tuple[ColumnElement[bool], ...]
    conditions: tuple[ColumnElement[bool], ...]
    keys: tuple[Key, ...]
    presence: bool
    costly: bool
    searches: bool
    confirmed: bool = False

    @property
    def order(self) -> list[Any]:
        return [key.ordering(key.value) for key in self.keys]

    @property
    def order_backwards(self) -> list[Any]:
        return [key.ordering(key.value, backwards=True) for key in self.keys]

    def select(self, *columns: Any) -> Select[Any]:
        """A statement of these columns for each row that the list lets through, in no order."""
        statement = select(*columns).select_from(Registration)
        if self.presence:
            statement = statement.outerjoin(Presence, Presence.registration_id == Registration.id)
        return statement.where(*self.rows, *self.conditions)


def list_sql(event: EventRow, query: ListQuery, access: Access) -> ListSql:
    """The query, less what the access does not allow, as SQL; rows are those of the access, none of the bin."""
    wanted = allowed_query(query, event, access)
    column, named = find_column(wanted.sort, event, access), may(access, Ability.PEOPLE_SEE)
    return ListSql(
        rows=(Registration.event_id == event.id, Registration.deleted_at.is_(None), *within(row_limit(access))),
        conditions=tuple(_conditions(event, wanted, named=named)),
        keys=_keys(event, wanted, column, named=named),
        presence=bool(wanted.arrivals - {Arrival.NOBODY}) or wanted.sort in _PRESENCE,
        searches=bool(wanted.text),
        confirmed=bool(wanted.arrivals),
        costly=_is_costly(wanted, named=named),
    )


def _is_costly(wanted: ListQuery, *, named: bool) -> bool:
    if wanted.structures or (wanted.text and not named):
        return True
    return bool(wanted.arrivals or wanted.answers or wanted.waves or wanted.days) and not (
        named and wanted.sort == "name"
    )


def within(limit: RowLimit) -> list[ColumnElement[bool]]:
    """The rows that somebody has: `app.accounts.rules.is_within`, as a condition."""
    if limit is RowLimit.GROUPS_AND_SCHOOLS:
        return [or_(Registration.kind == RegistrationKind.GROUP, Registration.audience == SCHOOL_AUDIENCE)]
    return [] if limit is RowLimit.ALL else [false()]


# --- Narrowing ----------------------------------------------------------------------------------------------------


def _conditions(event: EventRow, wanted: ListQuery, *, named: bool) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, values in (
        (Registration.status, wanted.statuses), (Registration.audience, wanted.audiences),
        (Registration.kind, wanted.kinds), (Registration.source, wanted.sources),
        (Registration.structure_id, wanted.structures), (Registration.oriented_by, wanted.oriented_by),
        (Registration.cancel_code, wanted.cancel_codes), (Registration.no_show_code, wanted.no_show_codes),
    ):  # fmt: skip
        if values:
            found.append(column.in_(sorted(values)))
    if wanted.waves or wanted.days:
        found.append(_asks_for(_waves_of(event, wanted)))
    if wanted.arrivals:
        found.append(_arrived(event, wanted.arrivals))
    if wanted.replies:
        found.append(_replied(event, wanted.replies))
    questions = {question.key: question for question in event.questions}
    found += [_answered(questions[key], codes) for key, codes in wanted.answers]
    return found + _found(wanted.text, named=named)


def _waves_of(event: EventRow, wanted: ListQuery) -> list[int]:
    days = event_days(event)
    return [
        wave.id for wave in event.waves
        if (not wanted.waves or wave.id in wanted.waves) and (not wanted.days or days[wave.id].isoformat() in wanted.days)
    ]  # fmt: skip


def _asks_for(waves: Sequence[int]) -> ColumnElement[bool]:
    """Said to be true, so that PostgreSQL makes a set of them once and no join: of an event whose statistics are not taken
    yet it expects one registration, and would look into the index for each of thousands.
    """
    asks = select(RegistrationWave.registration_id).where(RegistrationWave.wave_id.in_(waves))
    return Registration.id.in_(asks).is_(true())


def _arrived(event: EventRow, arrivals: frozenset[Arrival]) -> ColumnElement[bool]:
    """Of the confirmed. « Nobody » alone asks no row for its presence: it leaves out those of whom somebody came."""
    confirmed = Registration.status == RegistrationStatus.CONFIRMED
    if arrivals == {Arrival.NOBODY}:
        came = Presence.came_participants + Presence.came_companions > 0
        who_came = select(Presence.registration_id).where(Presence.event_id == event.id, came)
        return and_(confirmed, Registration.id.not_in(who_came))
    states = {
        Arrival.NOBODY: CAME == 0,
        Arrival.SOME: and_(CAME > 0, CAME < PEOPLE),
        Arrival.ALL: and_(CAME > 0, CAME >= PEOPLE),
    }
    return and_(confirmed, or_(*(states[arrival] for arrival in sorted(arrivals))))


def _replied(event: EventRow, replies: frozenset[Reply]) -> ColumnElement[bool]:
    reply = case(
        (func.coalesce(Registration.asked_at != event.postponed_at, true()), Reply.NOT_ASKED.value),
        (~STANDS, Reply.NO.value),
        (Registration.stays_at.is_(None), Reply.ASKED.value),
        else_=Reply.YES.value,
    )
    return reply.in_(sorted(one.value for one in replies))


def _answered(question: QuestionRow, codes: Sequence[str]) -> ColumnElement[bool]:
    """Reading an answer costs many times what looking for a text costs: it is read only where it may matter."""
    answer, has = _answer(question), _holds_key(question)
    parts = [or_(~has, _where(holds(_WRITTEN, "null"), answer.is_(None)))] if NOTHING in codes else []
    chosen = [code for code in codes if code != NOTHING]
    if question.kind is QuestionKind.CONSENT and chosen:
        parts.append(and_(has, or_(~holds(_WRITTEN, "null"), answer.is_not(None))))
    elif question.kind is QuestionKind.SEVERAL:  # a list of codes, as JSON writes it
        listed = _listed(question)
        parts += [_where(holds(_WRITTEN, json.dumps(code)), holds(listed, json.dumps(code))) for code in chosen]
    elif chosen:
        somewhere = or_(*(holds(_WRITTEN, json.dumps(code)[1:-1]) for code in chosen))
        parts.append(_where(somewhere, answer.in_(chosen)))
    return or_(*parts)


def _listed(question: QuestionRow) -> Any:
    """The codes of a list as JSON writes them. PostgreSQL cuts them out of the text: codes hold no bracket."""
    if db.engine.dialect.name != "postgresql":
        return _answer(question)
    behind = func.split_part(_WRITTEN, f"{json.dumps(question.key)}: [", 2)
    return func.split_part(behind, "]", 1)


def _answer(question: QuestionRow) -> Any:
    return Registration.answers[question.key].as_string()


def _holds_key(question: QuestionRow) -> ColumnElement[bool]:
    """Whether the question is among the answers: within a text JSON writes a quotation mark otherwise."""
    return holds(_WRITTEN, f"{json.dumps(question.key)}:")


def _where(first: ColumnElement[bool], then: ColumnElement[bool]) -> ColumnElement[bool]:
    """Both, in this order: PostgreSQL looks at parts of an AND in one of its own."""
    return case((first, then), else_=false())


def _found(text: str, *, named: bool) -> list[ColumnElement[bool]]:
    """All words are found. Without names: in what such a person sees of a registration, which `search_text` holds too."""
    words = fold(text).split()
    found = [holds(Registration.search_text, word) for word in words]
    return found if named else [*found, *(_seen(word) for word in words)]


def _seen(word: str) -> ColumnElement[bool]:
    """Whether a word stands in what somebody sees who sees no names. Numbers are kept in capitals."""
    number, where = word.upper(), _folded(Registration.organisation_name + " " + Registration.commune)
    return or_(
        holds(Registration.reference, number),
        holds(func.replace(Registration.reference, "-", ""), number),
        holds(Registration.uai, number),
        holds(_lower(Registration.class_label), word),
        holds(where, word),
    )


def holds(text: Any, part: str) -> ColumnElement[bool]:
    """Whether a text holds another: several times faster than LIKE, and no character has a meaning."""
    where = func.strpos if db.engine.dialect.name == "postgresql" else func.instr
    found: ColumnElement[bool] = where(text, part) > 0
    return found


def _folded(text: Any) -> Any:
    """A text in lower case without accents. On SQLite it is quick only for texts of which many rows have the same."""
    if db.engine.dialect.name == "postgresql":
        plain = func.octet_length(text) == func.char_length(text)  # translating takes many times longer
        return _lower(case((plain, text), else_=func.translate(text, _ACCENTED, _BARE)))
    return func.folded(text)


def _lower(text: Any) -> Any:
    """A text with A to Z in lower case, compared byte by byte: what SQLite does, and PostgreSQL much faster than by a locale."""
    return func.lower(collate(text, "C") if db.engine.dialect.name == "postgresql" else text)


# --- Sorting ------------------------------------------------------------------------------------------------------


def _keys(event: EventRow, wanted: ListQuery, column: Column | None, *, named: bool) -> tuple[Key, ...]:
    """The column; then the name, where the person sees names; then the id."""
    ties = [Registration.sort_name, Registration.id] if named else [Registration.id]
    if column is None or column.key == "name":
        return tuple(Key(tie, wanted.descending) for tie in ties)
    if column.key == "reference":
        return (Key(Registration.reference, wanted.descending),)
    return (Key(_value(event, column), wanted.descending, may_be_empty=True), *(Key(tie) for tie in ties))


def _value(event: EventRow, column: Column) -> Any:
    """What a column is sorted by; NULL where it is empty."""
    key = column.key
    if column.question is not None:
        return _answer_value(column.question)
    if key in _NAMES:
        return case((_NAMES[key] != "", _folded(_NAMES[key])))
    if key in _TEXTS:
        return func.nullif(_lower(_TEXTS[key]), "")
    if key in _VALUES:
        return _VALUES[key]
    if key == "waves":
        return _first_wave(event)
    if key == "arrival":
        state = case((CAME == 0, 0), (CAME < PEOPLE, 1), else_=2)
        return case((or_(Registration.status == RegistrationStatus.CONFIRMED, CAME > 0), state))
    ranks: Mapping[str, tuple[Any, Sequence[str]]] = {
        "audience": (Registration.audience, [audience.code for audience in event.audiences]),
        "kind": (Registration.kind, [kind.value for kind in RegistrationKind]),
        "status": (Registration.status, [status.value for status in RegistrationStatus]),
        "source": (Registration.source, [source.value for source in Source]),
    }
    return _rank(*ranks[key])


def _rank(value: Any, codes: Sequence[str]) -> Any:
    return case({code: number for number, code in enumerate(codes)}, value=value)


def _first_wave(event: EventRow) -> Any:
    """The first wave that a registration asks for. Most events number their waves in the order of their start."""
    asked = RegistrationWave.registration_id == Registration.id
    ids = [wave.id for wave in event.waves]
    if ids == sorted(ids):
        first = select(RegistrationWave.wave_id).where(asked).order_by(RegistrationWave.wave_id).limit(1)
        return first.scalar_subquery()
    starts = select(func.min(Wave.starts_at)).join(RegistrationWave, RegistrationWave.wave_id == Wave.id)
    return starts.where(asked).scalar_subquery()


def _answer_value(question: QuestionRow) -> Any:
    answer = _answer(question)
    match question.kind:
        case QuestionKind.NUMBER:
            return _number(question)
        case QuestionKind.CHOICE:
            return _rank(answer, [choice.code for choice in question.choices])
        case QuestionKind.TEXT:
            return _lower(answer)
        case _:  # days, codes and consents are ordered as they are written
            return answer


def _number(question: QuestionRow) -> Any:
    """The answer as a number; none where something else was kept, which PostgreSQL would stumble over.

    There it is cut out of the text: reading the answer, and asking what it is, takes three times as long.
    """
    if db.engine.dialect.name != "postgresql":
        return Registration.answers[question.key].as_float()
    behind = func.split_part(_WRITTEN, f"{json.dumps(question.key)}: ", 2)
    number = func.rtrim(func.split_part(behind, ",", 1), "}")
    return case((func.ascii(behind).between(ord("-"), ord("9")), cast(number, Float)))
