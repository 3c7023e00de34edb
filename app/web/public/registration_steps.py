"""What each step of the registration shows: its question, what travels hidden, the times to choose from, the summary."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext, pgettext
from werkzeug.datastructures import MultiDict

from app.core.text import shown_phone as phone
from app.events.calendars import visit_end
from app.events.enums import Enrolment
from app.events.queries import EventRow, Places, WaveRow
from app.registrations.drafts import Headcount, RegistrationDraft
from app.registrations.enums import RegistrationKind
from app.registrations.rules import most_ever
from app.web.answer_responses import in_words
from app.web.filters import hour
from app.web.forms.registration import NO, STATISTICS, WAIT, RegistrationForm
from app.web.public.availability import Availability, availability, fits
from app.web.public.words import coming_as, first_capital, people, time_words, wave_day, wave_name

LAST_STEP = 5
CALM_AMONG = 3

ANSWERS = (
    "kind", "audience", "organisation.class_label", "organisation.name", "organisation.uai", "organisation.commune",
    "headcount.participants", "headcount.companions", "is_15_or_older", "oriented_by",
    *(f"statistics.{name}" for name in STATISTICS),
    "waves", "waitlist", "contact.name", "contact.email", "contact.phone",
)  # fmt: skip
"""All that travels from page to page; the language of the ticket is that of the page which confirms."""


@dataclass(frozen=True)
class Party:
    """Who comes, as far as it is known: what the times are worked out for."""

    audience: str
    group: bool
    people: int
    held_waves: frozenset[int] = frozenset()
    """Waves where the party holds `held_people` places already: they count as free for itself."""
    held_people: int = 0

    @classmethod
    def of(cls, form: RegistrationForm) -> "Party":
        count: Any = form
        people_in = count.headcount.form
        number = (people_in.participants.data or 0) + (people_in.companions.data or 0)
        return cls(form.chosen_audience, form.is_group, max(1, number) if form.is_group else 1)


@dataclass(frozen=True)
class WaveChoices:
    """What components/wave_cards.html reads. `room`: a time can be had now. `wait`: one may wait for a place."""

    rows: tuple[dict[str, Any], ...]
    waitlists: tuple[dict[str, str], ...]
    selected: tuple[str, ...]
    room: bool
    wait: bool

    def only_one(self) -> int | None:
        """The one time where there is nothing to choose: no other, and no list to wait on."""
        found = [int(row["id"]) for row in self.rows if row["selectable"]]
        return found[0] if len(found) == len(self.rows) == 1 and not self.waitlists else None


@dataclass(frozen=True)
class SummaryPart:
    """One part of what is checked at the end; `step` is where it is changed."""

    step: int
    title: str
    facts: tuple[tuple[str, str], ...] = field(default=())


def decoded(answers: Mapping[str, Any]) -> "MultiDict[str, str]":
    """The answers as sent, with « I wait for 9 h 40 » turned into that wave and the wish to wait."""
    sent: MultiDict[str, str] = MultiDict(answers)
    waves = sent.getlist("waves")
    if any(wave.startswith(WAIT) for wave in waves):
        sent.setlist("waves", list(dict.fromkeys(wave.removeprefix(WAIT) for wave in waves)))
        sent["waitlist"] = "y"
    return sent


def kept_answers(answers: "MultiDict[str, str]", form: RegistrationForm, step: int) -> Iterator[tuple[str, str]]:
    """What travels hidden: every answer, as it was typed, but those that this step shows."""
    shown = {f.name for f in form.fields_of(step)}
    for name in (*ANSWERS, *(found.name for found in form.answer_fields)):
        if name not in shown:
            yield from ((name, value) for value in answers.getlist(name) if value != "")


def step_title(form: RegistrationForm, step: int) -> str:
    """The name of a step beside « Step 2 of 5 »."""
    if step == 2 and form.is_group:
        return str(_("The class") if form.event.audience(form.chosen_audience).school else _("The group"))
    titles = {
        1: _("Who comes"),
        2: _("About you"),
        3: time_words(form.event).label,
        4: pgettext("step", "You"),
        5: _("Check"),
    }
    return str(titles[step])


def wave_choices(
    event: EventRow, places: Places, party: Party, now: datetime, *, chosen: Sequence[int], waiting: bool
) -> WaveChoices:
    """The times that are not over, with what is left of each for this party."""
    audience = event.audience(party.audience)
    states = {w.id: availability(event, places, w, audience, now) for w in event.waves if w.ends_at > now}
    coming = [w for w in event.waves if w.id in states]
    room = {
        w.id: w.id in party.held_waves or (states[w.id].state == "open" and _fits(event, places, w, party))
        for w in coming
    }
    calm = _calmest([w for w in coming if room[w.id]], places)
    rows = tuple(
        _row(event, wave, states[wave.id], party, fits_in=room[wave.id], calm=wave.id == calm) for wave in coming
    )
    queues = [w for w in coming if not room[w.id] and states[w.id].state != "none" and _may_wait(event, w, party)]
    several_days = len({row["day"] for row in rows}) > 1
    possible = {w.id for w in coming if room[w.id]}
    all_waves = event.enrolment is Enrolment.ALL
    selected = [f"{WAIT}{i}" for i in chosen if waiting and i not in possible] + [
        str(i) for i in chosen if i in possible
    ]
    return WaveChoices(
        rows=rows,
        waitlists=tuple(_waitlist(event, wave, party, with_day=several_days) for wave in queues),
        selected=tuple(selected),
        room=all(room.values()) and bool(coming) if all_waves else any(room.values()),
        wait=bool(queues),
    )


def _fits(event: EventRow, places: Places, wave: WaveRow, party: Party) -> bool:
    if wave.id in party.held_waves:
        return fits(event, places, wave, party.audience, party.people - party.held_people, group=False)
    return fits(event, places, wave, party.audience, party.people, group=party.group)


def _may_wait(event: EventRow, wave: WaveRow, party: Party) -> bool:
    """Waiting makes sense only for a party that the wave could ever hold."""
    return event.waiting_list and party.people <= most_ever(event, {wave.id}, party.audience, group=party.group)


def _calmest(waves: list[WaveRow], places: Places) -> int | None:
    """The one wave that is emptiest, where there is a choice and one such wave."""
    if len(waves) < CALM_AMONG:
        return None
    shares = sorted((places.waves.get(w.id, 0) / w.capacity, w.id) for w in waves)
    return shares[0][1] if shares[0][0] < shares[1][0] else None


def _row(
    event: EventRow, wave: WaveRow, found: Availability, party: Party, *, fits_in: bool, calm: bool
) -> dict[str, Any]:
    own = wave.id in party.held_waves
    full = found.state in {"waitlist", "full"} and not own
    if own:
        note = _("Your time at present")
    elif found.state == "none":
        note = found.note
    elif found.state == "open" and not fits_in:
        note = _("Not enough places for %(people)s", people=people(party.people))
    elif full and found.note:
        note = found.note
    elif full:
        note = _("No places left for classes") if event.audience(party.audience).school else _("No places left")
    elif calm:
        note = _("The quietest time")
    else:
        note = _("Ends at about %(hour)s", hour=hour(visit_end(event, wave, party.audience), event.timezone))
    return {
        "id": wave.id,
        "hour": hour(wave.starts_at, event.timezone),
        "day": wave_day(event, wave),
        "note": note,
        "left_text": "" if own else found.text,
        "full": full,
        "selectable": fits_in,
        "place": wave.place,
        "host": wave.host,
    }


def _waitlist(event: EventRow, wave: WaveRow, party: Party, *, with_day: bool) -> dict[str, str]:
    name = wave_name(event, wave, with_day=with_day)
    text = ngettext(
        "The organiser writes to you if %(num)s place becomes free. Until then you have no place.",
        "The organiser writes to you if %(num)s places become free. Until then you have no place.",
        party.people,
    )
    return {"value": f"{WAIT}{wave.id}", "title": _("I want %(wave)s: waiting list", wave=name), "text": text}


def first_full(event: EventRow, places: Places, party: Party, wave_ids: Sequence[int]) -> int | None:
    """The first of these waves that this party does not fit into, or None."""
    waves = [w for w in event.waves if w.id in wave_ids or event.enrolment is Enrolment.ALL]
    return next((w.id for w in waves if not _fits(event, places, w, party)), None)


def refused_words(
    event: EventRow, places: Places, wave: WaveRow | None, party: Party, now: datetime
) -> tuple[str, str]:
    """Why a time cannot be had, (title, text): it is closed to this audience, too small for this party, or filled meanwhile.

    `wave` None is the event as a whole.
    """
    if wave is None:
        return _("The event has just filled up"), _("The last places were taken while you were answering.")
    name = wave_name(event, wave, with_day=event.enrolment is not Enrolment.ONE)
    audience = event.audience(party.audience)
    found = availability(event, places, wave, audience, now)
    state = found.state
    if state == "none" and found.note:
        return _("%(time)s is not open to you", time=name), f"{found.note}."
    if state == "none":
        if audience.school:
            return _("%(time)s is without classes", time=name), _("That time is kept for other visitors.")
        return _("%(time)s is not open to you", time=name), _("That time is kept for other visitors.")
    if state == "open":
        text = _("There is no room there for %(people)s.", people=people(party.people))
        return _("Not enough places on %(time)s", time=name), text
    if found.note:
        return _("%(time)s is full", time=name), _(
            "What becomes free goes first to those who wait. %(note)s.", note=found.note
        )
    return _("%(time)s has just filled up", time=name), _("The last places were taken while you were answering.")


def party_words(form: RegistrationForm) -> str:
    """« 3e B, 30 personnes »: for whom a time is chosen."""
    fields: Any = form
    organisation = fields.organisation.form
    name = (organisation.class_label.data or organisation.name.data) if form.is_group else ""
    return ", ".join(part for part in (name, people(Party.of(form).people)) if part) if form.is_group else ""


def asked_words(event: EventRow, draft: RegistrationDraft) -> str:
    """« 3e B, 30 personnes, jeudi 4 février à 9 h 40 »: what somebody asked for, whatever came of it."""
    who = draft.organisation.class_label or draft.organisation.name if draft.kind is RegistrationKind.GROUP else ""
    waves = [w for w in event.waves if w.id in draft.waves or event.enrolment is Enrolment.ALL]
    names = [wave_name(event, wave) for wave in waves]
    return ", ".join(part for part in (who, people(draft.headcount.people), *names) if part)


def confirm_words(event: EventRow, draft: RegistrationDraft) -> str:
    """What the last button does."""
    waves = [w for w in event.waves if w.id in draft.waves]
    if draft.waitlist:
        return str(_("Ask for the waiting list"))
    if event.enrolment is Enrolment.ONE and waves:
        return str(_("Register for %(hour)s", hour=wave_name(event, waves[0], with_day=False)))
    if event.enrolment is Enrolment.SEVERAL:
        return str(ngettext("Register for %(num)s time", "Register for %(num)s times", len(waves)))
    return str(_("Register"))


def summary(event: EventRow, form: RegistrationForm, draft: RegistrationDraft) -> list[SummaryPart]:
    """Everything that will be sent, part by part; empty answers are left out by the page."""
    waves = [w for w in event.waves if w.id in draft.waves or event.enrolment is Enrolment.ALL]
    times = [first_capital(wave_name(event, wave)) for wave in waves]
    places = [", ".join(p for p in (w.host, w.place) if p) for w in waves]
    rows = [(_("Time"), f"{at} ({place})" if place else at) for at, place in zip(times, places, strict=True)]
    if draft.waitlist:
        rows.append((_("Waiting list"), _("Yes: you do not have a place yet")))
    group = draft.kind is RegistrationKind.GROUP
    return [
        SummaryPart(1, _("Who comes"), ((_("You come…"), coming_as(event.audience(draft.audience))),)),
        SummaryPart(2, step_title(form, 2), tuple(_group_facts(event, draft) if group else _person_facts(form, draft))),
        SummaryPart(3, step_title(form, 3), tuple(rows)),
        SummaryPart(4, pgettext("step", "You"), (*_contact_facts(draft), *_answer_facts(form, draft.answers))),
    ]


def _answer_facts(form: RegistrationForm, answers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The questions with the answers given; a file by its name."""
    for found in form.answer_fields:
        if found.question.key in answers:
            said = in_words(found.question, answers[found.question.key])
            yield found.label.text, found.file.name if found.file else said


