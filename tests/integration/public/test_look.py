"""What browsers ask for by themselves."""

import io

from flask.testing import FlaskClient
from PIL import Image


def test_icon_is_there_for_who_asks_by_its_old_name(client: FlaskClient) -> None:
    answer = client.get("/favicon.ico")
    content = answer.data
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=604800")
    assert answer.mimetype in {"image/x-icon", "image/vnd.microsoft.icon"}
    answer.close()
    assert Image.open(io.BytesIO(content)).info["sizes"] == {(16, 16), (32, 32), (48, 48)}
