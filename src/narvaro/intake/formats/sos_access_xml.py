"""The documents of SOS Access v4. In: bytes of either side. Out: fields, and documents to send.

ISO-8859-1 XML, one flat element per document. The receiver and the client share this file; what
the fields mean to us stands in `narvaro.intake.protocols.sos_access`.
"""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from xml.etree.ElementTree import ParseError
from zoneinfo import ZoneInfo

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from narvaro.intake.formats import sos_access_place as place

MAX_CHARACTERS = 100_000  # of a whole document, its header included; here bytes
MAX_DEPTH, MAX_ELEMENTS = 3, 64
ROOT_WITHIN = 1024  # bytes in which the outer element must have begun
MAX_TAG = 80
LOCAL = ZoneInfo("Europe/Stockholm")  # a time without an offset is Swedish local time


class Status(IntEnum):
    """What a centre answers; 6 and 8 are not given out."""

    OK = 0
    INVALID_LENGTH = 1
    INVALID_XML = 2
    WRONG_CONTENT = 3
    NOT_AUTHORIZED = 4
    NOT_TREATED_NOT_DISTRIBUTED = 5
    MANDATORY_DATA_MISSING = 7
    SERVICE_UNAVAILABLE = 9
    DUPLICATED_ALARM = 10
    SERVER_ERROR = 98
    OTHER_ERROR = 99
    XML_HEADER_MISSING_OR_INVALID = 100
    PING_TO_OFTEN = 101


LENGTHS: dict[str, tuple[int, int]] = {
    "reference": (1, 50),
    "authentication": (15, 15),
    "receiver": (1, 20),
    "transmittertime": (1, 40),  # 23 as described; ISO 8601 with an offset is longer
    "alarmtype": (2, 2),
    "transmittertype": (1, 5),  # 5 as described; a shorter one is in use
    "transmittercode": (1, 15),
    "transmitterarea": (1, 5),
    "eventcode": (1, 25),
    "section": (1, 5),
    "sectiontext": (1, 40),
    "detector": (1, 5),
    "detectortext": (1, 40),
    "additionalinfo": (1, 2000),
}
"""The least and most characters of each field."""

_ENCODINGS = {
    **dict.fromkeys(("iso-8859-1", "iso8859-1", "latin-1", "latin1", "us-ascii", ""), "latin-1"),
    **dict.fromkeys(("utf-8", "utf8"), "utf-8"),
    "windows-1252": "cp1252",
    "iso-8859-15": "iso-8859-15",
}
_HEADER = re.compile(rb"<\?xml\s[^<>?]*\?>")
_DECLARED = re.compile(rb"""\sencoding\s*=\s*["']([A-Za-z0-9._-]*)["']""")
_ROOT = re.compile(rb"<([A-Za-z_][^\s<>/]{0,63})[^<>]*?(/?)>")
_CLOSING = re.compile(rb"</([^\s<>/]{1,64})\s{0,8}>")
_SECRET = re.compile(
    rb"(<(?!/|requestnew)[^<>]{0,40}authentication\b[^<>]{0,40}>)(.*?)(?=</[^<>]{0,40}authentication|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_PLAINER = str.maketrans("–—’‘”“…\N{NO-BREAK SPACE}", "--''\"\". ")


