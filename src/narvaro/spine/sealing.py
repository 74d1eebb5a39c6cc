"""Sealing of secrets at rest. In: text. Out: tokens that only this installation's key opens.

The key stands in the secrets file beside the database, never in it (Fernet: AES-128-CBC with
HMAC-SHA-256).
"""

from cryptography.fernet import Fernet
from django.conf import settings


def seal_text(text: str) -> str:
    """Return `text` sealed; empty text stays empty."""
    return Fernet(settings.SEAL_KEY).encrypt(text.encode()).decode() if text else ""


def open_text(token: str) -> str:
    """Return the text of a sealed token; raises cryptography.fernet.InvalidToken."""
    return Fernet(settings.SEAL_KEY).decrypt(token.encode()).decode() if token else ""
