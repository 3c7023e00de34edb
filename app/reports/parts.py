"""What organisers kept of an event's lists goes for good with the event."""

from datetime import datetime

from sqlalchemy import delete

from app.core.db import db
from app.events.parts import Part, register_part
from app.reports.models import ListPreference, SavedView
from app.reports.queries.views import page_of


def _remove(event_id: int, most: int, now: datetime) -> int:
    page = page_of(event_id)
    views = delete(SavedView).where(SavedView.page == page).returning(SavedView.id)
    columns = delete(ListPreference).where(ListPreference.page == page).returning(ListPreference.account_id)
    return len(db.session.execute(views).all()) + len(db.session.execute(columns).all())


register_part("views", Part(remove=_remove))
