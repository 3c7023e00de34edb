"""Rules without a database, on any input."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from app.checkin.enums import Direction, Reason, ScanResult
from app.checkin.operations import code_of
from app.checkin.replaying import PastScan, first_in, replay
from app.checkin.rules import (
    NOBODY,
    Decision,
    Passage,
    Whereabouts,
    decide,
    is_wrong_day,
    joins,
    least,
    minus,
    most,
    plus,
)
from app.core.i18n import Locale, format_day, format_hour, format_short_day, format_span
from app.core.tokens import new_reference, new_ticket_code
from app.events.enums import EVENT_MOVES, EventMove, EventState
from app.events.rules import allowed_moves, prefix_of
from app.registrations.drafts import Contact, Headcount
from app.registrations.queries import normal_reference
from app.registrations.rules import card_prefix, sort_name

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
AT = datetime(2027, 2, 4, 8, 0, tzinfo=UTC)

headcounts = st.builds(Headcount, st.integers(0, 40), st.integers(0, 5))
expected = headcounts.filter(lambda h: h.people > 0)
spaces = st.sampled_from([None, None, 1, 2])
passages = st.builds(Passage, st.sampled_from(Direction), spaces, st.none() | headcounts)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
zones = st.sampled_from(["Europe/Paris", "UTC", "America/Cayenne", "Indian/Reunion"])
locales: st.SearchStrategy[Locale] = st.sampled_from(["fr", "en"])
codes = st.text(ALPHABET, min_size=26, max_size=26)
PREFIXES = ("", "/t/", "https://example.org/t/", "http://127.0.0.1:8000/t/")


@given(expected, st.lists(st.tuples(passages, st.integers(0, 60)), max_size=25))
def test_accepted_passages_add_up_to_where_people_are(people: Headcount, tries: list[tuple[Passage, int]]) -> None:
    at, past = Whereabouts(), list[PastScan]()
    for number, (passage, room) in enumerate(tries):
        decision = decide(at, people, passage, room=room)
        check_decision(at, people, passage, room, decision)
        at = decision.after
        if decision.result is ScanResult.ACCEPTED:
            past.append(past_scan(number, passage, decision, AT))
        assert replay(past) == at
    inside = Headcount(sum(p.delta.participants for p in past), sum(p.delta.companions for p in past))
    assert inside == at.inside


def past_scan(number: int, passage: Passage, decision: Decision, moment: datetime) -> PastScan:
    return PastScan(
        str(number), passage.direction, passage.space_id, decision.delta, moment,
        card_space_id=passage.space_id, counted=passage.headcount,
    )  # fmt: skip


def check_decision(at: Whereabouts, people: Headcount, passage: Passage, room: int, decision: Decision) -> None:
    after = decision.after
    assert (decision.reason is None) == (decision.result is ScanResult.ACCEPTED)
    assert (decision.reason is Reason.ALREADY_IN) == (decision.result is ScanResult.DUPLICATE)
    if decision.result is not ScanResult.ACCEPTED:
        assert (after, decision.delta, decision.over) == (at, NOBODY, False)
    assert min(after.inside.participants, after.inside.companions) >= 0
    assert after.came == most(at.came, after.inside)
    assert after.inside.participants - at.inside.participants == decision.delta.participants
    assert after.inside.companions - at.inside.companions == decision.delta.companions
    if after.inside.people == 0:
        assert after.space_id is None
    if decision.result is ScanResult.ACCEPTED and passage.direction is Direction.IN and passage.space_id is not None:
        check_entering(at, passage, passage.space_id, room, after)
    if decision.result is ScanResult.ACCEPTED and passage.headcount is None and passage.space_id is None:
        assert after.inside == (most(at.inside, people) if passage.direction is Direction.IN else NOBODY)


def check_entering(at: Whereabouts, passage: Passage, space_id: int, room: int, after: Whereabouts) -> None:
    """Only those who come need room: some of the group by their count, else all who are in the event."""
    there = after.by_space().get(space_id, 0)
    gained = there - at.by_space().get(space_id, 0)
    assert gained <= room
    if passage.headcount is not None and joins(at, passage.headcount, space_id):
        assert (gained, after.inside) == (passage.headcount.people, at.inside)
    else:
        assert (there, after.space_id, after.teams) == (after.inside.people, space_id, ())


@given(expected, st.lists(passages, min_size=1, max_size=12), st.data())
def test_an_undone_passage_counts_as_if_it_had_not_been(
    people: Headcount, tries: list[Passage], data: st.DataObject
) -> None:
    at, past = Whereabouts(), list[PastScan]()
    for number, passage in enumerate(tries):
        decision = decide(at, people, passage, room=None)
        at = decision.after
        if decision.result is ScanResult.ACCEPTED:
            moment = AT + timedelta(minutes=number)
            past.append(past_scan(number, passage, decision, moment))
    if not past:
        return
    gone = data.draw(st.sampled_from(past))
    undoing = PastScan("undo", Direction.IN, None, Headcount(7, 7), AT, undoes=gone.scan_id)
    without = [p for p in past if p is not gone]
    assert replay([*past, undoing]) == replay(without)
    assert first_in([*past, undoing]) == first_in(without)


@given(headcounts, headcounts)
def test_headcounts_add_and_compare(a: Headcount, b: Headcount) -> None:
    assert minus(plus(a, b), b) == a
    assert plus(least(a, b), most(a, b)) == plus(a, b)
    assert minus(a, a) == NOBODY
    assert plus(minus(a, b), least(a, b)) == a


@given(codes, st.sampled_from(PREFIXES), st.sampled_from(["", "/"]), st.booleans(), st.sampled_from(["", " ", "\n"]))
def test_a_code_is_read_bare_or_at_the_end_of_its_address(
    code: str, prefix: str, end: str, lower: bool, around: str
) -> None:
    written = code.lower() if lower else code
    assert code_of(f"{around}{prefix}{written}{end}{around}") == code


@given(st.text(max_size=40) | st.text(ALPHABET + ALPHABET.lower() + "ſKı/t", max_size=30))
def test_what_is_no_code_is_none(text: str) -> None:
    found = code_of(text)
    assert found is None or re.fullmatch("[0-9A-Z]{26}", found)


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=4), st.data())
def test_a_reference_is_known_however_it_was_written(prefix: str, data: st.DataObject) -> None:
    reference = new_reference(prefix)
    letters = [c for c in reference if c != "-"]
    between = data.draw(st.lists(st.sampled_from(["", " ", "-", "."]), min_size=len(letters), max_size=len(letters)))
    written = "".join(a + b for a, b in zip(letters, between, strict=True))
    for text in (reference, reference.lower(), f"  {written}", written.lower(), reference.replace("-", "")):
        assert normal_reference(text) == reference
    assert normal_reference(normal_reference(written)) == reference


@given(st.text(max_size=30))
def test_normalising_a_reference_twice_changes_nothing(text: str) -> None:
    assert normal_reference(normal_reference(text)) == normal_reference(text)


def test_ticket_codes_read_back() -> None:
    for code in (new_ticket_code() for _ in range(100)):
        assert set(code) <= set(ALPHABET)
        assert code_of(f"https://example.org/t/{code}") == code


@given(moments, zones, locales)
def test_an_hour_is_the_local_one(moment: datetime, zone: str, locale: Locale) -> None:
    local = moment.astimezone(ZoneInfo(zone))
    text = format_hour(moment, zone, locale)
    if locale == "fr":
        found = re.fullmatch("(\\d{1,2})\u00a0h\u00a0(\\d\\d)", text)
        assert found
        assert (int(found[1]), int(found[2])) == (local.hour, local.minute)
    else:
        found = re.fullmatch("(\\d{1,2}):(\\d\\d)\u00a0(am|pm)", text)
        assert found
        assert 1 <= int(found[1]) <= 12
        assert (int(found[1]) % 12 + 12 * (found[3] == "pm"), int(found[2])) == (local.hour, local.minute)


@given(moments, zones, locales)
def test_a_day_is_the_local_one(moment: datetime, zone: str, locale: Locale) -> None:
    local = moment.astimezone(ZoneInfo(zone))
    day = {"fr": "1er" if local.day == 1 else str(local.day), "en": str(local.day)}[locale]
    words = format_day(moment, zone, locale, year=True).split()
    assert (words[1], words[3], len(words)) == (day, str(local.year), 4)
    assert format_day(moment, zone, locale).split() == words[:3]
    assert format_short_day(moment, zone, locale).split()[1] == day


@given(moments, st.timedeltas(timedelta(0), timedelta(days=400)), zones, locales)
def test_a_span_names_its_first_and_last_day(start: datetime, length: timedelta, zone: str, locale: Locale) -> None:
    first, last = (moment.astimezone(ZoneInfo(zone)).date() for moment in (start, start + length))
    words = format_span(start, start + length, zone, locale).split()
    if first == last:
        assert " ".join(words) == format_day(start, zone, locale, year=True)
        return
    numbers = [int(word.removesuffix("er")) for word in words if re.fullmatch(r"\d{1,2}(er)?", word)]
    assert numbers == [first.day, last.day]
    assert words[-1] == str(last.year)
    assert (str(first.year) in words[:-1]) == (first.year != last.year)
    close = (last - first).days == 1
    assert ({"fr": "et", "en": "and"}[locale] in words) == close
    assert ({"fr": "au", "en": "to"}[locale] in words) == (not close)


@given(st.sets(st.integers(0, 6)), st.sets(st.integers(0, 6)), st.integers(0, 6))
def test_a_ticket_is_wrong_only_on_another_day_of_the_event(tickets: set[int], days: set[int], on: int) -> None:
    start = AT.date()
    wrong = is_wrong_day(
        start + timedelta(on), [start + timedelta(n) for n in tickets], [start + timedelta(n) for n in days]
    )
    assert wrong == (on in days and on not in tickets)


@given(st.sampled_from(EventState), st.lists(st.sampled_from(EventMove), max_size=8))
def test_moves_follow_the_table_and_never_come_back_to_a_draft(state: EventState, moves: list[EventMove]) -> None:
    for move in moves:
        if move not in allowed_moves(state):
            assert (state, move) not in EVENT_MOVES
            continue
        state = EVENT_MOVES[state, move]
        assert state is not EventState.DRAFT


@given(st.text(max_size=60))
def test_a_reference_prefix_is_two_capitals(title: str) -> None:
    assert re.fullmatch("[A-Z]{2}", prefix_of(title))


@given(st.text(max_size=60))
def test_a_card_prefix_is_short_and_never_empty(label: str) -> None:
    assert 1 <= len(card_prefix(label)) <= 4


@given(st.text(max_size=130), st.text(max_size=130))
def test_a_sort_name_is_folded_and_bounded(name: str, family: str) -> None:
    found = sort_name(Contact(name, family_name=family))
    assert len(found) <= 160
    assert found == found.casefold()
