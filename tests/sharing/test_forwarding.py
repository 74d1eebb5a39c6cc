"""Passing alarms on: once per case and centre, tried until it is there, nothing private in it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from narvaro.sharing import forwarding
from narvaro.sharing.forwarding import ask, send_due
from narvaro.sharing.models import Centre, Forward
from narvaro.situation.actions import Typed, type_in_case
from narvaro.situation.models import Case, Signal
from narvaro.spine import timers
from narvaro.spine.clock import Hands
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Event, Trouble
from narvaro.spine.refusal import Refused
from tests.intake.sos_centre import answer, dead_port, stub
from tests.make import (
    NIGHT,
    World,
    make_centre,
    make_plan,
    make_site,
    make_transmitter,
    send_signal,
)

State = Forward.State


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait long for a centre that is silent."""
    monkeypatch.setattr(forwarding, "WITHIN_S", 0.3)


@pytest.fixture
def case(world: World) -> Case:
    """A break-in at a school, whose panel writes a telephone number and whose plan has a key."""
    site = make_site(world)
    make_plan(site, key="NYCKEL-114")
    send_signal(make_transmitter(site), zone="12")
    Signal.objects.update(text="Reception, ring 070-123 45 67")
    Case.objects.update(text="Anhörig heter så och så")
    return Case.objects.get()


def ask_for(case: Case, centre: Centre, by: str = "member:1") -> Forward:
    return ask(case=case, centre=centre, by=by, at=NIGHT)


def told(case: Case) -> list[tuple[str, Any]]:
    events = Event.objects.filter(subject=case.pk, kind="case.passed_on").order_by("position")
    said = [json.loads(one.payload or "") for one in events]
    return [(one["what"], one["status"]) for one in said]


def test_an_alarm_reaches_the_centre_with_what_it_may_know(world: World, case: Case) -> None:
    with stub(answer(0)) as centre:
        forward = ask_for(case, make_centre(world, centre.port))
        assert send_due() == 1
    forward.refresh_from_db()
    assert (forward.state, forward.status, forward.attempts) == (State.DELIVERED, 0, 1)
    assert forward.delivered_at == NIGHT
    assert told(case) == [("asked", None), ("delivered", 0)]
    [document] = centre.heard
    fields = {one.tag: one.text or "" for one in fromstring(document)}
    assert fields["reference"] == forward.pk.hex
    assert (fields["eventcode"], fields["section"], fields["alarmtype"]) == ("BA", "12", "AL")
    assert fields["sectiontext"] == f"{case.site} ".strip()
    assert fields["additionalinfo"].startswith(f"{case.site}. Inbrottslarm. ")
    assert "[telefonnummer]" in fields["additionalinfo"]
    assert fields["transmittertime"] == "2026-11-24 02:00:00.000"
    assert b"N590000E0180000" in document
    for private in ("123 45 67", "NYCKEL", "Anhörig", "Kontrollera"):
        assert private.encode("latin-1") not in document


def test_it_is_asked_for_once_per_case_and_centre(world: World, case: Case) -> None:
    centre = make_centre(world)
    first = ask_for(case, centre)
    assert ask_for(case, centre).pk == first.pk
    assert ask_for(case, make_centre(world, name="Den andra")).pk != first.pk
    assert told(case) == [("asked", None)] * 2


def test_the_second_address_is_asked_where_the_first_is_dead(world: World, case: Case) -> None:
    with stub(answer(0)) as second:
        centre = make_centre(
            world, dead_port(), second_host="127.0.0.1", second_port=second.port
        )  # fmt: skip
        ask_for(case, centre)
        assert send_due() == 1
    assert Forward.objects.get().state == State.DELIVERED


def test_a_centre_that_has_it_already_has_it(world: World, case: Case) -> None:
    """Its yes was lost on the way: the next try sends the same bytes, and 10 is a yes."""
    with stub(b"", answer(10)) as centre:
        forward = ask_for(case, make_centre(world, centre.port))
        assert send_due() == 0
        Signal.objects.update(text="Nytt")
        forward.refresh_from_db()
        assert (forward.state, forward.attempts) == (State.WAITING, 1)
        assert forward.not_before == NIGHT + timedelta(seconds=2)
        assert send_due() == 0  # not yet
        Forward.objects.update(not_before=NIGHT)
        assert send_due() == 1
    assert Forward.objects.get().status == 10
    assert centre.heard[0] == centre.heard[1]


