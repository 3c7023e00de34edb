"""Settings: documented in full, parsed with plain refusals, the secret made once."""

from pathlib import Path

import pytest

from app.config import DEMO_FILE, SETTING_NAMES, MailServer, SettingsError, load_settings, parse_mail_url
from scripts import check_repository


def test_the_table_of_settings_is_complete() -> None:
    assert check_repository.settings_documented() == []
    text = (check_repository.ROOT / "docs" / "settings.md").read_text("utf-8")
    assert all(f"`PARCOURS_{name}`" in text for name in SETTING_NAMES)


def test_lock_files_name_no_host() -> None:
    assert check_repository.lock_files() == []


def test_no_text_hides_from_the_catalogues() -> None:
    assert check_repository.texts_seen() == []


@pytest.mark.parametrize(
    ("code", "hidden"),
    [
        ("""f"{words} {_('No room.')}" """, True),
        ("""f"{n}: {ngettext('a', 'b', n)}" """, True),
        ("""_("Yes" if right else "No")""", True),
        ("""translate(locale, "Entrance" if door else name)""", True),
        ("""pgettext("wave", "Full" + more)""", True),
        ("""_("Yes") if right else _("No")""", False),
        ("""translate(locale, TITLES[key])""", False),
        ("""_("%(n)s left", n=f"{left}")""", False),
        ("""text.translate("a" if b else c)""", False),
    ],
)
def test_texts_put_together_are_found(code: str, hidden: bool) -> None:
    assert bool(check_repository.hidden_texts(code)) is hidden


def test_an_unknown_setting_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCOURS_MAIL_ADRESS", "x")
    with pytest.raises(SettingsError, match="PARCOURS_MAIL_ADRESS"):
        load_settings(tmp_path)


def test_the_environment_wins_over_the_instance_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.py").write_text("PARCOURS_BASE_URL = 'https://file.example.org'\nPARCOURS_MAX_UPLOAD_MB = 3\n")
    assert load_settings(tmp_path).base_url == "https://file.example.org"
    assert load_settings(tmp_path).max_upload_bytes == 3 * 1024 * 1024
    monkeypatch.setenv("PARCOURS_BASE_URL", "https://environment.example.org/")
    assert load_settings(tmp_path).base_url == "https://environment.example.org"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BASE_URL", "forum.example.org"),
        ("DATABASE_URL", "mysql://x"),
        ("TRUSTED_PROXIES", "one"),
        ("MAX_UPLOAD_MB", "-1"),
        ("NOW", "2027-02-04T09:00:00"),
        ("NOW", "tomorrow"),
        ("MAIL_URL", "mail.example.org:25"),
        ("MAIL_URL", "smtp://me:se#cret@mail.example.org"),
        ("MAIL_FROM", "Parcours"),
        ("DEFAULT_TIMEZONE", "Europe/Dijon"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"PARCOURS_{name}"):
        load_settings(tmp_path, {name: value})


def test_the_clock_moves_only_where_the_demo_or_tests_run(tmp_path: Path) -> None:
    moment = {"NOW": "2027-02-04T09:30:00+01:00"}
    assert load_settings(tmp_path, moment).now is not None
    public = moment | {"BASE_URL": "https://forum.example.org"}
    with pytest.raises(SettingsError, match="refused outside"):
        load_settings(tmp_path, public)
    assert load_settings(tmp_path, public | {"DEMO": "1"}).now is not None


def test_the_secret_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    first = load_settings(tmp_path / "new").secret_key
    assert len(first) >= 48
    assert load_settings(tmp_path / "new").secret_key == first
    assert (tmp_path / "new" / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("smtp://mail.example.org", MailServer("mail.example.org", 25, False)),
        ("smtp://me%40x:p%2Fw@mail.example.org:587", MailServer("mail.example.org", 587, False, "me@x", "p/w")),
        ("smtps://mail.example.org", MailServer("mail.example.org", 465, True)),
        ("file:outbox", Path("/srv/parcours/outbox")),
        ("file:/var/outbox", Path("/var/outbox")),
    ],
)
def test_mail_url_is_understood(url: str, target: MailServer | Path) -> None:
    assert parse_mail_url(url, Path("/srv/parcours")) == target


@pytest.mark.parametrize("url", ["", "file:", "smtp://", "http://mail.example.org", "smtp://a:99999", "outbox"])
def test_another_mail_url_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="PARCOURS_MAIL_URL"):
        parse_mail_url(url, Path("/srv/parcours"))


def test_a_refused_mail_url_does_not_tell_its_password(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refusal:
        load_settings(tmp_path, {"MAIL_URL": "smtp://me:se#cret@mail.example.org"})
    assert "cret" not in str(refusal.value)


def test_it_is_a_demo_where_one_was_loaded_or_is_declared(tmp_path: Path) -> None:
    local, public = {"BASE_URL": "http://127.0.0.1:8000"}, {"BASE_URL": "https://forum.example.org"}
    assert not load_settings(tmp_path, local).demo
    assert load_settings(tmp_path, public | {"DEMO": "1"}).demo
    (tmp_path / DEMO_FILE).write_text("{}")
    assert load_settings(tmp_path, local).demo
    assert not load_settings(tmp_path, public).demo
