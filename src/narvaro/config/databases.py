"""Which database. In: the home folder and NARVARO_DATABASE_URL. Out: Django's DATABASES entry."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from narvaro.config.home import HomeRefused

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA foreign_keys=ON;"
    "PRAGMA cache_size=-65536;"
    # One connection checkpoints (the work process): SQLite before 3.51 has a fault with several.
    "PRAGMA wal_autocheckpoint=0;"
)


def sqlite_database(file: Path) -> dict[str, object]:
    """Return settings for a SQLite file: WAL, FULL, immediate transactions, kept connections."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(file),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"timeout": 10, "transaction_mode": "IMMEDIATE", "init_command": SQLITE_PRAGMAS},
        "TEST": {"NAME": None},
    }


def postgresql_database(url: str) -> dict[str, object]:
    """Return settings for postgresql://user:password@host:port/name; raises HomeRefused."""
    parts = urlsplit(url)
    port: str | None
    try:
        port = str(parts.port or "")
    except ValueError:
        port = None
    known = parts.scheme in {"postgresql", "postgres"}
    if port is None or not known or not parts.path.strip("/"):
        raise HomeRefused(
            f"NARVARO_DATABASE_URL {parts.scheme}://… is not understood; write "
            "postgresql://user:password@host:port/name, or leave it out for SQLite."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": port,
        "CONN_MAX_AGE": None,
    }


def database(file: Path, url: str) -> dict[str, object]:
    """Return the one database's settings: PostgreSQL where a URL is given, else SQLite."""
    return postgresql_database(url) if url else sqlite_database(file)
