"""The shapes that all decoders give. In: fields of a message. Out: frozen dataclasses, and JSON.

A decoder of a new protocol returns these and nothing else; what follows (journal, promotion)
knows no protocol.
"""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, Self, TypeAlias, TypeVar, get_args

if TYPE_CHECKING:
    from narvaro.intake.sealed import Owner

Pairs: TypeAlias = tuple[tuple[str, str], ...]
Json: TypeAlias = dict[str, object]
Field = TypeVar("Field")


class MessageError(ValueError):
    """A dict is not the JSON form of a message; says which field and why."""


@dataclass(frozen=True, slots=True)
class Received:
    """One signal of a transmitter, as sent; nothing in it is interpreted.

    `code` is a two-letter SIA code or a Contact ID code with its qualifier ("1130"); it is empty
    where the frame was sound and its content could not be read, and `text` then holds the content.
    `zone` is the number that the code carries: a zone, a user or a door, as the code says.
    `occurred_at` is the panel's own time (UTC), None where it sent none; `time_verified` says that
    the frame's time stamp was inside the account's window. `fingerprint` is the digest of what the
    transmitter stamped with its time, sequence left out: two messages with one fingerprint are one.
    It is empty where no time was stamped. `lat` and `lon` are WGS 84 degrees, where one was sent.
    """

    protocol: str
    token: str
    account: str
    sequence: int
    code: str = ""
    receiver_no: str = ""
    line_prefix: str = ""
    qualifier: str = ""
    zone: str = ""
    area: str = ""
    text: str = ""
    occurred_at: datetime | None = None
    time_verified: bool = False
    extended: Pairs = ()
    is_poll: bool = False
    fingerprint: str = ""
    lat: float | None = None
    lon: float | None = None

    def to_dict(self) -> Json:
        """Return the JSON form."""
        given: Json = {one.name: getattr(self, one.name) for one in fields(self)}
        given["occurred_at"] = _text_of(self.occurred_at)
        given["extended"] = [list(pair) for pair in self.extended]
        return given

    @classmethod
    def from_dict(cls, given: Json) -> Self:
        """Read the JSON form; raise MessageError where a field is missing or of the wrong type."""
        return cls(
            protocol=_get(given, "protocol", str),
            token=_get(given, "token", str),
            account=_get(given, "account", str),
            sequence=_get(given, "sequence", int),
            code=_get(given, "code", str),
            receiver_no=_get(given, "receiver_no", str),
            line_prefix=_get(given, "line_prefix", str),
            qualifier=_get(given, "qualifier", str),
            zone=_get(given, "zone", str),
            area=_get(given, "area", str),
            text=_get(given, "text", str),
            occurred_at=_time_of(given, "occurred_at"),
            time_verified=_get(given, "time_verified", bool),
            extended=_pairs_of(given, "extended"),
            is_poll=_get(given, "is_poll", bool),
            fingerprint=_get(given, "fingerprint", str),
            lat=_measure_of(given, "lat"),
            lon=_measure_of(given, "lon"),
        )


@dataclass(frozen=True, slots=True)
class Position:
    """Where a device was, WGS 84 degrees, at a UTC time; `battery` is a share from 0 to 1."""

    device: str
    lat: float
    lon: float
    at: datetime
    accuracy_m: float | None = None
    speed_m_s: float | None = None
    bearing_deg: float | None = None
    battery: float | None = None
    extras: Pairs = ()

    def to_dict(self) -> Json:
        """Return the JSON form."""
        given: Json = {one.name: getattr(self, one.name) for one in fields(self)}
        given["at"] = _text_of(self.at)
        given["extras"] = [list(pair) for pair in self.extras]
        return given

    @classmethod
    def from_dict(cls, given: Json) -> Self:
        """Read the JSON form; raise MessageError where a field is missing or of the wrong type."""
        at = _time_of(given, "at")
        if at is None:
            raise MessageError("Field 'at' is null; a position has a time.")
        return cls(
            device=_get(given, "device", str),
            lat=float(_get(given, "lat", float, int)),
            lon=float(_get(given, "lon", float, int)),
            at=at,
            accuracy_m=_measure_of(given, "accuracy_m"),
            speed_m_s=_measure_of(given, "speed_m_s"),
            bearing_deg=_measure_of(given, "bearing_deg"),
            battery=_measure_of(given, "battery"),
            extras=_pairs_of(given, "extras"),
        )


