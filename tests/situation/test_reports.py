"""Reports: idempotent, masked, marked; settled by who leads; photos without what a camera adds."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from narvaro.access.models import Member, Organisation, OrganisationKind, Role
from narvaro.directory.models import Area, ImportBatch
from narvaro.situation.models import Category, Count, Damage, KnownBy, Observation
from narvaro.situation.queries import (
    list_observations,
    list_words_to_settle,
    may_read_words,
)
from narvaro.situation.report_facts import DamageChange, DamageFacts, ObservationFacts, Where
from narvaro.situation.reports import (
    change_damage,
    report_damage,
    report_observation,
    settle_words,
    worded,
)
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Event
from narvaro.spine.refusal import Missing, Refused
from tests.make import (
    NIGHT,
    World,
    make_damage,
    make_member,
    make_site,
    make_viewer,
    make_world,
)

HOUR = timedelta(hours=1)
DOUBTFUL = "En kille från Ronna sprang mot torget."
WORDS = Where(place="Bron vid ån")


def facts(where: Where = WORDS, **given: Any) -> ObservationFacts:
    """Return an observation of the last hour."""
    base: dict[str, Any] = {
        "category": Category.GRAFFITI, "known_by": KnownBy.SEEN, "where": where,
        "occurred_from": NIGHT - HOUR, "occurred_until": NIGHT,
    }  # fmt: skip
    return ObservationFacts(**(base | given))


def damage_facts(where: Where = WORDS, **given: Any) -> DamageFacts:
    """Return a broken pane of the last hour."""
    base: dict[str, Any] = {
        "kind": Damage.Kind.GLASS, "where": where, "occurred_from": NIGHT - HOUR,
        "occurred_until": NIGHT,
    }  # fmt: skip
    return DamageFacts(**(base | given))


def observe(member: Member, where: Where = WORDS, text: str = "") -> Observation:
    """Let a member report graffiti."""
    return report_observation(
        observation_id=uuid7(), facts=facts(where, text=text), member=member, at=NIGHT
    )


def test_a_report_sent_twice_is_one_and_tells_once(world: World, guard: Member) -> None:
    one = uuid7()
    site = make_site(world)
    for _ in range(2):
        report_observation(
            observation_id=one, facts=facts(Where(site=site)), member=guard, at=NIGHT
        )
    row = Observation.objects.get()
    assert row.pk == one
    assert (row.place, row.lat, row.placed_by) == ("Trasten skola", 59.0, "chosen")
    event = Event.objects.get(kind="observation.reported")
    assert str(world.municipality.pk) in event.audience
    assert str(world.company.pk) in event.audience
    assert event.payload is not None
    assert "skola" not in event.payload


def test_an_id_of_another_author_or_another_kind_of_report_is_refused(
    world: World, guard: Member
) -> None:
    one = uuid7()
    report_damage(damage_id=one, facts=damage_facts(), member=guard, at=NIGHT)
    with pytest.raises(Refused, match="another record's"):
        report_damage(damage_id=one, facts=damage_facts(), member=make_member(world), at=NIGHT)
    with pytest.raises(Refused, match="another record's"):
        report_observation(observation_id=one, facts=facts(), member=guard, at=NIGHT)
    assert Damage.objects.count() == 1


def test_numbers_of_persons_never_reach_a_row_or_the_log(world: World, guard: Member) -> None:
    """Neither in the words, nor in the place, the part or a reference."""
    number = "19850709-9805"
    row = report_damage(
        damage_id=uuid7(),
        facts=damage_facts(
            Where(place=f"Vid {number}"), text=f"Ring {number} eller 070-174 06 05",
            part=number, police_reference=number, cost_centre=number,
        ),
        member=guard, at=NIGHT,
    )  # fmt: skip
    kept = (row.text, row.place, row.part, row.police_reference, row.cost_centre)
    assert not any("9805" in one or "0605" in one.replace(" ", "") for one in kept)
    assert row.text == "Ring [personnummer] eller [telefonnummer]"
    logged = "".join(Event.objects.values_list("payload", flat=True))  # type: ignore[arg-type]
    assert "personnummer" not in logged
    assert number not in logged


@pytest.mark.parametrize(
    "given",
    [
        {"where": Where()},
        {"where": Where(lat=91.0, lon=18.0)},
        {"where": Where(place="Här", lat=float("nan"), lon=18.0)},
        {"occurred_from": NIGHT, "occurred_until": NIGHT - HOUR},
        {"occurred_from": NIGHT + HOUR, "occurred_until": NIGHT + 2 * HOUR},
        {"occurred_from": NIGHT - timedelta(days=400)},
        {"category": Category.UNWARRANTED},
    ],
    ids=["nowhere", "off earth", "no number", "backwards", "to come", "too long", "of alarms"],
)
def test_what_cannot_be_is_refused_with_what_to_do(guard: Member, given: dict[str, Any]) -> None:
    with pytest.raises(Refused) as no:
        report_observation(observation_id=uuid7(), facts=facts(**given), member=guard, at=NIGHT)
    assert no.value.status == 422
    assert not Observation.objects.exists()
    assert not Event.objects.filter(kind="observation.reported").exists()


def test_what_is_announced_may_lie_ahead_and_what_happened_ends_now(guard: Member) -> None:
    day = timedelta(days=1)
    ahead = facts(
        category=Category.EVENT, occurred_from=NIGHT + day, occurred_until=NIGHT + 2 * day
    )
    row = report_observation(observation_id=uuid7(), facts=ahead, member=guard, at=NIGHT)
    assert row.occurred_from == NIGHT + day
    running = facts(occurred_until=NIGHT + 5 * HOUR)
    row = report_observation(observation_id=uuid7(), facts=running, member=guard, at=NIGHT)
    assert row.occurred_until == NIGHT


def test_a_place_of_another_tenant_is_missing(world: World, guard: Member) -> None:
    elsewhere = make_site(make_world("Annanby"))
    with pytest.raises(Missing):
        observe(guard, Where(site=elsewhere))


def test_an_area_and_a_point_are_places(world: World, guard: Member) -> None:
    square = Area.objects.create(
        tenant=world.tenant, name="Hovsjö torg", kind="square", lat=59.17, lon=17.6,
        batch=world.batch,
    )  # fmt: skip
    row = observe(guard, Where(area=square))
    assert (row.place, row.lat, row.placed_by) == ("Hovsjö torg", 59.17, "chosen")
    row = observe(guard, Where(lat=59.18, lon=17.61))
    assert (row.place, row.lat, row.placed_by) == ("", 59.18, "coordinate")


def test_a_guards_find_is_by_patrol_and_nobody_elses(
    world: World, guard: Member, coordinator: Member
) -> None:
    """What an alarm led to is not the patrol's own find."""
    from narvaro.situation.actions import Typed, type_in_case
    from narvaro.situation.models import Case

    case = type_in_case(
        case_id=uuid7(), tenant_id=world.tenant.pk, by="test", at=NIGHT,
        typed=Typed(kind=Case.Kind.INTRUDER, priority=None, text="", place="Skolan"),
    )  # fmt: skip
    found = report_damage(damage_id=uuid7(), facts=damage_facts(), member=guard, at=NIGHT)
    called = report_damage(damage_id=uuid7(), facts=damage_facts(case=case), member=guard, at=NIGHT)
    own = report_damage(damage_id=uuid7(), facts=damage_facts(), member=coordinator, at=NIGHT)
    assert (found.by_patrol, called.by_patrol, own.by_patrol) == (True, False, False)
    assert called.case == case


