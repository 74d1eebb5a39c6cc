"""Passwords that a sender asks to renew. In: who asks. Out: its next one, kept before it is told.

Both hold until the next one is used: an answer that gets lost must not lock a sender out. What is
renewed stands in the journal, sealed, and is promoted into the directory as any record is.
"""

import asyncio
import hashlib
import json
import logging
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cryptography.fernet import Fernet, InvalidToken

from narvaro.intake.journal import Journal
from narvaro.intake.records import Record, now_us
from narvaro.intake.sealed import Accounts, Sender

logger = logging.getLogger(__name__)

NEXT = "next_secret"
LENGTH = 15
SIGNS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class _Renewed:
    """A next password, and which one it follows: where the directory has another, it is void."""

    tenant: str
    secret: str
    follows: str
    used: bool = False


class Rotation:
    """Makes next passwords and remembers them until the directory hands them over itself."""

    def __init__(self, journal: Journal, seal_key: str) -> None:
        self._journal = journal
        self._fernet = Fernet(seal_key)
        self._renewed: dict[tuple[str, str], _Renewed] = {}

    def recall(self, records: Sequence[Record]) -> None:
        """Remember what a journal's records renewed, after a start."""
        for one in records:
            said = json.loads(one.decoded)
            try:
                secret = self._fernet.decrypt(said["sealed"].encode()).decode()
            except InvalidToken:
                # Sealed with another key: this sender signs in as the directory says.
                logger.critical("rotation_refused", extra={"sender": one.account})
                continue
            self._renewed[one.protocol, one.account] = _Renewed(
                one.tenant, secret, said["follows"], said["used"]
            )

    def applied(self, accounts: Accounts) -> Accounts:
        """Return the accounts with what was renewed since they were handed over."""
        if not self._renewed:
            return accounts
        return replace(accounts, senders=tuple(self._apply(one) for one in accounts.senders))

    async def renew(self, sender: Sender) -> str:
        """Return a sender's next password, the same until it is used; raise JournalError."""
        known = self._find(sender)
        if known is not None and not known.used:
            return known.secret
        secret = sender.find_option(NEXT) or "".join(secrets.choice(SIGNS) for _ in range(LENGTH))
        await self._keep(sender, _Renewed(sender.tenant, secret, _digest(sender.secret)))
        return secret

    async def note_used(self, sender: Sender) -> None:
        """Let the old password go: the sender used the next one."""
        secret = sender.find_option(NEXT)
        known = self._find(sender)
        if secret and not (known is not None and known.used and known.secret == secret):
            follows = _digest(sender.secret)
            await self._keep(sender, _Renewed(sender.tenant, secret, follows, used=True))

    def _find(self, sender: Sender) -> _Renewed | None:
        """Return what holds of a sender's renewal; nothing once somebody entered another password."""
        known = self._renewed.get((sender.protocol, sender.name))
        if known is None or known.tenant != sender.tenant:
            return None
        return known if known.follows == _digest(sender.secret) else None

    async def _keep(self, sender: Sender, renewed: _Renewed) -> None:
        sealed = self._fernet.encrypt(renewed.secret.encode()).decode()
        record = Record(
            self._journal.receiver_id, now_us(), "rotation", sender.protocol,
            json.dumps({"sealed": sealed, "used": renewed.used, "follows": renewed.follows}),
            tenant=sender.tenant, account=sender.name,
        )  # fmt: skip
        await asyncio.wrap_future(self._journal.append(record))
        self._renewed[sender.protocol, sender.name] = renewed

    def _apply(self, sender: Sender) -> Sender:
        known = self._find(sender)
        if known is None:
            return sender
        if known.used:
            return replace(sender, secret=known.secret, options=_without_next(sender))
        return replace(sender, options=(*_without_next(sender), (NEXT, known.secret)))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _without_next(sender: Sender) -> tuple[tuple[str, str], ...]:
    return tuple(one for one in sender.options if one[0] != NEXT)
