"""From signals to cases: one case a site and family, repeats that change nothing, grave leads."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.access.actions import add_organisation
from narvaro.access.models import OrganisationKind, Role
from narvaro.directory.models import Transmitter
from narvaro.situation.codes import find_code
from narvaro.situation.correlation import graver, handling_of, is_confirmed, list_related
from narvaro.situation.models import Case, CaseShare, Signal
from narvaro.situation.queries import list_signals
from narvaro.situation.signals import SignalFacts, receive_signal
from narvaro.spine.models import Event
from tests.make import (
    NIGHT,
    World,
    make_contract,
    make_member,
    make_plan,
    make_site,
    make_transmitter,
    make_viewer,
    send_signal,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture
def panel(world: World) -> Transmitter:
    """Return the transmitter of a school without a response plan."""
    return make_transmitter(make_site(world))


def only_case() -> Case:
    """Return the one case there is."""
    return Case.objects.get()


def events_of(case: Case, kind: str) -> int:
    """Count what the log says of a case."""
    return Event.objects.filter(subject=case.pk, kind=kind).count()


def test_related_signals_of_a_site_are_one_case_within_the_window(panel: Transmitter) -> None:
    """Break-in, tamper and another zone, each within ten minutes of the last: one case."""
    send_signal(panel, "BA", zone="3")
    send_signal(panel, "TA", zone="8", at=NIGHT + 9 * MINUTE)
    send_signal(panel, "BA", zone="4", at=NIGHT + 19 * MINUTE)
    case = only_case()
    assert (case.number, case.born, case.signals.count()) == (1, "panel", 3)
    assert case.last_signal_at == NIGHT + 19 * MINUTE
    assert events_of(case, "case.opened") == 1


def test_another_site_another_family_and_a_later_time_are_cases_of_their_own(
    world: World, panel: Transmitter
) -> None:
    """A fire beside a break-in is another matter, and so is the same detector an hour later."""
    send_signal(panel, "BA")
    send_signal(make_transmitter(make_site(world, "Ugglan")), "BA")
    send_signal(panel, "FA")
    send_signal(panel, "BA", at=NIGHT + 10 * MINUTE + timedelta(seconds=1))
    cases = Case.objects.order_by("number")
    assert [(one.number, one.kind) for one in cases] == [
        (1, "intruder"), (2, "intruder"), (3, "fire"), (4, "intruder"),
    ]  # fmt: skip


def test_two_panels_of_one_site_share_a_case(panel: Transmitter) -> None:
    """The school's second transmitter tells of the same night."""
    send_signal(panel, "BA", zone="3")
    send_signal(make_transmitter(panel.site), "BA", zone="3", at=NIGHT + MINUTE)
    assert only_case().signals.count() == 2


@pytest.mark.parametrize("state", ["cleared", "closed"])
def test_an_alarm_after_the_guard_has_left_is_a_new_case(panel: Transmitter, state: str) -> None:
    """The burglar who waited until the car drove off does not join the old case."""
    send_signal(panel, "BA")
    Case.objects.update(state=state)
    send_signal(panel, "BA", at=NIGHT + MINUTE)
    assert Case.objects.filter(state="open").count() == 1


def test_a_repeat_changes_nothing_whatever_its_journal_id(panel: Transmitter) -> None:
    """The panel missed the acknowledgement and sends again: no signal, no event, no priority."""
    assert send_signal(panel, "BA", sequence=7) is not None
    before = (Signal.objects.count(), Event.objects.count(), only_case().last_signal_at)
    assert send_signal(panel, "BA", sequence=7, at=NIGHT + MINUTE) is None
    assert (Signal.objects.count(), Event.objects.count(), only_case().last_signal_at) == before
    assert send_signal(panel, "BA", sequence=8, at=NIGHT + MINUTE) is not None
    assert only_case().confirmed is False  # the same zone twice is one source


def test_sequence_numbers_come_round_again(panel: Transmitter) -> None:
    """Number 7 of the next round is a new alarm."""
    send_signal(panel, "BA", sequence=7)
    send_signal(panel, "BA", sequence=7, at=NIGHT + 11 * MINUTE)
    assert Case.objects.count() == 2


def test_a_restore_joins_the_case_and_ends_it_not(panel: Transmitter) -> None:
    """The door is shut again; whoever came in may still be there."""
    send_signal(panel, "BA")
    signal = send_signal(panel, "BH", at=NIGHT + MINUTE)
    case = only_case()
    assert signal is not None
    assert (signal.case, signal.phase, case.state) == (case, "restore", "open")
    assert (case.priority, case.confirmed, case.cancel_code_at) == (2, False, None)


