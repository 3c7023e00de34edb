"""Copies and templates as operations: all or none, partners when asked for, nothing of the people."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from app.accounts.enums import EventFunction, Role
from app.accounts.operations.partners import end_functions, entrust
from app.accounts.queries import find_signed_in
from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.db import db
from app.core.errors import FieldError, NotFound
from app.core.transaction import transaction
from app.events.cloning import CopyDraft, copies_on
from app.events.cloning_days import Rhythm, series
from app.events.cloning_design import design_of, draft_on
from app.events.enums import EventMove, EventState, Measure, QuestionKind
from app.events.models import Event, Project, Target
from app.events.operations import add_audience, move_event
from app.events.operations.cloning import clone_event, create_from_design
from app.events.operations.questions import retire_question, save_question
from app.events.operations.templates import delete_template, rename_template, save_template
from app.events.queries import EventRow, get_event
from app.events.queries.templates import (
    find_origin,
    get_template,
    list_copies,
    list_event_targets,
    list_templates,
)
from app.events.questions import QuestionRow
from tests.factories import NOW, forum, make_event, make_member, make_organiser, make_registration
from tests.integration.cloning.conftest import BY

PARIS = ZoneInfo("Europe/Paris")
FIRST = date(2027, 2, 4)


def clone(event: EventRow, *days: date, **kwargs: Any) -> list[EventRow]:
    with transaction():
        slugs = clone_event(event.id, copies_on(event, days), by=BY, now=NOW, **kwargs)
    return [get_event(slug) for slug in slugs]


def count_events() -> int:
    return db.session.execute(select(func.count()).select_from(Event)).scalar_one()


def asked(event: EventRow, label: str) -> str:
    with transaction():
        return save_question(event.id, QuestionRow("", QuestionKind.TEXT, label), by=BY, now=NOW)


def test_a_copy_is_a_draft_of_its_own_and_leaves_its_source_alone(whole_app: Flask, organiser_id: int) -> None:
    source = make_event(organiser_id, forum(title_fr="Forum 2027", title_en="Fair 2027"))
    make_registration(source)
    before = db.session.execute(select(Event.__table__).where(Event.id == source.id)).one()
    (copy,) = clone(source, date(2028, 2, 3))
    assert (copy.slug, copy.title_fr, copy.title_en) == ("forum-2028", "Forum 2028", "Fair 2028")
    assert copy.state is EventState.DRAFT
    assert copy.starts_at == datetime(2028, 2, 3, 9, tzinfo=PARIS)
    assert db.session.execute(select(Event.__table__).where(Event.id == source.id)).one() == before
    origin = find_origin(copy.id)
    assert origin is not None
    assert (origin.slug, origin.is_there) == (source.slug, True)
    assert [row.slug for row in list_copies(source.id)] == ["forum-2028"]
    assert find_origin(source.id) is None
    (line,) = [row for row in list_history(f"event:{copy.id}") if row.verb == "event.cloned"]
    assert line.details == {"from": source.slug, "first_day": ["2027-02-04", "2028-02-03"]}


@pytest.mark.parametrize("move", [EventMove.CANCEL, EventMove.CLOSE])
def test_an_event_that_is_over_or_called_off_is_copied_as_well(
    whole_app: Flask, organiser_id: int, move: EventMove
) -> None:
    source = make_event(organiser_id)
    with transaction():
        move_event(source.id, move, by=BY, now=NOW)
        if move is EventMove.CLOSE:
            move_event(source.id, EventMove.ARCHIVE, by=BY, now=NOW)
    (copy,) = clone(get_event(source.slug), date(2028, 2, 3))
    assert (copy.state, copy.cancel_reason) == (EventState.DRAFT, "")


def test_a_series_is_made_as_a_whole_each_an_event_of_its_own(whole_app: Flask, organiser_id: int) -> None:
    source = make_event(organiser_id, forum(title_fr="Permanence"))
    made = clone(source, *series(date(2027, 3, 11), Rhythm.WEEK, 4))
    assert [e.slug for e in made] == [f"permanence-2027-{day}" for day in ("03-11", "03-18", "03-25", "04-01")]
    assert [e.starts_at.astimezone(PARIS).hour for e in made] == [9, 9, 9, 9]  # summer time began on 28 March
    again = clone(source, date(2027, 3, 11), date(2027, 3, 18))
    assert [e.slug for e in again] == ["permanence-2027-03-11-2", "permanence-2027-03-18-2"]


def test_a_series_with_one_copy_that_cannot_be_makes_none(whole_app: Flask, organiser_id: int) -> None:
    source = make_event(organiser_id)
    good = CopyDraft(date(2028, 2, 3), "Forum")
    with pytest.raises(FieldError) as refused, transaction():
        clone_event(source.id, [good, replace(good, title_fr=" ")], by=BY, now=NOW)
    assert refused.value.problems == {"title/fr": "required"}
    assert count_events() == 1


@pytest.mark.parametrize(
    ("copies", "problem"),
    [
        ([], {"copies": "required"}),
        ([CopyDraft(FIRST + timedelta(days=n), "Forum") for n in range(53)], {"copies": "too_many_copies"}),
        ([CopyDraft(FIRST, "Forum", slug="la-voie-des-talents-2027")], {"slug": "taken"}),
        ([CopyDraft(FIRST, "Forum", slug="La Voie")], {"slug": "malformed"}),
        ([CopyDraft(FIRST, "x" * 161)], {"title/fr": "too_long"}),
    ],
)
def test_what_cannot_be_copied_is_said_and_nothing_is_made(
    sqlite_app: Flask, organiser_id: int, copies: list[CopyDraft], problem: dict[str, str]
) -> None:
    source = make_event(organiser_id)
    with pytest.raises(FieldError) as refused, transaction():
        clone_event(source.id, copies, by=BY, now=NOW)
    assert refused.value.problems == problem
    assert count_events() == 1


def test_more_than_a_thousand_waves_are_not_made_at_once(sqlite_app: Flask, organiser_id: int) -> None:
    wave = forum().waves[0]
    source = make_event(organiser_id, forum(waves=(wave,) * 40))
    copies = [CopyDraft(FIRST + timedelta(days=n), "Forum") for n in range(26)]
    with pytest.raises(FieldError) as refused, transaction():
        clone_event(source.id, copies, by=BY, now=NOW)
    assert refused.value.problems == {"copies": "too_many_waves"}


def test_questions_no_longer_asked_stay_behind(whole_app: Flask, organiser_id: int) -> None:
    source = make_event(organiser_id)
    keys = [asked(source, "Quel métier ?"), asked(source, "Quelle ville ?")]
    with transaction():
        retire_question(source.id, keys[0], is_answered=True, by=BY, now=NOW)
    (copy,) = clone(get_event(source.slug), date(2028, 2, 3))
    assert [q.key for q in copy.questions] == [keys[1]]


def test_partners_come_along_only_when_asked_for(whole_app: Flask, organiser_id: int) -> None:
    source = make_event(organiser_id)
    ends_at = datetime(2027, 2, 20, tzinfo=PARIS)
    people = {name: make_member(make_organiser(name), Role.DOOR)[0] for name in ("CCI", "Campus", "Over", "Gone")}
    functions = {"CCI": [EventFunction.OFFERS, EventFunction.DOOR], "Campus": [EventFunction.SCHOOLS]}
    for name, account_id in people.items():
        with transaction():
            entrust(
                source.id, organiser_id, account_id, functions.get(name, [EventFunction.FIGURES]), organisation=name,
                ends_at=ends_at if name in {"CCI", "Over"} else None, by=BY,
                now=NOW if name != "Over" else NOW - timedelta(days=99),
            )  # fmt: skip
    with transaction():
        end_functions(source.id, organiser_id, people["Gone"], by=BY, now=NOW)
    (alone,) = clone(source, date(2028, 2, 3))
    (along,) = clone(source, date(2028, 2, 3), with_partners=True)
    then = datetime(2028, 2, 18, tzinfo=PARIS)

    def held(name: str, event: EventRow, now: datetime) -> set[str]:
        account = find_signed_in(people[name], now)
        assert account is not None
        return {f.value for e in account.entrusted if e.event_id == event.id for f in e.functions}

    assert all(held(name, alone, NOW) == set() for name in people)
    assert held("CCI", along, then) == {"offers", "door"}
    assert held("CCI", along, then + timedelta(days=2)) == set()  # as long after the copy as of the event
    assert held("Campus", along, then + timedelta(days=99)) == {"schools"}
    assert held("Gone", along, NOW) == set()


def test_targets_of_a_day_stand_on_the_copys_day(whole_app: Flask, organiser_id: int) -> None:
    source = make_event(organiser_id)
    with transaction():
        for audience, day, value in (("", "", 900), ("school", "2027-02-04", 300)):
            db.session.execute(
                insert(Target).values(
                    organiser_id=organiser_id, scope=f"event:{source.id}", measure=Measure.PRESENT, audience=audience,
                    day=day, value=value,
                )
            )  # fmt: skip
    (copy,) = clone(source, date(2028, 2, 3))
    rows = db.session.execute(
        select(Target.audience, Target.day, Target.value).where(Target.scope == f"event:{copy.id}")
    )
    assert sorted(map(tuple, rows)) == [("", "", 900), ("school", "2028-02-03", 300)]


def test_a_template_makes_events_like_the_one_it_was_kept_from(whole_app: Flask, organiser_id: int) -> None:
    closes = datetime(2027, 2, 3, 18, tzinfo=PARIS)
    source = make_event(organiser_id, forum(title_fr="Forum 2027", registration_closes_at=closes))
    asked(source, "Quel métier ?")
    make_registration(get_event(source.slug))
    source = get_event(source.slug)
    with transaction():
        template_id = save_template(source.id, " Forum d’un jour ", by=BY, now=NOW)
    template = get_template(template_id, organiser_id)
    assert (template.name, template.kind, template.design.weekday) == ("Forum d’un jour", source.kind, 3)
    draft = draft_on(template.design, date(2028, 7, 6))
    with transaction():
        slug = create_from_design(
            replace(draft, slug="encore"), questions=template.design.questions, template=template.name,
            organiser_id=organiser_id, by=BY, now=NOW,
        )  # fmt: skip
    event = get_event(slug)
    assert design_of(event) == design_of(source)
    assert event.starts_at == datetime(2028, 7, 6, 9, tzinfo=PARIS)
    assert event.registration_closes_at == datetime(2028, 7, 5, 18, tzinfo=PARIS)
    assert event.audiences == source.audiences


def test_a_template_leaves_out_what_is_gone(whole_app: Flask, organiser_id: int) -> None:
    """Its audience of another organiser, the questions and targets for it alone, and a project that is not there."""
    elsewhere = make_organiser("Ailleurs")
    with transaction():
        code = add_audience(organiser_id=elsewhere, label_fr="Élus", label_en="", groups=False, by=SYSTEM, now=NOW)
        project_id = db.session.execute(
            insert(Project)
            .values(organiser_id=elsewhere, name="P", axis="school_company", created_at=NOW)
            .returning(Project.id)
        ).scalar_one()
    draft = forum(audiences=("school", code), project_id=project_id)
    limited = replace(draft, waves=tuple(replace(w, allotments=()) for w in draft.waves))
    questions = (
        QuestionRow("all", QuestionKind.TEXT, "À tous"),
        QuestionRow("some", QuestionKind.TEXT, "Aux élus", audiences=(code,)),
        QuestionRow("both", QuestionKind.TEXT, "Aux deux", audiences=("school", code)),
    )
    with transaction():
        slug = create_from_design(limited, questions=questions, organiser_id=organiser_id, by=BY, now=NOW)
    event = get_event(slug)
    assert [a.code for a in event.audiences] == ["school"]
    assert event.project_id is None
    assert [(q.key, q.audiences) for q in event.questions] == [("all", ()), ("both", ("school",))]
    assert list_event_targets(event.id, FIRST) == []


def test_a_template_is_named_once_renamed_and_let_go(whole_app: Flask, organiser_id: int) -> None:
    source = make_event(organiser_id)
    with transaction():
        first = save_template(source.id, "Forum", by=BY, now=NOW)
        second = save_template(source.id, "Visite", by=BY, now=NOW)
    for name, problem in (("FORUM", "taken"), (" ", "required"), ("x" * 161, "too_long")):
        with pytest.raises(FieldError) as refused, transaction():
            save_template(source.id, name, by=BY, now=NOW)
        assert refused.value.problems == {"name": problem}
        with pytest.raises(FieldError), transaction():
            rename_template(second, name, organiser_id=organiser_id, by=BY, now=NOW)
    with transaction():
        assert save_template(source.id, "forum", replaces=True, by=BY, now=NOW) == first
        rename_template(second, "Visite d’entreprise", organiser_id=organiser_id, by=BY, now=NOW)
    assert [t.name for t in list_templates(organiser_id)] == ["forum", "Visite d’entreprise"]
    stranger = make_organiser("Ailleurs")
    with pytest.raises(NotFound), transaction():
        delete_template(first, organiser_id=stranger, by=BY, now=NOW)
    with transaction():
        delete_template(first, organiser_id=organiser_id, by=BY, now=NOW)
    assert [t.id for t in list_templates(organiser_id)] == [second]
    assert list_templates(stranger) == []
    (renamed, saved) = list_history(f"template:{second}")
    assert (renamed.details, saved.verb) == ({"name": ["Visite", "Visite d’entreprise"]}, "template.saved")
