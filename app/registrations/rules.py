"""Pure decisions about registrations."""

import re
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from app.core.errors import FieldError, MoveNotAllowed
from app.core.text import TextError, fold, normalise_email, normalise_phone, normalise_uai
from app.events.enums import Enrolment, EventState, QuestionKind
from app.events.queries import EventRow
from app.events.questions import asked_of, check_answers
from app.registrations.drafts import Contact, Headcount, Organisation, RegistrationDraft
from app.registrations.enums import REGISTRATION_MOVES, RegistrationKind, RegistrationMove, RegistrationStatus, Source

LARGEST_GROUP = 5_000
"""The most participants, and the most companions, of one group: beyond it a finger slipped."""
LEVEL = re.compile(r"(\d+)(?:eme|ere|er|re|nde|de|e)?([a-z]?\d?)")  # a folded word: 3e, 2nde, 1re, 3b, 3eb


def clean(draft: RegistrationDraft, event: EventRow) -> RegistrationDraft:
    """The draft as it is stored: spaces trimmed, mail and telephone in one form, waves in order.

    Raises FieldError with every problem; paths are those of the API.
    """
    problems: dict[str, str] = {}
    contact = _clean_contact(draft.contact, problems, reachable=draft.source is not Source.DOOR)
    organisation = _clean_organisation(draft, problems)
    _check_audience(draft, event, problems)
    waves = clean_waves(draft.waves, event, problems)
    headcount = draft.headcount if draft.kind is RegistrationKind.GROUP else Headcount()
    problems |= headcount_problems(headcount)
    if draft.source in {Source.WEB, Source.API} and exceeds_group(event, headcount):
        problems.setdefault("headcount/participants", "group_too_large")
    if len(draft.oriented_by) > 160:
        problems["oriented_by"] = "too_long"
    answers, wrong = check_answers(
        event.questions, draft.audience, draft.answers, complete=draft.source in {Source.WEB, Source.API}
    )
    if draft.source is Source.API:
        wrong |= _files_by_program(draft, event)
    problems |= {f"answers/{key}": code for key, code in wrong.items()}
    if problems:
        raise FieldError(problems)
    return replace(
        draft, contact=contact, organisation=organisation, waves=waves, headcount=headcount, answers=dict(answers)
    )


def clean_details(draft: RegistrationDraft) -> RegistrationDraft:
    """The part of `clean` that says who comes and how to reach them. Raises FieldError with every problem of it."""
    problems: dict[str, str] = {}
    contact = _clean_contact(draft.contact, problems, reachable=draft.source is not Source.DOOR)
    organisation = _clean_organisation(draft, problems)
    oriented_by = draft.oriented_by.strip()
    if len(oriented_by) > 160:
        problems["oriented_by"] = "too_long"
    problems |= family_name_problems(contact)
    if problems:
        raise FieldError(problems)
    return replace(draft, contact=contact, organisation=organisation, oriented_by=oriented_by)


def family_name_problems(contact: Contact) -> dict[str, str]:
    """A family name that is said begins or ends the name, in whole words: else it would sort nothing."""
    words, family = contact.name.split(), contact.family_name.split()
    if not family or family in (words[: len(family)], words[-len(family) :]):
        return {}
    return {"contact/family_name": "family_not_in_name"}


def _files_by_program(draft: RegistrationDraft, event: EventRow) -> dict[str, str]:
    """Programs send no files: such a question is left out where it may be, and else is a matter of the page."""
    asked = [q for q in asked_of(event.questions, draft.audience) if q.kind is QuestionKind.FILE]
    return {q.key: "answer_file_by_form" for q in asked if q.required or draft.answers.get(q.key) is not None}


def headcount_problems(headcount: Headcount) -> dict[str, str]:
    """What is wrong with a headcount: at least one participant, no negative number, no slip of the finger."""
    problems: dict[str, str] = {}
    if not 1 <= headcount.participants <= LARGEST_GROUP:
        problems["headcount/participants"] = "out_of_range"
    if not 0 <= headcount.companions <= LARGEST_GROUP:
        problems["headcount/companions"] = "out_of_range"
    return problems


def exceeds_group(event: EventRow, headcount: Headcount) -> bool:
    """Whether a group is larger than those that the event lets register by themselves. The team knows no such limit."""
    return event.largest_group is not None and headcount.people > max(event.largest_group, 1)


