"""Settings: what is accepted, what stops the start, and that each is documented."""

from pathlib import Path

import pytest

from app.core.config import Config, ConfigError

GOOD = {"DATABASE_URL": "sqlite:////tmp/x.db", "SECRET_KEY": "k" * 32}


def test_two_settings_are_enough() -> None:
    config = Config.from_environment(GOOD)
    assert (config.registration, config.rate_limits, config.web_workers) == ("admin", True, 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", "ftp://x"),
        ("SECRET_KEY", "short"),
        ("TRUSTED_PROXIES", "-1"),
        ("WEB_WORKERS", "0"),
        ("WEB_THREADS", "many"),
        ("LOG_LEVEL", "loud"),
        ("OBJECT_STORE_URL", "file://relative/folder"),
        ("OBJECT_STORE_URL", "https://bucket.example.org"),
        ("OBJECT_STORE_URL", "s3://?endpoint=http://localhost"),
        ("AWS_ACCESS_KEY_ID", "two words"),
        ("AWS_SECRET_ACCESS_KEY", "ümlaut"),
        ("MAX_UPLOAD_BYTES", "0"),
        ("USER_QUOTA_BYTES", "1G"),
        ("ANONYMOUS_QUOTA_BYTES", "-1"),
        ("UPLOAD_HOURS", "0"),
        ("DOWNLOADS", "both"),
        ("ASSETS_DB_ID", "a name with spaces"),
        ("ANONYMOUS_ASSETS", "yes"),
        ("DATABASE_URL", "mysql://x"),
        ("REGISTRATION", "maybe"),
        ("RATE_LIMITS", "true"),
        ("RATE_LIMIT_URL", "http://x"),
        ("MLFLOW_TRACKING_URI", "file:///x"),
        ("OUTBOUND_ALLOW", "http://x"),
        ("TRIPLE_STORE_URL", "file:///x"),
    ],
)
def test_a_wrong_value_stops_the_start_and_names_the_setting(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name} "):
        Config.from_environment(GOOD | {name: value})


@pytest.mark.parametrize("name", ["DATABASE_URL", "SECRET_KEY"])
def test_a_missing_setting_that_has_no_default_stops_the_start(name: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name} is not set"):
        Config.from_environment({key: value for key, value in GOOD.items() if key != name})


def test_every_setting_has_a_wrong_value_in_the_test_above() -> None:
    marks = test_a_wrong_value_stops_the_start_and_names_the_setting.pytestmark  # type: ignore[attr-defined]
    tried = {case[0] for case in marks[0].args[1]}
    assert {field.name.upper() for field in Config.settings()} == tried


def test_limits_cannot_be_switched_off_where_strangers_can_reach_the_service() -> None:
    with pytest.raises(ConfigError, match="RATE_LIMITS"):
        Config.from_environment(GOOD | {"RATE_LIMITS": "off", "PUBLIC_URL": "https://quay.example.org"})


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s" * 40 + "\n")
    config = Config.from_environment({"DATABASE_URL": GOOD["DATABASE_URL"], "SECRET_KEY_FILE": str(tmp_path / "key")})
    assert config.secret_key == ("s" * 40,)


def test_a_secret_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="SECRET_KEY_FILE"):
        Config.from_environment({"DATABASE_URL": GOOD["DATABASE_URL"], "SECRET_KEY_FILE": str(tmp_path / "none")})


def test_several_secret_keys_are_kept_in_their_order() -> None:
    assert Config.from_environment(GOOD | {"SECRET_KEY": f"{'a' * 32}, {'b' * 32}"}).secret_key == ("a" * 32, "b" * 32)
