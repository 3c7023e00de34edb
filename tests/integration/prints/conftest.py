"""The world of the exports: papers are taken out as lists are."""

import io
import zipfile

from flask.testing import FlaskClient

from tests.integration.exports.conftest import World, world
from tests.unit.documents.pdf_reading import PdfFacts, read_pdf

__all__ = ["ask_papers", "fetch", "pages_of", "world"]


def ask_papers(client: FlaskClient, world: World, paper: str, **args: str | list[str]) -> str:
    """Ask for papers; the address of their page."""
    answer = client.post(f"{world.base}/prints", data={"paper": paper, **args})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def fetch(client: FlaskClient, page: str) -> bytes:
    answer = client.get(f"{page}/file")
    assert answer.status_code == 200, answer.text
    return answer.get_data()


def pages_of(content: bytes) -> list[PdfFacts]:
    """What each file says, one of a PDF, several of a ZIP."""
    if not content.startswith(b"PK"):
        return [read_pdf(content)]
    book = zipfile.ZipFile(io.BytesIO(content))
    return [read_pdf(book.read(name)) for name in book.namelist()]
