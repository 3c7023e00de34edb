"""Questions of an event as values: what may be asked, what answers may be, and what may change once people answered.

Answers are kept by question key: text, number (a whole one), date (ISO 8601), choice (a code), several (codes in the order of the
choices), consent (true), file (the token of the file). Pure: no database, no words.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import SequenceMatcher
from hashlib import sha256
from typing import Any

from app.core.errors import Conflict
from app.core.i18n import Locale
from app.core.text import fold, slugify
from app.events.enums import QuestionKind

MOST_QUESTIONS = 30
MOST_CHOICES = 40
LONGEST_TEXT = 2000
ALIKE = 0.6
"""How much of a choice's words must stay, of 1, for it to be the same one put right (difflib's ratio)."""
MOST_FILES = 2
"""Questions of an event that ask for a file: together they must fit into what one form may send."""
LARGEST_FILE_KB = 5000
FILE_TYPES = {"application/pdf": b"%PDF-", "image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
"""The files a question takes, with the bytes that each begins with (ISO 32000, RFC 2083, ISO 10918)."""

Answer = str | int | bool | list[str]


@dataclass(frozen=True)
class Choice:
    """A possible answer. A retired one is no longer offered; who gave it before still reads it."""

    code: str
    fr: str
    en: str = ""
    retired: bool = False

    def label(self, locale: Locale) -> str:
        return self.fr if locale == "fr" else self.en or self.fr


@dataclass(frozen=True)
class QuestionRow:
    """A question as it stands. `audiences` empty: asked of all.

    `minimum` and `maximum` bound a number, the length of a text in characters, how many of several, or a file in kilobytes.
    """

    key: str
    kind: QuestionKind
    label_fr: str
    label_en: str = ""
    help_fr: str = ""
    help_en: str = ""
    required: bool = False
    audiences: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    retired: bool = False

    def label(self, locale: Locale) -> str:
        return self.label_fr if locale == "fr" else self.label_en or self.label_fr

    def help(self, locale: Locale) -> str:
        return self.help_fr if locale == "fr" else self.help_en or self.help_fr

    def offered(self) -> tuple[Choice, ...]:
        """The choices that can still be made."""
        return tuple(choice for choice in self.choices if not choice.retired)

    def is_asked_of(self, audience: str) -> bool:
        return not self.retired and (not self.audiences or audience in self.audiences)

    def shown(self, answer: Answer | None, locale: Locale) -> str:
        """An answer in words that need none of ours: labels of choices, the text, the number. Consent and files give ''."""
        if isinstance(answer, bool) or answer is None or self.kind is QuestionKind.FILE:
            return ""
        if self.kind in {QuestionKind.CHOICE, QuestionKind.SEVERAL}:
            labels = {choice.code: choice.label(locale) for choice in self.choices}
            codes = answer if isinstance(answer, list) else [str(answer)]
            return ", ".join(labels.get(code, code) for code in codes)
        return str(answer)


class QuestionChanged(Conflict):
    """Somebody changed this question since it was shown: `now` is what it is."""

    code = "question_changed"

    def __init__(self, now: QuestionRow) -> None:
        super().__init__(f"{now.key} was changed meanwhile")
        self.now = now


def asked_of(questions: Iterable[QuestionRow], audience: str) -> list[QuestionRow]:
    """What a form asks of that audience, in order."""
    return [question for question in questions if question.is_asked_of(audience)]


def asked_again(questions: Iterable[QuestionRow], audience: str, given: Mapping[str, Any]) -> list[QuestionRow]:
    """What is asked of somebody who answered before: a choice of theirs that is retired meanwhile may stay."""
    return [_offering(question, given.get(question.key)) for question in asked_of(questions, audience)]


def _offering(question: QuestionRow, answer: Any) -> QuestionRow:
    made = answer if isinstance(answer, list) else [answer]
    if not any(choice.retired and choice.code in made for choice in question.choices):
        return question
    choices = (replace(c, retired=c.retired and c.code not in made) for c in question.choices)
    return replace(question, choices=tuple(choices))


def missing_answers(questions: Iterable[QuestionRow], audience: str, given: Mapping[str, Any]) -> list[QuestionRow]:
    """The questions of that audience that need an answer and have none: left empty by staff, or asked since."""
    return [q for q in asked_of(questions, audience) if q.required and q.key not in given]


# --- Answers ------------------------------------------------------------------------------------------------------


def check_answers(
    questions: Sequence[QuestionRow], audience: str, given: Mapping[str, Any], *, complete: bool = True
) -> tuple[dict[str, Answer], dict[str, str]]:
    """The answers as they are kept, and the problems by key (a code each).

    Empty answers are left out. `complete` False lets required ones be missing: staff may write down what they know.
    Codes: question_unknown, question_not_asked, answer_required, answer_wrong_kind, answer_too_short, answer_too_long,
    answer_too_low, answer_too_high, answer_no_choice, answer_too_few, answer_too_many.
    """
    kept: dict[str, Answer] = {}
    problems: dict[str, str] = {}
    by_key = {question.key: question for question in questions}
    for key in given:
        question = by_key.get(key)
        if question is None or question.retired:
            problems[key] = "question_unknown"
        elif not question.is_asked_of(audience) and not _is_empty(given[key]):
            problems[key] = "question_not_asked"
    for question in asked_of(questions, audience):
        value = given.get(question.key)
        if _is_empty(value):
            if question.required and complete:
                problems[question.key] = "answer_required"
            continue
        answer, problem = _check(question, value)
        if problem:
            problems[question.key] = problem
        elif answer is not None:
            kept[question.key] = answer
    return kept, problems


def is_file_of(media_type: str, content: bytes) -> bool:
    """Whether content begins as its type says: a name or a header alone proves nothing."""
    start = FILE_TYPES.get(media_type)
    return start is not None and content.startswith(start)


def file_type_of(content: bytes) -> str | None:
    """The type that content shows itself to be, among those a question takes; None for any other."""
    return next((media_type for media_type, start in FILE_TYPES.items() if content.startswith(start)), None)


def largest_file(question: QuestionRow) -> int:
    """Bytes that a file for this question may have."""
    return min(question.maximum or LARGEST_FILE_KB, LARGEST_FILE_KB) * 1000


def _is_empty(value: Any) -> bool:
    return value is None or value is False or (isinstance(value, str) and not value.strip()) or value == []


def _check(question: QuestionRow, value: Any) -> tuple[Answer | None, str]:
    match question.kind:
        case QuestionKind.TEXT:
            return _check_text(question, value)
        case QuestionKind.NUMBER:
            return _check_number(question, value)
        case QuestionKind.DATE:
            return _check_date(value)
        case QuestionKind.CHOICE:
            codes = {choice.code for choice in question.offered()}
            return (value, "") if isinstance(value, str) and value in codes else (None, "answer_no_choice")
        case QuestionKind.SEVERAL:
            return _check_several(question, value)
        case QuestionKind.CONSENT:
            agreed = value is True or (isinstance(value, str) and value in {"1", "true", "on", "yes"})
            return (True, "") if agreed else (None, "answer_wrong_kind")
        case QuestionKind.FILE:
            right = isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_-]{20,32}", value) is not None
            return (value, "") if right else (None, "answer_wrong_kind")


def _check_text(question: QuestionRow, value: Any) -> tuple[Answer | None, str]:
    if not isinstance(value, str):
        return None, "answer_wrong_kind"
    text = value.replace("\x00", "").strip()
    if len(text) > min(question.maximum or LONGEST_TEXT, LONGEST_TEXT):
        return None, "answer_too_long"
    if question.minimum and len(text) < question.minimum:
        return None, "answer_too_short"
    return text, ""


def _check_number(question: QuestionRow, value: Any) -> tuple[Answer | None, str]:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None, "answer_wrong_kind"
    if isinstance(value, str):
        typed = re.fullmatch(r"([+-]?)0*([0-9]+)", value.strip())
        if typed is None:
            return None, "answer_wrong_kind"
        if len(typed[2]) > 9:
            return None, "answer_too_low" if typed[1] == "-" else "answer_too_high"
        value = f"{typed[1]}{typed[2]}"
    number = int(value)
    if question.minimum is not None and number < question.minimum:
        return None, "answer_too_low"
    if number > (question.maximum if question.maximum is not None else 999_999_999):
        return None, "answer_too_high"
    return (number, "") if number >= -999_999_999 else (None, "answer_too_low")


def _check_date(value: Any) -> tuple[Answer | None, str]:
    try:
        return date.fromisoformat(value.strip()).isoformat(), ""
    except (AttributeError, ValueError):
        return None, "answer_wrong_kind"


def _check_several(question: QuestionRow, value: Any) -> tuple[Answer | None, str]:
    wanted = [value] if isinstance(value, str) else value
    if not isinstance(wanted, list) or not all(isinstance(code, str) for code in wanted):
        return None, "answer_wrong_kind"
    offered = [choice.code for choice in question.offered()]
    if not set(wanted) <= set(offered):
        return None, "answer_no_choice"
    chosen: list[str] = [code for code in offered if code in wanted]
    if question.minimum is not None and len(chosen) < question.minimum:
        return None, "answer_too_few"
    if question.maximum is not None and len(chosen) > question.maximum:
        return None, "answer_too_many"
    return chosen, ""


def fingerprint(question: QuestionRow) -> str:
    """Twelve characters that differ when anything differs that an organiser writes: two who edit at once are told apart."""
    return sha256(repr(replace(question, retired=False)).encode()).hexdigest()[:12]


# --- Editing ------------------------------------------------------------------------------------------------------


def problems_of(question: QuestionRow, audiences: Iterable[str]) -> dict[str, str]:
    """What is wrong with a question as an organiser wrote it, by field: a code each."""
    problems: dict[str, str] = {}
    if not question.label_fr.strip():
        problems["label_fr"] = "required"
    if set(question.audiences) - set(audiences):
        problems["audiences"] = "unknown_audience"
    with_choices = question.kind in {QuestionKind.CHOICE, QuestionKind.SEVERAL}
    if with_choices and len(question.offered()) < (2 if question.kind is QuestionKind.CHOICE else 1):
        problems["choices"] = "choices_missing"
    elif len(question.choices) > MOST_CHOICES:
        problems["choices"] = "too_many_choices"
    elif len({choice.fr.casefold() for choice in question.offered()}) < len(question.offered()):
        problems["choices"] = "choice_twice"
    low, high = question.minimum, question.maximum
    if low is not None and high is not None and low > high:
        problems["maximum"] = "below_minimum"
    elif question.kind is QuestionKind.FILE and high is not None and not 1 <= high <= LARGEST_FILE_KB:
        problems["maximum"] = "file_limit"
    return problems


def change_of(before: QuestionRow, wanted: QuestionRow, *, is_answered: bool) -> QuestionRow:
    """The question as it becomes. Key and choices' codes stay; once answered, so does the kind, and no choice vanishes.

    A choice left out is retired when somebody may have made it, else removed.
    """
    kind = before.kind if is_answered else wanted.kind
    codes = {choice.code for choice in wanted.choices}
    gone = tuple(replace(c, retired=True) for c in before.choices if c.code not in codes) if is_answered else ()
    return replace(wanted, key=before.key, kind=kind, choices=(*wanted.choices, *gone))


def with_codes(labels: Iterable[tuple[str, str]], known: Sequence[Choice] = ()) -> tuple[Choice, ...]:
    """Choices from their French and English labels: a known label keeps its code, a new one gets one made from its text.

    With as many labels as are offered, one that stands in the place of another, in nearly the same words, is that one reworded.
    """
    pairs = [(fr.strip(), en.strip()) for fr, en in labels]
    by_label = {choice.fr.casefold(): choice.code for choice in known}
    reworded = _reworded([fr for fr, _en in pairs], [c for c in known if not c.retired], by_label)
    used = {choice.code for choice in known}
    made: list[Choice] = []
    for place, (fr, en) in enumerate(pairs):
        code = by_label.get(fr.casefold()) or reworded.get(place) or new_key(fr, used)
        used.add(code)
        made.append(Choice(code, fr, en))
    return tuple(made)


def _reworded(labels: Sequence[str], offered: Sequence[Choice], by_label: Mapping[str, str]) -> dict[int, str]:
    """{place in the list: code} of choices whose words alone changed."""
    if len(labels) != len(offered):
        return {}
    words = [label.casefold() for label in labels]
    there = set(words)
    return {
        place: before.code
        for place, before in enumerate(offered)
        if words[place] not in by_label
        and before.fr.casefold() not in there
        and _says_the_same(before.fr, labels[place])
    }


def _says_the_same(before: str, now: str) -> bool:
    """Whether words were put right rather than replaced: « Non » is not « Peut-être », nor « 5e A » « 5e B »."""
    old, new = fold(before), fold(now)
    telling = [set(re.findall(r"[0-9]+|\b[a-z]\b", text)) for text in (old, new)]
    return telling[0] == telling[1] and SequenceMatcher(None, old, new, autojunk=False).ratio() >= ALIKE


def new_key(text: str, used: Iterable[str]) -> str:
    """A key of at most 40 letters, digits and underscores made from a text, other than those used."""
    stem = slugify(text).replace("-", "_")[:34] or "question"
    taken = set(used)
    return next(key for key in (stem, *(f"{stem}_{number}" for number in range(2, len(taken) + 3))) if key not in taken)
