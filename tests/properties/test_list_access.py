"""Whoever reads a list, by whatever address: no row, no column, no order and no count tells more than their function does.

The proof is by twins: two events whose registrations differ in nothing but people's data. Who sees no people's data must get
the same of both, whatever they ask for; who sees them gets what is theirs, and nothing of the rows that are not.
"""

import io
import zipfile
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from app.accounts.enums import EventFunction, Role
from app.accounts.operations.partners import entrust
from app.accounts.rules import Ability, Access, RowLimit, is_within, may, row_limit
from app.core.actor import SYSTEM, Actor, ActorKind
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import QuestionKind
from app.events.operations.questions import save_question
from app.events.queries import EventRow, get_event
from app.events.questions import Choice, QuestionRow
from app.registrations.bulk.operations import prepare
from app.registrations.drafts import Contact, Headcount, Organisation, RegistrationDraft
from app.registrations.enums import BulkKind, RegistrationKind
from app.registrations.models import Registration
from app.registrations.operations import cancel_registration
from app.reports.exports import csv_parts
from app.reports.exports_registrations import registrations_draft, registrations_sheet
from app.reports.exports_xlsx import write_xlsx
from app.reports.lists import COLUMNS, ArgList, read_query
from app.reports.queries.list_neighbours import find_neighbours
from app.reports.queries.registration_list import (
    count_rows,
    find_ids,
    find_own_ids,
    list_registrations,
)
from tests.factories import NOW, make_event, make_member, make_organiser, make_registration
from tests.integration.guards.walking import sign_in_as
from tests.properties.conftest import LONG

FIRST = ("Zoé", "Abel", "Milo", "Yann", "Bea", "Nino", "Xena", "Cléo")
SECOND = ("Abel", "Zoé", "Bea", "Milo", "Cléo", "Yann", "Nino", "Xena")
"""The twins' names: not in the same order, so that sorting by name would show."""
FAMILIES = ("quoxil", "wyvrane")
ANSWERS = ("végépatte", "carnivex")
QUESTIONS = (
    QuestionRow("", QuestionKind.TEXT, "Remarque"),
    QuestionRow("", QuestionKind.CHOICE, "Repas", choices=(Choice("", ANSWERS[0]), Choice("", ANSWERS[1]))),
    QuestionRow("", QuestionKind.NUMBER, "Taille"),
)


@dataclass(frozen=True)
class Twin:
    """One of two events. `secrets`: what stands in people's data alone; by registration, in the order they were made."""

    event: EventRow
    ids: tuple[int, ...]
    secrets: tuple[tuple[str, ...], ...]
    limits: tuple[tuple[bool, str], ...]

    def seen(self, access: Access) -> set[int]:
        limit = row_limit(access)
        return {i for i, (group, audience) in zip(self.ids, self.limits, strict=True)
                if is_within(limit, group=group, audience=audience)}  # fmt: skip

    def hidden(self, access: Access) -> set[str]:
        """What this person may not read of it."""
        seen, named = self.seen(access), may(access, Ability.PEOPLE_SEE)
        return {
            s for i, secrets in zip(self.ids, self.secrets, strict=True) for s in secrets if not named or i not in seen
        }


def kinds_of(number: int) -> tuple[RegistrationKind, str]:
    """Groups of schools and of families, pupils and job seekers on their own, in turn."""
    kind = RegistrationKind.GROUP if number % 4 < 2 else RegistrationKind.INDIVIDUAL
    return kind, "school" if number % 2 == 0 else ("family" if number % 4 == 1 else "job_seeker")


