"""The desk behind all listeners. In: what was decoded. Out: records for the journal, and counts."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace

from narvaro.intake.journal import Journal
from narvaro.intake.limits import Allowance, Limits
from narvaro.intake.message import Item, Json, Message, Observed, Position, Received, Refusal
from narvaro.intake.protocols import Protocol
from narvaro.intake.records import JournalError, Kind, Record, Seen, now_us
from narvaro.intake.sealed import Accounts, AlarmAccount, Device, Owner, Sender, is_from

logger = logging.getLogger(__name__)


class Desk:
    """What the listeners share: the accounts in force, the journal, and counts since the start."""

    def __init__(self, journal: Journal, accounts: Accounts, limits: Limits) -> None:
        self.journal = journal
        self.accounts = accounts
        self.counts: Counter[str] = Counter()
        self._known = Allowance(limits.refused_per_source, limits.refused_in_all)
        self._unknown = Allowance(limits.refused_per_source, limits.refused_in_all)

    def admit(self, message: Message, peer: str) -> Message:
        """Return the message, or its refusal where its owner may not speak from that address."""
        owner = message.owner
        if isinstance(owner, AlarmAccount):
            allowed = owner.find_path(peer) is not None
        else:
            allowed = not isinstance(owner, Sender) or is_from(owner.networks, peer)
        if allowed:
            return message
        refusal = Refusal("network", "It does not come from where it may.", name_of(owner))
        return Message(refusal=refusal)

    def keep(
        self, message: Message, *, protocol: Protocol, peer: str, raw: bytes
    ) -> "list[Future[int]]":
        """Hand to the journal what may be kept; the answer is due once all futures are done.

        A position of a device off duty, or before positions are allowed, is dropped and counted
        without its device. What comes from nobody that is known is kept only with its bytes.
        """
        owner = message.owner
        if isinstance(owner, Device) and not (owner.on_duty and self.accounts.positions_allowed):
            self.counts["position_dropped"] += 1
            return []
        if isinstance(owner, Device):
            message = self._on_duty_alone(message, owner)
        if not protocol.keeps_raw:
            peer, raw = "", b""
        if message.refusal is not None:
            if owner is None and not protocol.keeps_raw:
                self.counts[f"refused_{message.refusal.code}"] += 1
                return []
            tenant = owner.tenant if owner else ""
            kept = self.keep_refused(
                message.refusal, protocol=protocol.name, tenant=tenant, peer=peer, raw=raw
            )
            return [] if kept is None else [kept]
        if owner is None:
            raise ValueError("A message that is not refused has an owner.")
        if not message.items:
            self.counts["sign_of_life"] += 1
        if isinstance(owner, Sender):
            self.journal.see(Seen(owner.tenant, protocol.name, owner.name, "", now_us()))
        return [self._keep_item(one, protocol.name, owner, peer, raw) for one in message.items]

    async def stored(self, kept: "Sequence[Future[int]]") -> bool:
        """Wait for the commit; False where the answer must not be given."""
        try:
            await asyncio.gather(*(asyncio.wrap_future(one) for one in kept))
        except JournalError:
            return False
        return self.journal.healthy

    def _on_duty_alone(self, message: Message, owner: Device) -> Message:
        """Drop what a phone kept for want of a net from before its duty began, or from a break."""
        kept = tuple(
            one
            for one in message.items
            if not (isinstance(one, Position) and not owner.is_its_time(one.at.timestamp()))
        )
        self.counts["position_dropped"] += len(message.items) - len(kept)
        return replace(message, items=kept)

    def _keep_item(
        self, item: Item, protocol: str, owner: Owner, peer: str, raw: bytes
    ) -> "Future[int]":
        match item:
            case Received():
                return self.keep_signals((item,), tenant=owner.tenant, peer=peer, raw=raw)
            case Position():
                return self.keep_position(item, tenant=owner.tenant, protocol=protocol)
            case Observed():
                self.counts["observation"] += 1
                record = self._record("observation", protocol, item.to_dict())
                return self.journal.append(
                    replace(record, tenant=owner.tenant, account=item.camera)
                )

    def keep_signals(
        self, signals: tuple[Received, ...], *, tenant: str, peer: str, raw: bytes
    ) -> "Future[int]":
        """Store the signals of one frame; acknowledge when the future says so."""
        first = signals[0]
        self.counts["signal"] += 1
        record = self._record("signal", first.protocol, [one.to_dict() for one in signals])
        flags = "" if first.time_verified else "time_unverified"
        return self.journal.append(
            replace(record, tenant=tenant, account=first.account, peer=peer, raw=raw, flags=flags)
        )

    def keep_position(self, position: Position, *, tenant: str, protocol: str) -> "Future[int]":
        """Store a position; no bytes and no address of a phone are kept beside it."""
        self.counts["position"] += 1
        record = self._record("position", protocol, position.to_dict())
        return self.journal.append(replace(record, tenant=tenant, account=position.device))

    def keep_refused(
        self, refusal: Refusal, *, protocol: str, tenant: str = "", peer: str = "", raw: bytes = b""
    ) -> "Future[int] | None":
        """Store what was refused as far as the source's allowance goes, else None; count it always."""
        self.counts[f"refused_{refusal.code}"] += 1
        allowance, source = (self._known, refusal.source) if tenant else (self._unknown, peer)
        if not allowance.take(source):
            self.counts["refused_not_kept"] += 1
            return None
        logger.warning(
            "message_refused",
            extra={
                "code": refusal.code,
                "protocol": protocol,
                "source": refusal.source,
                "peer": peer,
            },
        )
        record = self._record("refused", protocol, refusal.to_dict())
        return self.journal.append(
            replace(
                record,
                tenant=tenant,
                account=refusal.source,
                peer=peer,
                raw=raw,
                flags=refusal.code,
            )
        )

    def _record(self, kind: Kind, protocol: str, content: Json | list[Json]) -> Record:
        decoded = json.dumps(content, separators=(",", ":"))
        return Record(self.journal.receiver_id, now_us(), kind, protocol, decoded)


def name_of(owner: Owner | None) -> str:
    """Return how messages name an owner; empty for nobody."""
    match owner:
        case AlarmAccount():
            return owner.account
        case Sender():
            return owner.name
        case Device():
            return owner.device
        case None:
            return ""
