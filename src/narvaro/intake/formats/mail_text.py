"""What stands in a mail. In: the bytes of an Internet message (RFC 5322, MIME). Out: its text.

Plain text is preferred, HTML is brought down to its lines; attachments are counted, never opened.
"""

import email
import email.errors
import email.header
import email.utils
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message as Mail
from html.parser import HTMLParser

from narvaro.intake.formats.mail_template import MAX_TEXT

MAX_PARTS = 50
MAX_HTML = 20 * MAX_TEXT
MAX_HEADER = 1000
CLOSEST = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "us-ascii": "utf-8", "ascii": "utf-8"}
_BLOCKS = frozenset((
    "address", "br", "div", "dd", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol",
    "p", "pre", "table", "tr", "ul",
))  # fmt: skip
_SILENT = frozenset(("head", "script", "style", "title"))


@dataclass(frozen=True)
class MailText:
    """A mail's subject and lines (`MAX_TEXT` signs at most), and what was beside them."""

    subject: str
    lines: tuple[str, ...]
    message_id: str = ""
    sent_at: datetime | None = None
    attachments: int = 0
    is_cut: bool = False


def read_mail(raw: bytes) -> MailText:
    """Read a mail; what is broken in it is read as far as it goes, and nothing raises."""
    try:
        mail = email.message_from_bytes(raw)
        text, attachments = _find_text(mail)
    except (ValueError, LookupError, RecursionError, email.errors.MessageError):
        mail, text, attachments = Mail(), raw.decode("cp1252", "replace"), 0
    lines = tuple(_tidy(one) for one in text[:MAX_TEXT].splitlines())
    return MailText(
        subject=_tidy(_header(mail, "Subject")),
        lines=tuple(one for one in lines if one),
        message_id=_tidy(_header(mail, "Message-ID")),
        sent_at=_time_of(_header(mail, "Date")),
        attachments=attachments,
        is_cut=len(text) > MAX_TEXT,
    )


def _tidy(line: str) -> str:
    """Return a line with single blanks and without control signs."""
    return " ".join("".join(one if one.isprintable() else " " for one in line).split())


def _find_text(mail: Mail) -> tuple[str, int]:
    """Return the first plain text, else the first HTML as text, and the number of other parts."""
    found: dict[str, str] = {}
    waiting, others = [mail], 0
    for _ in range(MAX_PARTS):
        if not waiting:
            break
        part = waiting.pop(0)
        kind = part.get_content_type()
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting = [one for one in inner if isinstance(one, Mail)] + waiting
        elif _is_attached(part) or kind not in ("text/plain", "text/html"):
            others += 1
        elif kind not in found:
            found[kind] = _decode(part)
    if found.get("text/plain", "").strip():
        return found["text/plain"], others + len(waiting)
    return _text_of_html(found.get("text/html", "")), others + len(waiting)


def _is_attached(part: Mail) -> bool:
    return str(part.get("Content-Disposition", "")).strip().lower().startswith("attachment")


def _decode(part: Mail) -> str:
    """Return a part's text; a charset that is not known or not true is read as near as may be."""
    content = part.get_payload(decode=True)
    raw = content if isinstance(content, bytes) else b""
    named = str(part.get_param("charset", "") or "").strip().lower()
    for charset in (CLOSEST.get(named, named), "utf-8"):
        try:
            return raw.decode(charset)
        except (LookupError, ValueError):
            continue
    return raw.decode("cp1252", "replace")


def _header(mail: Mail, name: str) -> str:
    """Return a header unfolded and decoded, as far as it can be."""
    given = str(mail.get(name, ""))[:MAX_HEADER]
    try:
        return str(email.header.make_header(email.header.decode_header(given)))
    except (ValueError, LookupError, email.errors.MessageError):
        return given


def _time_of(text: str) -> datetime | None:
    try:
        at = email.utils.parsedate_to_datetime(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


class _Lines(HTMLParser):
    """Gathers a page's text: a line per block or table row, cells with a blank between."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _SILENT and not self._silent:
            self._silent = tag
        self.found.append("\n" if tag in _BLOCKS else " " if tag in ("td", "th") else "")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""
        self.found.append("\n" if tag in _BLOCKS else "")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(re.sub(r"\s+", " ", data))


def _text_of_html(page: str) -> str:
    parser = _Lines()
    try:
        parser.feed(page[:MAX_HTML])
        parser.close()
    except (AssertionError, ValueError):  # the parser's word for markup that it cannot follow
        parser.found.append(" ")
    return "".join(parser.found)