def make_twin(organiser_id: int, which: int) -> Twin:
    """Eight registrations; what is not people's data depends on their number alone."""
    event = make_event(organiser_id)
    with transaction():
        keys = [save_question(event.id, question, by=SYSTEM, now=NOW) for question in QUESTIONS]
    event = get_event(event.slug)
    codes = [choice.code for choice in event.questions[1].choices]
    ids, secrets = [], []
    for n, first in enumerate((FIRST, SECOND)[which]):
        kind, audience = kinds_of(n)
        group = kind is RegistrationKind.GROUP
        family = f"{chr(72 - n if which else 65 + n)}{FAMILIES[which]}"
        told = (family, f"courriel{which}{n}", f"06399{which}{n}", f"conseil{which}{n}", f"mot{which}{n}")
        answers = {keys[0]: told[4], keys[1]: codes[(n + which) % 2], keys[2]: 150 + (7 * n + which) % 11}
        draft = RegistrationDraft(
            kind, audience, (event.waves[n % 2].id,),
            Contact(f"{first} {told[0]}", f"{told[1]}@example.org", f"+33{told[2][1:]}0{n}8"),
            headcount=Headcount(5 + n % 3, 1) if group else Headcount(1, 0),
            organisation=Organisation("Collège Mandrin", "", f"{n % 3}e", "Dijon") if group else Organisation(),
            oriented_by=told[3], answers=answers,
        )  # fmt: skip
        ids.append(make_registration(event, draft).id)
        secrets.append((*told, family.casefold()))
    with transaction():
        cancel_registration(ids[3], reason=secrets[3][4], by=SYSTEM, now=NOW)
        for n, registration_id in enumerate(ids):
            values = {"reference": f"VT-{'AB'[which] * 4}-{n:02d}"}
            db.session.execute(update(Registration).where(Registration.id == registration_id).values(values))
    limits = [(kind is RegistrationKind.GROUP, audience) for kind, audience in map(kinds_of, range(len(ids)))]
    return Twin(event, tuple(ids), tuple(secrets), tuple(limits))


ROLES = st.none() | st.sampled_from(Role)
FUNCTIONS = st.frozensets(st.sampled_from(EventFunction), max_size=3)
QUESTION_KEYS = ("remarque", "repas", "taille")
KEYS = (*COLUMNS, *(f"answer:{key}" for key in QUESTION_KEYS), "nothing", "contact_name", "sort_name")
TEXTS = (
    "zoé", "quoxil", "ewyvrane", "courriel01", "example.org", "0639910", "639", "conseil0", "mot02", "végépatte", "mandrin",
    "dijon", "1e", "vt", "a", "e",
)  # fmt: skip
SAID = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["column", "sort"]), st.sampled_from(KEYS)),
        st.tuples(st.just("q"), st.sampled_from(TEXTS)),
        st.tuples(st.just("oriented_by"), st.sampled_from(["conseil00", "conseil13", "x"])),
        st.tuples(st.sampled_from([f"answer:{key}" for key in QUESTION_KEYS]),
                  st.sampled_from(["vegepatte", "carnivex", "-", "yes", "mot00"])),
        st.tuples(st.just("status"), st.sampled_from(["confirmed", "cancelled"])),
        st.tuples(st.just("audience"), st.sampled_from(["school", "family", "job_seeker"])),
        st.tuples(st.just("kind"), st.sampled_from(["group", "individual"])),
        st.tuples(st.just("day"), st.just(date(2027, 2, 4).isoformat())),
        st.tuples(st.just("dir"), st.just("desc")),
    ),
    max_size=7,
)  # fmt: skip


def as_csv(twin: Twin, said: list[tuple[str, str]], access: Access) -> str:
    query = read_query(ArgList(said), twin.event, access)
    return b"".join(csv_parts(registrations_sheet(twin.event, query, access, "fr"))).decode("utf-8")


def as_xlsx(twin: Twin, said: list[tuple[str, str]], access: Access) -> str:
    query, target = read_query(ArgList(said), twin.event, access), io.BytesIO()
    write_xlsx(target, registrations_sheet(twin.event, query, access, "fr"), made_at=NOW)
    with zipfile.ZipFile(target) as parts:
        return "".join(parts.read(name).decode("utf-8") for name in parts.namelist())


