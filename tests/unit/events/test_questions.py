"""What answers may be, and what may become of a question."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.events.enums import QuestionKind
from app.events.questions import (
    Choice,
    QuestionRow,
    asked_of,
    change_of,
    check_answers,
    file_type_of,
    is_file_of,
    largest_file,
    new_key,
    problems_of,
    with_codes,
)

MEAL = QuestionRow(
    "meal",
    QuestionKind.CHOICE,
    "Repas",
    choices=(Choice("yes", "Oui"), Choice("no", "Non"), Choice("old", "Autre", retired=True)),
)
JOBS = QuestionRow(
    "jobs",
    QuestionKind.SEVERAL,
    "Métiers",
    choices=with_codes([("Soudure", ""), ("Chimie", ""), ("Vente", "")]),
    maximum=2,
)
AGE = QuestionRow("age", QuestionKind.NUMBER, "Âge", minimum=11, maximum=99)
NEED = QuestionRow("need", QuestionKind.TEXT, "Besoin", maximum=20)
DAY = QuestionRow("day", QuestionKind.DATE, "Jour")
PHOTO = QuestionRow("photo", QuestionKind.CONSENT, "Photo", required=True, audiences=("family",))
PAPER = QuestionRow("paper", QuestionKind.FILE, "Convention", maximum=300)
ALL = (MEAL, JOBS, AGE, NEED, DAY, PHOTO, PAPER)


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("meal", "yes", "yes"),
        ("jobs", ["vente", "soudure"], ["soudure", "vente"]),
        ("jobs", "chimie", ["chimie"]),
        ("age", "16", 16),
        ("age", 11, 11),
        ("need", "  fauteuil ", "fauteuil"),
        ("day", "2026-12-01", "2026-12-01"),
        ("paper", "a" * 22, "a" * 22),
    ],
)
def test_a_right_answer_is_kept(key: str, value: Any, kept: Any) -> None:
    assert check_answers(ALL, "school", {key: value}) == ({key: kept}, {})


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("meal", "old", "answer_no_choice"),
        ("meal", ["yes"], "answer_no_choice"),
        ("jobs", ["vente", "soudure", "chimie"], "answer_too_many"),
        ("jobs", ["vente", 3], "answer_wrong_kind"),
        ("jobs", ["boxe"], "answer_no_choice"),
        ("age", "seize", "answer_wrong_kind"),
        ("age", "10", "answer_too_low"),
        ("age", 100, "answer_too_high"),
        ("age", True, "answer_wrong_kind"),
        ("age", 16.5, "answer_wrong_kind"),
        ("need", "x" * 21, "answer_too_long"),
        ("need", {"a": 1}, "answer_wrong_kind"),
        ("day", "01/12/2026", "answer_wrong_kind"),
        ("day", 20261201, "answer_wrong_kind"),
        ("paper", "../etc", "answer_wrong_kind"),
        ("hat", "red", "question_unknown"),
        ("photo", True, "question_not_asked"),
    ],
)
def test_a_wrong_answer_says_what_is_wrong(key: str, value: Any, problem: str) -> None:
    kept, problems = check_answers(ALL, "school", {key: value})
    assert (kept, problems) == ({}, {key: problem})


def test_a_required_question_is_asked_of_its_audience_only() -> None:
    assert check_answers(ALL, "family", {})[1] == {"photo": "answer_required"}
    assert check_answers(ALL, "family", {"photo": False})[1] == {"photo": "answer_required"}
    assert check_answers(ALL, "family", {}, complete=False)[1] == {}
    assert check_answers(ALL, "family", {"photo": "1"}) == ({"photo": True}, {})
    assert check_answers(ALL, "school", {}) == ({}, {})
    assert [q.key for q in asked_of(ALL, "school")] == [q.key for q in ALL if q.key != "photo"]


@given(
    st.dictionaries(
        st.sampled_from([q.key for q in ALL] + ["other"]),
        st.one_of(
            st.none(), st.booleans(), st.integers(), st.text(max_size=30), st.lists(st.text(max_size=8)), st.floats()
        ),
    )
)
def test_whatever_is_sent_is_kept_or_named(sent: dict[str, Any]) -> None:
    kept, problems = check_answers(ALL, "family", sent)
    assert not set(kept) & set(problems)
    again, none = check_answers(ALL, "family", {"photo": True} | kept)
    assert (again, none) == ({"photo": True} | kept, {}), "what is kept is right when sent again"


def test_once_answered_the_kind_stays_and_no_choice_vanishes() -> None:
    wanted = replace(MEAL, key="other", kind=QuestionKind.TEXT, choices=(Choice("yes", "Oui, merci"),))
    after = change_of(MEAL, wanted, is_answered=True)
    assert (after.key, after.kind) == ("meal", QuestionKind.CHOICE)
    assert [(c.code, c.fr, c.retired) for c in after.choices] == [
        ("yes", "Oui, merci", False),
        ("no", "Non", True),
        ("old", "Autre", True),
    ]
    assert after.shown("no", "fr") == "Non"
    free = change_of(MEAL, wanted, is_answered=False)
    assert (free.key, free.kind, [c.code for c in free.choices]) == ("meal", QuestionKind.TEXT, ["yes"])


def test_choices_keep_their_code_when_only_others_change() -> None:
    known = with_codes([("À pied", "On foot"), ("Car", "Coach")])
    assert [c.code for c in known] == ["a_pied", "car"]
    after = with_codes([("Car", "Bus"), ("À vélo", ""), ("À pied ", "Walking")], known)
    assert [(c.code, c.en) for c in after] == [("car", "Bus"), ("a_velo", ""), ("a_pied", "Walking")]


@pytest.mark.parametrize(
    ("before", "now", "same"),
    [
        ("En fauteuil", "En fauteuil roulant", True),
        ("Langue des signe", "Langue des signes", True),
        ("A pied", "À pied", True),
        ("Non", "Peut-être", False),
        ("Atelier 1", "Atelier 2", False),
        ("Classe A", "Classe B", False),
    ],
)
def test_a_choice_put_right_keeps_its_code_and_another_one_does_not_take_it(before: str, now: str, same: bool) -> None:
    known = with_codes([("Car", ""), (before, ""), ("Tram", "")])
    after = with_codes([("Car", ""), (now, ""), ("Tram", "")], known)
    assert [a.code == b.code for a, b in zip(after, known, strict=True)] == [True, same, True]
    moved = with_codes([("Car", ""), ("Tram", ""), (now, ""), ("Vélo", "")], known)
    assert known[1].code not in [c.code for c in moved], (
        "with more choices than before, nothing says which became which"
    )


def test_keys_never_clash() -> None:
    assert new_key("Repas ?", []) == "repas"
    assert new_key("Repas", ["repas", "repas_2"]) == "repas_3"
    assert new_key("?!", []) == "question"
    assert len(new_key("m" * 90, ["m" * 34])) <= 40


@pytest.mark.parametrize(
    ("question", "problem"),
    [
        (replace(NEED, label_fr=" "), {"label_fr": "required"}),
        (replace(NEED, audiences=("martian",)), {"audiences": "unknown_audience"}),
        (replace(MEAL, choices=(Choice("yes", "Oui"),)), {"choices": "choices_missing"}),
        (replace(MEAL, choices=(Choice("a", "Oui"), Choice("b", "oui"))), {"choices": "choice_twice"}),
        (replace(AGE, minimum=20, maximum=10), {"maximum": "below_minimum"}),
        (MEAL, {}),
    ],
)
def test_a_question_written_wrongly_is_refused_at_its_field(question: QuestionRow, problem: dict[str, str]) -> None:
    assert problems_of(question, ["school", "family"]) == problem


def test_a_file_is_what_it_begins_with() -> None:
    assert file_type_of(b"%PDF-1.7 ...") == "application/pdf"
    assert file_type_of(b"<html>") is None
    assert is_file_of("image/png", b"\x89PNG\r\n\x1a\n....")
    assert not is_file_of("image/png", b"%PDF-1.7")
    assert largest_file(PAPER) == 300_000
    assert largest_file(replace(PAPER, maximum=90_000)) == 5_000_000
