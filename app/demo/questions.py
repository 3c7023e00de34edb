"""What the next forum asks beside the usual, and what people answer: nobody has to."""

from random import Random
from typing import Any

from app.events.enums import QuestionKind
from app.events.questions import QuestionRow, new_key, with_codes

ALONE = ("student", "job_seeker", "family")
COACH, TRAM, ON_FOOT = with_codes(
    [("En car", "By coach"), ("En tram ou en bus", "By tram or bus"), ("À pied", "On foot")]
)
WHEELCHAIR, SIGNS, CALM = with_codes(
    [
        ("Un accès en fauteuil roulant", "Access with a wheelchair"),
        ("Un interprète en langue des signes", "A sign language interpreter"),
        ("Un endroit calme", "A quiet place"),
    ]
)


def _question(kind: QuestionKind, label_fr: str, label_en: str, **values: Any) -> QuestionRow:
    """With the key that the operation gives it."""
    return QuestionRow(new_key(label_fr, ()), kind, label_fr, label_en, **values)


TRAVEL = _question(
    QuestionKind.CHOICE,
    "Comment venez-vous ?",
    "How do you come?",
    help_fr="Pour réserver assez de places de car rue de Longvic.",
    help_en="So that there is room enough for coaches in rue de Longvic.",
    audiences=("school",),
    choices=(COACH, TRAM, ON_FOOT),
)
NEEDS = _question(
    QuestionKind.SEVERAL,
    "De quoi avez-vous besoin pour venir ?",
    "What do you need to come?",
    choices=(WHEELCHAIR, SIGNS, CALM),
)
JOB = _question(
    QuestionKind.TEXT,
    "Quel métier voulez-vous découvrir ?",
    "Which job do you want to discover?",
    audiences=ALONE,
    maximum=120,
)
QUESTIONS = (TRAVEL, NEEDS, JOB)
JOBS = (
    "Aide-soignante", "Menuisier", "Soudeur", "Infirmier", "Cuisinière", "Conducteur de bus", "Électricien",
    "Développeuse", "Les métiers du bois", "Quelque chose dehors", "Travailler avec des animaux", "Je ne sais pas encore",
)  # fmt: skip


def answers_of_class(random: Random) -> dict[str, Any]:
    """How a class comes, said by nine in ten; what it needs, by one in four."""
    answers: dict[str, Any] = {}
    if random.random() < 0.9:
        answers[TRAVEL.key] = random.choice((COACH, COACH, TRAM, ON_FOOT)).code
    if random.random() < 0.25:
        answers[NEEDS.key] = [WHEELCHAIR.code]
    return answers


def answers_of_person(audience: str, random: Random) -> dict[str, Any]:
    """A job to discover, said by half of those who are asked; what they need, by one in ten."""
    answers: dict[str, Any] = {}
    if audience in ALONE and random.random() < 0.5:
        answers[JOB.key] = random.choice(JOBS)
    if random.random() < 0.1:
        answers[NEEDS.key] = [random.choice((SIGNS, CALM)).code]
    return answers
