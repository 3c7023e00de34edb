"""Registering, one subject a page. No answer is kept here: all of them travel in the page until they are confirmed.

Who registers twice gets the page of a success, and a mail that tells. So that a full time does not give it away either, a
second registration is answered as a stranger's would be: « full » where a stranger would read « full ». Only the very same
answers sent again (a double click, a page loaded anew) count as the success that they were.
The page after it says what was asked for, not what came of it: about a waiting list, that there is no place until the mail
says so, which holds for who waits, who found a place, and who is registered already.

Who gives no mail address is shown their own page at once, for nothing else reaches them. Nobody is recognised by a telephone
here: who registers again gets a registration of their own, never the page of another one. Only the browser that made one
and sends the very same answers again is led back to it.
"""

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, session
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.core import clock
from app.core.errors import DatabaseBusy, FieldError
from app.core.transaction import in_transaction, transaction
from app.core.urls import event_path, own_page_path
from app.events.audiences import AudienceRow
from app.events.enums import Enrolment
from app.events.errors import AudienceFull, WaveFull
from app.events.queries import EventRow, WaveRow
from app.registrations.drafts import RegistrationDraft
from app.registrations.enums import RegistrationStatus
from app.registrations.errors import AlreadyRegistered, RegistrationClosed, RegistrationNotFound
from app.registrations.operations import Registered, register, require_room, tell_already_registered
from app.registrations.queries import get_registration
from app.registrations.queue import get_open_places
from app.registrations.rules import clean, waiting_problems
from app.web.answer_uploads import take_files, wants_removal
from app.web.forms.registration import QUESTIONS_STEP, RegistrationForm
from app.web.guards import current_actor, public
from app.web.i18n import current_locale
from app.web.problems import RETRY_AFTER_BUSY
from app.web.public.event_view import Phase, event_url, phase_of
from app.web.public.found import shown_event
from app.web.public.registration_steps import (
    LAST_STEP,
    Party,
    asked_words,
    confirm_words,
    decoded,
    first_full,
    group_note,
    is_young,
    kept_answers,
    party_words,
    refused_words,
    step_title,
    summary,
    wave_choices,
)
from app.web.public.words import coming_as, continue_words, first_capital, time_words, when

blueprint = Blueprint("public_registration", __name__)
blueprint.add_app_template_filter(coming_as, "coming_as")
blueprint.add_app_template_filter(first_capital, "first_capital")

JUST_REGISTERED = "registered"
MADE_HERE = "made_here"
"""The id of the last registration without a mail address that this browser made."""
Answers = MultiDict[str, str]


@blueprint.get("/events/<slug>/register")
@public
def start(slug: str) -> Response:
    event = shown_event(slug)
    if phase_of(event, clock.now()) is not Phase.OPEN:
        return _closed(event, 200)
    return _page(RegistrationForm(event, _proposed(event)), _proposed(event), 1)


@blueprint.post("/events/<slug>/register")
@public
def go_on(slug: str) -> Response:
    """One step's answers, or all of them at once: without `step`, or with step=confirm, it registers."""
    event = shown_event(slug)
    if phase_of(event, clock.now()) is not Phase.OPEN:
        return _closed(event, 409)
    answers = decoded(request.form)
    refused = take_files(event, answers.get("audience", ""), answers)
    form, step = RegistrationForm(event, answers, refused), answers.get("step", "confirm")
    if wants_removal(answers):
        return _page(form, answers, QUESTIONS_STEP)
    if step not in {"1", "2", "3", "4"}:
        step_asked = _asked_step(answers, LAST_STEP)
        return _confirm(form, answers) if step_asked is None else _page(form, answers, step_asked)
    return _next_page(form, answers, int(step))


@blueprint.get("/events/<slug>/registered")
@public
def registered(slug: str) -> Response:
    """« Check your mail »: the same for a first registration, a second one, and whoever opens the address."""
    event = shown_event(slug)
    asked = session.pop(JUST_REGISTERED, None) or {}
    known = asked if asked.get("slug") == slug else {}
    return _answer(render_template("public/registration/registered.html", event=event, asked=known))


def _proposed(event: EventRow) -> Answers:
    """What the address proposes: an audience, then a group where it is schools; a wave, where it has one."""
    answers: Answers = MultiDict()
    code, wave = request.args.get("audience", ""), request.args.get("wave", "")
    audience = next((a for a in event.audiences if a.code == code), None)
    if audience is None and len(event.audiences) == 1:
        audience = event.audiences[0]
    if audience is not None:
        answers["audience"] = audience.code
        if audience.school:
            answers["kind"] = "group"
    if any(str(w.id) == wave for w in event.waves):
        answers["waves"] = wave
    return answers