def _clean_contact(contact: Contact, problems: dict[str, str], *, reachable: bool) -> Contact:
    """Who is registered at a door needs no mail and no telephone: they are there."""
    name, email, phone = " ".join(contact.name.split()), contact.email.strip(), contact.phone.strip()
    if not name:
        problems["contact/name"] = "required"
    elif len(name) > 120:
        problems["contact/name"] = "too_long"
    if email:
        try:
            email = normalise_email(email)
        except TextError as error:
            problems["contact/email"] = error.code
    if phone:
        try:
            phone = normalise_phone(phone)
        except TextError as error:
            problems["contact/phone"] = error.code
    if reachable and not email and not phone:
        problems["contact/email"] = "email_or_phone"
    return Contact(name, email, phone, contact.family_name.strip())


def _clean_organisation(draft: RegistrationDraft, problems: dict[str, str]) -> Organisation:
    given = draft.organisation
    uai = given.uai.strip().upper()
    if uai:
        try:
            uai = normalise_uai(uai)
        except TextError as error:
            problems["organisation/uai"] = error.code
    result = Organisation(given.name.strip(), uai, " ".join(given.class_label.split()), given.commune.strip())
    for path, value, most in (
        ("name", result.name, 160), ("class_label", result.class_label, 60), ("commune", result.commune, 120),
    ):  # fmt: skip
        if len(value) > most:
            problems[f"organisation/{path}"] = "too_long"
    return result


def _check_audience(draft: RegistrationDraft, event: EventRow, problems: dict[str, str]) -> None:
    audience = next((a for a in event.audiences if a.code == draft.audience), None)
    if audience is None:
        problems["audience"] = "unknown_audience"
    elif draft.kind is RegistrationKind.GROUP and not audience.groups and draft.source is not Source.DOOR:
        problems["kind"] = "no_groups"


def clean_waves(wave_ids: tuple[int, ...], event: EventRow, problems: dict[str, str]) -> tuple[int, ...]:
    known = [wave.id for wave in event.waves]
    if event.enrolment is Enrolment.ALL and not wave_ids:
        return tuple(known)
    wanted = set(wave_ids)
    if not wanted:
        problems["waves"] = "required"
    elif wanted - set(known):
        problems["waves"] = "unknown_wave"
    elif event.enrolment is Enrolment.ONE and len(wanted) != 1:
        problems["waves"] = "one_wave"
    elif event.enrolment is Enrolment.ALL and wanted != set(known):
        problems["waves"] = "all_waves"
    return tuple(wave_id for wave_id in known if wave_id in wanted)


def most_ever(event: EventRow, wave_ids: Collection[int], audience: str, *, group: bool) -> int:
    """How many people of an audience one registration could have in all these waves if nobody else came."""
    limits = [event.capacity]
    for wave in event.waves:
        if wave.id in wave_ids:
            allotment = wave.allotment(audience)
            closed = group and allotment is not None and allotment.max_groups == 0
            limits += [wave.capacity, allotment.max_people if allotment else None, 0 if closed else None]
    return min((limit for limit in limits if limit is not None), default=0)


def waiting_problems(
    event: EventRow, wave_ids: Collection[int], audience: str, people: int, *, group: bool
) -> dict[str, str]:
    """Why it is no use to wait for these waves, by field: they can never hold the party, whoever cancels."""
    most = most_ever(event, wave_ids, audience, group=group)
    if people <= most:
        return {}
    return {"headcount/participants": "never_room"} if most and group else {"waves": "never_open"}


def may_register(event: EventRow, source: Source, now: datetime) -> bool:
    """Staff register late and beside the window; the public and programs only while it is open."""
    if source in {Source.STAFF, Source.IMPORT, Source.DOOR}:
        return event.state in {EventState.PUBLISHED, EventState.CLOSED}
    return event.is_open(now)


def require_move(status: RegistrationStatus, move: RegistrationMove) -> None:
    """Raises MoveNotAllowed."""
    if move not in REGISTRATION_MOVES[status]:
        raise MoveNotAllowed(move, status)


def may_change(event: EventRow, wave_ids: tuple[int, ...], *, staff: bool, now: datetime) -> bool:
    """Staff while the event is not read-only; visitors until their first wave is over, or while its new date is to come."""
    if event.state not in {EventState.PUBLISHED, EventState.CLOSED}:
        return False
    if staff or event.date_to_come:
        return True
    first_end = min((w.ends_at for w in event.waves if w.id in wave_ids), default=event.ends_at)
    return now < first_end


