"""NUL in what a page's form sends: no text has one, and PostgreSQL cannot even compare one.

It is taken out before anybody reads the form; the field that had it says so (forms/base.py), with all that was typed.
"""

from flask import abort, request
from werkzeug.datastructures import ImmutableMultiDict

NUL = "\x00"
_FOUND = "parcours.nul_fields"


def take_out() -> None:
    """Before a view: an address with a NUL is nowhere, a form goes on without it."""
    if request.path.startswith(("/api/", "/door/")):
        return  # they answer it in their own words
    if NUL in request.path:
        abort(404)
    if any(NUL in value for _, value in request.args.items(multi=True)):
        abort(400)
    if not request.mimetype.startswith(("multipart/", "application/x-www-form")):
        return
    sent = list(request.form.items(multi=True))
    found = frozenset(name for name, value in sent if NUL in value)
    if found or any(NUL in name for name, _ in sent):
        request.environ[_FOUND] = found
        request.form = ImmutableMultiDict((name, value.replace(NUL, "")) for name, value in sent if NUL not in name)


def had_nul(name: str) -> bool:
    """Whether the form sent a NUL in that field."""
    return name in request.environ.get(_FOUND, ())
