"""The coded reasons that an organiser's pages offer, and the words of a code that was kept. One statement each."""

from collections.abc import Iterable

from sqlalchemy import select

from app.core.db import db
from app.events.enums import ReasonUse
from app.events.models import Reason
from app.events.reasons import ReasonRow, merge

OF_REGISTRATIONS = (ReasonUse.REGISTRATION_CANCELLED, ReasonUse.REFUSED)
"""What `registrations.cancel_code` may say."""


def list_reasons(organiser_id: int, use: ReasonUse, *, retired: bool = False) -> tuple[ReasonRow, ...]:
    """The reasons of one use in their order; with `retired`, those no longer offered too."""
    return lists_of_reasons(organiser_id, (use,), retired=retired)[use]


def lists_of_reasons(
    organiser_id: int, uses: Iterable[ReasonUse] = ReasonUse, *, retired: bool = True
) -> dict[ReasonUse, tuple[ReasonRow, ...]]:
    """As `list_reasons`, for several uses at once."""
    wanted = tuple(uses)
    kept: dict[ReasonUse, list[ReasonRow]] = {use: [] for use in wanted}
    for row in db.session.execute(
        select(
            Reason.used_for, Reason.code, Reason.label_fr, Reason.label_en, Reason.position, Reason.retired_at
        ).where(Reason.organiser_id == organiser_id, Reason.used_for.in_(wanted))
    ):
        kept[row.used_for].append(
            ReasonRow(row.code, row.label_fr, row.label_en, row.position, retired=row.retired_at is not None)
        )
    return {use: tuple(row for row in merge(use, rows) if retired or not row.retired) for use, rows in kept.items()}


def labels_of_cancellations(organiser_id: int) -> dict[str, ReasonRow]:
    """What `registrations.cancel_code` may say, retired ones too, by code."""
    lists = lists_of_reasons(organiser_id, OF_REGISTRATIONS)
    return {row.code: row for use in reversed(OF_REGISTRATIONS) for row in lists[use]}


def read_reason(organiser_id: int, uses: Iterable[ReasonUse], told: str) -> tuple[str, str]:
    """(code, words) of what a program tells: the code of a reason that one of the lists offers, else words."""
    told = told.strip()
    lists = lists_of_reasons(organiser_id, uses, retired=False) if told else {}
    if any(row.code == told for rows in lists.values() for row in rows):
        return told, ""
    return "", told
