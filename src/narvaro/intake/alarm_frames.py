"""What TCP, TLS and UDP share. In: one chunk of a transmitter's bytes. Out: what it is due.

Whose frame it is, from where it may come, whether it was heard before, and whether our own clock
can be believed is decided here, once for all transports. What time it is at the panels is noted.
"""

import math
from concurrent.futures import Future
from dataclasses import dataclass, replace

from narvaro.intake.desk import Desk
from narvaro.intake.message import Refusal
from narvaro.intake.panel_time import PanelTime
from narvaro.intake.protocols import sia_dc09
from narvaro.intake.protocols.sia_dc09 import (
    BLOCK,
    IGNORE_TIME,
    STRICT_TIME,
    Answer,
    Decoded,
    FrameError,
)
from narvaro.intake.records import Seen, now_us
from narvaro.intake.replay import ReplayGuard, Sent, Verdict, find_horizon_s, name_line
from narvaro.intake.sealed import Accounts, AlarmAccount
from narvaro.spine import clock

NAME = sia_dc09.PROTOCOL.name


@dataclass(frozen=True, slots=True)
class Taken:
    """A frame that is due an answer, and what the answer waits for (None: nothing).

    `is_fresh` says that its transmitter sent it, and sent it for the first time, beyond doubt.
    """

    decoded: Decoded
    kept: "Future[int] | None"
    is_fresh: bool = False


