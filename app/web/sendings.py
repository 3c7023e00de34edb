"""A key for each form that is shown: sent twice it does its work once, whether pressed again or come back to.

The key stands in the page's address, so that the browser's Back, which asks for the page anew, finds the same one. Whoever opens
the form from a link gets a new one.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from flask import redirect, request
from werkzeug.wrappers import Response

from app.core.tokens import new_token

NAME = "sending"
_KEY = re.compile("[A-Za-z0-9_-]{16,64}")


def sending_of(values: Mapping[str, str]) -> str:
    """The key in an address or in what was sent; empty without one."""
    said = values.get(NAME, "")
    return said if _KEY.fullmatch(said) else ""


def with_key() -> Response:
    """To the same page, with a new key in its address."""
    values = [(name, value) for name, value in request.args.items(multi=True) if name != NAME]
    return redirect(f"{request.path}?{urlencode([*values, (NAME, new_token())])}")
