"""Counts to confirm, in words for people: pure."""

from app.checkin.conflict_queries import ConflictRow, Count
from app.checkin.enums import ConflictStatus, LateReason
from app.core.i18n import N_, Locale, format_day, format_hour, translate
from app.events.queries import EventRow
from app.registrations.drafts import Headcount

_LATE = {
    LateReason.TAKEN_OFF: N_(
        "%(who)s: %(second)s at “%(second_door)s” on %(day)s at %(second_time)s, after the phone was taken off"
    ),
    LateReason.CLOCK: N_(
        "%(who)s: %(second)s at “%(second_door)s” on %(day)s at %(second_time)s, by a phone whose clock is wrong"
        " or after the event"
    ),
    LateReason.CANCELLED: N_(
        "%(who)s: %(second)s at “%(second_door)s” on %(day)s at %(second_time)s, with a cancelled ticket, by a phone"
        " without network"
    ),
    LateReason.NOT_VALID: N_(
        "%(who)s: %(second)s at “%(second_door)s” on %(day)s at %(second_time)s, with a ticket that was not valid, by a"
        " phone without network"
    ),
}


def conflict_words(row: ConflictRow, event: EventRow, locale: Locale) -> str:
    """« 3e B : 27 + 2 comptés à « Entrée » à 10 h 05 et 24 + 2 à « Stands » à 10 h 20 : à confirmer »; of one person, where and
    when they were let in. Without « à confirmer » once it is settled.
    """
    values = {
        "who": row.label, "first": people_words(row.first.people), "second": people_words(row.second.people),
        "first_door": _door(row.first, event, locale), "second_door": _door(row.second, event, locale),
        "first_time": format_hour(row.first.at, event.timezone, locale),
        "second_time": format_hour(row.second.at, event.timezone, locale),
    }  # fmt: skip
    if row.why is not None:
        text = translate(locale, _LATE[row.why], day=format_day(row.second.at, event.timezone, locale), **values)
    elif row.group:
        text = translate(
            locale,
            "%(who)s: %(first)s counted at “%(first_door)s” at %(first_time)s"
            " and %(second)s at “%(second_door)s” at %(second_time)s",
            **values,
        )
    else:
        text = translate(
            locale,
            "%(who)s: let in at “%(first_door)s” at %(first_time)s and at “%(second_door)s” at %(second_time)s",
            **values,
        )
    return text if row.status is ConflictStatus.SETTLED else translate(locale, "%(counts)s: to confirm", counts=text)


def people_words(people: Headcount) -> str:
    """27 + 2, or 27 where nobody accompanies them."""
    return f"{people.participants} + {people.companions}" if people.companions else str(people.participants)


def _door(count: Count, event: EventRow, locale: Locale) -> str:
    door = next((c for c in event.checkpoints if c.id == count.checkpoint_id), None)
    return door.label(locale) if door else "–"
