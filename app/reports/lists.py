"""A list of registrations as a value: what it is narrowed to, sorted by, and which columns it shows. Pure: no database.

One `ListQuery` stands behind the page, its address, saved views, actions on many and exports. It holds nothing that the
person may not see: who sees no people's data can neither look for it, nor narrow or sort by it.
"""

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from app.accounts.rules import Ability, Access, may
from app.events.enums import QuestionKind
from app.events.queries import EventRow
from app.events.questions import QuestionRow
from app.registrations.enums import RegistrationKind, RegistrationStatus, Source

PAGE_SIZES = (50, 100, 200)
LONGEST_TEXT = 100
MOST_VALUES = 200
"""Values of one filter that are read; the rest of a longer address is left aside."""
ANSWER = "answer:"
NOTHING = "-"
"""As the value of an answer's filter: no answer was given. No choice has such a code."""
AGREED = "yes"
CHOSEN_KINDS = frozenset({QuestionKind.CHOICE, QuestionKind.SEVERAL, QuestionKind.CONSENT})
"""Questions that a list can be narrowed by."""


_Member = TypeVar("_Member", bound=enum.StrEnum)


class Arrival(enum.StrEnum):
    """Who has come of a registration, at any time: everybody, some, or nobody yet."""

    ALL = "all"
    SOME = "some"
    NOBODY = "nobody"


class Reply(enum.StrEnum):
    """What was said to the event's last new dates. NO: cancelled since they were asked."""

    YES = "yes"
    ASKED = "asked"
    NO = "no"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True)
class Column:
    """A column of the list. `personal`: people's data. `question`: the question whose answers it shows.

    `descends_first`: what one wants on top when one first sorts by it is the largest, or the latest.
    """

    key: str
    personal: bool = False
    sortable: bool = True
    numeric: bool = False
    descends_first: bool = False
    question: QuestionRow | None = None


_ALL = (
    Column("name", personal=True),
    Column("reference"),
    Column("audience"),
    Column("kind"),
    Column("waves"),
    Column("people", numeric=True, descends_first=True),
    Column("status"),
    Column("arrival", descends_first=True),
    Column("organisation"),
    Column("class_label"),
    Column("commune"),
    Column("uai"),
    Column("email", personal=True),
    Column("phone", personal=True),
    Column("is_15_or_older", personal=True),
    Column("oriented_by", personal=True),  # may name an adviser
    Column("participants", numeric=True, descends_first=True),
    Column("companions", numeric=True, descends_first=True),
    Column("came", numeric=True, descends_first=True),
    Column("last_scan_at", descends_first=True),
    Column("source"),
    Column("locale"),
    Column("created_at", descends_first=True),
    Column("updated_at", descends_first=True),
    Column("cancelled_at", descends_first=True),
    Column("cancel_code"),
    Column("cancel_reason", personal=True),  # free text
    Column("no_show_code"),
)
COLUMNS: dict[str, Column] = {column.key: column for column in _ALL}
"""The columns that every event has, in the order in which they are offered. Those of questions come after them."""
DEFAULT_COLUMNS = ("name", "audience", "waves", "people", "status", "arrival", "reference")


class Args(Protocol):
    """The arguments of an address: werkzeug's MultiDict, or `ArgList`."""

    def getlist(self, key: str, /) -> list[str]: ...


class ArgList:
    """Arguments kept elsewhere than in an address: a saved view, an export, an action on many."""

    def __init__(self, pairs: Iterable[Sequence[str]]) -> None:
        self._pairs = [(str(pair[0]), str(pair[1])) for pair in pairs if len(pair) == 2]

    def getlist(self, key: str, /) -> list[str]:
        return [value for name, value in self._pairs if name == key]


