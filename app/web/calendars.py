"""Calendar files as answers: one type, one way to say that nothing changed.

That way is the ETag alone. A time of change would lie: one of two languages is as old as the other, and the same bytes are not.
"""

from flask import request
from werkzeug.wrappers import Response

from app.events.calendars import CalendarFile


def calendar_response(file: CalendarFile, *, filename: str | None = None, by_language: bool = False) -> Response:
    """The file with its ETag, or 304 to who has it (RFC 9110, 13.1.2). Kept, but asked again each time.

    `by_language`: it is written in the reader's language, which caches are told.
    """
    response = Response(file.content, mimetype="text/calendar")
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Cache-Control"] = "no-cache"
    if filename:
        response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    if by_language:
        response.vary.update(("Accept-Language", "Cookie"))
    response.set_etag(file.etag)
    return response.make_conditional(request)
