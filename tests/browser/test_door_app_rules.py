"""What a phone decides by itself is what the server decides: thousands of cases by chance, answered by both."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from app.checkin.enums import Direction, Reason, ScanResult
from app.checkin.rules import (
    PARTS,
    Cards,
    Decision,
    Passage,
    TeamAt,
    Whereabouts,
    decide,
    decide_card,
    is_wrong_day,
    refuse_status,
)
from app.core.text import fold
from app.registrations.drafts import Headcount
from app.registrations.enums import RegistrationStatus
from tests.browser.test_door import serving
from tests.factories import make_event, make_organiser

pytestmark = pytest.mark.browser

CASES = 6_000
SPACES = [11, 12]
DAY = date(2027, 2, 4)
DAYS = [DAY, DAY + timedelta(days=1)]

DECIDE = """async (cases) => {
  const rules = await import("/static/js/door/app/decide.js");
  const cards = ({ inside, outside, spaces }) => ({
    inside: new Set(inside), outside: new Set(outside), spaces: new Map(spaces),
  });
  const plain = (known) => ({
    inside: [...known.inside].sort(), outside: [...known.outside].sort(), spaces: [...known.spaces].sort(),
  });
  return cases.map((one) => {
    const known = cards(one.cards);
    const answer = rules.admit({ ...one, cards: known });
    const after = answer.result === "accepted" ? rules.cardsAfter(known, one.ticket.card, one.passage, answer.delta) : known;
    return { answer, cards: plain(after), spaces: [...rules.bySpace(answer.after)].sort() };
  });
}"""


@dataclass(frozen=True)
class Case:
    """One passage of one ticket, as both sides are asked about it."""

    status: RegistrationStatus
    expected: Headcount
    days: list[date]
    today: date
    at: Whereabouts
    passage: Passage
    card: int | None
    cards: Cards
    room: int | None

    def answer(self) -> Decision:
        """As a batch of scans does: status, then day, then the passage itself."""
        reason = refuse_status(self.status, self.passage.direction)
        if reason is None and self.passage.direction is Direction.IN and is_wrong_day(self.today, self.days, DAYS):
            reason = Reason.WRONG_WAVE
        if reason is not None:
            return Decision(ScanResult.REFUSED, reason, self.at)
        if self.card is not None:
            return decide_card(self.at, self.expected, self.passage, self.card, self.cards, room=self.room)
        return decide(self.at, self.expected, self.passage, room=self.room)


@pytest.fixture
def page(sqlite_app: Flask, chromium: Browser) -> Iterator[Page]:
    make_event(make_organiser())
    with serving(sqlite_app) as url, chromium.new_context() as context:
        opened = context.new_page()
        opened.goto(f"{url}/login")
        yield opened


def test_the_phone_decides_as_the_server_does(page: Page) -> None:
    chance = random.Random(20_270_204)
    cases = [a_case(chance) for _ in range(CASES)]
    answers = page.evaluate(DECIDE, [sent(case) for case in cases])
    kinds = set()
    for case, said in zip(cases, answers, strict=True):
        expected = case.answer()
        kinds.add((expected.result, expected.reason, expected.over, case.card is None))
        assert said["answer"] == told(expected), case
        assert said["spaces"] == sorted([space, n] for space, n in expected.after.by_space().items()), case
        after = case.cards
        if expected.result is ScanResult.ACCEPTED:
            after = case.cards.after(case.card, case.passage, expected.delta)
        assert said["cards"] == told_cards(after), case
    reasons = {reason for _, reason, _, _ in kinds}
    assert reasons >= {None, *Reason} - {Reason.UNKNOWN, Reason.WRONG_EVENT}
    assert {over for _, _, over, _ in kinds} == {True, False}


def test_what_staff_may_overrule_is_let_in_and_marked(page: Page) -> None:
    chance = random.Random(7)
    cases = [case for _ in range(1_500) if (case := a_case(chance)).answer().result is ScanResult.REFUSED]
    answers = page.evaluate(DECIDE, [{**sent(case), "overruled": True} for case in cases])
    overruled = 0
    for case, said in zip(cases, answers, strict=True):
        reason, answer = case.answer().reason, said["answer"]
        if reason in {Reason.NOT_IN, Reason.INVALID}:
            assert answer == told(case.answer()), case
            continue
        free = replace(case, status=RegistrationStatus.CONFIRMED, days=DAYS, room=None).answer()
        assert answer["result"] == free.result.value, case
        if free.result is ScanResult.ACCEPTED:
            overruled += 1
            assert answer["over"] is True
            assert answer["after"] == told(free)["after"]
    assert overruled > 200


def test_words_are_found_as_the_server_finds_them(page: Page) -> None:
    texts = [
        "Élodie  LAMBŒUF", "elodie lamboeuf", "Collège « Œuvre »", "L’Étang-sur-Saône", "Strauß", "Ænima",
        "3e\N{NO-BREAK SPACE}B · Collège des Trois-Rivières", "ﬁne Łódź", " a\tb\nc ", "İzmir", "Ngô Thị Hạnh", "",
    ]  # fmt: skip
    folded = page.evaluate(
        'async (texts) => texts.map((await import("/static/js/door/app/list.js")).fold)',
        texts,
    )
    assert folded == [fold(text) for text in texts]


def a_case(chance: random.Random) -> Case:
    expected = Headcount(chance.randint(1, 6), chance.randint(0, 2))
    inside = chance.choice([Headcount(), expected, some(chance, expected)])
    space = chance.choice([None, *SPACES]) if inside.people else None
    at = Whereabouts(inside, chance.choice([inside, expected]), space, some_teams(chance, inside))
    card = chance.choice([None, None, 1, 2, 3])
    passage = Passage(
        chance.choice([Direction.IN, Direction.IN, Direction.OUT]),
        chance.choice([None, *SPACES]),
        chance.choice([None, None, some(chance, Headcount(8, 3))]),
        team=chance.choice([None, None, None, 1, 2]),
    )
    return Case(
        status=chance.choice([RegistrationStatus.CONFIRMED] * 8 + list(RegistrationStatus)),
        expected=expected,
        days=chance.choice([DAYS, DAYS, DAYS[:1], DAYS[1:]]),
        today=chance.choice([*DAYS, DAY - timedelta(days=1)]),
        at=at,
        passage=passage,
        card=card,
        cards=some_cards(chance),
        room=chance.choice([None, 0, 1, 2, 5, 20]),
    )


def some(chance: random.Random, most: Headcount) -> Headcount:
    return Headcount(chance.randint(0, most.participants), chance.randint(0, most.companions))


def some_teams(chance: random.Random, inside: Headcount) -> tuple[TeamAt, ...]:
    if inside.participants < 2 or chance.random() < 0.6:
        return ()
    first = chance.randint(1, inside.participants - 1)
    teams = [TeamAt(1, Headcount(first), chance.choice([None, *SPACES]))]
    if chance.random() < 0.5:
        teams.append(TeamAt(2, Headcount(inside.participants - first), chance.choice([None, *SPACES])))
    if chance.random() < 0.5:  # those who went somewhere by count
        places = sorted({chance.choice([None, *SPACES]) for _ in teams}, key=lambda space: space or 0)
        return tuple(TeamAt(PARTS + (space or 0), t.people, space) for t, space in zip(teams, places, strict=False))
    return tuple(teams)


def some_cards(chance: random.Random) -> Cards:
    known = {card: chance.choice(["in", "out", "unknown"]) for card in (1, 2, 3)}
    return Cards(
        frozenset(card for card, where in known.items() if where == "in"),
        frozenset(card for card, where in known.items() if where == "out"),
        {card: chance.choice(SPACES) for card in known if chance.random() < 0.3},
    )


def count(of: Headcount) -> dict[str, int]:
    return {"participants": of.participants, "companions": of.companions}


def where(at: Whereabouts) -> dict[str, Any]:
    teams = [{"team": t.team, "count": count(t.people), "space": t.space_id} for t in at.teams]
    return {"inside": count(at.inside), "came": count(at.came), "space": at.space_id, "teams": teams}


def told(decision: Decision) -> dict[str, Any]:
    return {
        "result": decision.result.value,
        "reason": decision.reason.value if decision.reason else None,
        "after": where(decision.after),
        "delta": count(decision.delta),
        "over": decision.over,
    }


def told_cards(cards: Cards) -> dict[str, Any]:
    spaces = sorted([card, space] for card, space in cards.spaces.items())
    return {"inside": sorted(cards.inside), "outside": sorted(cards.outside), "spaces": spaces}


def sent(case: Case) -> dict[str, Any]:
    passage = case.passage
    return {
        "ticket": {
            "status": case.status.value,
            "expected": count(case.expected),
            "days": [day.isoformat() for day in case.days],
            "card": case.card,
        },
        "at": where(case.at),
        "passage": {
            "direction": passage.direction.value,
            "space": passage.space_id,
            "headcount": count(passage.headcount) if passage.headcount else None,
            "team": passage.team,
        },
        "cards": told_cards(case.cards),
        "room": case.room,
        "today": case.today.isoformat(),
        "eventDays": [day.isoformat() for day in DAYS],
    }
