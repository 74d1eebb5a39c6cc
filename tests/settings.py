"""The product's settings with a home of their own for tests."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
os.environ["NARVARO_HOME"] = os.environ.get("NARVARO_TEST_HOME", str(ROOT / "build" / "test-home"))
(ROOT / "build").mkdir(exist_ok=True)

from narvaro.config.settings import *  # noqa: F403 - after the home is named
from narvaro.config.settings import DATABASES, HOME

if not HOME.settings.database_url:
    # A file, as in use: an in-memory database would not show locks between connections.
    DATABASES["default"]["TEST"] = {"NAME": str(HOME.path / "test.db")}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_USE_FINDERS = False  # each browser of a test would look for all files anew