def test_doubtful_words_stay_at_home_until_they_are_settled(
    world: World, guard: Member, leader: Member, coordinator: Member
) -> None:
    """Marked, never refused; after the shift leader has looked, others see what is left."""
    row = observe(guard, text=DOUBTFUL)
    assert [one["code"] for one in row.marks] == ["origin"]
    buyer = make_viewer(coordinator)
    assert [one.text for one in list_observations(buyer, NIGHT - HOUR)] == [""]
    assert [one.text for one in list_observations(make_viewer(leader), NIGHT - HOUR)] == [DOUBTFUL]
    assert list_words_to_settle(buyer) == []
    (waiting,) = list_words_to_settle(make_viewer(leader))
    assert waiting.due_at == NIGHT + timedelta(hours=24)
    settle_words(
        row=waiting.row, text="Någon sprang mot torget.", leads=True, member=leader, at=NIGHT + HOUR
    )
    assert list_words_to_settle(make_viewer(leader)) == []
    (seen,) = list_observations(buyer, NIGHT - HOUR)
    assert (seen.text, seen.settled_at) == ("Någon sprang mot torget.", NIGHT + HOUR)
    event = Event.objects.get(kind="words.settled")
    assert event.payload is not None
    assert '"changed": true' in event.payload
    assert "torget" not in event.payload


def test_words_may_be_kept_by_who_leads_and_only_rewritten_by_their_author(
    world: World, guard: Member, leader: Member
) -> None:
    kept = make_damage(guard, Where(place="Torget"), text=DOUBTFUL)
    settle_words(row=kept, text=None, leads=True, member=leader, at=NIGHT)
    kept.refresh_from_db()
    assert (kept.text, kept.is_settled) == (DOUBTFUL, True)
    own = make_damage(guard, Where(place="Torget"), text=DOUBTFUL)
    with pytest.raises(Refused, match="doubtful words still"):
        settle_words(row=own, text=DOUBTFUL, leads=False, member=guard, at=NIGHT)
    settle_words(row=own, text="En person sprang.", leads=False, member=guard, at=NIGHT)
    own.refresh_from_db()
    assert (own.marks, own.is_settled) == ([], True)


