"""Keys that go out and come back: never with two, and one that is missing with nobody."""

import json
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from narvaro.access.models import Role
from narvaro.access.viewer import Viewer
from narvaro.directory.models import Key, Unit
from narvaro.plan import keys
from narvaro.plan.models import KeyReceipt
from narvaro.plan.queries import keys_held, list_keys
from narvaro.spine.models import Event
from narvaro.spine.refusal import Missing, Refused
from tests.aids import make_desk, make_key
from tests.at_once import at_once
from tests.make import NIGHT, World, make_member, make_unit, make_viewer

MINUTE = timedelta(minutes=1)


@pytest.fixture
def car(world: World) -> Unit:
    """Make a unit."""
    return make_unit(world, "V1").unit


@pytest.fixture
def desk(world: World) -> Viewer:
    """Make who hands out keys at the desk."""
    return make_desk(world)


def test_out_and_back(world: World, car: Unit, desk: Viewer) -> None:
    leader = make_viewer(make_member(world, Role.SHIFT_LEADER))
    key = make_key(world)
    made = keys.hand_out(desk, key.pk, car, NIGHT)
    assert keys.hand_out(desk, key.pk, car, NIGHT + MINUTE) == made
    assert keys_held([car.pk], NIGHT) == {car.pk: frozenset({"N-014"})}
    assert keys_held([car.pk], NIGHT - MINUTE) == {}
    keys.take_back(leader, key.pk, NIGHT + 5 * MINUTE)
    assert keys_held([car.pk], NIGHT + 4 * MINUTE) == {car.pk: frozenset({"N-014"})}
    assert keys_held([car.pk], NIGHT + 5 * MINUTE) == {}
    receipt = KeyReceipt.objects.get()
    assert (receipt.out_by, receipt.back_by) == (desk.service_number, leader.service_number)
    told = list(Event.objects.filter(kind__startswith="key.").order_by("position"))
    assert [one.kind for one in told] == ["key.handed_out", "key.taken_back"]
    assert str(world.company.pk) in json.loads(told[0].audience)


def test_a_key_that_is_out_goes_to_nobody_else(world: World, car: Unit, desk: Viewer) -> None:
    key, other = make_key(world), make_unit(world, "V2").unit
    keys.hand_out(desk, key.pk, car, NIGHT)
    with pytest.raises(Refused) as no:
        keys.hand_out(desk, key.pk, other, NIGHT)
    assert (no.value.code, no.value.detail) == ("key_out", f"Another unit has {key.code}.")


def test_a_key_that_is_in_cannot_come_back(world: World, desk: Viewer) -> None:
    with pytest.raises(Refused) as no:
        keys.take_back(desk, make_key(world).pk, NIGHT)
    assert no.value.code == "key_in"


def test_one_that_is_missing_is_held_by_nobody(world: World, car: Unit, desk: Viewer) -> None:
    leader = make_viewer(make_member(world, Role.SHIFT_LEADER))
    key = make_key(world)
    keys.hand_out(desk, key.pk, car, NIGHT)
    keys.report_lost(desk, key.pk, NIGHT + MINUTE)
    again = keys.report_lost(leader, key.pk, NIGHT + 2 * MINUTE)
    assert (again.lost_by, again.lost_at) == (desk.service_number, NIGHT + MINUTE)
    assert keys_held([car.pk], NIGHT + 2 * MINUTE) == {}
    with pytest.raises(Refused) as no:
        keys.hand_out(desk, key.pk, car, NIGHT + 3 * MINUTE)
    assert no.value.code == "key_lost"
    keys.take_back(desk, key.pk, NIGHT + 4 * MINUTE)
    assert keys.hand_out(desk, key.pk, car, NIGHT + 5 * MINUTE).back_at is None
    told = Event.objects.filter(kind="key.taken_back").get()
    assert json.loads(told.payload or "{}")["found"] is True


def test_one_may_be_missing_from_its_cabinet(world: World, car: Unit, desk: Viewer) -> None:
    key = make_key(world)
    keys.report_lost(desk, key.pk, NIGHT)
    assert keys.take_back(desk, key.pk, NIGHT + MINUTE).lost_at is None
    assert Event.objects.filter(kind="key.lost").count() == 1


