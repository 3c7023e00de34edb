"""A ticket opened on its own page and one that is scanned belong to the same practice."""

from app.checkin.rehearsal import Example
from tests.integration.door.test_practice import CODES, Trainee, trainee

__all__ = ["trainee"]


def test_a_scan_knows_who_was_let_in_on_a_page(trainee: Trainee) -> None:
    assert "Come in" in trainee.verdict(CODES[Example.PERSON])
    again = trainee.scan(CODES[Example.PERSON])
    assert (again["result"]["result"], again["present"]) == ("duplicate", 1)
    assert trainee.scan(CODES[Example.CLASS])["present"] == 27


def test_a_page_knows_who_was_scanned(trainee: Trainee) -> None:
    trainee.scan(CODES[Example.PERSON])
    trainee.scan(CODES[Example.WAITING])
    assert "Already counted" in trainee.verdict(CODES[Example.PERSON])
    trainee.client.get(f"{trainee.base}?again=1")
    trainee.done.clear()
    assert trainee.scan(CODES[Example.PERSON])["result"]["result"] == "accepted"


def test_whoever_came_in_and_left_again_is_not_there(trainee: Trainee) -> None:
    """Passages are done again in their order, also those that the browser's cookie has no more room for."""
    for _round in range(8):
        trainee.scan(CODES[Example.PERSON])
        trainee.scan(CODES[Example.PERSON], direction="out")
    assert trainee.scan(CODES[Example.CLASS])["present"] == 26
