"""The questions that an event asks beside the usual, and the answers in totals."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import FieldError, NotFound
from app.core.transaction import transaction
from app.events.enums import QuestionKind
from app.events.operations.questions import ask_again, order_questions, retire_question, save_question
from app.events.queries import EventRow
from app.events.questions import QuestionChanged, QuestionRow, asked_of, fingerprint
from app.registrations.answers import answered_keys, list_written, tally_answers
from app.web.forms.answers import limits_of, most_bytes
from app.web.forms.base import text_of
from app.web.forms.questions import BOUNDED, KIND_LABELS, QuestionForm, question_form
from app.web.guards import allows, current_actor, event_staff
from app.web.i18n import current_locale
from app.web.manage.event_page import event_context, get_editable_event, get_own_event
from app.web.wording import message_for

blueprint = Blueprint("manage_questions", __name__, url_prefix="/manage/events")

WRITTEN_SHOWN = 200


@blueprint.get("/<slug>/questions")
@event_staff(Ability.PROGRAMME_SEE)
def show(slug: str) -> str:
    event = get_own_event(slug)
    seen_as = request.args.get("audience", "")
    codes = [a.code for a in event.audiences]
    return render_template(
        "manage/questions/list.html",
        asked=[q for q in event.questions if not q.retired],
        retired=[q for q in event.questions if q.retired],
        kinds=KIND_LABELS,
        names=_audience_names(event),
        most_of=most_bytes,
        limits_of=limits_of,
        seen_as=seen_as if seen_as in codes else "",
        preview=asked_of(event.questions, seen_as) if seen_as in codes else [],
        may_see_figures=allows(Ability.FIGURES_SEE),
        **event_context(event, "edit"),
    )


@blueprint.get("/<slug>/questions/new")
@event_staff(Ability.PROGRAMME_CHANGE)
def new(slug: str) -> str:
    event = get_editable_event(slug)
    return _page(event, question_form(_audience_names(event), formdata=None, kind=QuestionKind.TEXT.value))


@blueprint.post("/<slug>/questions/new")
@event_staff(Ability.PROGRAMME_CHANGE)
def ask(slug: str) -> str | tuple[str, int] | Response:
    return _save(get_editable_event(slug), None)


@blueprint.get("/<slug>/questions/<key>")
@event_staff(Ability.PROGRAMME_CHANGE)
def edit(slug: str, key: str) -> str:
    event = get_editable_event(slug)
    question = _question(event, key)
    form = question_form(_audience_names(event), formdata=None)
    form.fill(question)
    return _page(event, form, question)


@blueprint.post("/<slug>/questions/<key>")
@event_staff(Ability.PROGRAMME_CHANGE)
def save(slug: str, key: str) -> str | tuple[str, int] | Response:
    event = get_editable_event(slug)
    return _save(event, _question(event, key))


@blueprint.post("/<slug>/questions/<key>/retire")
@event_staff(Ability.PROGRAMME_CHANGE)
def retire(slug: str, key: str) -> Response:
    event = get_editable_event(slug)
    question = _question(event, key)
    with transaction():
        answered = key in answered_keys(event.id)
        retire_question(event.id, key, is_answered=answered, by=current_actor(), now=clock.now())
    said = question.label(current_locale())
    if answered:
        flash(
            _("“%(question)s” is no longer asked. Its answers stay, and you can ask it again below.", question=said),
            "ok",
        )
    else:
        flash(_("“%(question)s” is removed: nobody had answered it.", question=said), "ok")
    return _back(event)


@blueprint.post("/<slug>/questions/<key>/ask-again")
@event_staff(Ability.PROGRAMME_CHANGE)
def again(slug: str, key: str) -> Response:
    event = get_editable_event(slug)
    try:
        with transaction():
            ask_again(event.id, key, by=current_actor(), now=clock.now())
    except FieldError as refusal:
        flash(message_for(next(iter(refusal.problems.values()))), "waiting")
    return _back(event)


@blueprint.post("/<slug>/questions/<key>/move")
@event_staff(Ability.PROGRAMME_CHANGE)
def move(slug: str, key: str) -> Response:
    """One place up or down; at the end of the list nothing moves."""
    event = get_editable_event(slug)
    keys = [q.key for q in event.questions if not q.retired]
    if key not in keys:
        raise NotFound(key)
    at = keys.index(key)
    to = at + (-1 if request.form.get("to") == "up" else 1)
    if 0 <= to < len(keys):
        keys[at], keys[to] = keys[to], keys[at]
        with transaction():
            order_questions(event.id, keys, by=current_actor(), now=clock.now())
    return _back(event)


@blueprint.get("/<slug>/answers")
@event_staff(Ability.FIGURES_SEE)
def answers(slug: str) -> str:
    """Totals for whoever sees figures; what people wrote in their own words for those who may see people."""
    event = get_own_event(slug)
    words = allows(Ability.PEOPLE_SEE) and request.args.get("question", "")
    question = next((q for q in event.questions if q.key == words and q.kind is QuestionKind.TEXT), None)
    return render_template(
        "manage/questions/answers.html",
        tallies=tally_answers(event.id, event.questions),
        kinds=KIND_LABELS,
        written=list_written(event.id, question.key, limit=WRITTEN_SHOWN) if question else [],
        written_to=question,
        most_written=WRITTEN_SHOWN,
        may_read_words=allows(Ability.PEOPLE_SEE),
        **event_context(event, "edit"),
    )


def _save(event: EventRow, before: QuestionRow | None) -> str | tuple[str, int] | Response:
    form = question_form(_audience_names(event))
    if not form.validate_on_submit():
        return _page(event, form, before), 422
    try:
        with transaction():
            answered = before is not None and before.key in answered_keys(event.id)
            save_question(
                event.id,
                form.question(before, is_answered=answered),
                key=before.key if before else None,
                is_answered=answered,
                seen=text_of(form.seen),
                by=current_actor(),
                now=clock.now(),
            )
    except QuestionChanged as changed:
        form.seen.data = fingerprint(changed.now)
        return _page(event, form, changed.now, there=form.differences(changed.now)), 409
    except FieldError as error:
        form.show_refusal(FieldError({_FIELDS.get(path, path): code for path, code in error.problems.items()}))
        return _page(event, form, before), 422
    flash(_("“%(question)s” is saved.", question=text_of(form.label_fr)), "ok")
    return _back(event)


_FIELDS = {"choices": "choices_text"}


def _page(
    event: EventRow,
    form: QuestionForm,
    question: QuestionRow | None = None,
    *,
    there: Sequence[tuple[str, str]] | None = None,
) -> str:
    """`there`: the question was changed meanwhile, and this is what it says now where that differs from what was typed."""
    return render_template(
        "manage/questions/edit.html",
        form=form,
        question=question,
        there=there,
        answered=question is not None and question.key in answered_keys(event.id),
        bounded={kind.value for kind in BOUNDED},
        **event_context(event, "edit"),
    )


def _question(event: EventRow, key: str) -> QuestionRow:
    found = next((q for q in event.questions if q.key == key and not q.retired), None)
    if found is None:
        raise NotFound(key)
    return found


def _audience_names(event: EventRow) -> dict[str, Any]:
    return {a.code: a.label(current_locale()) for a in event.audiences}


def _back(event: EventRow) -> Response:
    return redirect(f"/manage/events/{event.slug}/questions")
