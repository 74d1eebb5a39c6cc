"""The home folder: secrets for its owner alone, settings that are understood or refused by name."""

import os
from pathlib import Path

import pytest

from narvaro.config.databases import database, postgresql_database
from narvaro.config.home import HomeRefused, Settings, home_path, open_home


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the surroundings set."""
    for name in [one for one in os.environ if one.startswith("NARVARO_")]:
        monkeypatch.delenv(name)


def refused(home: Path) -> str:
    """Return why a home is not opened."""
    with pytest.raises(HomeRefused) as no:
        open_home(home)
    return str(no.value)


def test_secrets_are_made_once_for_their_owner_alone(tmp_path: Path) -> None:
    """Whoever reads the seal key reads every panel's key; it also must never change by itself."""
    home = open_home(tmp_path / "home")
    assert home.secrets_file.stat().st_mode & 0o777 == 0o600
    again = open_home(tmp_path / "home")
    assert (again.seal_key, again.django_secret_key) == (home.seal_key, home.django_secret_key)
    assert home.seal_key not in repr(home)
    assert open_home(tmp_path / "other").seal_key != home.seal_key


def test_a_home_of_before_gets_its_metrics_token_once(tmp_path: Path) -> None:
    """Written behind what stands there; a file that cannot be written leaves the metrics off."""
    file = open_home(tmp_path).secrets_file
    lines = [one for one in file.read_text().splitlines() if "metrics_token" not in one]
    file.write_text("\n".join([*lines, 'smtp_password = "hemligt"']))
    first = open_home(tmp_path)
    again = open_home(tmp_path)
    assert len(first.metrics_token) >= 32
    assert (again.metrics_token, again.seal_key) == (first.metrics_token, first.seal_key)
    assert first.metrics_token not in repr(first)
    assert file.stat().st_mode & 0o777 == 0o600


def test_secrets_that_others_can_read_are_refused_with_what_to_do(tmp_path: Path) -> None:
    """0644 and 0640 alike."""
    file = open_home(tmp_path).secrets_file
    for mode in (0o644, 0o640, 0o606):
        file.chmod(mode)
        assert f"chmod 600 {file}" in refused(tmp_path)
    file.chmod(0o600)
    open_home(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('django_secret_key = "x"\n', "seal_key"),
        ('seal_key = "x"\n', "django_secret_key"),
        ("seal_key = \n", "line 1"),
        ('seal_key = 5\ndjango_secret_key = "x"\n', "seal_key"),
    ],
)
def test_secrets_that_are_damaged_are_refused_not_made_anew(
    tmp_path: Path, content: str, said: str
) -> None:
    """A new key would make every sealed key unreadable."""
    file = open_home(tmp_path).secrets_file
    file.write_text(content)
    assert said in refused(tmp_path)
    assert file.read_text() == content


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("web_prot = 8000\n", "web_prot"),
        ('web_port = "åtta"\n', "web_port"),
        ("web_port = true\n", "web_port"),
        ("web_port = -1\n", "web_port"),
        ("web_port = 65536\n", "web_port"),
        ("hosts = [1]\n", "hosts"),
        ("receiver_id = 5\n", "receiver_id"),
        ("web_port = \n", "line 1"),
        ("[web]\nport = 1\n", "web"),
    ],
)
def test_a_setting_that_is_not_understood_is_named(tmp_path: Path, content: str, said: str) -> None:
    """A misspelt setting must not be a silent default."""
    (tmp_path / "narvaro.toml").write_text(content, "utf-8")
    message = refused(tmp_path)
    assert said in message
    assert "narvaro.toml" in message


def test_the_environment_overrides_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers and lists too; a wrong one is refused by its name."""
    (tmp_path / "narvaro.toml").write_text("web_port = 9000\nalarm_port = 0\n")
    assert open_home(tmp_path).settings == Settings(web_port=9000, alarm_port=0)
    monkeypatch.setenv("NARVARO_WEB_PORT", "9001")
    monkeypatch.setenv("NARVARO_HOSTS", "a.example, b.example")
    given = open_home(tmp_path).settings
    assert (given.web_port, given.hosts) == (9001, ("a.example", "b.example"))
    monkeypatch.setenv("NARVARO_WEB_PORT", "nio")
    assert "NARVARO_WEB_PORT" in refused(tmp_path)


def test_a_listener_that_nobody_knows_is_refused_with_those_that_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A misspelt name would close the port that alarms come to, without a word."""
    (tmp_path / "narvaro.toml").write_text('listeners = ["dco9", "http"]\n')
    assert "'dco9' is no listener; known are dc09, http, " in refused(tmp_path)
    (tmp_path / "narvaro.toml").write_text('listeners = ["dc09", "mail"]\n')
    assert open_home(tmp_path).settings.listeners == ("dc09", "mail")
    monkeypatch.setenv("NARVARO_LISTENERS", "dc09, imap")
    assert "NARVARO_LISTENERS: 'imap'" in refused(tmp_path)


def test_a_home_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    """Said, with its path, instead of a traceback."""
    file = tmp_path / "file"
    file.write_text("")
    assert str(file) in refused(file)


def test_the_home_is_var_unless_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NARVARO_HOME, else ./var."""
    monkeypatch.chdir(tmp_path)
    assert home_path() == tmp_path / "var"
    monkeypatch.setenv("NARVARO_HOME", "elsewhere")
    assert home_path() == tmp_path / "elsewhere"


def test_the_database_is_a_file_or_a_postgresql_address(tmp_path: Path) -> None:
    """SQLite is durable by its settings; an address of another kind is refused without its words."""
    file = database(tmp_path / "narvaro.db", "")
    assert file["ENGINE"] == "django.db.backends.sqlite3"
    options = file["OPTIONS"]
    assert isinstance(options, dict)
    assert "synchronous=FULL" in options["init_command"]
    assert options["transaction_mode"] == "IMMEDIATE"
    found = postgresql_database("postgresql://n%40v:s%2Fcret@db.example:5433/n%C3%A4rvaro")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (
        "n@v", "s/cret", "db.example", "5433", "närvaro",
    )  # fmt: skip
    for url in ("mysql://u:secret@h/d", "postgresql://u:secret@h/", "postgresql://u:secret@h:x/d"):
        with pytest.raises(HomeRefused) as no:
            database(tmp_path, url)
        assert "secret" not in str(no.value)
