"""The last day on which each program's key was used, noted after the answer has left: no call waits for it."""

from contextlib import suppress
from datetime import datetime

from flask import after_this_request, current_app
from werkzeug.wrappers import Response

from app.accounts.operations.tokens import note_token_use
from app.accounts.queries import TokenRow
from app.core.errors import DatabaseBusy
from app.core.transaction import transaction

KEPT = "parcours.key_uses"


def note_use(found: TokenRow, now: datetime) -> None:
    """Have the day of this call noted, once a day for each process. A door's key is left alone: it lives for a day.

    A database that is busy then is asked again at the next call of that day.
    """
    today, noted = now.date(), current_app.extensions.setdefault(KEPT, {})
    if found.account_id is not None or found.last_used_on == today or noted.get(found.id) == today:
        return
    noted[found.id] = today
    app, token_id = current_app._get_current_object(), found.id  # type: ignore[attr-defined]

    def note() -> None:
        with app.app_context(), suppress(DatabaseBusy):
            try:
                with transaction():
                    note_token_use(token_id, today=today)
            except DatabaseBusy:
                noted.pop(token_id, None)
                raise

    @after_this_request
    def note_when_sent(response: Response) -> Response:
        response.call_on_close(note)
        return response
