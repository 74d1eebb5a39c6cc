"""What the screens show of silence: nobody answers, a path is lost, a guard is not heard. Out: contexts."""

from dataclasses import dataclass
from datetime import datetime

from narvaro.web.screens.shell import Choice


@dataclass(frozen=True, slots=True)
class ToldWay:
    """A notification over one channel. state: sent, waiting, given_up, not_set_up.

    No state: it has not worked, but another way has. `channel_label` where `state_label` names none.
    """

    channel_label: str
    state: str
    state_label: str
    sent_at: datetime | None = None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class ToldRow:
    """A duty that was told at one moment, and over what."""

    at: datetime
    duty: str
    ways: tuple[ToldWay, ...]


@dataclass(frozen=True, slots=True)
class EscalationView:
    """console/_escalation.html: since when nobody answers, and who was told, newest first.

    `have_it_url` takes a POST. `taken_by` and `ended_at` once somebody said "I have it"; where it
    ended otherwise, `ended_label` says by what. `nobody`: there is no contact that could be told.
    """

    since: datetime
    rows: tuple[ToldRow, ...]
    more_steps: int = 0
    next_at: datetime | None = None
    have_it_url: str = ""
    taken_by: str = ""
    ended_label: str = ""
    ended_at: datetime | None = None
    nobody: bool = False


@dataclass(frozen=True, slots=True)
class LostPathRow:
    """A transmission path whose silence the case is about."""

    site: str
    path: str
    carrier: str
    heard_at: datetime
    lost_at: datetime
    restored_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LostPaths:
    """console/_lost_paths.html: the first of them; `out` of `count` are out still.

    `advice`: what to do about a fault of a carrier. `restored_at`: all speak again; `ends_at`: when the
    case then ends by itself, where nobody is out on it.
    """

    rows: tuple[LostPathRow, ...]
    count: int
    out: int
    advice: str = ""
    restored_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def more(self) -> int:
        """Return how many are not shown."""
        return self.count - len(self.rows)


@dataclass(frozen=True, slots=True)
class DutyPhone:
    """A duty (*jour*) that may be called, with its telephone."""

    duty: str
    phone: str


@dataclass(frozen=True, slots=True)
class MissedSign:
    """console/_missed_sign.html: the sign of life that did not come, or came after all.

    `began_by` is the service number of who began the watch; `phones` are for who may take the case.
    """

    call_sign: str
    due_at: datetime
    is_silent: bool
    began_by: str = ""
    phones: tuple[DutyPhone, ...] = ()
    has_ended: bool = False
    returned_at: datetime | None = None
    position_at: datetime | None = None
    position_stale: bool = False


@dataclass(frozen=True, slots=True)
class PhoneWatch:
    """phone/_watch.html: the guard works alone. state: none, running, missed, left.

    `none`: a form posts `interval_s`, one of `intervals`, to `start_url`. `left`: the shift before
    has not ended its watch, and `by` is who began it. `case_number`: what a missed sign raised and
    nobody has closed.
    """

    state: str
    call_sign: str
    start_url: str = ""
    here_url: str = ""
    end_url: str = ""
    intervals: tuple[Choice, ...] = ()
    due_at: datetime | None = None
    seen_at: datetime | None = None
    minutes: int = 0
    by: str = ""
    case_number: str = ""