@dataclass(frozen=True)
class ListQuery:
    """What a list shows; empty parts narrow nothing, several values of one part are alternatives, parts add up.

    All words of `text` must be found. `days` are dates (2027-02-04) where the event is; `waves`, `structures` ids;
    `answers` (question's key, codes), with AGREED for a consent and NOTHING for no answer. `columns` empty: those of
    the person, else DEFAULT_COLUMNS. `sort` is the key of a column.
    """

    text: str = ""
    statuses: frozenset[RegistrationStatus] = frozenset()
    waves: frozenset[int] = frozenset()
    days: frozenset[str] = frozenset()
    audiences: frozenset[str] = frozenset()
    arrivals: frozenset[Arrival] = frozenset()
    kinds: frozenset[RegistrationKind] = frozenset()
    sources: frozenset[Source] = frozenset()
    structures: frozenset[int] = frozenset()
    oriented_by: frozenset[str] = frozenset()
    cancel_codes: frozenset[str] = frozenset()
    no_show_codes: frozenset[str] = frozenset()
    replies: frozenset[Reply] = frozenset()
    answers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    sort: str = "name"
    descending: bool = False
    columns: tuple[str, ...] = ()
    size: int = PAGE_SIZES[0]

    @property
    def narrows(self) -> bool:
        return bool(self.filter_args())

    @property
    def filters(self) -> "ListQuery":
        """The same without order, columns and size: what counting needs to know."""
        return replace(self, sort="name", descending=False, columns=(), size=PAGE_SIZES[0])

    def filter_args(self) -> list[tuple[str, str]]:
        """(name, value) of each thing it is narrowed by."""
        found = [("q", self.text)] if self.text else []
        for name, values in self._parts():
            found += [(name, str(value)) for value in sorted(values)]
        for key, codes in self.answers:
            found += [(f"{ANSWER}{key}", code) for code in codes]
        return found

    def to_args(self) -> list[tuple[str, str]]:
        """The address's arguments, such that reading them gives this query again. What goes without saying is left out."""
        found = self.filter_args()
        if self.sort != "name":
            found.append(("sort", self.sort))
        if self.descending:
            found.append(("dir", "desc"))
        found += [("column", key) for key in self.columns]
        if self.size != PAGE_SIZES[0]:
            found.append(("size", str(self.size)))
        return found

    def without(self, name: str, value: str) -> "ListQuery":
        """The query less one of its filters, as `filter_args` names it."""
        return _from_args(
            ArgList(pair for pair in self.to_args() if pair != (name, value)), [k for k, _ in self.answers]
        )

    def _parts(self) -> list[tuple[str, frozenset[str] | frozenset[int]]]:
        return [
            ("status", self.statuses), ("wave", self.waves), ("day", self.days), ("audience", self.audiences),
            ("arrival", self.arrivals), ("kind", self.kinds), ("source", self.sources), ("structure", self.structures),
            ("oriented_by", self.oriented_by), ("cancel_code", self.cancel_codes), ("no_show_code", self.no_show_codes),
            ("reply", self.replies),
        ]  # fmt: skip


def list_columns(event: EventRow, access: Access) -> tuple[Column, ...]:
    """The columns that the person may see, those of the event's questions last; a retired one's answers stay readable."""
    sees_people = may(access, Ability.PEOPLE_SEE)
    columns = (*COLUMNS.values(), *(_answer_column(question) for question in event.questions))
    return tuple(column for column in columns if sees_people or not column.personal)


def find_column(key: str, event: EventRow, access: Access) -> Column | None:
    """The column of that key; None for one that there is not, or that the person may not see."""
    return next((column for column in list_columns(event, access) if column.key == key), None)


def shown_columns(query: ListQuery, event: EventRow, access: Access) -> tuple[Column, ...]:
    """The columns that a list shows, in their order. The first one leads to the registration: the name, or the number."""
    allowed = {column.key: column for column in list_columns(event, access)}
    chosen = [allowed[key] for key in query.columns or DEFAULT_COLUMNS if key in allowed]
    lead = next((column for column in chosen if column.key in {"name", "reference"}), None)
    if lead is None:
        lead = allowed.get("name", allowed["reference"])
    return (lead, *(column for column in chosen if column is not lead))


def read_query(args: Args, event: EventRow, access: Access) -> ListQuery:
    """What the arguments of an address ask for. What means nothing here, or what the person may not see, is left aside."""
    return allowed_query(_from_args(args, [question.key for question in event.questions]), event, access)


def left_aside(args: Iterable[tuple[str, str]], query: ListQuery) -> tuple[tuple[str, str], ...]:
    """The filters (name, value) of the address that gave this query which it does not have: it finds more than was meant."""
    kept = set(query.filter_args())
    names = {"q", *(name for name, _values in query._parts())}
    given = ((name, value.strip()) for name, value in args if name in names or name.startswith(ANSWER))
    return tuple(
        dict.fromkeys(
            (name, value)
            for name, value in given
            if value and (not query.text if name == "q" else (name, value) not in kept)
        )
    )


def move_column(columns: Sequence[str], key: str, by: int) -> tuple[str, ...]:
    """The columns with one of them `by` places further on. The first one, which leads to the registration, stays first."""
    if key not in columns[1:]:
        return tuple(columns)
    others = [other for other in columns if other != key]
    others.insert(max(1, columns.index(key) + by), key)
    return tuple(others)