@pytest.mark.parametrize("code", ["RP", "RX", "BX", "CL", "OP", "BB"])
def test_a_test_or_an_arming_opens_nothing_and_is_kept(panel: Transmitter, code: str) -> None:
    """The daily test is in the record, and nobody is sent."""
    signal = send_signal(panel, code)
    assert signal is not None
    assert signal.case is None
    assert not Case.objects.exists()


@pytest.mark.parametrize("code", ["BC", "OR", "OC"])
def test_a_cancel_code_is_noted_and_cancels_nothing(panel: Transmitter, code: str) -> None:
    """By authorised user, by disarming after the alarm, or as a cancel report: a person decides."""
    send_signal(panel, "BA")
    send_signal(panel, code, at=NIGHT + MINUTE)
    case = only_case()
    assert case.cancel_code_at == NIGHT + MINUTE
    assert (case.state, case.priority) == ("open", 2)
    send_signal(panel, code, at=NIGHT + 2 * MINUTE)
    assert only_case().cancel_code_at == NIGHT + MINUTE


@pytest.mark.parametrize("code", ["BC", "OR", "OC", "AB"])
def test_no_code_is_noted_over_a_duress_alarm(panel: Transmitter, code: str) -> None:
    """Who is threatened is made to enter the code: the screen must not show that it was entered."""
    send_signal(panel, "BA")
    send_signal(panel, "HA", at=NIGHT + MINUTE)
    send_signal(panel, code, at=NIGHT + 2 * MINUTE)
    case = only_case()
    assert (case.kind, case.priority, case.cancel_code_at) == ("duress", 1, None)
    assert Signal.objects.count() == 3


def test_a_code_before_the_duress_alarm_no_longer_shows(panel: Transmitter) -> None:
    """Alarm, code, then duress: the code was forced."""
    send_signal(panel, "BA")
    send_signal(panel, "BC", at=NIGHT + MINUTE)
    send_signal(panel, "HA", at=NIGHT + 2 * MINUTE)
    assert only_case().cancel_code_at is None


def test_two_zones_confirm_and_raise_the_priority_once(panel: Transmitter) -> None:
    """A tamper is priority 3, confirmed 2; a third and a fourth zone make it no graver."""
    seen = []
    for zone in range(1, 5):
        send_signal(panel, "TA", zone=str(zone), at=NIGHT + zone * MINUTE)
        case = only_case()
        seen.append((case.priority, case.confirmed))
    assert seen == [(3, False), (2, True), (2, True), (2, True)]
    assert Event.objects.filter(kind="case.changed").count() == 1


def test_the_plan_says_what_confirmed_means(panel: Transmitter) -> None:
    """The site's own priorities hold, unconfirmed and confirmed."""
    make_plan(panel.site, priority=3, confirmed_priority=2, needs=["dog"])
    send_signal(panel, "BA", zone="1")
    assert (only_case().priority, only_case().needs, only_case().offer_by_rule) == (
        3,
        ["dog"],
        True,
    )
    send_signal(panel, "BA", zone="2", at=NIGHT + MINUTE)
    assert only_case().priority == 2


def test_a_plan_cannot_make_a_duress_alarm_less_urgent(panel: Transmitter) -> None:
    """Priority 4 in a file does not hold back help."""
    make_plan(panel.site, on="duress", priority=4)
    send_signal(panel, "HA")
    assert only_case().priority == 1


def test_an_unknown_code_is_kept_and_seen(world: World, panel: Transmitter) -> None:
    """What no table knows opens a case that says so."""
    send_signal(panel, "Q9")
    case = only_case()
    assert (case.kind, case.priority) == ("other", 3)
    dispatcher = make_viewer(make_member(world, Role.DISPATCHER))
    [signal] = list_signals(dispatcher, case)
    assert (signal.code, signal.kind, signal.phase) == ("Q9", "other", "alarm")


@pytest.mark.parametrize("codes", [("TA", "BA", "HA"), ("HA", "BA", "TA"), ("BA", "TA", "HA")])
def test_the_graver_kind_leads_in_any_order(panel: Transmitter, codes: tuple[str, ...]) -> None:
    """Tamper, break-in, duress: it is a duress case, of the highest priority."""
    for minute, code in enumerate(codes):
        send_signal(panel, code, at=NIGHT + minute * MINUTE)
    assert (only_case().kind, only_case().priority) == ("duress", 1)