What: TypeAlias = Literal[
    "line_crossing", "intrusion", "loitering", "crowd", "motion", "object_left", "object_removed",
    "fire_smoke", "sound", "tamper", "camera_lost", "camera_back", "other",
]  # fmt: skip
"""What a camera may say; no word here tells one person from another."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What a camera's analytics saw: a thing that happens at a place, never who.

    `camera` is the camera's id in the register. `count` is how many were seen, None where nothing
    counted. `began` is False where the event ended. `note` is the analytics' own word for it.
    """

    protocol: str
    camera: str
    what: What
    at: datetime
    began: bool = True
    count: int | None = None
    note: str = ""

    def to_dict(self) -> Json:
        """Return the JSON form."""
        given: Json = {one.name: getattr(self, one.name) for one in fields(self)}
        given["at"] = _text_of(self.at)
        return given

    @classmethod
    def from_dict(cls, given: Json) -> Self:
        """Read the JSON form; raise MessageError where a field is missing or of the wrong type."""
        at = _time_of(given, "at")
        what = next((one for one in get_args(What) if one == given.get("what")), None)
        if at is None:
            raise MessageError("Field 'at' is null; an observation has a time.")
        if what is None:
            raise MessageError("Field 'what' is no word of the vocabulary.")
        count = given.get("count")
        return cls(
            protocol=_get(given, "protocol", str),
            camera=_get(given, "camera", str),
            what=what,
            at=at,
            began=_get(given, "began", bool),
            count=None if count is None else _get(given, "count", int),
            note=_get(given, "note", str),
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message was not taken: `code` for programs, `detail` for people.

    `source` is the account or device that the message named, empty where it named none.
    `detail` never repeats content of the message.
    """

    code: str
    detail: str
    source: str = ""

    def to_dict(self) -> Json:
        """Return the JSON form."""
        return {"code": self.code, "detail": self.detail, "source": self.source}

    @classmethod
    def from_dict(cls, given: Json) -> Self:
        """Read the JSON form; raise MessageError where a field is missing or of the wrong type."""
        return cls(_get(given, "code", str), _get(given, "detail", str), _get(given, "source", str))


Item: TypeAlias = Received | Position | Observed


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the field, opened: who sent it, what it carries, or why it was refused.

    `owner` is the account, sender or device that it was proven to come from, None where nobody is.
    No items and no refusal: a sign of life. `answer` is what the protocol's answer needs to know of
    it (a status, a reference), never content.
    """

    owner: "Owner | None" = None
    items: tuple[Item, ...] = ()
    refusal: Refusal | None = None
    answer: Pairs = ()


def _text_of(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()


def _get(given: Json, name: str, *kinds: type[Field]) -> Field:
    value = given.get(name)
    if isinstance(value, bool) and bool not in kinds:
        value = None
    if not isinstance(value, kinds):
        names = " or ".join(kind.__name__ for kind in kinds)
        raise MessageError(f"Field {name!r} is missing or not {names}.")
    return value


def _time_of(given: Json, name: str) -> datetime | None:
    value = given.get(name)
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(_get(given, name, str))
    except ValueError as fault:
        raise MessageError(f"Field {name!r} is not an ISO 8601 time.") from fault
    if at.tzinfo is None:
        raise MessageError(f"Field {name!r} has no UTC offset.")
    return at.astimezone(UTC)


def _measure_of(given: Json, name: str) -> float | None:
    return None if given.get(name) is None else float(_get(given, name, float, int))


def _pairs_of(given: Json, name: str) -> Pairs:
    pairs = []
    for item in _get(given, name, list):
        match item:
            case [str() as key, str() as value]:
                pairs.append((key, value))
            case _:
                raise MessageError(f"Field {name!r} holds something that is not a pair of texts.")
    return tuple(pairs)
