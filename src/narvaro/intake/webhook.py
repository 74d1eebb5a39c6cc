"""Who signed a request: Standard Webhooks 1.0. In: a request. Out: its sender and id, or why not.

The signature is HMAC-SHA-256 over id, time and body; the HTTP headers of the content are not in it.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from narvaro.intake.fixes import UnusableError
from narvaro.intake.protocols import Request
from narvaro.intake.sealed import Accounts, Sender

TOLERANCE = timedelta(minutes=5)
PREFIX = "whsec_"
KEY_BYTES = range(24, 65)  # what the standard allows
MAX_SIGNATURES = 10
MAX_ID = 256
MAX_NAME = 64
NOT_PROVEN = "Not signed by a sender that is known here; check its name and its secret."


def read_name(path: str) -> str:
    """Return the sender's name, the second word of a path; raise UnusableError."""
    name = path.lstrip("/").partition("/")[2].rstrip("/")
    if not name or len(name) > MAX_NAME or "/" in name or not name.isprintable():
        raise UnusableError("unknown_sender", NOT_PROVEN)
    return name


def find_signer(request: Request, protocol: str, accounts: Accounts) -> tuple[Sender, str]:
    """Return the sender that a request was proven to come from, and the message's id.

    Raises UnusableError: "unknown_sender", "secret" (none that can be used), "signature".
    """
    sender = accounts.find_sender(protocol, read_name(request.path))
    if sender is None:
        raise UnusableError("unknown_sender", NOT_PROVEN)
    key = read_key(sender.secret)
    message_id = request.headers.get("webhook-id", "")
    stamp = request.headers.get("webhook-timestamp", "")
    given = request.headers.get("webhook-signature", "").split()[:MAX_SIGNATURES]
    usable = 0 < len(message_id) <= MAX_ID and f"{message_id}{stamp}".isascii()
    if not usable or not message_id.isprintable():
        raise UnusableError("signature", NOT_PROVEN)
    right = sign(key, message_id, stamp, request.body).encode()
    if not any(hmac.compare_digest(right, one.encode("utf-8", "replace")) for one in given):
        raise UnusableError("signature", NOT_PROVEN)
    return sender, message_id


def read_key(secret: str) -> bytes:
    """Return a secret's bytes ("whsec_" and base64, padded or not); raise UnusableError."""
    text = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) not in KEY_BYTES:
        raise UnusableError("secret", NOT_PROVEN)
    return key


def sign(key: bytes, message_id: str, stamp: str, body: bytes) -> str:
    """Return the signature "v1,…" of a body sent with an id at a time (seconds since 1970)."""
    content = f"{message_id}.{stamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()


def check_time(request: Request, now: datetime) -> None:
    """Raise UnusableError where the signed time is not within 5 minutes of our clock."""
    stamp = request.headers.get("webhook-timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 11):
        raise UnusableError("time", "webhook-timestamp is not seconds since 1970.")
    if abs(datetime.fromtimestamp(int(stamp), UTC) - now) > TOLERANCE:
        ours = now.astimezone(UTC).isoformat(timespec="seconds")
        raise UnusableError("time", f"Signed over 5 minutes from our clock, which says {ours}.")


def fingerprint_of(*parts: str) -> str:
    """Return the digest that makes two messages one."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()
