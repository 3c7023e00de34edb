"""Documents are typeset here as they are for people: each in a process of its own, which other tests do without."""

import pytest

from app.documents import pdf
from tests.sharing import TYPESET_ALONE


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "typeset_alone", TYPESET_ALONE)
