"""SOS Access v4: the table of captures, every status, and documents that mean harm."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.intake.formats.sos_access_place import read_place, write_place
from narvaro.intake.formats.sos_access_xml import (
    Alarm,
    DocumentError,
    Status,
    encode_alarm,
    read_answer,
    read_document,
)
from narvaro.intake.message import Message, Received
from narvaro.intake.protocols.sos_access import acknowledge, cover, decode, find_end
from narvaro.intake.sealed import Accounts, Sender

NOW = datetime(2026, 11, 23, 2, 0, 30, tzinfo=UTC)
SECRET, NEXT = "0123456789abcde", "edcba9876543210"
SENDER = Sender("town", "sos-access", "1234567", SECRET, options=(("next_secret", NEXT),))
QUIET = Sender("town", "sos-access", "2", SECRET, options=(("heartbeat", "off"),))
ACCOUNTS = Accounts(senders=(SENDER, QUIET, Sender("town", "sos-access", "3")))
CAPTURES = json.loads((Path(__file__).parent / "fixtures" / "sos_access.json").read_text("utf-8"))
HEADER = '<?xml version="1.0" encoding="ISO-8859-1"?>'
FIELDS = {
    "authentication": SECRET,
    "receiver": "42",
    "transmittertype": "SV300",
    "transmittercode": "1234567",
    "eventcode": "BA",
}


def document(root: str = "alarmrequest", header: str = HEADER, **fields: str) -> bytes:
    """Return a request; a field of "-" is left out."""
    inner = "".join(f"<{k}>{v}</{k}>" for k, v in (FIELDS | fields).items() if v != "-")
    return f"{header}<{root}>{inner}</{root}>".encode("latin-1")


def take(data: bytes, accounts: Accounts = ACCOUNTS) -> Message:
    return decode(data, accounts=accounts, now=NOW)


def answer_to(data: bytes, accounts: Accounts = ACCOUNTS) -> dict[str, str]:
    message = take(data, accounts)
    answer = read_document(acknowledge(message, stored=True))
    refused = message.refusal.code if message.refusal else ""
    return answer.fields | {"": answer.name, "refused": refused}


@pytest.mark.parametrize("capture", CAPTURES, ids=[one["name"] for one in CAPTURES])
def test_document_reads_as_written_in_the_table(capture: dict[str, Any]) -> None:
    """Each capture gives the fields of its row and no others, and is found whole in a stream."""
    raw = capture["document"].encode("latin-1")
    assert find_end(raw) == len(raw.rstrip())
    assert not any(find_end(raw[:cut]) for cut in range(len(raw.rstrip())))
    message = take(raw)
    assert message.refusal is None
    assert message.owner == SENDER
    assert ("request", capture["request"]) in message.answer
    found = [one.to_dict() for one in message.items]
    for one in found:
        assert bool(one.pop("fingerprint")) == ("a-1" in raw.decode("latin-1"))
    kept = [{k: v for k, v in one.items() if v not in (None, [], "", 0, False)} for one in found]
    assert kept == ([] if capture["expect"] is None else [capture["expect"]])


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (document(authentication=SECRET[:-1] + "x"), 4, "wrong_secret"),
        (document(authentication="short"), 4, "wrong_secret"),
        (document(transmittercode="9"), 4, "unknown_transmitter"),
        (document(transmittercode="3"), 4, "no_secret"),
        (document(authentication="-"), 7, "missing"),
        (document(transmittercode="-"), 7, "missing"),
        (document(eventcode="-"), 7, "missing"),
        (document(receiver=""), 7, "missing"),
        (document("pingrequest", transmittertype="-"), 7, "missing"),
        (document(eventcode="x" * 26), 3, "content"),
        (document(sectiontext="x" * 41), 3, "content"),
        (document(additionalinfo="x" * 2001), 3, "content"),
        (document(reference="x" * 51), 3, "content"),
        (document(alarmtype="XX"), 3, "content"),
        (document(eventcode="BA</eventcode><eventcode>FA"), 3, "content"),
        (document("pingrequest", transmittercode="2"), 9, "no_heartbeat"),
        (document("alarmresponse"), 2, "xml"),
        (document()[:-5], 2, "xml"),
        (document(eventcode="&lol;"), 2, "xml"),
        (document() * 2, 2, "xml"),
        (document(header=HEADER + "<!DOCTYPE a>"), 2, "xml"),
        (document(header=""), 100, "header"),
        (document(header='<?xml version="1.0" encoding="utf-16"?>'), 100, "header"),
        (document().decode("latin-1").encode("utf-16"), 100, "header"),
        (b"GET / HTTP/1.1\r\n\r\n", 100, "header"),
        (b"\x16\x03\x01\x02\x00\x01", 100, "header"),
        (document(junk="x" * 100_001), 1, "too_long"),
    ],
)  # fmt: skip
def test_refused_request_is_answered_with_its_status(data: bytes, status: int, code: str) -> None:
    """Every status has its ground, and the answer repeats neither password nor content."""
    found = answer_to(data)
    assert (int(found["status"]), found["refused"]) == (status, code)
    assert found["info"] == Status(status).name
    assert SECRET not in str(found)
    assert "newauthentication" not in found


def test_header_may_be_wrong_about_the_encoding() -> None:
    """Latin-1 bytes under a header that says UTF-8, and true UTF-8, are read; an alarm is not lost."""
    header = '<?xml version="1.0" encoding="utf-8"?>'
    wrong = document(header=header, sectiontext="Källare")
    for data in (wrong, b"\xef\xbb\xbf" + wrong.decode("latin-1").encode("utf-8")):
        (item,) = take(data).items
        assert isinstance(item, Received)
        assert item.text == "Källare"


def test_exactly_as_long_as_allowed_is_taken() -> None:
    """100,000 characters are read, one more is status 1."""
    room = 100_000 - len(document(junk=""))
    assert take(document(junk="x" * room)).items
    assert answer_to(document(junk="x" * (room + 1)))["status"] == "1"


@pytest.mark.parametrize("root", ["alarmrequest", "pingrequest", "requestnewauthentication"])
def test_answer_has_the_form_of_its_request(root: str) -> None:
    """Outer element, reference, and Swedish local time; refused requests too."""
    for extra, status in (({}, "0"), ({"authentication": "x" * 15}, "4")):
        found = answer_to(document(root, reference="r&amp;1", **extra))
        expected = root.removeprefix("request").replace("newauth", "requestnewauth")
        assert found[""] == expected.removesuffix("request") + "response"
        assert (found["status"], found["reference"]) == (status, "r&1")
        assert found["arrivaltime"] == "2026-11-23 03:00:30.000"


def test_next_password_is_taken_and_told() -> None:
    """Both hold until the next one is used; an empty one never does."""
    assert ("secret", "next") not in take(document()).answer
    message = take(document(authentication=NEXT))
    assert message.owner == SENDER
    assert ("secret", "next") in message.answer
    assert take(document(authentication=NEXT, transmittercode="2")).owner is None
    no_next = Accounts(senders=(replace(SENDER, options=(("next_secret", ""),)),))
    assert answer_to(document(authentication=""), no_next)["status"] == "7"


def test_what_is_not_stored_sends_the_transmitter_on() -> None:
    """Status 5 for anything, and before the first accounts arrive."""
    for data in (document(), document("pingrequest"), b"noise", document(eventcode="-")):
        assert read_answer(_plain(acknowledge(take(data), stored=False))).status == 5
    assert answer_to(document(), Accounts())["status"] == "5"


def _plain(answer: bytes) -> bytes:
    return answer.replace(b"pingresponse", b"alarmresponse")


def test_new_password_stands_only_in_a_good_answer() -> None:
    """It is in no refusal and in nothing that was not stored."""
    message = take(document("requestnewauthentication"))
    given = replace(message, answer=(*message.answer, ("newauthentication", NEXT)))
    assert NEXT.encode() in acknowledge(given, stored=True)
    assert NEXT.encode() not in acknowledge(given, stored=False)


def test_fingerprint_needs_reference_and_time() -> None:
    """A constant reference must not make two alarms one; the password is not part of it."""
    timed = {"reference": "1", "transmittertime": "2026-11-23 03:00:00.000"}
    items = [
        take(document(**extra)).items[0]
        for extra in (
            timed, timed | {"authentication": NEXT}, timed | {"eventcode": "FA"},
            {"reference": "1"}, {"transmittertime": timed["transmittertime"]},
        )
    ]  # fmt: skip
    prints = [one.fingerprint for one in items if isinstance(one, Received)]
    assert prints[0] == prints[1] != prints[2]
    assert prints[3:] == ["", ""]


def test_password_is_covered_wherever_it_stands() -> None:
    """Whole, cut, in CDATA and in capitals; bytes of another width are not kept."""
    for data in (
        document(),
        document()[: document().find(SECRET.encode()) + 15],
        document(authentication=f"<![CDATA[{SECRET}]]>"),
        document(authentication="-", AUTHENTICATION=SECRET),
    ):
        covered = cover(data)
        assert SECRET.encode() not in covered
        assert len(covered) == len(data)
    assert cover(document().decode().encode("utf-16")) == b""
    note = take(document(Authentication=SECRET)).items[0]
    assert SECRET not in str(note)


def test_bombs_and_depth_are_cheap() -> None:
    """Entities are never expanded, and nesting stops at the fourth level."""
    bomb = HEADER + '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    outside = HEADER + '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>'
    for data in (
        document(header=bomb, eventcode="&b;"),
        document(header=outside, eventcode="&b;"),
        (HEADER + "<a>" * 30_000).encode(),
        document(**{f"f{number}": "x" for number in range(99)}),
    ):
        assert answer_to(data)["status"] == "2"


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_get_an_answer(noise: bytes, headed: bool) -> None:
    """Nothing that is sent raises, and nothing unknown is taken."""
    message = take(HEADER.encode() + noise if headed else noise)
    assert message.refusal is not None
    assert read_answer(_plain(acknowledge(message, stored=True)).replace(
        b"requestnewauthenticationresponse", b"alarmresponse"
    )).known not in {None, Status.OK}  # fmt: skip
    find_end(noise)
    cover(noise)


SOUND = [one["document"].encode("latin-1") for one in CAPTURES]


@given(
    st.sampled_from(SOUND),
    st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 9), st.binary(max_size=9)), max_size=4),
)
def test_mutated_documents_are_read_or_refused(
    data: bytes, changes: list[tuple[int, int, bytes]]
) -> None:
    """A change anywhere gives a message or a refusal, and an answer that can be read."""
    for at, length, new in changes:
        data = data[:at] + new + data[at + length :]
    message = take(data)
    assert (message.refusal is None) <= (message.owner is not None)
    answer = read_document(acknowledge(message, stored=True))
    assert Status(int(answer.fields["status"])) in set(Status)
    assert 0 <= find_end(data) <= len(data)
    if message.refusal is None:
        for item in message.items:
            assert isinstance(item, Received)
            assert Received.from_dict(json.loads(json.dumps(item.to_dict()))) == item


printable = st.text(st.characters(min_codepoint=32, max_codepoint=0x2100), max_size=60)


@given(printable, printable, st.text(max_size=2100), st.floats(55, 69), st.floats(11, 24))
def test_written_alarm_is_read_again(
    section: str, detector: str, info: str, lat: float, lon: float
) -> None:
    """What our client writes our receiver takes, whatever stands in the texts."""
    alarm = Alarm(
        "1234567", "SV300", "42", SECRET, "BA", restores=True, reference="7", occurred_at=NOW,
        section_text=section, detector_text=detector, info=info, lat=lat, lon=lon,
    )  # fmt: skip
    (item,) = take(encode_alarm(alarm)).items
    assert isinstance(item, Received)
    assert (item.code, item.qualifier, item.occurred_at) == ("BA", "RE", NOW)
    assert item.lat == pytest.approx(lat, abs=1e-4)
    assert item.lon == pytest.approx(lon, abs=1e-4)
    assert item.time_verified


@pytest.mark.parametrize(
    "alarm",
    [
        Alarm("", "SV300", "42", SECRET, "BA"),
        Alarm("1234567", "SV300", "42", SECRET),
        Alarm("1234567", "SV300", "42", "", "BA"),
    ],
)
def test_alarm_without_its_codes_is_not_written(alarm: Alarm) -> None:
    """The client says what is missing, without saying the password."""
    with pytest.raises(DocumentError, match="missing") as raised:
        encode_alarm(alarm)
    assert SECRET not in str(raised.value) + repr(alarm)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("N591976E0180412", (59.32933, 18.06867)),
        ("N591976E180412", (59.32933, 18.06867)),
        ("S591976W0180412", (-59.32933, -18.06867)),
        ("x7453389y1727060", (67.090675, 21.034728)),
        ("X6581000Y1628000", (59.330372, 18.054041)),
        ("E597295E0176288", None),
        ("N999999E9999999", None),
        ("N910000E0180000", None),
        ("N000000E0000000", None),
        ("x9999999y9999999", None),
        ("", None),
    ],
)
def test_place_is_read_or_left_out(text: str, place: tuple[float, float] | None) -> None:
    """Both forms; minutes over 59, and points outside the grid, are no place."""
    found = read_place(text)
    assert found == (None if place is None else pytest.approx(place, abs=1e-5))


@given(st.floats(-89.99, 89.99), st.floats(-179.99, 179.99))
def test_written_place_is_read_within_a_hundredth_of_a_minute(lat: float, lon: float) -> None:
    """Half a hundredth of a minute is 9 m."""
    found = read_place(write_place(lat, lon))
    if abs(lat) > 0.001:
        assert found == pytest.approx((lat, lon), abs=1 / 12_000 + 1e-9)
