"""What the error of a piece of work or of a mail means, for people; its technical words stand beside it for who helps them."""

import re
from typing import Any

from flask_babel import lazy_gettext as _l

_MEANINGS: tuple[tuple[str, Any], ...] = (
    (r"worker stopped", _l("The program stopped each time it was tried.")),
    (r"no handler named", _l("This version of Parcours does not know this work. Update it, then start again.")),
    (
        r"that is no mail address|cannot write to this address",
        _l("The address cannot be written to: a letter is wrong."),
    ),
    (r"^5\d\d .*(quota|full|storage|over ?limit)", _l("The mailbox is full.")),
    (
        r"^5(50|51|53|54)\b.*(unknown|exist|no such|invalid|not found|user|recipient|mailbox)",
        _l("The mailbox does not exist: the address is wrong, or the person has left."),
    ),
    (r"^5\d\d .*(spam|policy|blocked|blacklist|spf|dkim|dmarc)", _l("The other side takes the mail for spam.")),
    (r"^53[0-9]\b|offers no encryption", _l("The mail server refuses the installation’s name or password.")),
    (r"^5\d\d\b", _l("The mail server refuses this mail for good.")),
    (r"^4\d\d\b", _l("The mail server asks to try later.")),
    (
        r"refused|timed? ?out|unreachable|getaddrinfo|name or service|connection|network|\[errno|closed unexpectedly",
        _l("The mail server does not answer."),
    ),
    (r"outbox cannot be written|no space left|read-only file", _l("The disk of the installation cannot be written.")),
    (r"locked|deadlock|operationalerror|databasebusy", _l("The database was busy.")),
)  # first match wins
_KNOWN = tuple((re.compile(pattern, re.IGNORECASE | re.DOTALL), meaning) for pattern, meaning in _MEANINGS)
_UNKNOWN = _l("Something unexpected went wrong.")


def plain_error(text: str) -> str:
    """The error in plain words of the reader's language; empty for an empty one."""
    if not text:
        return ""
    return str(next((meaning for pattern, meaning in _KNOWN if pattern.search(text)), _UNKNOWN))
