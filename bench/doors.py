"""Scans without end, as phones at the doors send them."""

import itertools
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

from bench.client import json_request
from bench.data import Ground


class Doors:
    """Scans of the event with many registrations: each ticket comes in, then each goes out, and so on.

    One for each database, for what was scanned before tells what the next scan does: every call that it gives is to be
    sent.
    """

    def __init__(self, ground: Ground, now: datetime) -> None:
        self._now = now.isoformat()
        self._path = f"/api/v1/events/{ground.many.slug}/scans"
        self._token = ground.token
        self._checkpoint = str(next(c.id for c in ground.many.checkpoints if c.space_id is None))
        passages = ((code, way) for way in itertools.cycle(("in", "out")) for code in ground.codes)
        self._scans = (self._scan(code, way) for code, way in passages)

    def _scan(self, code: str, way: str) -> dict[str, Any]:
        return {
            "id": str(uuid4()), "code": code, "checkpoint": self._checkpoint, "direction": way, "scanned_at": self._now
        }  # fmt: skip

    def calls(self, scans_a_call: int) -> Iterator[bytes]:
        """Calls without end."""
        while True:
            scans = list(itertools.islice(self._scans, scans_a_call))
            yield json_request(self._path, {"device": "benchmark", "scans": scans}, self._token)