class AlarmFrames:
    """Takes frames for all alarm listeners."""

    def __init__(self, desk: Desk, guard: ReplayGuard, panels: PanelTime | None = None) -> None:
        self.panels = panels or PanelTime()
        self._desk = desk
        self._guard = guard
        self._in_doubt: tuple[Accounts, Accounts] | None = None
        self._short_padded: set[str] = set()

    def take(self, chunk: bytes, peer: str) -> Taken | None:
        """Decode a chunk and hand it to the journal; None where it gets no answer.

        Raises FrameError where the bytes are no sound frame.
        """
        in_doubt = clock.in_doubt()
        accounts = self._accounts_of_any_time() if in_doubt else self._desk.accounts
        decoded = sia_dc09.decode(chunk, accounts=accounts, now=clock.now())
        owner = decoded.owner
        path = owner.find_path(peer) if owner else None
        if decoded.refusal is None and path is None:
            decoded = _refused(decoded, "network", "It does not come from where it may dial.")
        decoded = self._judge_padding(decoded)
        self._note_time(decoded, path)
        if decoded.refusal is not None:
            return self._refuse(decoded, peer, chunk)
        assert owner is not None
        assert path is not None
        sent = self._as_sent(decoded, owner, path, in_doubt=in_doubt)
        verdict, kept = self._guard.judge(sent)
        if verdict is Verdict.REPLAY and not decoded.is_poll:
            decoded = _refused(decoded, "replay", "An earlier frame's content and time stamp.")
            return self._refuse(decoded, peer, chunk)
        if verdict in {Verdict.REPEAT, Verdict.REPLAY}:
            self._desk.counts["repeat"] += 1
            return Taken(decoded, kept)
        is_fresh = verdict is Verdict.NEW and not decoded.is_patched
        if is_fresh:
            if decoded.header.encrypted and decoded.padding < BLOCK:
                self._short_padded.add(name_line(owner))
            self._desk.journal.see(Seen(owner.tenant, NAME, owner.account, path, now_us()))
        else:
            self._desk.counts["not_shown_fresh"] += 1
        kept = None
        if decoded.is_poll:
            self._desk.counts["poll"] += 1
        else:
            signals = decoded.signals
            if in_doubt or not is_fresh:
                signals = tuple(replace(one, time_verified=False) for one in signals)
            kept = self._desk.keep_signals(signals, tenant=owner.tenant, peer=peer, raw=chunk)
        self._guard.remember(sent, kept)
        return Taken(decoded, kept, is_fresh=is_fresh)

    def _as_sent(self, decoded: Decoded, owner: AlarmAccount, path: str, *, in_doubt: bool) -> Sent:
        """Return what the guard is to know a frame by.

        A poll of each path in the same second is one of each; an alarm is one over all of them.
        """
        first, known = decoded.signals[0], self._known(owner)
        drifts = IGNORE_TIME in known.flags
        horizon_s = find_horizon_s(known)
        return Sent(
            line=name_line(owner, path if decoded.is_poll else None),
            fingerprint=first.fingerprint,
            sequence=first.sequence,
            stamp_s=None if drifts or decoded.sent_at is None else decoded.sent_at.timestamp(),
            latest_s=math.inf if in_doubt else clock.now().timestamp() + known.early_s,
            horizon_s=math.inf if in_doubt and not drifts and not decoded.is_poll else horizon_s,
            is_poll=decoded.is_poll,
        )

    def _judge_padding(self, decoded: Decoded) -> Decoded:
        """Believe no longer pad of who is known to pad with less than a block: it hides one."""
        if decoded.owner is None or decoded.refusal is not None or decoded.padding <= BLOCK:
            return decoded
        if name_line(decoded.owner) not in self._short_padded:
            return decoded
        if decoded.is_poll:
            return _refused(decoded, "padding", "Its pad is longer than this transmitter's are.")
        return replace(decoded, is_patched=True)

    def _note_time(self, decoded: Decoded, path: str | None) -> None:
        """Note what time it is at the panel, and that it is sent ours; elsewhere is no panel."""
        owner, refusal = decoded.owner, decoded.refusal
        if owner is None or (refusal is not None and refusal.code != "time"):
            return
        name = name_line(owner)
        drifts = IGNORE_TIME in self._known(owner).flags
        if decoded.sent_at is None or path is None or drifts:
            return
        now = clock.now()
        is_later = self.panels.hear(
            name, decoded.sent_at, tenant=owner.tenant, now=now, up=clock.uptime()
        )
        if is_later and decoded.answer is Answer.NAK:
            self.panels.tell(name, now)

    def _known(self, owner: AlarmAccount) -> AlarmAccount:
        """Return the account as it is without our doubt, under which each has the flag."""
        return self._desk.accounts.find_account(owner.account, owner.line_prefix) or owner

    def _accounts_of_any_time(self) -> Accounts:
        """Return accounts whose time stamps are not judged: it is our own clock that is in doubt."""
        known = self._desk.accounts
        if self._in_doubt is None or self._in_doubt[0] is not known:
            any_time = tuple(
                one if STRICT_TIME in one.flags else replace(one, flags=(*one.flags, IGNORE_TIME))
                for one in known.accounts
            )
            self._in_doubt = (known, replace(known, accounts=any_time))
        return self._in_doubt[1]

    def refuse_unsound(self, fault: FrameError, peer: str, raw: bytes) -> None:
        """Keep bytes that are no sound frame, as far as the peer's allowance goes."""
        self._desk.keep_refused(
            fault.refusal, protocol=NAME, peer=peer, raw=raw[: sia_dc09.MAX_FRAME]
        )

    def _refuse(self, decoded: Decoded, peer: str, chunk: bytes) -> Taken | None:
        assert decoded.refusal is not None
        tenant = decoded.owner.tenant if decoded.owner else ""
        kept = self._desk.keep_refused(
            decoded.refusal, protocol=NAME, tenant=tenant, peer=peer, raw=chunk
        )
        # Before the first accounts arrive nobody is unknown: silence makes the panel try again.
        return Taken(decoded, kept) if self._desk.accounts.accounts else None


def _refused(decoded: Decoded, code: str, detail: str) -> Decoded:
    refusal = Refusal(code, detail, decoded.header.account)
    return replace(decoded, answer=Answer.DUH, signals=(), refusal=refusal)
