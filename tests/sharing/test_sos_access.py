"""Passing an alarm on over SOS Access v4: fail-over, refusals, broken answers, TLS."""

import ssl
import time
from pathlib import Path

import pytest

from narvaro.intake.formats.sos_access_xml import Alarm, DocumentError, encode_alarm
from narvaro.intake.records import read_after
from narvaro.sharing.sos_access import Centre, pass_on
from tests.authority import Authority
from tests.intake import sos_centre
from tests.intake.sos_centre import answer, dead_port, stub

ALARM = Alarm(
    "1234567", "SV300", "42", sos_centre.SECRET, "PA", reference="n-1",
    detector_text="Överfall – reception", lat=59.3293, lon=18.0687,
)  # fmt: skip


def plain(name: str, port: int) -> Centre:
    return Centre(name, "127.0.0.1", port, tls=False)


def test_first_centre_takes_it() -> None:
    """The second hears nothing; the bytes are the alarm's."""
    with stub(answer(0, "OK")) as first, stub() as second:
        done = pass_on(ALARM, plain("a", first.port), plain("b", second.port))
    assert (done.status, done.centre, done.info, done.delivered) == (0, "a", "a: 0 OK", True)
    assert first.heard == [encode_alarm(ALARM)]
    assert second.heard == []


def test_centre_that_had_it_already_has_it() -> None:
    """Status 10 is delivered."""
    with stub(answer(10)) as first:
        done = pass_on(ALARM, plain("a", first.port))
    assert done.delivered
    assert not done.refused


@pytest.mark.parametrize("status", [1, 2, 3, 4, 6, 7, 9, 100, 101])
def test_refusal_is_not_tried_elsewhere(status: int) -> None:
    """What one centre says of the alarm itself the other would say too."""
    with stub(answer(status)) as first, stub() as second:
        done = pass_on(ALARM, plain("a", first.port), plain("b", second.port))
    assert (done.status, done.centre, done.refused, done.delivered) == (status, "a", True, False)
    assert second.heard == []


BROKEN = {
    "not taken": answer(5),
    "server error": answer(98),
    "other error": answer(99),
    "unheard-of status": answer(77),
    "status of no number": answer(0).replace(b">0<", b">ok<"),
    "no status": answer(0).replace(b"<status>0</status>", b""),
    "another answer": answer(0).replace(b"alarmresponse", b"pingresponse"),
    "hangs up": b"",
    "cut": answer(0)[:60],
    "no XML": b"HTTP/1.1 400\r\n\r\n",
    "entities": answer(0).replace(b"<alarmresponse>", b"<!DOCTYPE a><alarmresponse>", 1),
    "no end": answer(0)[:60] + b"x" * 120_000,
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_second_centre_is_tried_with_the_same_bytes(broken: bytes) -> None:
    """Where the first did not take it, or cannot be understood."""
    with stub(broken) as first, stub(answer(0)) as second:
        done = pass_on(ALARM, plain("a", first.port), plain("b", second.port), timeout_s=3)
    assert (done.status, done.centre, done.delivered) == (0, "b", True)
    assert done.info.startswith("a: ")
    assert first.heard == second.heard == [encode_alarm(ALARM)]


def test_dead_and_silent_centres_are_left_in_time() -> None:
    """Neither a closed port nor silence holds an alarm up for longer than its time."""
    with stub(None) as silent, stub(answer(0)) as second:
        begun = time.monotonic()
        centres = plain("a", silent.port), plain("b", second.port)
        assert pass_on(ALARM, *centres, timeout_s=0.3).centre == "b"
        assert 0.25 < time.monotonic() - begun < 2
    with stub(answer(0)) as second:
        done = pass_on(ALARM, plain("a", dead_port()), plain("b", second.port))
    assert done.delivered
    assert "refused" in done.info


def test_nobody_takes_it() -> None:
    """Neither delivered nor refused: send it again later; the last word said is kept."""
    done = pass_on(ALARM, plain("a", dead_port()), plain("b", dead_port()))
    assert (done.status, done.delivered, done.refused) == (None, False, False)
    with stub(answer(5)) as first:
        done = pass_on(ALARM, plain("a", first.port), plain("b", dead_port()))
    assert (done.status, done.centre, done.delivered, done.refused) == (5, "a", False, False)
    assert "b: " in done.info
    assert sos_centre.SECRET not in done.info + repr(ALARM)


def test_alarm_without_a_code_is_not_sent() -> None:
    """It is a fault of ours, said before anybody is called."""
    with pytest.raises(DocumentError, match="eventcode"):
        pass_on(Alarm("1", "SV300", "42", sos_centre.SECRET), plain("a", 1))


def test_our_own_centre_takes_it_over_tls(tmp_path: Path) -> None:
    """Verified by the named file; an unknown certificate is not spoken to, unless one says so."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = Authority(tmp_path / "tls")
    context.load_cert_chain(*authority.issue("127.0.0.1"))
    with sos_centre.centre(tmp_path, context=context) as one:
        unknown = Centre("a", "127.0.0.1", one.port)
        refused = pass_on(ALARM, unknown)
        assert (refused.status, refused.delivered) == (None, False)
        assert "CERTIFICATE_VERIFY_FAILED" in refused.info
        assert one.list_records() == []
        known = Centre("a", "127.0.0.1", one.port, ca_file=authority.file)
        assert pass_on(ALARM, known).status == 0
        assert pass_on(ALARM, Centre("a", "127.0.0.1", one.port, verified=False)).status == 10
        (record,) = one.list_records()
    assert '"text":"\\u00d6verfall - reception"' in record.decoded
    assert read_after(tmp_path / "sos.db", 0)[0].kind == "signal"
