from datetime import UTC, datetime, timedelta

import pytest

from app.accounts.enums import Scope
from app.accounts.errors import AnswerKept, IdempotencyKeyReused
from app.accounts.operations.answers import KeptAnswer, find_answer, keep_answer, purge_answers
from app.accounts.operations.people import create_organiser
from app.accounts.operations.tokens import make_token
from app.accounts.queries import list_tokens
from app.core.actor import SYSTEM
from app.core.transaction import transaction

NOW = datetime(2027, 2, 4, 8, 30, tzinfo=UTC)
DAY = timedelta(hours=24)

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def token_id(context: object) -> int:
    with transaction():
        organiser_id = create_organiser("Cap", by=SYSTEM, now=NOW)
        make_token(organiser_id, "site", [Scope.EVENTS_READ], by=SYSTEM, now=NOW)
    return list_tokens(organiser_id)[0].id


def keep(token_id: int, body: str, now: datetime = NOW) -> None:
    with transaction():
        keep_answer(token_id, "key", body, 201, {"reference": "VT-7K3Q-9F"}, now=now)


def test_same_key_and_body_get_the_same_answer(token_id: int) -> None:
    assert find_answer(token_id, "key", "a", now=NOW) is None
    keep(token_id, "a")
    assert find_answer(token_id, "key", "a", now=NOW) == KeptAnswer(201, {"reference": "VT-7K3Q-9F"})
    assert find_answer(token_id, "other", "a", now=NOW) is None


def test_same_key_with_another_body_is_refused(token_id: int) -> None:
    keep(token_id, "a")
    with pytest.raises(IdempotencyKeyReused):
        find_answer(token_id, "key", "b", now=NOW)


def test_slower_of_two_calls_is_told(token_id: int) -> None:
    keep(token_id, "a")
    with pytest.raises(AnswerKept):
        keep(token_id, "a")


def test_answer_ends_after_a_day(token_id: int) -> None:
    keep(token_id, "a")
    assert find_answer(token_id, "key", "b", now=NOW + DAY) is None
    keep(token_id, "b", now=NOW + DAY)
    with transaction():
        purge_answers(now=NOW + DAY)
    assert find_answer(token_id, "key", "b", now=NOW + DAY) is not None
    with transaction():
        purge_answers(now=NOW + 2 * DAY)
    keep(token_id, "c", now=NOW + DAY)