def test_who_sees_which_keys(world: World, car: Unit, desk: Viewer) -> None:
    """A leader does not see what another company has out; a guard sees no list."""
    key, other = make_key(world), make_key(world, "N-015")
    stranger = Unit.objects.create(
        tenant=world.tenant, organisation=world.municipality, call_sign="K1", role="guard",
        travel="car",
    )  # fmt: skip
    keys.hand_out(desk, key.pk, car, NIGHT)
    keys.hand_out(desk, other.pk, stranger, NIGHT)
    seen = {
        role: [one.key.code for one in list_keys(make_viewer(make_member(world, role)))]
        for role in (Role.SHIFT_LEADER, Role.DISPATCHER, Role.GUARD)
    }
    assert seen == {"shift_leader": ["N-014"], "dispatcher": ["N-014", "N-015"], "guard": []}


def test_one_that_another_company_got_meanwhile_is_left_alone(world: World, desk: Viewer) -> None:
    """Asked where it is changed, not only where it is shown: between the two it may go out."""
    key, leader = make_key(world), make_viewer(make_member(world, Role.SHIFT_LEADER))
    ours = make_unit(world, "V1").unit
    theirs = Unit.objects.create(
        tenant=world.tenant, organisation=world.municipality, call_sign="K1", role="guard",
        travel="car",
    )  # fmt: skip
    keys.hand_out(desk, key.pk, theirs, NIGHT)
    told = Event.objects.count()
    for act in (
        lambda: keys.hand_out(leader, key.pk, ours, NIGHT + MINUTE),
        lambda: keys.take_back(leader, key.pk, NIGHT + MINUTE),
        lambda: keys.report_lost(leader, key.pk, NIGHT + MINUTE),
    ):
        with pytest.raises(Missing):
            act()
    assert keys_held([theirs.pk], NIGHT + MINUTE) == {theirs.pk: frozenset({"N-014"})}
    assert Event.objects.count() == told


STEPS = st.lists(
    st.tuples(st.sampled_from(["out", "back", "lost"]), st.integers(0, 1), st.integers(0, 1)),
    max_size=25,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(STEPS)
def test_whatever_is_said_a_key_is_with_one_unit_at_most(
    world: World, desk: Viewer, steps: list[tuple[str, int, int]]
) -> None:
    """Played beside a plain note of who has what; what the note forbids is refused."""
    KeyReceipt.objects.all().delete()
    Key.objects.all().delete()
    units = [
        Unit.objects.get_or_create(
            tenant=world.tenant, call_sign=f"V{n}",
            defaults={"organisation": world.company, "role": "guard", "travel": "car"},
        )[0]
        for n in range(2)
    ]  # fmt: skip
    made = [Key.objects.create(tenant=world.tenant, code=f"N-{n}") for n in range(2)]
    has: dict[int, int] = {}
    lost: set[int] = set()
    for number, (what, k, u) in enumerate(steps, 1):
        at = NIGHT + number * MINUTE
        given_out = what == "out" and k not in lost and has.get(k, u) == u
        allowed = given_out or (what == "back" and (k in has or k in lost)) or what == "lost"
        try:
            match what:
                case "out":
                    keys.hand_out(desk, made[k].pk, units[u], at)
                    has[k] = u
                case "back":
                    keys.take_back(desk, made[k].pk, at)
                    has.pop(k, None)
                    lost.discard(k)
                case _:
                    keys.report_lost(desk, made[k].pk, at)
                    lost.add(k)
        except Refused:
            assert not allowed
        else:
            assert allowed
        held = keys_held([one.pk for one in units], at)
        noted = {
            units[u].pk: {f"N-{k}" for k, whose in has.items() if whose == u and k not in lost}
            for u in set(has.values())
        }
        assert held == {unit: codes for unit, codes in noted.items() if codes}
        assert KeyReceipt.objects.filter(back_at=None).count() == len(has)


@pytest.mark.django_db(transaction=True)
def test_two_who_hand_it_out_at_once(world: World, desk: Viewer) -> None:
    """One of them is told who has it."""
    key, units = make_key(world), [make_unit(world, "V1").unit, make_unit(world, "V2").unit]
    faults = at_once(*(lambda one=one: keys.hand_out(desk, key.pk, one, NIGHT) for one in units))
    assert [getattr(one, "code", one) for one in faults] == ["key_out"]
    assert KeyReceipt.objects.filter(back_at=None).count() == 1