def test_a_case_is_shared_with_buyer_centre_and_supplier_in_force(
    world: World, panel: Transmitter
) -> None:
    """The housing company next door is not told."""
    for name, kind in (("Central", OrganisationKind.ALARM_CENTRE),
                       ("Bostad", OrganisationKind.HOUSING_COMPANY)):  # fmt: skip
        add_organisation(tenant=world.tenant, name=name, kind=kind, by="test", at=NIGHT)
    send_signal(panel, "BA")
    names = {one.organisation.name for one in CaseShare.objects.all()}
    assert names == {"Provköping kommun", "Central"}
    make_contract(world)
    send_signal(make_transmitter(make_site(world, "Ugglan")), "BA")
    case = Case.objects.latest("number")
    assert {one.organisation.name for one in case.shares.all()} == {*names, "Provköping bevakning"}


def test_a_late_signal_is_placed_by_its_own_time(panel: Transmitter) -> None:
    """A backlog that comes in out of order joins the case of its minute and moves no clock back."""
    send_signal(panel, "BA", zone="1")
    send_signal(panel, "BA", zone="2", at=NIGHT - MINUTE)
    case = only_case()
    assert (case.signals.count(), case.last_signal_at) == (2, NIGHT)


def test_a_panel_time_that_is_not_verified_is_no_trigger_time(panel: Transmitter) -> None:
    """t0 is kept only where the panel's clock was inside the window."""
    facts = SignalFacts(
        receiver_id="test", journal_id=10**6, part=0, account=panel.account, token="SIA-DCS",
        sequence="1", code="BA", qualifier="", zone="3", area="1", text="x" * 900,
        occurred_at=NIGHT - MINUTE, received_at=NIGHT, time_verified=False,
    )  # fmt: skip
    code = find_code("SIA-DCS", "BA")
    signal = receive_signal(transmitter=panel, facts=facts, code=code, by="system", at=NIGHT)
    assert signal is not None
    assert len(signal.text) == 400
    assert only_case().triggered_at is None
    verified = replace(facts, journal_id=10**6 + 1, sequence="2", time_verified=True)
    Case.objects.update(state="closed")
    receive_signal(transmitter=panel, facts=verified, code=code, by="system", at=NIGHT)
    assert Case.objects.get(state="open").triggered_at == NIGHT - MINUTE


kinds = st.sampled_from(
    ["intruder", "duress", "assistance", "fire", "medical", "tamper", "technical", "path", "other"]
)


@given(kinds, kinds, kinds)
def test_gravity_has_one_order_and_families_are_shared(one: str, two: str, three: str) -> None:
    """The order of arrival never decides what a case is."""
    assert graver(one, two) == graver(two, one)
    assert graver(graver(one, two), three) == graver(one, graver(two, three))
    assert (two in list_related(one)) == (one in list_related(two))


@given(st.lists(st.tuples(kinds, st.sampled_from("123")), max_size=5))
def test_only_two_different_sources_confirm(spoke: list[tuple[str, str]]) -> None:
    """One detector that rings twice proves no more than once."""
    assert is_confirmed(spoke) == (len(set(spoke)) > 1)
    assert is_confirmed(spoke + spoke) == is_confirmed(spoke)


@given(kinds, st.integers(1, 4), st.booleans(), st.integers(1, 4), st.integers(1, 4))
def test_priority_stays_on_the_scale(
    kind: str, code_priority: int, confirmed: bool, plain: int, sure: int
) -> None:
    """1 to 4, whatever plan and table say; and duress never below the table."""
    rules = [{"on": "intruder", "priority": plain, "confirmed_priority": sure}]
    found = handling_of(kind, code_priority=code_priority, confirmed=confirmed, rules=rules)
    assert 1 <= found.priority <= 4
    if kind == "duress":
        assert found.priority <= code_priority


def test_a_number_used_anew_after_its_case_was_closed_is_a_new_alarm(panel: Transmitter) -> None:
    """A dialler that starts at 0001 again: eight minutes later, and the first case is closed."""
    send_signal(panel, "BA", zone="3", sequence=1)
    Case.objects.update(state="closed")
    assert send_signal(panel, "BA", zone="3", sequence=1, at=NIGHT + 8 * MINUTE) is not None
    assert Case.objects.count() == 2


def test_a_signal_from_a_clock_that_ran_ahead_takes_no_later_alarm_in(panel: Transmitter) -> None:
    """A tamper kept under tomorrow's date does not swallow tonight's break-ins."""
    send_signal(panel, "TA", zone="8", at=NIGHT + 24 * 60 * MINUTE)
    send_signal(panel, "BA", zone="3", at=NIGHT)
    assert Case.objects.count() == 2
