"""The fields of an action on many registrations, as its page shows and reads them."""

from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import ngettext, pgettext

from app.core import clock
from app.core.i18n import format_day
from app.events.enums import Enrolment, ReasonUse
from app.events.queries import EventRow
from app.registrations.bulk.planning import BulkPlan
from app.registrations.bulk.queries import BulkRow
from app.registrations.enums import BulkKind
from app.registrations.queue import get_open_places
from app.registrations.waiting import queued_waves
from app.web.filters import hour, number
from app.web.forms.bulk import BulkCancelForm, MessageForm, move_form
from app.web.forms.reasons import reason_choices
from app.web.i18n import current_locale
from app.web.manage.wave_choices import waits_words
from app.web.public.words import wave_name


def fields_of(event: EventRow, row: BulkRow, plan: BulkPlan, *, sent: bool) -> Any:
    """The form of the action: with what was sent, else with what was kept of it."""
    known: dict[str, Any] = {} if sent else {"formdata": None, "data": dict(row.params)}
    if row.kind is BulkKind.MESSAGE:
        return MessageForm(**known)
    if row.kind is BulkKind.MOVE:
        waves = {wave.id: wave_name(event, wave) for wave in event.waves}
        form = move_form(waves, several=event.enrolment is Enrolment.SEVERAL, **({} if sent else {"formdata": None}))
        if not sent:
            form.fill(row.params)
        return form
    waiting = bool(plan.can) and plan.waiting == len(plan.can)
    use = ReasonUse.REFUSED if waiting else ReasonUse.REGISTRATION_CANCELLED
    return BulkCancelForm(reason_choices(event.organiser_id, use, current_locale()), **known)


def wave_choices(event: EventRow, plan: BulkPlan) -> list[dict[str, object]]:
    """What templates/manage/_waves.html reads: each wave with the places that are left, whoever they are for."""
    places, zone = get_open_places(event, now=clock.now()), ZoneInfo(event.timezone)
    rows: list[dict[str, object]] = []
    for wave in event.waves:
        left = max(0, wave.capacity - places.waves.get(wave.id, 0))
        waits = wave.id in queued_waves(event, places)
        rows.append(
            {
                "id": wave.id,
                "day_key": wave.starts_at.astimezone(zone).date().isoformat(),
                "day": format_day(wave.starts_at, event.timezone, current_locale()),
                "hour": hour(wave.starts_at, event.timezone),
                "left_text": ngettext("%(n)s place left", "%(n)s places left", left, n=number(left)),
                "none_text": "",
                "full_text": waits_words(places, wave) or pgettext("wave", "Full"),
                "state": "full" if waits or not left else "short" if left < plan.people else "open",
                "place": wave.place,
                "host": wave.host,
            }
        )
    return rows
