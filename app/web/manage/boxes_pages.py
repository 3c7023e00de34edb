"""Long lists of boxes and people, a page at a time."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import request

SHOWN = 100


def page_of_list(rows: Sequence[Any], here: str) -> dict[str, Any]:
    """What a template needs of the page that the address asks for, else of the last one: its rows, `total` and the pager.

    Filters that the address holds stay.
    """
    said, pages = request.args.get("page", ""), max(1, -(-len(rows) // SHOWN))
    page = min(max(int(said), 1), pages) if said.isascii() and said.isdecimal() and len(said) < 7 else 1
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "page"]

    def address(number: int) -> str | None:
        return f"{here}?{urlencode([*kept, ('page', number)])}" if 1 <= number <= pages else None

    return {
        "rows": rows[(page - 1) * SHOWN : page * SHOWN],
        "total": len(rows),
        "page": page,
        "pages": pages,
        "prev_url": address(page - 1),
        "next_url": address(page + 1),
    }