def _asked_step(answers: Answers, current: int) -> int | None:
    """The step that « Back » or « Change » asks for; None to go on."""
    go = answers.get("go", "")
    if go == "back":
        return max(1, current - 1)
    return int(go) if go in {"1", "2", "3", "4"} else None


def _next_page(form: RegistrationForm, answers: Answers, step: int) -> Response:
    asked = _asked_step(answers, step)
    if asked is not None:
        return _page(form, answers, asked)
    if not form.check(step, walking=True):
        return _page(form, answers, step, status=422)
    if step == 3 and (refused := _refuse_time(form, answers)):
        return refused
    if "checking" in answers:  # came back from the summary to change one thing: then on to what it puts in question
        wrong = next((n for n in range(1, LAST_STEP) if not form.check(n, walking=True)), LAST_STEP)
        return _page(form, answers, wrong)
    return _page(form, answers, step + 1)


def _refuse_time(form: RegistrationForm, answers: Answers) -> Response | None:
    """Before going on with a time: is there room, or does the person accept to wait?"""
    if "waitlist" in answers and form.event.waiting_list:
        return _refuse_waiting(form, answers)
    full = first_full(form.event, get_open_places(form.event, now=clock.now()), Party.of(form), form.wave_ids())
    return None if full is None else _page(form, answers, 3, status=409, filled=full)


def _refuse_waiting(form: RegistrationForm, answers: Answers) -> Response | None:
    """Before going on to wait: could that time ever have room for all of them?"""
    party, event = Party.of(form), form.event
    wanted = [w.id for w in event.waves] if event.enrolment is Enrolment.ALL else form.wave_ids()
    problems = waiting_problems(event, wanted, party.audience, party.people, group=party.group)
    if not problems:
        return None
    form.show_refusal(FieldError(problems))
    return _page(form, answers, 3 if "waves" in problems else 2, status=422)


def _confirm(form: RegistrationForm, answers: Answers) -> Response:
    wrong = [step for step in range(1, LAST_STEP) if not form.check(step, walking=False)]
    if wrong:
        return _page(form, answers, wrong[0], status=422)
    draft = form.draft()
    try:
        made = _made_here(form.event, draft) or _register(form.event, draft, clock.now())
    except (WaveFull, AudienceFull) as full:
        return _page(form, answers, 3, status=409, filled=full.wave_id or 0)
    except RegistrationClosed:
        return _closed(form.event, 409)
    except FieldError as refusal:
        form.show_refusal(refusal)
        return _page(form, answers, _step_of(form), status=422)
    except DatabaseBusy:
        response = _page(form, answers, LAST_STEP, status=503, busy=True)
        response.headers["Retry-After"] = str(RETRY_AFTER_BUSY)
        return response
    return _done(form.event, draft, made)


def _done(event: EventRow, draft: RegistrationDraft, made: Registered | None) -> Response:
    """Where to go next. Without a mail address nothing else reaches the person: their own page shows itself, with its address."""
    if made is not None and not draft.contact.email:
        session[MADE_HERE] = made.id
        if made.status is RegistrationStatus.CONFIRMED:
            flash(_("It is noted. Print this page, or keep its address: no mail is sent to you."), "ok")
        else:
            flash(_("You are on the waiting list. Keep the address of this page: no mail is sent to you."), "waiting")
        return redirect(own_page_path(made.token), 303)
    session[JUST_REGISTERED] = {
        "slug": event.slug,
        "email": draft.contact.email,
        "asked": asked_words(event, draft),
        "waitlist": draft.waitlist,
    }
    return redirect(f"{event_path(event.slug)}/registered", 303)


def _register(event: EventRow, draft: RegistrationDraft, now: datetime) -> Registered | None:
    """Register; None for who is registered already, and is told so by mail.

    Raises FieldError, RegistrationClosed, WaveFull, AudienceFull, DatabaseBusy.
    """
    try:  # the same person may be first by a hair: the next attempt sees them
        return in_transaction(lambda: register(event, draft, by=current_actor(), now=now))
    except AlreadyRegistered as known:
        _answer_as_a_stranger(event, draft, known.registration_id)
        with transaction():
            tell_already_registered(known.registration_id, now=now)
        return None


def _made_here(event: EventRow, draft: RegistrationDraft) -> Registered | None:
    """The registration without a mail address that this very browser made with these very answers: a double click is one."""
    made = session.get(MADE_HERE)
    if draft.contact.email or not isinstance(made, int):
        return None
    try:
        known = get_registration(made)
        same = known.event_id == event.id and known.alive and _is_the_same(event, draft, made)
    except (RegistrationNotFound, FieldError):
        return None
    return (
        Registered(known.id, known.reference, known.token, known.status, known.ticket.code, known.holder)
        if same
        else None
    )


