"""Every query of the features reads as if what is in the bin were gone already.

The queries are found by inspection, called by the names of their parameters, and answer the same before and after everything
in the bin is removed for good. A new one is called by itself; one whose parameters have no value here fails and says so.
"""

import enum
import inspect
import pkgutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from flask import Flask

import app as package
from app.core.clock import set_clock
from app.core.db import db
from app.core.errors import NotFound
from app.core.transaction import transaction
from app.events.enums import Measure, ReasonUse
from app.events.operations.deleting import remove_some
from app.events.queries import get_event
from app.events.queries.postponed import PostponedRow
from app.flows.queries import get_plan_by_id
from app.registrations.drafts import Contact, Statistics
from app.registrations.enums import Gender
from app.registrations.operations.removing import remove_old
from app.reports.enums import PaperKind
from app.reports.exports import ExportFilters
from app.reports.lending import LendingYear, YearKind
from app.reports.lists import ListQuery
from app.reports.printing import Print
from app.reports.queries.journal import JournalFilter
from app.reports.queries.live_board import Expected
from app.reports.queries.live_standing import Standing
from app.reports.queries.statistics import add_declared_totals, get_declared_totals
from app.reports.queries.structures import DirectoryFilter
from app.reports.queries.unanswered import Answer
from tests.factories import NOW, forum, make_event, make_organiser, make_registration, person_draft
from tests.integration.bin.conftest import delete
from tests.integration.bin.world import SECRET, BinWorld, make_world

FEATURES = ("events", "registrations", "checkin", "flows", "reports", "feeds")
LATER = NOW + timedelta(days=31)
NOBODY = Standing(0, NOW.date(), 0, 0, NOW, 0, {}, Counter(), Counter(), Counter(), Counter())
STAMPS = {"version", "revision", "updated_at", "cursor", "etag", "changed_at", "last_modified"}

EXEMPT = {
    "app.events.queries.whole.find_binned_event": "it reads the bin",
    "app.registrations.queries.get_binned_registration": "it reads the bin",
    "app.registrations.queries.in_no_bin": "a condition, no reader",
    "app.checkin.queries.people_by_space": "a part of statements, no reader",
    "app.reports.queries.bin.list_bin": "it reads the bin",
    "app.reports.queries.bin.get_binned_line": "it reads the bin",
    "app.reports.queries.bin.find_binned_reference": "it reads the bin",
    "app.reports.queries.bin.get_not_back": "it reads the bin",
    "app.reports.queries.palette.rows_of": "a condition, no reader",
    "app.reports.queries.list_sql.list_sql": "conditions, no reader",
    "app.reports.queries.list_sql.within": "conditions, no reader",
    "app.reports.queries.list_sql.holds": "a condition, no reader",
    "app.reports.queries.scans.came_in": "conditions, no reader",
    "app.reports.queries.statistics.get_declared_totals": "adds up in fives: the next test",
    "app.registrations.queries.get_statistics": "its key stands in the registration alone",
    "app.reports.queries.jobs.count_work": "work stays counted while its mail is in the bin",
    "app.registrations.answers.answered_keys": "an answer in the bin keeps its question as it is",
    "app.registrations.bulk.queries.get_bulk": "how many an action took is what it was",
    "app.registrations.bulk.queries.list_bulks": "how many an action took is what it was",
    "app.reports.queries.views.query_of": "what a view asks for, no reader",
    "app.reports.queries.views.address_of": "what a view asks for, no reader",
    "app.events.queries.templates.find_free_slug": "the address of what is in the bin is taken",
}
TELLS_THAT_IT_WAS_DONE = {
    "app.events.queries.places.get_version",
    "app.reports.queries.jobs.list_work",
    "app.reports.queries.journal.list_journal",
    "app.reports.queries.journal.name_subjects",
}
"""They tell that something was done, be it in the bin by now; of people they tell nothing."""


def query_modules() -> Iterator[Any]:
    for feature in FEATURES:
        inside = import_module(f"{package.__name__}.{feature}")
        for found in pkgutil.walk_packages(inside.__path__, f"{inside.__name__}."):
            name = found.name.removeprefix(f"{inside.__name__}.")
            if "queries" in name.split(".") or name in {"marks", "answers", "stays"} or feature == "feeds":
                yield import_module(found.name)


