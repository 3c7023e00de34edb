"""Whatever a file holds, its check ends in a report or a refusal, and what the report promises can be written."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.registrations.importing.errors import ImportRefused
from app.registrations.importing.planning import plan_file
from app.registrations.importing.report import ImportReport, report_of
from app.registrations.importing.wording import say_cause, say_problem, say_refusal
from app.registrations.importing.writing import lines_of, write_lines
from tests.integration.importing.files import CLASS, GOOD, HEADER, csv_of, make_talents
from tests.integration.importing.test_writing import AT


class Undone(Exception):
    """Ends a transaction that must leave nothing."""


@pytest.fixture
def event(sqlite_app: Flask) -> Iterator[EventRow]:
    yield make_talents(capacity=40)
    db.session.rollback()


values = st.one_of(
    st.sampled_from(
        sorted({*GOOD.values(), *CLASS.values(), "12/10/2021", "10h20", "0", "24", "99999", "", "-", "?", "="})
    ),
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters=';"'), max_size=20),
)
lines = st.dictionaries(st.sampled_from(HEADER), values, max_size=13)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.one_of(lines, lines.map(lambda d: GOOD | d), lines.map(lambda d: CLASS | d)), min_size=1, max_size=8)
)
def test_every_table_gives_a_report_that_holds(event: EventRow, rows: list[dict[str, str]]) -> None:
    try:
        plan = plan_file(event, csv_of(*rows))
    except ImportRefused as refused:
        say_refusal(refused, "fr")
        return
    checked = report_of(plan)
    for problem in plan.problems:
        say_problem(problem, "fr")
    assert ImportReport.from_json(ImportReport(checked).to_json()) == ImportReport(checked)
    assert sum(c.lines for c in checked.causes) >= len({p.line for p in checked.problems})
    for cause in checked.causes:
        assert "%(" not in say_cause(cause.code, "fr")
    assert checked.registrations + checked.there + len(checked.bad_lines) == checked.lines
    with suppress(Undone), transaction():
        done = write_lines(event, lines_of(plan, checked.bad_lines), send_mails=False, by=SYSTEM, now=AT)
        assert (done.registrations, done.people, done.there) == (checked.registrations, checked.people, checked.there)
        assert done.unwritten == ()
        raise Undone


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=300), st.text(alphabet="Nom;,\t\r\nPublicDateTel@é0123 \"'=", max_size=300).map(str.encode)
    )
)
def test_arbitrary_bytes_give_a_report_or_a_refusal(event: EventRow, content: bytes) -> None:
    try:
        report_of(plan_file(event, content))
    except ImportRefused as refused:
        say_refusal(refused, "en")