def _contact_facts(draft: RegistrationDraft) -> Iterator[tuple[str, str]]:
    yield _("Name"), draft.contact.name
    yield _("E-mail address"), draft.contact.email
    yield _("Telephone"), phone(draft.contact.phone) if draft.contact.phone else ""


def _group_facts(event: EventRow, draft: RegistrationDraft) -> Iterator[tuple[str, str]]:
    organisation, school = draft.organisation, event.audience(draft.audience).school
    yield _("Class"), organisation.class_label
    yield (_("School") if school else _("Organisation")), organisation.name
    yield _("UAI of the school"), organisation.uai
    yield _("Town"), organisation.commune
    yield _("How many"), headcount_text(draft.headcount, school=school)
    yield _("Sent by"), draft.oriented_by


def _person_facts(form: RegistrationForm, draft: RegistrationDraft) -> Iterator[tuple[str, str]]:
    yield _("15 or older"), {True: _("Yes"), False: _("No"), None: ""}[draft.is_15_or_older]
    yield _("Sent by"), draft.oriented_by
    if draft.statistics.said_something:
        yield _("For the totals"), _("Your optional answers, kept apart from your name")


def headcount_text(count: Headcount, *, school: bool) -> str:
    """« 28 élèves et 2 adultes »."""
    if school:
        first = ngettext("%(num)s pupil", "%(num)s pupils", count.participants)
        second = ngettext("%(num)s adult", "%(num)s adults", count.companions)
    else:
        first = ngettext("%(num)s person", "%(num)s people", count.participants)
        second = ngettext("%(num)s companion", "%(num)s companions", count.companions)
    return str(_("%(first)s and %(last)s", first=first, last=second) if count.companions else first)


def group_note(event: EventRow, places: Places, party: Party, now: datetime) -> tuple[str, str]:
    """(« 30 personnes en tout. », « 4 heures ont encore la place pour votre classe. ») once the numbers are known."""
    coming = [w for w in event.waves if w.ends_at > now]
    open_to = sum(1 for wave in coming if _fits(event, places, wave, party))
    total = _("%(people)s in all.", people=people(party.people))
    if event.audience(party.audience).school:
        room = ngettext(
            "%(num)s time still has room for your class.", "%(num)s times still have room for your class.", open_to
        )
    else:
        room = ngettext(
            "%(num)s time still has room for your group.", "%(num)s times still have room for your group.", open_to
        )
    return total, room


def is_young(form: RegistrationForm) -> bool:
    """Whether the person says that they are under 15: then somebody else is reached."""
    answer: Any = form
    return not form.is_group and answer.is_15_or_older.data == NO
