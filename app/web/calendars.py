"""Calendar files as answers: one type, one way to say that nothing changed."""

from flask import request
from werkzeug.wrappers import Response

from app.events.calendars import CalendarFile


def calendar_response(file: CalendarFile, *, filename: str | None = None) -> Response:
    """The file with its ETag and Last-Modified, or 304 to who has it (RFC 9110, 13.1.2). Kept, but asked again each time."""
    response = Response(file.content, mimetype="text/calendar")
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Cache-Control"] = "no-cache"
    if filename:
        response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.last_modified = file.changed_at
    response.set_etag(file.etag)
    return response.make_conditional(request)