def readers() -> dict[str, Callable[..., Any]]:
    found = {}
    for module in query_modules():
        for name, function in inspect.getmembers(module, inspect.isfunction):
            full = f"{function.__module__}.{name}"
            if function.__module__ == module.__name__ and not name.startswith("_"):
                found[full] = function
    return {name: function for name, function in found.items() if name not in EXEMPT}


def values_of(world: BinWorld) -> dict[str, Any]:
    """What each parameter is called with."""
    every = [world.standing, *world.deleted]
    return {
        "event": get_event(world.event.slug), "events": [get_event(world.event.slug)],
        "event_id": world.event.id, "event_ids": [world.event.id, world.gone.id],
        "organiser_id": world.organiser.id, "account_id": world.owner_id, "locale": "fr", "now": NOW,
        "accesses": world.accesses[:1], "text": SECRET, "reference": world.deleted[0].reference,
        "registration": world.standing, "registration_id": world.deleted[0].id, "ids": [row.id for row in every],
        "code": world.deleted[0].ticket.code, "token": world.deleted[0].token, "email": world.deleted[0].contact_email,
        "query": ListQuery(), "questions": get_event(world.event.slug).questions, "key": "why",
        "structure_id": world.standing.structure_id, "drafts": [person_draft(world.event, contact=_contact_of(world))],
        "slug": world.gone.slug, "space_ids": [space.id for space in world.event.spaces], "scan_ids": [],
        "group": True, "family_name": "", "class_label": "", "organisation_name": "", "contact_name": "", "card": "", "holder": "",
        "project_id": world.project_id, "year": 2027, "scope": f"project:{world.project_id}", "columns": (),
        "use": ReasonUse.NO_SHOW, "uses": (ReasonUse.NO_SHOW,), "told": "", "measure": Measure.REGISTERED, "counted": [],
        "bulk_id": world.bulk_id, "job_id": 1, "export_id": 1, "import_id": 1, "view_id": 1, "template_id": 1, "page": "",
        "message_id": 1, "lines": (), "wanted": None, "filters": ExportFilters(), "contact_ids": [],
        "registration_ids": [world.standing.id], "first_day": world.event.starts_at.date(),
        "last_day": world.event.ends_at.date(),
        "public": True, "names": (), "stems": ("a", "b"), "timezone": world.event.timezone,
        "plan": get_plan_by_id(world.plan_id), "other": get_plan_by_id(world.plan_id), "plan_id": world.plan_id,
        "number": 1, "space_id": world.event.spaces[0].id, "breaches": (), "rows": (), "before": (), "after": (),
        "postponed": PostponedRow("weather", "", {}, was_to_come=False), "at": NOW, "asked_at": NOW, "answer": Answer.ASKED,
        "since": NOW, "waves": [wave.id for wave in world.event.waves], "wave_id": world.event.waves[0].id,
        "wave_ids": [wave.id for wave in world.event.waves],
        "device_id": 1, "secret": SECRET, "day": world.event.starts_at.date(), "days": [world.event.starts_at.date()],
        "conflict_id": 1, "expected": Expected({}, ()), "standing": NOBODY, "known": 0,
    }  # fmt: skip


def _contact_of(world: BinWorld) -> Any:
    row = world.deleted[0]
    return Contact(row.contact_name, row.contact_email, row.contact_phone)


def special(world: BinWorld) -> dict[str, dict[str, Any]]:
    """Where a name means something else."""
    directory = DirectoryFilter()
    return {
        "app.feeds.calendars.organiser_feed": {"token": world.organiser.feed_token},
        "app.reports.queries.journal.list_journal": {"wanted": JournalFilter(world.organiser.id)},
        "app.reports.queries.structures.list_directory": {"wanted": directory},
        "app.reports.queries.structures.iter_directory": {"wanted": directory},
        "app.reports.queries.structures.count_directory": {"wanted": directory},
        "app.reports.queries.printing.find_printed": {"papers": Print(PaperKind.BADGES, ListQuery())},
        "app.reports.queries.printing.find_last_print": {"kind": PaperKind.BADGES},
        "app.reports.queries.box_history.box_history": {"box_id": 1},
        "app.reports.queries.box_history.whereabouts": {"box_id": 1},
        "app.reports.queries.lending_figures.lending_figures": {"year": LendingYear(YearKind.CALENDAR, 2027)},
        "app.reports.queries.lending_figures.list_lending_years": {"kind": YearKind.CALENDAR},
        "app.reports.queries.live_standing.follow": {"before": None, "version": 0},
        "app.registrations.queries.normal_reference": {"text": "VT-7K3Q-9F"},
        "app.events.queries.whole.get_event_by_id": {"event_id": world.gone.id},
    }


