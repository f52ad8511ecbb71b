import stat
from datetime import timedelta

import pytest
from pydantic import ValidationError

from app.settings import SECRETS, Settings
from desk.policy import Policy

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


def test_production_refuses_a_point_where_a_worker_kills_itself():
    with pytest.raises(ValidationError, match=r"refuses STAYLINE_FAULT_POINT=after_claim.*Unset it"):
        Settings(env="production", smtp_url="smtp://mail:25", fault_point="after_claim", **GOOD)


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


def test_days_to_keep_become_a_policy_and_zero_is_for_ever(tmp_path):
    settings = Settings(home=tmp_path, keep_chats_days=90, keep_audit_days=0, _env_file=None)
    assert (settings.keep.chats, settings.keep.audit, settings.keep.events) == (
        timedelta(days=90),
        None,
        None,
    )


def test_a_time_zone_that_is_none_is_refused_with_what_was_expected(tmp_path):
    with pytest.raises(ValidationError, match="IANA time zone such as Europe/Berlin, got 'Berlin'"):
        Settings(home=tmp_path, shop_time_zone="Berlin", _env_file=None)


def test_production_refuses_a_lease_that_a_slow_send_outlasts(tmp_path):
    production = dict.fromkeys(SECRETS, "x" * 32) | {"env": "production", "smtp_url": "smtp://mail"}
    with pytest.raises(ValidationError, match="STAYLINE_LEASE_SECONDS: expected more than 30"):
        Settings(home=tmp_path, **production, lease_seconds=10)


def test_production_takes_sms_only_under_a_long_token_or_none(tmp_path):
    production = dict.fromkeys(SECRETS, "x" * 32) | {"env": "production", "smtp_url": "smtp://mail"}
    assert Settings(home=tmp_path, **production).sms_hook_token.get_secret_value() == ""
    with pytest.raises(ValueError, match="STAYLINE_SMS_HOOK_TOKEN: expected at least 32 characters"):
        Settings(home=tmp_path, **production, sms_hook_token="short")


def test_the_shops_origins_are_read_as_a_list(tmp_path):
    told = "https://www.Shop.example/, http://127.0.0.1:8080,https://www.shop.example"
    settings = Settings(home=tmp_path, shop_origins=told)
    assert settings.framing_origins == ("https://www.shop.example", "http://127.0.0.1:8080")
    assert Settings(home=tmp_path).framing_origins == ()


@pytest.mark.parametrize(
    "wrong",
    ["shop.example", "https://shop.example/path", "https://a.example; script-src *", "https://*.a.example"],
)
def test_what_is_no_origin_is_refused_with_an_example(tmp_path, wrong):
    with pytest.raises(
        ValidationError, match=r"STAYLINE_SHOP_ORIGINS: expected origins such as https://.*got "
    ):
        Settings(home=tmp_path, shop_origins=wrong)


def test_production_refuses_to_let_any_site_show_the_widget(tmp_path):
    assert Settings(home=tmp_path, shop_origins="*").framing_origins == ("*",)
    with pytest.raises(
        ValidationError, match=r"production refuses STAYLINE_SHOP_ORIGINS=\*.*Name the shop's"
    ):
        Settings(env="production", smtp_url="smtp://mail:25", shop_origins="*", **GOOD)


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example",
        "https://shop.example:8443/support-api/",
        "http://127.0.0.1:9000/api",
        "http://localhost",
    ],
)
def test_a_shops_back_end_is_asked_over_tls_or_on_this_machine(tmp_path, url):
    assert Settings(home=tmp_path, shop_api_url=url).shop_api_url == url.rstrip("/")


@pytest.mark.parametrize(
    "wrong",
    ["http://shop.example", "shop.example/api", "https://", "ftp://shop.example", "https://shop.example/?key=1",
     "https://shop.example/#a", "https://me:word@shop.example", "http://127.0.0.1.shop.example", "https://shop:port"],
)  # fmt: skip
def test_a_back_end_that_others_could_listen_to_is_refused(tmp_path, wrong):
    with pytest.raises(ValidationError, match=r"STAYLINE_SHOP_API_URL: expected https://HOST|Port could not"):
        Settings(home=tmp_path, shop_api_url=wrong)


@pytest.mark.parametrize("secret", ["", "short"])
def test_production_asks_a_back_end_only_with_a_long_secret(tmp_path, secret):
    production = GOOD | {"env": "production", "smtp_url": "smtp://mail:25", "home": tmp_path}
    with pytest.raises(ValidationError, match="STAYLINE_SHOP_API_SECRET: expected at least 32 characters"):
        Settings(**production, shop_api_url="https://shop.example", shop_api_secret=secret)
    Settings(**production, shop_api_secret=secret)  # with no back end none is needed
    Settings(**production, shop_api_url="https://shop.example", shop_api_secret="x" * 32)


def test_the_days_for_a_return_are_the_shops_to_say(tmp_path):
    assert Settings(home=tmp_path).policy.return_within == timedelta(days=30)
    assert Settings(home=tmp_path, return_within_days=14).policy.return_within == timedelta(days=14)


def test_the_thresholds_of_the_policy_are_settings():
    policy = Settings(
        care_at=0.2, offer_at=0.3, escalate_at=0.4, escalate_at_once=0.5, care_after_asked=4
    ).policy
    found = (policy.care_at, policy.offer_at, policy.escalate_at, policy.escalate_at_once)
    assert (*found, policy.care_after_asked) == (0.2, 0.3, 0.4, 0.5, 4)
    shipped = Policy()
    usual = Settings().policy
    assert (usual.care_at, usual.offer_at, usual.escalate_at, usual.escalate_at_once) == (
        shipped.care_at, shipped.offer_at, shipped.escalate_at, shipped.escalate_at_once,
    )  # fmt: skip


@pytest.mark.parametrize(
    "wrong", [{"care_at": 0.65}, {"offer_at": 0.8}, {"escalate_at": 0.95}, {"escalate_at_once": 0.5}]
)
def test_thresholds_that_do_not_rise_are_refused_by_name_with_what_came(wrong):
    with pytest.raises(ValidationError, match=r"STAYLINE_CARE_AT <= STAYLINE_OFFER_AT <= .*, got 0\."):
        Settings(**wrong)
    with pytest.raises(ValidationError, match="less than or equal to 1"):
        Settings(escalate_at_once=1.2)