class DocumentError(Exception):
    """Bytes that are no document of the protocol: the status that says so, a code and words."""

    def __init__(self, status: Status, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Document:
    """The outer element's name and the fields in it; a field within a field is "outer/inner"."""

    name: str
    fields: dict[str, str]


class _Reading:
    """What the parser tells of a document; refuses what is deep, long or said twice."""

    def __init__(self) -> None:
        self.root = ""
        self.fields: dict[str, str] = {}
        self._path: list[str] = []
        self._parts: list[str] = []
        self._count = 0

    def start(self, name: str, _attributes: object) -> None:
        self._path.append(name)
        self._parts = []
        self._count += 1
        if len(self._path) > MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise DocumentError(Status.INVALID_XML, "xml", "Too many elements, or too deep.")
        self.root = self._path[0]

    def data(self, text: str) -> None:
        self._parts.append(text)

    def end(self, _name: str) -> None:
        text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", "".join(self._parts)).strip()
        name = "/".join(self._path[1:])
        if text and name:
            if name in self.fields:
                raise DocumentError(Status.WRONG_CONTENT, "content", "A field is given twice.")
            self.fields[name] = text
        self._parts = []
        self._path.pop()


def read_document(data: bytes, *, headed: bool = True) -> Document:
    """Read a document; raise DocumentError. An empty field counts as not sent.

    `headed` demands the XML header. Bytes that are not of the encoding that it declares are read
    as ISO-8859-1, so that a wrong header alone loses no alarm.
    """
    if len(data) > MAX_CHARACTERS:
        raise DocumentError(Status.INVALID_LENGTH, "too_long", "More than 100,000 characters.")
    bare = data.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n")
    header = _HEADER.match(bare)
    if headed and header is None:
        raise _header_error("No XML header in an encoding that is read here.")
    declared = _DECLARED.search(header[0]) if header else None
    encoding = _ENCODINGS.get(declared[1].decode().lower() if declared else "")
    if encoding is None:
        raise _header_error("The XML header names an encoding that is not read here.")
    body = bare[header.end() :] if header else bare
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        text = body.decode("latin-1")
    reading = _Reading()
    parser = DefusedXMLParser(target=reading, forbid_dtd=True)
    try:
        parser.feed(text)
        parser.close()
    except (ParseError, DefusedXmlException) as fault:
        detail = "Not well-formed XML, or with a document type or entities of its own."
        raise DocumentError(Status.INVALID_XML, "xml", detail) from fault
    return Document(reading.root, reading.fields)


def _header_error(detail: str) -> DocumentError:
    return DocumentError(Status.XML_HEADER_MISSING_OR_INVALID, "header", detail)


def check_fields(document: Document, mandatory: Iterable[str]) -> None:
    """Raise DocumentError where a field is missing, too short or too long."""
    missing = [name for name in mandatory if name not in document.fields]
    if missing:
        detail = f"Mandatory fields are missing: {', '.join(missing)}."
        raise DocumentError(Status.MANDATORY_DATA_MISSING, "missing", detail)
    for name, (least, most) in LENGTHS.items():
        if name in document.fields and not least <= len(document.fields[name]) <= most:
            detail = f"The field {name} has {least} to {most} characters."
            raise DocumentError(Status.WRONG_CONTENT, "content", detail)


def write_document(name: str, fields: Iterable[tuple[str, str]]) -> bytes:
    """Write a document; what ISO-8859-1 has no sign for becomes a plainer sign or "?"."""
    inner = "".join(f"<{key}>{_escaped(value)}</{key}>" for key, value in fields)
    text = f'<?xml version="1.0" encoding="ISO-8859-1"?>\n<{name}>{inner}</{name}>'
    return text.encode("latin-1", "replace")


def _escaped(value: str) -> str:
    return html.escape(_CONTROL.sub("?", value.translate(_PLAINER)), quote=False)


def find_root(data: bytes | bytearray) -> str:
    """Return the outer element's name as far as it can be seen, empty where it cannot."""
    found = _ROOT.search(data, 0, ROOT_WITHIN)
    return found[1].decode("latin-1") if found else ""


def find_end(data: bytes | bytearray, since: int = 0) -> int:
    """Return where the document ends, 0 where more must come.

    `since` is how much was looked through before. Bytes that cannot become a document end at once.
    """
    first = data[:ROOT_WITHIN].removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")[:1]
    if first not in (b"", b"<", b"\xef") or b"\0" in data[since:]:
        return len(data)
    root = _ROOT.search(data, 0, ROOT_WITHIN)
    if root is None:
        return 0
    if root[2]:
        return root.end()
    closings = _CLOSING.finditer(data, max(root.end(), since - MAX_TAG))
    return next((one.end() for one in closings if one[1] == root[1]), 0)


def cover(data: bytes) -> bytes:
    """Blank the password out of a document, whole or not, so that its bytes may be kept.

    Bytes of an encoding in which it cannot be found are not kept at all.
    """
    if b"\0" in data:
        return b""
    return _SECRET.sub(lambda found: found[1] + b"*" * len(found[2]), data)


def local_text(at: datetime) -> str:
    """Write a time as the protocol does: Swedish local time with milliseconds."""
    local = at.astimezone(LOCAL)
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03d}"


@dataclass(frozen=True)
class Alarm:
    """An alarm to pass on; texts are cut to their length, codes must fit.

    `code` is what the centre has agreed to; `restores` says that it ended. Times are aware.
    """

    transmitter_code: str
    transmitter_type: str
    receiver: str
    authentication: str = field(repr=False)
    code: str = ""
    restores: bool = False
    reference: str = ""
    occurred_at: datetime | None = None
    area: str = ""
    section: str = ""
    section_text: str = ""
    detector: str = ""
    detector_text: str = ""
    info: str = ""
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True)
class Answer:
    """What a centre answered; `known` is None where it gave a status that is not given out."""

    status: int
    info: str
    reference: str = ""

    @property
    def known(self) -> Status | None:
        """Return the status as a word of the protocol."""
        return Status(self.status) if self.status in set(Status) else None


ALARM_MANDATORY = (
    "authentication", "receiver", "transmittertype", "transmittercode", "eventcode",
)  # fmt: skip


def encode_alarm(alarm: Alarm) -> bytes:
    """Write an `alarmrequest`; raise DocumentError where a code is missing or does not fit."""
    fields = {
        "reference": alarm.reference,
        "authentication": alarm.authentication,
        "receiver": alarm.receiver,
        "transmittertime": local_text(alarm.occurred_at) if alarm.occurred_at else "",
        "alarmtype": "RE" if alarm.restores else "AL",
        "transmittertype": alarm.transmitter_type,
        "transmittercode": alarm.transmitter_code,
        "transmitterarea": alarm.area,
        "eventcode": alarm.code,
        "section": alarm.section,
        "sectiontext": alarm.section_text[: LENGTHS["sectiontext"][1]],
        "detector": alarm.detector,
        "detectortext": alarm.detector_text[: LENGTHS["detectortext"][1]],
        "additionalinfo": alarm.info[: LENGTHS["additionalinfo"][1]],
    }
    given = {name: text for name, value in fields.items() if (text := value.strip())}
    check_fields(Document("alarmrequest", given), ALARM_MANDATORY)
    document = write_document("alarmrequest", given.items())
    if alarm.lat is None or alarm.lon is None:
        return document
    where = f"<position><pos>{place.write_place(alarm.lat, alarm.lon)}</pos></position>"
    return document.replace(b"</alarmrequest>", where.encode() + b"</alarmrequest>")


def read_answer(data: bytes, name: str = "alarmresponse") -> Answer:
    """Read a centre's answer; raise DocumentError where it is not one."""
    document = read_document(data, headed=False)
    status = document.fields.get("status", "")
    if document.name != name or not re.fullmatch("[0-9]{1,3}", status):
        raise DocumentError(Status.INVALID_XML, "answer", f"Not a {name} with a status.")
    given = document.fields
    return Answer(int(status), given.get("info", "")[:255], given.get("reference", "")[:50])
