"""Whatever happens to loans in whatever order: boxes never clash, what is free is what plain counting says, doctor is content.

The model (`loan_model`) knows half-days as numbers and nothing of the implementation; what the tables hold is read as plain rows
(`loan_rows`). Each thing that may happen (`loan_rules`, `loan_changes`) says beforehand what must come of it.
"""

from flask import Flask
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from app.core.db import db
from tests.properties.conftest import LONG, STATEFUL
from tests.properties.loan_changes import Changing, Troubles
from tests.properties.loan_events import AtEvents
from tests.properties.loan_machine import done
from tests.properties.loan_rules import GoingOn

STORIES, STEPS = (200, 80) if LONG else (14, 45)
OFTEN = {
    "ask", "enter", "approve", "agree", "agreement", "accept", "agree: after a change", "cancel", "hand over",
    "hand over: early", "hand over: second box", "return", "return: early", "return: late", "return: others still out",
    "check ready", "check incomplete", "check out_of_service", "close", "swap: a free one", "swap: exchange", "dates",
    "return date", "people", "event", "event ended", "event changed", "event swapped", "event moved", "break down", "repair",
    "grant", "withdraw",
}  # fmt: skip


class LoanMachine(GoingOn, Changing, Troubles, AtEvents):
    """All that may happen."""


def test_loans_never_clash(whole_app: Flask) -> None:
    done.clear()
    whole = db.engine.dialect.name == "sqlite"
    stories = STORIES if whole else STORIES // 2
    run_state_machine_as_test(LoanMachine, settings=settings(STATEFUL, max_examples=stories, stateful_step_count=STEPS))
    if whole or LONG:  # the stories get far: all of this did happen
        assert {name for name in OFTEN if not done[name]} == set()
