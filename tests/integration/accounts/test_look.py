import io
from datetime import UTC, datetime

import pytest
from PIL import Image

from app.accounts.errors import ContrastTooLow
from app.accounts.operations.look import LOGO_BYTES, Look, as_logo, remove_logo, set_logo, set_look
from app.accounts.operations.people import create_organiser
from app.accounts.queries import find_logo, get_organiser
from app.accounts.rules import INK, LEAST_CONTRAST, WHITE, contrast, palette
from app.core.actor import SYSTEM
from app.core.errors import FieldError
from app.core.transaction import transaction

NOW = datetime(2027, 2, 4, 8, 30, tzinfo=UTC)
LOOK = Look("Cap", "Des métiers", "", "contact@example.org", "06 39 98 44 10", "9 h à 17 h", "", "#5e1a49", "#F2B632")

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def organiser_id(context: object) -> int:
    with transaction():
        return create_organiser("Cap", by=SYSTEM, now=NOW)


def picture(kind: str, size: tuple[int, int] = (1200, 300)) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, "#5E1A49").save(target, kind)
    return target.getvalue()


def test_look_is_kept_normalised_and_versioned(organiser_id: int) -> None:
    with transaction():
        set_look(organiser_id, LOOK, by=SYSTEM, now=NOW)
    row = get_organiser(organiser_id)
    assert (row.phone, row.brand, row.look_version) == ("+33639984410", "#5E1A49", 2)
    assert (row.tagline("en"), row.tagline("fr")) == ("Des métiers", "Des métiers")


def test_unreadable_colours_are_refused_with_the_figure(organiser_id: int) -> None:
    pale = Look(**{**LOOK.__dict__, "brand": "#AAAAAA", "accent": "#333333"})
    with pytest.raises(ContrastTooLow) as refusal, transaction():
        set_look(organiser_id, pale, by=SYSTEM, now=NOW)
    assert {field: round(ratio, 1) for field, ratio in refusal.value.figures.items()} == {"brand": 2.3, "accent": 1.3}
    assert get_organiser(organiser_id).look_version == 1


def test_each_wrong_field_is_named(organiser_id: int) -> None:
    wrong = Look(" ", "x" * 121, "", "contact@example", "06 39", "", "", "red", "#F2B632")
    with pytest.raises(FieldError) as refusal, transaction():
        set_look(organiser_id, wrong, by=SYSTEM, now=NOW)
    assert refusal.value.problems == {
        "name": "required",
        "tagline_fr": "too_long",
        "email": "email_ending",
        "phone": "phone_digits",
        "brand": "colour",
    }


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_logo_is_drawn_anew_as_a_small_png(organiser_id: int, kind: str) -> None:
    with transaction():
        set_logo(organiser_id, as_logo(picture(kind)), by=SYSTEM, now=NOW)
    kept = find_logo("cap")
    assert kept is not None
    with Image.open(io.BytesIO(kept)) as logo:
        assert (logo.format, logo.size) == ("PNG", (600, 150))
    assert get_organiser(organiser_id).has_logo
    with transaction():
        remove_logo(organiser_id, by=SYSTEM, now=NOW)
    assert find_logo("cap") is None
    assert not get_organiser(organiser_id).has_logo


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "picture_type"),
        (b"GIF89a" + bytes(64), "picture_type"),
        (picture("PNG")[:60], "picture_type"),
        (b"", "picture_type"),
        (bytes(LOGO_BYTES + 1), "picture_size"),
        (picture("PNG", (10_000, 10_000)), "picture_size"),
    ],
)
def test_what_is_no_small_picture_is_refused(file: bytes, code: str) -> None:
    with pytest.raises(FieldError) as refusal:
        as_logo(file)
    assert refusal.value.problems == {"logo": code}


@pytest.mark.parametrize(("brand", "accent"), [("#5E1A49", "#F2B632"), ("#767676", "#FFFFFF"), ("#000000", "#9A7FE0")])
def test_colours_that_follow_can_be_read(brand: str, accent: str) -> None:
    colours = palette(brand, accent)
    assert contrast(WHITE, colours.brand_strong) >= contrast(WHITE, brand) >= LEAST_CONTRAST
    assert contrast(INK, colours.brand_tint) >= LEAST_CONTRAST
    assert contrast(INK, colours.accent_tint) >= contrast(INK, accent)