def may_answer(event: EventRow, wave_ids: tuple[int, ...], *, staff: bool, now: datetime) -> bool:
    """Whether answers to the event's questions may change: for visitors, while it takes registrations."""
    return may_change(event, wave_ids, staff=staff, now=now) and (staff or event.is_open(now))


def may_choose_stops(event: EventRow, wave_ids: tuple[int, ...], *, staff: bool, now: datetime) -> bool:
    """Whether somebody may still say to which optional stops they go: for visitors, until their first wave begins."""
    if not may_change(event, wave_ids, staff=staff, now=now):
        return False
    begins = min((w.starts_at for w in event.waves if w.id in wave_ids), default=event.starts_at)
    return staff or now < begins


def same_key(draft: RegistrationDraft) -> str | None:
    """What makes two registrations the same: a person's mail; for a group its mail, UAI and class.

    Without a mail it is the telephone; a person's name besides, for a family may share one. None without either.
    """
    contact, organisation = draft.contact, draft.organisation
    who = contact.email.lower() or contact.phone
    if not who:
        return None
    if draft.kind is RegistrationKind.GROUP:
        return f"g:{who}|{organisation.uai}|{fold(organisation.class_label)[:60]}"
    return f"i:{who}" if contact.email else f"i:{who}|{fold(contact.name)[:160]}"


def sort_name(contact: Contact) -> str:
    """Family name first, without accents: what the list is sorted by."""
    name, family = contact.name, contact.family_name
    if family and name.endswith(family):
        first = name.removesuffix(family)
    elif family and name.startswith(f"{family} "):
        first = name.removeprefix(family)
    else:
        first, _, family = name.rpartition(" ")
    return fold(f"{family} {first}".strip())[:160]


def family_name_of(name: str, sorted_by: str) -> str:
    """The words of a name that come first in `sorted_by`, which is its `sort_name`; "" where that is not so."""
    words, inside = name.split(), range(len(name.split()) - 1, 0, -1)
    parts = [*(words[at:] for at in inside), *(words[:at] for at in inside), words]
    names = (" ".join(part) for part in parts)
    return next((family for family in names if sort_name(Contact(name, family_name=family)) == sorted_by), "")


def family_name_after(before: str, family: str, name: str) -> str:
    """Of a name that is written anew, what stands where the family name stood before; "" where that cannot be told."""
    old, new, length = before.split(), name.split(), len(family.split())
    if not length or len(old) != len(new):
        return ""
    return " ".join(new[-length:] if family.split() == old[-length:] else new[:length])


def search_text(draft: RegistrationDraft, reference: str) -> str:
    """What the search looks into, without accents: name, mail, telephone, organisation, class, commune, number."""
    contact, organisation = draft.contact, draft.organisation
    national = f"0{contact.phone[3:]}" if contact.phone.startswith("+33") else contact.phone
    parts = (
        contact.name, contact.email, contact.phone, national, organisation.name, organisation.class_label, organisation.uai,
        organisation.commune, reference, reference.replace("-", ""),
    )  # fmt: skip
    return fold(" ".join(p for p in parts if p))[:900]


def card_is_valid(number: int, participants: int) -> bool:
    """A class has one card a participant. Those above are withdrawn when it shrinks, and hold again if it grows again."""
    return number <= participants


def ticket_status(status: RegistrationStatus, number: int, participants: int) -> RegistrationStatus:
    """What a door makes of a ticket: its registration's status, or cancelled for a withdrawn card. A main ticket has number 0."""
    return status if card_is_valid(number, participants) else RegistrationStatus.CANCELLED


def card_prefix(class_label: str) -> str:
    """3B for « 3e B », « 3B » and « 3eB », 2P for « 2de Pasteur »: what a class's route cards are numbered with."""
    words = fold(class_label).replace("(", " ").replace(")", " ").split()
    letters = ""
    for index, word in enumerate(words):
        level = LEVEL.fullmatch(word)
        if level:
            letters += level[1] + level[2]
        else:
            letters += word[0] if index == 0 or len(word) > 2 else word
    return letters.upper()[:4] or "G"