def test_a_refusal_is_said_and_not_tried_again_until_a_person_asks(
    world: World, case: Case
) -> None:
    with stub(answer(4, "wrong authentication"), answer(0)) as stubbed:
        centre = make_centre(world, stubbed.port)
        ask_for(case, centre, by="system")
        assert send_due() == 1
        forward = Forward.objects.get()
        assert forward.state == State.REFUSED
        assert "wrong authentication" in forward.last_error
        assert send_due() == 0
        ask_for(case, centre, by="system")  # the rule does not nag
        assert send_due() == 0
        [trouble] = Trouble.objects.filter(ended_at=None)
        assert trouble.kind == "not_passed_on"
        assert trouble.facts["case"] == case.number
        assert (trouble.facts["outcome"], trouble.facts["status"]) == ("refused", 4)
        assert "wrong authentication" in trouble.facts["why"]
        assert Event.objects.filter(kind="system.trouble").count() == 1
        ask_for(case, centre)
        assert not Trouble.objects.filter(ended_at=None).exists()
        assert send_due() == 1
    assert told(case) == [("asked", None), ("refused", 4), ("asked", 4), ("delivered", 0)]


def test_nobody_answers_for_an_hour_and_it_is_given_up(
    world: World, case: Case, hands: Hands
) -> None:
    ask_for(case, make_centre(world, dead_port()))
    send_due()
    hands.move_to(NIGHT + timedelta(minutes=61))
    assert send_due() == 1
    assert Forward.objects.get().state == State.GIVEN_UP
    assert told(case)[-1] == ("given_up", None)
    assert Trouble.objects.get(ended_at=None).facts["outcome"] == "given_up"
    hands.move_to(NIGHT + timedelta(hours=13, minutes=2))
    timers.fire_due()
    assert Trouble.objects.get().ended_at is not None


def test_a_secret_that_cannot_be_opened_or_a_type_that_is_missing_is_refused(
    world: World, case: Case
) -> None:
    ask_for(case, make_centre(world, sealed_authentication="torn"))
    ask_for(case, make_centre(world, name="Utan typ", transmitter_type=""))
    assert send_due() == 2
    assert set(Forward.objects.values_list("state", flat=True)) == {State.REFUSED}


def test_a_lease_keeps_a_second_sender_away(world: World, case: Case, hands: Hands) -> None:
    """Who died with it gives it up when the lease ends."""
    with stub(answer(0)) as centre:
        ask_for(case, make_centre(world, centre.port))
        Forward.objects.update(lease_until=NIGHT + timedelta(seconds=30))
        assert send_due() == 0
        hands.move_to(NIGHT + timedelta(seconds=31))
        assert send_due() == 1


def test_a_silent_centre_is_asked_once_a_turn(world: World, case: Case) -> None:
    """Ten alarms for one that is dead do not hold up the one for another."""
    dead = make_centre(world, dead_port(), name="Död")
    others = [send_signal(make_transmitter(make_site(world))) for _ in range(3)]
    for signal in others:
        assert signal is not None
        assert signal.case is not None
        ask_for(signal.case, dead)
    with stub(answer(0)) as centre:
        ask_for(case, make_centre(world, centre.port))
        assert send_due() == 1
    assert sorted(Forward.objects.filter(centre=dead).values_list("attempts", flat=True)) == [
        0,
        0,
        1,
    ]


def test_a_case_without_a_site_or_closed_is_not_passed_on(world: World, case: Case) -> None:
    typed = type_in_case(
        case_id=uuid7(), tenant_id=world.tenant.pk, by="member:1", at=NIGHT,
        typed=Typed(kind=Case.Kind.FIRE, priority=1, text="", place="Hemma hos någon"),
    )  # fmt: skip
    centre = make_centre(world)
    with pytest.raises(Refused) as no:
        ask_for(typed, centre)
    assert no.value.code == "no_site"
    Case.objects.filter(pk=case.pk).update(state=Case.State.CLOSED)
    with pytest.raises(Refused) as no:
        ask_for(case, centre)
    assert no.value.code == "case_closed"
    assert not Forward.objects.exists()


def test_a_typed_case_is_told_by_its_kind(world: World) -> None:
    typed = type_in_case(
        case_id=uuid7(), tenant_id=world.tenant.pk, by="member:1", at=NIGHT,
        typed=Typed(kind=Case.Kind.FIRE, priority=1, text="Hemligt", site=make_site(world)),
    )  # fmt: skip
    content = ask_for(typed, make_centre(world)).content
    assert content["code"] == "fire"
    assert "Hemligt" not in json.dumps(content)
