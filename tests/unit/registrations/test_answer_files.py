"""Files as answers: what is taken, and under which name."""

from dataclasses import replace

import pytest

from app.events.enums import QuestionKind
from app.events.questions import QuestionRow, asked_again, missing_answers, problems_of, with_codes
from app.registrations.answer_files import problem_of_file, safe_name, tokens_in

PDF, PNG, JPEG = b"%PDF-1.7 paper", b"\x89PNG\r\n\x1a\nphoto", b"\xff\xd8\xff\xe0photo"
PAPER = QuestionRow("paper", QuestionKind.FILE, "Convention", maximum=1)
TOKEN = "abcdefghijklmnopqrstuvwx"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (PDF, None),
        (PNG, None),
        (JPEG, None),
        (b"", "file_empty"),
        (b"MZ\x90\x00program", "file_type"),
        (b"<html>%PDF-1.7", "file_type"),
        (b" " + PDF, "file_type"),
        (PDF + b"x" * (1000 - len(PDF)), None),
        (PDF + b"x" * (1001 - len(PDF)), "file_too_large"),
    ],
)
def test_the_content_decides_not_the_name(content: bytes, code: str | None) -> None:
    assert problem_of_file(PAPER, content) == code


@pytest.mark.parametrize(
    ("name", "media_type", "kept"),
    [
        ("Convention signée.pdf", "application/pdf", "Convention signée.pdf"),
        ("C:\\Users\\manon\\photo.JPEG", "image/jpeg", "photo.jpg"),
        ("../../etc/passwd", "application/pdf", "passwd.pdf"),
        ("virus.exe", "image/png", "virus.png"),
        ("page.html.pdf", "application/pdf", "page.html.pdf"),
        ('a"b\r\nX: y;.pdf', "application/pdf", "abX y.pdf"),
        (".pdf", "application/pdf", "file.pdf"),
        ("", "application/pdf", "file.pdf"),
        ("é" * 300 + ".png", "image/png", "é" * 120 + ".png"),
    ],
)
def test_a_name_is_kept_harmless(name: str, media_type: str, kept: str) -> None:
    assert safe_name(name, media_type) == kept


def test_tokens_are_those_of_file_questions() -> None:
    text = QuestionRow("text", QuestionKind.TEXT, "Texte")
    assert tokens_in([PAPER, text], {"paper": TOKEN, "text": TOKEN, "gone": TOKEN}) == {"paper": TOKEN}
    assert tokens_in([text], {"text": TOKEN}) == {}


def test_a_limit_is_below_what_any_file_may_weigh() -> None:
    assert problems_of(PAPER, []) == {}
    for maximum in (0, 5001):
        wrong = QuestionRow("paper", QuestionKind.FILE, "Convention", maximum=maximum)
        assert problems_of(wrong, []) == {"maximum": "file_limit"}


def test_a_retired_choice_stays_for_who_made_it() -> None:
    yes, no = with_codes([("Oui", ""), ("Non", "")])
    question = QuestionRow("meal", QuestionKind.CHOICE, "Repas", choices=(yes, replace(no, retired=True)))
    assert [c.code for c in asked_again([question], "school", {"meal": "non"})[0].offered()] == ["oui", "non"]
    assert [c.code for c in asked_again([question], "school", {"meal": "oui"})[0].offered()] == ["oui"]
    assert [c.code for c in asked_again([question], "school", {})[0].offered()] == ["oui"]


def test_what_is_missing_is_what_is_needed_of_that_audience() -> None:
    needed = QuestionRow("needed", QuestionKind.TEXT, "Besoin", required=True, audiences=("school",))
    retired = QuestionRow("retired", QuestionKind.TEXT, "Avant", required=True, retired=True)
    questions = [needed, retired, PAPER]
    assert [q.key for q in missing_answers(questions, "school", {})] == ["needed"]
    assert missing_answers(questions, "school", {"needed": "x"}) == []
    assert missing_answers(questions, "family", {}) == []