def allowed_query(query: ListQuery, event: EventRow, access: Access) -> ListQuery:
    """The query less what the event does not have and what the person may not see."""
    columns = {column.key: column for column in list_columns(event, access)}
    sees_people = may(access, Ability.PEOPLE_SEE)
    sort = columns.get(query.sort)
    by_name = sort is None or not sort.sortable
    questions = {question.key: question for question in event.questions if sees_people}
    return replace(
        query,
        waves=query.waves & {wave.id for wave in event.waves},
        days=query.days & {day.isoformat() for day in event_days(event).values()},
        oriented_by=query.oriented_by if sees_people else frozenset(),
        replies=frozenset() if event.postponed_at is None else query.replies,
        answers=_known_answers(query.answers, questions),
        sort=("name" if sees_people else "reference") if by_name else query.sort,
        descending=query.descending and not (by_name and query.sort != "name"),
        columns=tuple(dict.fromkeys(key for key in query.columns if key in columns)),
    )


def event_days(event: EventRow) -> dict[int, date]:
    """The day on which each wave begins, where the event is."""
    zone = ZoneInfo(event.timezone)
    return {wave.id: wave.starts_at.astimezone(zone).date() for wave in event.waves}


def answer_values(question: QuestionRow) -> tuple[str, ...]:
    """The values that a list can be narrowed to by a question: codes of all its choices, AGREED, and NOTHING."""
    if question.kind is QuestionKind.CONSENT:
        return (AGREED, NOTHING)
    return (*(choice.code for choice in question.choices), NOTHING) if question.kind in CHOSEN_KINDS else ()


def _answer_column(question: QuestionRow) -> Column:
    number = question.kind is QuestionKind.NUMBER
    return Column(
        f"{ANSWER}{question.key}",
        personal=True,
        sortable=question.kind is not QuestionKind.FILE,
        numeric=number,
        descends_first=number or question.kind is QuestionKind.CONSENT,
        question=question,
    )


def _known_answers(
    answers: tuple[tuple[str, tuple[str, ...]], ...], questions: dict[str, QuestionRow]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = []
    for key, codes in answers:
        question = questions.get(key)
        known = tuple(code for code in codes if question is not None and code in answer_values(question))
        if known:
            found.append((key, known))
    return tuple(found)


def _from_args(args: Args, question_keys: Iterable[str]) -> ListQuery:
    text = next(iter(args.getlist("q")), "")
    answers = ((key, _texts(args, f"{ANSWER}{key}")) for key in dict.fromkeys(question_keys))
    return ListQuery(
        text=" ".join("".join(c if c.isprintable() else " " for c in text[: 2 * LONGEST_TEXT]).split())[:LONGEST_TEXT],
        statuses=_members(args, "status", RegistrationStatus),
        waves=_numbers(args, "wave"),
        days=frozenset(_texts(args, "day")),
        audiences=frozenset(_texts(args, "audience")),
        arrivals=_members(args, "arrival", Arrival),
        kinds=_members(args, "kind", RegistrationKind),
        sources=_members(args, "source", Source),
        structures=_numbers(args, "structure"),
        oriented_by=frozenset(_texts(args, "oriented_by")),
        cancel_codes=frozenset(_texts(args, "cancel_code")),
        no_show_codes=frozenset(_texts(args, "no_show_code")),
        replies=_members(args, "reply", Reply),
        answers=tuple((key, codes) for key, codes in answers if codes),
        sort=next(iter(args.getlist("sort")), "") or "name",
        descending=args.getlist("dir") == ["desc"],
        columns=_texts(args, "column"),
        size=next((size for size in PAGE_SIZES if args.getlist("size") == [str(size)]), PAGE_SIZES[0]),
    )


def _texts(args: Args, name: str) -> tuple[str, ...]:
    """What an argument says, each once and without what no database holds, in order."""
    said = (value.strip() for value in args.getlist(name)[:MOST_VALUES])
    return tuple(dict.fromkeys(value for value in said if value and value.isprintable() and len(value) <= 160))


def _numbers(args: Args, name: str) -> frozenset[int]:
    return frozenset(int(v) for v in _texts(args, name) if v.isascii() and v.isdecimal() and len(v) < 10)


def _members(args: Args, name: str, kind: type[_Member]) -> frozenset[_Member]:
    said = _texts(args, name)
    return frozenset(member for member in kind if member.value in said)
