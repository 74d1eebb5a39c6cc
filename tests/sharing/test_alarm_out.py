"""What a centre is told: codes that fit or none, every signal of the case, no half of a number."""

from datetime import datetime, timedelta

import pytest

from narvaro.intake.formats.sos_access_xml import encode_alarm, read_document
from narvaro.sharing.alarm_out import KIND, MOST_SIGNALS, alarm_of, content_of
from narvaro.sharing.forwarding import ask
from narvaro.situation.models import Case, Signal
from narvaro.web.labels import CASE_KIND
from tests.make import NIGHT, World, make_centre, make_site, make_transmitter, send_signal


@pytest.fixture
def case(world: World) -> Case:
    """A break-in from two zones, and its restore."""
    panel = make_transmitter(make_site(world))
    send_signal(panel, zone="3")
    send_signal(panel, zone="4", at=NIGHT + timedelta(seconds=8))
    send_signal(panel, "BR", zone="3", at=NIGHT + timedelta(seconds=30))
    return Case.objects.get()


def test_each_signal_that_speaks_of_the_alarm_is_told(case: Case) -> None:
    content = content_of(case)
    assert (content["code"], content["zone"], content["lat"]) == ("BA", "3", 59.0)
    assert datetime.fromisoformat(content["at"]) == NIGHT
    info = content["info"]
    assert ("Bekräftat" in info, info.count("(BA)"), "(BR)" in info) == (True, 2, False)
    assert info.endswith(" 1")


def test_a_code_or_zone_without_room_is_left_out_whole(case: Case) -> None:
    Signal.objects.update(code="X" * 26, zone="123456")
    content = content_of(case)
    assert (content["code"], content["zone"]) == ("intruder", "")
    assert "123456" in content["info"]


def test_a_storm_of_signals_is_cut_and_can_still_be_sent(world: World, case: Case) -> None:
    panel = Signal.objects.first()
    assert panel is not None
    assert panel.transmitter is not None
    for zone in range(20):
        send_signal(panel.transmitter, zone=str(zone), at=NIGHT + timedelta(minutes=1))
    Signal.objects.update(text="å" * 400)
    forward = ask(case=case, centre=make_centre(world), by="member:1", at=NIGHT)
    assert forward.content["info"].count("(BA)") == MOST_SIGNALS
    fields = read_document(encode_alarm(alarm_of(forward))).fields
    assert len(fields["additionalinfo"]) == 2000
    assert len(fields["detectortext"]) == 40


def test_the_words_of_kinds_are_those_of_the_pages() -> None:
    assert {code: str(words) for code, words in KIND.items()} == {
        code: str(words) for code, words in CASE_KIND.items()
    }
    assert set(KIND) == set(Case.Kind.values)
