import stat

import pytest
from pydantic import ValidationError

from app.settings import SECRETS, Settings

GOOD = dict.fromkeys(SECRETS, "x" * 32)


def test_production_names_every_weak_secret_and_how_to_make_one():
    with pytest.raises(
        ValidationError, match=r"STAYLINE_IDENTITY_SECRET.*STAYLINE_BOT_SECRET.*token_urlsafe"
    ):
        Settings(env="production", smtp_url="smtp://mail:25")


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("weak", ["", "short", "x" * 31])
def test_production_refuses_each_default_empty_or_short_secret(name, weak):
    with pytest.raises(ValidationError, match=f"STAYLINE_{name.upper()}"):
        Settings(env="production", smtp_url="smtp://mail:25", **{**GOOD, name: weak})


def test_production_refuses_to_start_without_a_mail_server():
    with pytest.raises(ValidationError, match="STAYLINE_SMTP_URL"):
        Settings(env="production", **GOOD)


def test_production_with_all_it_needs_starts():
    assert Settings(env="production", smtp_url="smtp://mail:25", **GOOD).secret("bot_secret") == "x" * 32


def test_demo_secrets_differ_by_name_and_by_data_folder_and_stay(tmp_path):
    one, other = Settings(home=tmp_path / "one"), Settings(home=tmp_path / "other")
    secrets = {settings.secret(name) for settings in (one, other) for name in SECRETS}
    assert len(secrets) == 2 * len(SECRETS)
    assert Settings(home=tmp_path / "one").secret("bot_secret") == one.secret("bot_secret")
    assert stat.S_IMODE((tmp_path / "one" / "demo-seed").stat().st_mode) == 0o600


def test_secrets_do_not_show_in_a_printed_settings_value(tmp_path):
    assert "x" * 32 not in repr(Settings(home=tmp_path, bot_secret="x" * 32))


@pytest.mark.parametrize(
    ("database", "tracker"),
    [
        ("postgresql+psycopg://me@host/shop", "postgresql://me@host/shop"),
        ("postgresql://me@host/shop", "postgresql://me@host/shop"),
    ],
)
def test_rasas_tracker_lives_on_the_same_server_by_the_driver_rasa_has(tmp_path, database, tracker):
    assert Settings(home=tmp_path, database_url=database).tracker == tracker


def test_on_sqlite_rasa_gets_a_file_of_its_own(tmp_path):
    assert Settings(home=tmp_path).tracker == f"sqlite:///{tmp_path / 'rasa.db'}"


def test_a_relative_data_folder_stays_where_it_was_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings(home=".stayline", model_dir="models")
    monkeypatch.chdir("/")
    assert settings.bot_folder == tmp_path / ".stayline" / "bot"
    assert settings.models == tmp_path / "models"