def _answer_as_a_stranger(event: EventRow, draft: RegistrationDraft, registration_id: int) -> None:
    """Raises what somebody unknown would meet, unless these very answers are registered already."""
    if not _is_the_same(event, draft, registration_id):
        with transaction():
            require_room(event, draft, now=clock.now())


def _is_the_same(event: EventRow, draft: RegistrationDraft, registration_id: int) -> bool:
    """Whether the answers are those of a registration, as after a double click."""
    said, known = clean(draft, event), get_registration(registration_id)
    return (said.contact.name, said.contact.phone, said.waves, said.headcount.participants, said.headcount.companions) == (
        known.contact_name, known.contact_phone, known.waves, known.participants, known.companions,
    )  # fmt: skip


def _step_of(form: RegistrationForm) -> int:
    """The first step with an error; the last one when none of them shows it."""
    return next((n for n in range(1, LAST_STEP) if any(f.errors for f in form.fields_of(n))), 1)


def _page(
    form: RegistrationForm,
    answers: Answers,
    step: int,
    *,
    status: int = 200,
    filled: int | None = None,
    busy: bool = False,
) -> Response:
    event, now = form.event, clock.now()
    extra: dict[str, Any] = {}
    if step == LAST_STEP:
        checked = [form.check(n, walking=False) for n in range(1, LAST_STEP)]
        if not all(checked):
            return _page(form, answers, _step_of(form), status=422)
        draft = form.draft()
        extra = {"parts": summary(event, form, draft), "confirm": confirm_words(event, draft)}
    elif step == 3:
        extra = _times(form, filled, now, waiting="waitlist" in answers)
    elif step == 2 and form.is_group and Party.of(form).people > 1 and event.enrolment is not Enrolment.ALL:
        extra = {"note": group_note(event, get_open_places(event, now=now), Party.of(form), now)}
    form.show_as_typed(step)
    page = render_template(
        f"public/registration/step{step}.html",
        event=event,
        form=form,
        step=step,
        step_title=step_title(form, step),
        problems=[f for f in form.fields_of(step) if f.errors],
        kept=list(kept_answers(answers, form, step)),
        checking="checking" in answers or step == LAST_STEP,
        group=form.is_group,
        school=event.audience(form.chosen_audience).school,
        young=is_young(form),
        busy=busy,
        event_url=event_url(event, _chosen_audience(form), _one_wave(form)),
        **({"lang_urls": {}} if request.method == "POST" else {}),  # following it would drop the answers
        **extra,
    )
    return _answer(page, status)


def _times(form: RegistrationForm, filled: int | None, now: datetime, *, waiting: bool) -> dict[str, Any]:
    """What step 3 shows. `filled`: the wave that has no room any more, 0 when it is the event as a whole."""
    event = form.event
    chosen = [i for i in form.wave_ids() if i != filled or waiting]
    wave = event.wave(filled) if filled else None
    places, party = get_open_places(event, now=now), Party.of(form)
    if filled is not None:
        for field in form.fields_of(3):
            field.errors = []
    choices = wave_choices(event, places, party, now, chosen=chosen, waiting=waiting)
    only = choices.only_one()
    if event.enrolment is Enrolment.ONE and only is not None and not any(form.wave_ids()):
        chosen, choices = [only], wave_choices(event, places, party, now, chosen=[only], waiting=waiting)
    one = event.enrolment is Enrolment.ONE and len(chosen) == 1
    return {
        "choices": choices,
        "filled": None if filled is None else refused_words(event, places, wave, party, now),
        "waiting": waiting,
        "who": party_words(form),
        "words": time_words(event),
        "go_on": continue_words(event, event.wave(chosen[0]) if one and not waiting else None),
    }


def _chosen_audience(form: RegistrationForm) -> AudienceRow | None:
    return next((a for a in form.event.audiences if a.code == form.chosen_audience), None)


def _one_wave(form: RegistrationForm) -> WaveRow | None:
    """The one wave chosen so far, or None."""
    ids = form.wave_ids()
    return form.event.wave(ids[0]) if len(ids) == 1 else None


def _closed(event: EventRow, status: int) -> Response:
    """Why nobody can register now, and what can be done."""
    phase, opens_at = phase_of(event, clock.now()), event.registration_opens_at
    opens = when(event, opens_at) if phase is Phase.SOON and opens_at else ""
    return _answer(render_template("public/registration/closed.html", event=event, phase=phase, opens=opens), status)


def _answer(page: str, status: int = 200) -> Response:
    """These pages hold what somebody typed: nothing keeps them."""
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = current_locale()
    return response