def order_of(twin: Twin, said: list[tuple[str, str]], access: Access) -> list[int]:
    """Which registrations the list has, by their number, in its order."""
    query = read_query(ArgList(said), twin.event, access)
    ids = find_ids(twin.event, query, access)
    page = list_registrations(twin.event, query, access)
    assert [line.id for line in page.lines] == ids
    assert page.shown.listed == count_rows(twin.event, query, access) == len(ids)
    assert page.whole.listed == len(twin.seen(access))
    return [twin.ids.index(registration_id) for registration_id in ids]


@pytest.fixture
def twins(whole_app: Flask) -> tuple[Twin, Twin]:
    organiser_id = make_organiser()
    return make_twin(organiser_id, 0), make_twin(organiser_id, 1)


def test_nobody_gets_a_row_a_column_or_a_hint_beyond_their_function(twins: tuple[Twin, Twin]) -> None:
    """Read as a page, as ids, as CSV and as XLSX."""
    one, other = twins

    @settings(max_examples=2000 if LONG else 150)
    @given(ROLES, FUNCTIONS, SAID)
    def compare(role: Role | None, functions: frozenset[EventFunction], said: list[tuple[str, str]]) -> None:
        access = Access(one.event.organiser_id, one.event.id, role, functions)
        order = order_of(one, said, access)
        assert {one.ids[n] for n in order} <= one.seen(access)
        assert find_own_ids(one.event, [*one.ids, *other.ids], access) != [] or not one.seen(access)
        assert set(find_own_ids(one.event, [*one.ids, *other.ids], access)) == one.seen(access)
        text, book = as_csv(one, said, access), as_xlsx(one, said, access)
        for secret in one.hidden(access):
            assert secret not in text
            assert secret not in book
        if not may(access, Ability.PEOPLE_SEE):
            assert order_of(other, said, access) == order  # neither order nor number comes from people's data
            assert as_csv(other, said, access).replace("BBBB", "AAAA") == text
        unseen = next((i for i in one.ids if i not in one.seen(access)), None)
        if unseen is not None:
            query = read_query(ArgList(said), one.event, access)
            assert find_neighbours(one.event, query, access, unseen) is None

    compare()


def test_the_log_of_a_file_without_people_s_data_says_so(twins: tuple[Twin, Twin]) -> None:
    one = twins[0]

    @settings(max_examples=60)
    @given(ROLES, FUNCTIONS, SAID)
    def look(role: Role | None, functions: frozenset[EventFunction], said: list[tuple[str, str]]) -> None:
        access = Access(one.event.organiser_id, one.event.id, role, functions)
        query = read_query(ArgList(said), one.event, access)
        draft = registrations_draft(one.event, query, access, rows=0, locale="fr", suffix="csv", now=NOW)
        personal = {key for key in draft.columns if key.startswith("answer:") or COLUMNS[key].personal}
        assert draft.personal is bool(personal)
        assert may(access, Ability.PEOPLE_SEE) or not personal
        assert draft.filters.rows is row_limit(access)
        assert not {name for name, _ in draft.filters.args} & {"oriented_by"} or may(access, Ability.PEOPLE_SEE)

    look()


@pytest.mark.parametrize("who", ["viewer", "schools", "both", "door"])
def test_no_page_of_the_list_says_what_its_reader_may_not_know(
    twins: tuple[Twin, Twin], whole_app: Flask, who: str
) -> None:
    """The page itself, its CSV and what is asked before exporting, through HTTP, with addresses that people could write."""
    one = twins[0]
    role = {"viewer": Role.VIEWER, "both": Role.VIEWER, "door": Role.DOOR}.get(who)
    functions = frozenset({EventFunction.SCHOOLS}) if who in {"schools", "both"} else frozenset()
    account_id = make_reader(one, role, functions)
    client, access = sign_in_as(whole_app, account_id), Access(one.event.organiser_id, one.event.id, role, functions)
    base = f"/manage/events/{one.event.slug}"

    @settings(max_examples=30 if LONG else 6)
    @given(SAID)
    def read(said: list[tuple[str, str]]) -> None:
        query = urlencode([(name, value) for name, value in said if name != "q"])
        for path in (f"{base}/registrations", f"{base}/registrations.csv", f"{base}/exports/new", f"{base}/exports"):
            answer = client.get(f"{path}?{query}")
            refused = {400} if path.endswith(".csv") else set()  # a file that would hold more than was asked for
            assert answer.status_code in ({200, *refused} if may(access, Ability.LIST_SEE) else {403})
            told = answer.get_data(as_text=True)
            for secret in one.hidden(access):
                said_it = any(secret in value for _name, value in said)  # then it may well stand in the page's links
                assert said_it or secret not in told, (path, secret)

    read()