def test_nobody_settles_the_words_of_another_organisation(
    world: World, guard: Member, coordinator: Member
) -> None:
    row = observe(guard, text=DOUBTFUL)
    with pytest.raises(Missing):
        settle_words(row=row, text=None, leads=True, member=coordinator, at=NIGHT)
    rival = Organisation.objects.create(
        tenant=world.tenant, name="rival", kind=OrganisationKind.GUARDING_COMPANY
    )
    other = make_viewer(make_member(world, Role.SHIFT_LEADER, rival))
    assert list_words_to_settle(other) == []
    assert list_observations(other, NIGHT - HOUR) == []


def test_the_words_of_a_file_are_settled_by_the_municipality(
    world: World, leader: Member, coordinator: Member
) -> None:
    """Nobody wrote them here: whose file it is reads and settles them, and nobody else."""
    batch = ImportBatch.objects.create(
        tenant=world.tenant, kind="damage", file_name="f", sha256="0" * 64, started_at=NIGHT,
        published_at=NIGHT,
    )  # fmt: skip
    row = Damage.objects.create(
        tenant=world.tenant, batch=batch, row_key="r:1", kind="graffiti", place="Torget",
        occurred_from=NIGHT, occurred_until=NIGHT, discovered_at=NIGHT, reported_at=NIGHT,
        **worded(DOUBTFUL),
    )  # fmt: skip
    buyer, company = make_viewer(coordinator), make_viewer(leader)
    assert list_words_to_settle(company) == []
    assert not may_read_words(company, row)
    with pytest.raises(Missing):
        settle_words(row=row, text=None, leads=True, member=leader, at=NIGHT)
    assert may_read_words(buyer, row)
    (waiting,) = list_words_to_settle(buyer)
    settle_words(row=waiting.row, text=None, leads=waiting.leads, member=coordinator, at=NIGHT)
    assert list_words_to_settle(buyer) == []
    row.refresh_from_db()
    assert may_read_words(company, row)


def test_damage_goes_forward_closes_with_its_cost_and_can_be_opened_again(
    world: World, guard: Member, coordinator: Member
) -> None:
    row = make_damage(guard, Where(site=make_site(world)), estimate=None)
    state = Damage.State

    def change(**given: Any) -> Damage:
        return change_damage(damage=row, change=DamageChange(**given), member=coordinator, at=NIGHT)

    change(state=state.ORDERED, estimate_sek=Decimal("4200.50"), work_order="AO 17")
    change(state=state.RESTORED)
    with pytest.raises(Refused) as no:
        change(state=state.ORDERED)
    assert no.value.code == "damage_back"
    with pytest.raises(Refused) as no:
        change(state=state.CLOSED)
    assert no.value.code == "no_final_cost"
    closed = change(state=state.CLOSED, final_sek=Decimal(3900))
    with pytest.raises(Refused) as no:
        change(police_reference="0201-K1-26")
    assert no.value.code == "damage_closed"
    opened = change(state=state.RESTORED, police_reference="0201-K1-26")
    assert (closed.final_sek, opened.state) == (Decimal(3900), state.RESTORED)
    told = Event.objects.filter(kind="damage.changed").order_by("position")
    assert [one.payload is not None and "3900" in one.payload for one in told] == [False] * 4


def test_a_change_that_changes_nothing_tells_nothing(guard: Member, coordinator: Member) -> None:
    row = make_damage(guard, Where(place="Torget"))
    change_damage(
        damage=row, change=DamageChange(state=Damage.State.REPORTED), member=coordinator, at=NIGHT
    )
    assert not Event.objects.filter(kind="damage.changed").exists()
    with pytest.raises(Refused, match="cost is 0 to"):
        change_damage(
            damage=row, change=DamageChange(final_sek=Decimal(-1)), member=coordinator, at=NIGHT
        )


def test_graffiti_is_due_in_48_hours_an_offensive_one_in_24(guard: Member) -> None:
    plain = make_damage(guard, Where(place="Torget"))
    offensive = make_damage(guard, Where(place="Torget"), offensive=True)
    glass = make_damage(guard, Where(place="Torget"), kind=Damage.Kind.GLASS)
    assert plain.removal_due_at == NIGHT + timedelta(hours=48)
    assert offensive.removal_due_at == NIGHT + timedelta(hours=24)
    assert glass.removal_due_at is None
    plain.state = Damage.State.RESTORED
    assert plain.removal_due_at is None


def test_what_a_file_brought_is_due_at_no_time(guard: Member) -> None:
    """When it was reported, and how it stands now, nobody has said."""
    row = make_damage(guard, Where(place="Torget"), offensive=True)
    row.batch_id = uuid7()
    assert row.removal_due_at is None


def test_counts_and_bands_are_all_that_is_kept_of_persons(guard: Member) -> None:
    row = report_observation(
        observation_id=uuid7(),
        facts=facts(category=Category.YOUTH_GATHERING, count=Count.MANY), member=guard, at=NIGHT,
    )  # fmt: skip
    assert (row.count, row.age_band, row.state) == ("over_10", "unknown", "submitted")
