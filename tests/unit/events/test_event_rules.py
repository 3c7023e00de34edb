"""Decisions about events, as values."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.core.errors import FieldError, MoveNotAllowed
from app.events.audiences import BUILTIN
from app.events.drafts import AllotmentDraft, EventDraft, SpaceDraft, StopDraft, WaveDraft
from app.events.enums import EventMove, EventState
from app.events.queries import CheckpointRow
from app.events.rules import (
    allowed_moves,
    is_open,
    is_visible,
    may_archive,
    missing_parts,
    next_state,
    prefix_of,
    require_valid,
)
from tests.factories import DAY_ONE, NOW, forum

HOUR = timedelta(hours=1)
KNOWN = set(BUILTIN)


def problems_of(draft: EventDraft) -> dict[str, str]:
    try:
        require_valid(draft, KNOWN)
    except FieldError as error:
        return error.problems
    return {}


@pytest.mark.parametrize(
    ("state", "moves"),
    [
        (EventState.DRAFT, {EventMove.PUBLISH: "published", EventMove.CANCEL: "cancelled"}),
        (
            EventState.PUBLISHED,
            {EventMove.CLOSE: "closed", EventMove.CANCEL: "cancelled", EventMove.POSTPONE: "published"},
        ),
        (
            EventState.CLOSED,
            {
                EventMove.PUBLISH: "published",
                EventMove.ARCHIVE: "archived",
                EventMove.CANCEL: "cancelled",
                EventMove.POSTPONE: "closed",
            },
        ),
        (EventState.CANCELLED, {EventMove.ARCHIVE: "archived"}),
        (EventState.ARCHIVED, {}),
    ],
)
def test_moves_lead_where_the_table_says(state: EventState, moves: dict[EventMove, str]) -> None:
    assert {move: next_state(state, move) for move in allowed_moves(state)} == moves
    for move in set(EventMove) - set(moves):
        with pytest.raises(MoveNotAllowed) as caught:
            next_state(state, move)
        assert (caught.value.move, caught.value.state, caught.value.code) == (move, state, "move_not_allowed")


@pytest.mark.parametrize(
    ("state", "taken", "ended", "expected"),
    [
        (EventState.CLOSED, 1, False, False),
        (EventState.CLOSED, 1, True, True),
        (EventState.CLOSED, 0, False, True),
        (EventState.CANCELLED, 1, False, True),
    ],
)
def test_nobody_who_is_still_to_come_is_archived(state: EventState, taken: int, ended: bool, expected: bool) -> None:
    end = NOW if ended else NOW + timedelta(seconds=1)
    assert may_archive(state, end, taken, NOW) is expected


@pytest.mark.parametrize(
    ("name", "commune", "address", "refused"),
    [
        ("", "Beaune", "", True),
        (" ", "", "3 rue du Bourg", True),
        ("Beaune", "Beaune", "", False),
        ("", "", " ", False),
    ],
)
def test_a_place_is_not_lost_for_want_of_a_name(name: str, commune: str, address: str, refused: bool) -> None:
    found = problems_of(forum(venue_name=name, venue_commune=commune, venue_address=address))
    assert found == ({"venue/name": "venue_unnamed"} if refused else {})


def test_the_public_sees_all_but_drafts() -> None:
    assert {state for state in EventState if not is_visible(state)} == {EventState.DRAFT}


def test_registration_is_open_inside_its_window_only() -> None:
    ends_at = NOW + 9 * HOUR
    published = EventState.PUBLISHED
    assert is_open(published, None, None, ends_at, NOW)
    assert is_open(published, NOW, NOW + HOUR, ends_at, NOW)
    assert not is_open(published, NOW + HOUR, None, ends_at, NOW)
    assert not is_open(published, None, NOW, ends_at, NOW)
    assert not is_open(published, None, None, NOW, NOW)
    assert not is_open(published, None, NOW + 99 * HOUR, NOW, NOW)
    assert [s for s in EventState if is_open(s, None, None, ends_at, NOW)] == [published]


def test_what_is_missing_is_named() -> None:
    assert missing_parts(waves=1, audiences=1, has_place=True) == ()
    assert missing_parts(waves=0, audiences=1, has_place=False) == ("waves", "place")
    assert missing_parts(waves=0, audiences=0, has_place=False) == ("waves", "audiences", "place")


@pytest.mark.parametrize(
    ("title", "prefix"),
    [
        ("La Voie des Talents", "VT"),
        ("Forum", "FO"),
        ("Les métiers de l’industrie", "MT"),
        ("Semaine portes ouvertes", "SP"),
        ("X", "PC"),
        ("", "PC"),
        ("2027", "PC"),
    ],
)
def test_references_begin_with_letters_of_the_title(title: str, prefix: str) -> None:
    assert prefix_of(title) == prefix


def test_a_good_draft_has_no_problem() -> None:
    assert problems_of(forum()) == {}


WAVE = WaveDraft(DAY_ONE, DAY_ONE + HOUR, 60)


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"title_fr": " "}, {"title/fr": "required"}),
        ({"title_fr": "t" * 161, "title_en": "t" * 161}, {"title/fr": "too_long", "title/en": "too_long"}),
        ({"timezone": "Europe/Dijon"}, {"timezone": "unknown_timezone"}),
        ({"timezone": "../etc/passwd"}, {"timezone": "unknown_timezone"}),
        ({"ends_at": DAY_ONE, "waves": ()}, {"ends_at": "ends_before_start"}),
        ({"slug": "La Voie"}, {"slug": "malformed"}),
        ({"reference_prefix": "vt"}, {"reference_prefix": "malformed"}),
        ({"reference_prefix": "VTVTV"}, {"reference_prefix": "malformed"}),
        ({"capacity": 0}, {"capacity": "out_of_range"}),
        ({"capacity": 1_000_001}, {"capacity": "out_of_range"}),
        ({"join_url": "javascript:alert(1)"}, {"join_url": "malformed"}),
        (
            {"registration_opens_at": NOW, "registration_closes_at": NOW},
            {"registration_closes_at": "ends_before_start"},
        ),
        ({"keep_names_days": 0}, {"keep_names_days": "out_of_range"}),
        ({"audiences": ("school", "pupils")}, {"audiences/1": "unknown_audience"}),
        ({"audiences": ("school", "school")}, {"audiences": "repeated"}),
        ({"waves": (replace(WAVE, ends_at=DAY_ONE),)}, {"waves/0/ends_at": "ends_before_start"}),
        (
            {"waves": (replace(WAVE, starts_at=DAY_ONE - HOUR),)},
            {"waves/0/starts_at": "outside_event"},
        ),
        ({"waves": (WAVE, replace(WAVE, capacity=0))}, {"waves/1/capacity": "out_of_range"}),
        (
            {"waves": (replace(WAVE, allotments=(AllotmentDraft("student", 5),)),)},
            {"waves/0/allotments/0/audience": "unknown_audience"},
        ),
        (
            {"waves": (replace(WAVE, allotments=(AllotmentDraft("school", 5), AllotmentDraft("school", -1))),)},
            {"waves/0/allotments/1/audience": "repeated", "waves/0/allotments/1/max_people": "out_of_range"},
        ),
        (
            {"spaces": (SpaceDraft("", 5), SpaceDraft("s" * 121, 0)), "stops": ()},
            {
                "spaces/0/name": "required",
                "spaces/1/name": "too_long",
                "spaces/1/capacity": "out_of_range",
            },
        ),
        ({"spaces": (SpaceDraft("A", 5), SpaceDraft("A ", 5)), "stops": ()}, {"spaces/1/name": "repeated"}),
        (
            {"stops": (StopDraft(" ", 1441, space="Cave"),)},
            {"stops/0/name/fr": "required", "stops/0/minutes": "out_of_range", "stops/0/space": "unknown_space"},
        ),
    ],
)
def test_each_problem_has_its_path_and_code(changes: dict[str, Any], problems: dict[str, str]) -> None:
    assert problems_of(forum(**changes)) == problems


def test_all_problems_are_named_at_once() -> None:
    found = problems_of(forum(title_fr="", capacity=0, timezone="Mars", audiences=("pupils",)))
    assert found == {
        "title/fr": "required", "capacity": "out_of_range", "timezone": "unknown_timezone", "audiences/0": "unknown_audience",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("checkpoint", "labels"),
    [
        (CheckpointRow(1, "Entrée", None), ("Entrée", "Entrance")),
        (CheckpointRow(1, "Porte A", None), ("Porte A", "Porte A")),
        (CheckpointRow(2, "Entrée", 7), ("Entrée", "Entrée")),
    ],
    ids=["as made", "renamed", "a space of that name"],
)
def test_only_a_name_given_by_the_software_is_translated(checkpoint: CheckpointRow, labels: tuple[str, str]) -> None:
    assert (checkpoint.label("fr"), checkpoint.label("en")) == labels