def ask(name: str, function: Callable[..., Any], world: BinWorld) -> list[Any]:
    """What it answers, for each access where it takes one."""
    values = {**values_of(world), **special(world).get(name, {})}
    parameters = inspect.signature(function).parameters
    required = [p for p in parameters.values() if p.default is p.empty and p.name != "access"]
    missing = [p.name for p in required if p.name not in values]
    assert not missing, f"say in values_of() with which {missing} this test calls {name}, or why it is exempt"
    given = {p.name: values[p.name] for p in required}
    optional = {n: values[n] for n in ("organiser_id", "text") if n in parameters and n not in given}
    accesses: list[dict[str, Any]] = [{"access": a} for a in world.accesses] if "access" in parameters else [{}]
    calls = [{**given, **more, **access} for access in accesses for more in ([{}, optional] if optional else [{}])]
    return [answer(function, call) for call in calls]


def answer(function: Callable[..., Any], call: Mapping[str, Any]) -> Any:
    positional = [
        call[p.name]
        for p in inspect.signature(function).parameters.values()
        if p.kind is not p.KEYWORD_ONLY and p.name in call and p.default is p.empty
    ]
    rest = {
        p.name: call[p.name]
        for p in inspect.signature(function).parameters.values()
        if p.name in call and (p.kind is p.KEYWORD_ONLY or p.default is not p.empty)
    }
    db.session.rollback()
    try:
        return plain(function(*positional, **rest))
    except NotFound:
        return "nothing"
    except Exception as fault:  # told all at once below
        return f"FAULT {fault!r}"


def plain(value: Any) -> Any:
    """A value without its stamps, to compare and to search."""
    if isinstance(value, enum.Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.name not in STAMPS}
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (str, int, float, bytes, datetime, type(None))):
        return value
    if isinstance(value, (list, tuple, set, frozenset)) or hasattr(value, "__next__"):
        return [plain(item) for item in (sorted(value, key=str) if isinstance(value, (set, frozenset)) else value)]
    return type(value).__name__


def empty_caches(app: Flask) -> None:
    for name in [name for name in app.extensions if name.startswith("parcours.remembered")]:
        app.extensions[name].clear()


def marks_in(name: str, found: Any, world: BinWorld) -> set[str]:
    text = repr(found).lower()
    marks = world.people if name in TELLS_THAT_IT_WAS_DONE else world.markers
    return {mark for mark in marks if mark.lower() in text}


@pytest.fixture
def world(sqlite_app: Flask) -> BinWorld:
    return make_world(planned=True)


def test_every_reader_leaves_out_what_is_in_the_bin(sqlite_app: Flask, world: BinWorld) -> None:
    before = {name: ask(name, function, world) for name, function in readers().items()}
    assert {name: found for name, found in before.items() if any(str(one).startswith("FAULT") for one in found)} == {}
    assert len(before) > 60
    shown = {name: marks for name, found in before.items() if (marks := marks_in(name, found, world))}
    assert shown == {}
    set_clock(sqlite_app.extensions, LATER)
    with transaction():
        assert remove_old(now=LATER) == len(world.deleted)
    done = 1
    while done:
        with transaction():
            done = remove_some(world.gone.id, now=LATER)
    set_clock(sqlite_app.extensions, NOW)
    empty_caches(sqlite_app)
    after = {name: ask(name, function, world) for name, function in readers().items()}
    different = [name for name in before if before[name] != after[name] and name not in TELLS_THAT_IT_WAS_DONE]
    assert {name: (before[name], after[name]) for name in different} == {}


def test_what_was_declared_for_statistics_goes_with_whom_declared_it(sqlite_app: Flask) -> None:
    event = make_event(make_organiser(), forum(asks_statistics=True))
    said = Statistics(gender=Gender.WOMAN)
    made = [make_registration(event, person_draft(event, statistics=said)) for _ in range(10)]
    assert get_declared_totals(event.id).people == 10
    delete(made[3].id)
    assert get_declared_totals(event.id).people == add_declared_totals([event.id]).people == 5


def test_what_is_exempt_is_still_there() -> None:
    known = {f"{m.__name__}.{n}" for m in query_modules() for n, _f in inspect.getmembers(m, inspect.isfunction)}
    assert set(EXEMPT) | TELLS_THAT_IT_WAS_DONE <= known