@pytest.mark.parametrize("who", ["viewer", "schools", "both"])
def test_an_action_on_many_shows_its_reader_their_rows_alone(
    twins: tuple[Twin, Twin], whole_app: Flask, who: str
) -> None:
    """Whatever ids and filters they send, and what a colleague prepared with all rows of the event."""
    one, other = twins
    role = {"viewer": Role.VIEWER, "both": Role.VIEWER}.get(who)
    functions = frozenset({EventFunction.SCHOOLS}) if who in {"schools", "both"} else frozenset()
    access = Access(one.event.organiser_id, one.event.id, role, functions)
    client = sign_in_as(whole_app, make_reader(one, role, functions))
    colleague = Actor(ActorKind.STAFF, "Claire Delorme", None, one.event.organiser_id)
    base = f"/manage/events/{one.event.slug}/bulk"
    with transaction():
        theirs = prepare(one.event, BulkKind.CANCEL, one.ids, by=colleague, now=NOW)
    pages = [base, f"{base}/{theirs}"]
    hostile = {"action": "cancel", "ids": [str(i) for i in (*one.ids, *other.ids)]}
    for sent in (hostile, {"action": "cancel", "all": "1", "q": "quoxil"}, {"action": "mail", "all": "1"}):
        answer = client.post(base, data=sent)
        assert answer.status_code == (302 if may(access, Ability.REGISTRATIONS_CHANGE) else 403)
        if "Location" in answer.headers:
            pages += [answer.headers["Location"], answer.headers["Location"] + "/edit"]
    for page in pages:
        answer = client.get(page, follow_redirects=True)
        assert answer.status_code in {200, 403, 404}, page
        for secret in one.hidden(access) | other.hidden(Access(0, 0)):
            assert secret not in answer.text, (page, secret)


def make_reader(twin: Twin, role: Role | None, functions: frozenset[EventFunction]) -> int:
    """Somebody with that role, or who works elsewhere, and with these functions of the event."""
    home = twin.event.organiser_id if role is not None else make_organiser("Ailleurs")
    account_id, _ = make_member(home, role or Role.VIEWER)
    if functions:
        with transaction():
            entrust(
                twin.event.id, twin.event.organiser_id, account_id, functions,
                organisation="CCI", ends_at=None, by=SYSTEM, now=NOW,
            )  # fmt: skip
    return account_id


def test_the_twins_do_differ_for_who_sees_people_s_data(twins: tuple[Twin, Twin]) -> None:
    """Else the comparison above would prove nothing."""
    one, other = twins
    owner = Access(one.event.organiser_id, one.event.id, Role.OWNER)
    for said in ([("sort", "name")], [("q", "quoxil")], [("answer:repas", "vegepatte")], [("sort", "answer:taille")]):
        assert order_of(one, said, owner) != order_of(other, said, replace(owner, event_id=other.event.id)), said
    text = as_csv(one, [("column", "name"), ("column", "email"), ("column", "phone"), ("column", "oriented_by")], owner)
    assert all(secret in text for secrets in one.secrets for secret in secrets[:2])
    assert row_limit(Access(1, 1, Role.VIEWER, frozenset({EventFunction.SCHOOLS}))) is RowLimit.GROUPS_AND_SCHOOLS
    assert db.session.execute(select(Registration.id).where(Registration.deleted_at.is_not(None))).first() is None
