"""What the forecast learns from: only the allowed inputs, each harm once, and what was left out."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from narvaro.access.models import Role
from narvaro.core.aoristic import from_hours
from narvaro.core.risk import REFUSED, Input, InputRefused, allow
from narvaro.directory.importing.history import Answers
from narvaro.directory.importing.run import Source
from narvaro.directory.models import ImportBatch
from narvaro.forecast.loading import Loaded, load
from narvaro.forecast.sources import SOURCE_OF
from narvaro.sharing.kinds import import_file
from narvaro.situation.models import Category, Damage, Incident
from tests.forecast.town import make_schools, put_alarm, put_damage, put_incident
from tests.make import NIGHT, World, make_area, make_member, make_observation

DAY = timedelta(days=1)


def loaded(world: World, at: datetime = NIGHT) -> Loaded:
    """Load what is known of a world."""
    found = load(world.tenant, at)
    assert found is not None
    return found


def test_every_category_is_an_input_or_refused_by_name() -> None:
    """A new category cannot slip in: it must be named as what it would be."""
    assert set(SOURCE_OF) == set(Category.values)
    for source in SOURCE_OF.values():
        assert source in set(Input) or source in REFUSED
    assert SOURCE_OF[Category.YOUTH_GATHERING] == "youth_contact"
    assert SOURCE_OF[Category.UNSAFE_PLACE] == "perceived_safety"
    with pytest.raises(InputRefused):
        allow("police_area_class")


def test_only_what_others_than_guards_found_is_learned_from(world: World) -> None:
    """Damage, confirmed alarms and reported harm count; what a guard found follows guards."""
    school = make_schools(world, 1)[0]
    put_damage(world, school, NIGHT - 40 * DAY, final_sek=Decimal(900), estimate_sek=Decimal(5))
    put_damage(world, school, NIGHT - 39 * DAY, estimate_sek=Decimal(70))
    put_damage(world, school, NIGHT - 38 * DAY, by_patrol=True)
    put_incident(world, school, NIGHT - 37 * DAY)
    put_incident(world, school, NIGHT - 36 * DAY, source="reported_offence")
    put_incident(world, school, NIGHT - 35 * DAY, by_patrol=True)
    put_incident(world, school, NIGHT - 34 * DAY, category=Category.YOUTH_GATHERING)
    put_incident(world, school, NIGHT - 33 * DAY, category=Category.UNSAFE_PLACE)
    put_incident(world, school, NIGHT - 32 * DAY, category=Category.LITTERING)
    put_alarm(world, school, NIGHT - 31 * DAY, "real")
    put_alarm(world, school, NIGHT - 30 * DAY, "unwarranted")
    put_alarm(world, school, NIGHT - 29 * DAY, "real", kind="technical")
    make_observation(make_member(world, Role.COORDINATOR), school, at=NIGHT - DAY)
    found = loaded(world)
    assert found.used == {
        "damage": 2, "reported_incident": 1, "reported_offence": 1, "confirmed_alarm": 1
    }  # fmt: skip
    assert found.left_out == {
        "guard_discovery": 2, "youth_contact": 1, "perceived_safety": 1, "observation": 1,
        "unconfirmed_alarm": 1,
    }  # fmt: skip
    costs = sorted(found.events.cost_sek.tolist())[:2]
    assert costs == [70, 900]
    assert np.isnan(found.events.cost_sek).sum() == 3


def test_who_reported_is_a_guard_where_the_file_says_so_in_words(world: World) -> None:
    """A list that has no column for it names the guarding company, or a guard."""
    school = make_schools(world, 1)[0]
    for said in (
        "Väktare V3",
        "Ordningsvakt",
        "Provköping bevakning",
        "Provköping kommun",
        "Skolan",
        "",
    ):
        put_incident(world, school, NIGHT - DAY, category=Category.THEFT, source=said)
    found = loaded(world)
    assert (found.used, found.left_out) == ({"reported_incident": 3}, {"guard_discovery": 3})


def test_a_file_says_what_was_found_on_patrol_and_water_is_no_harm(world: World) -> None:
    """The register's own column reaches the forecast."""
    school = make_schools(world, 1)[0]
    lines = [
        "Nr;Skadetyp;Objektnummer;Från;Till;På rond",
        f"1;Glaskross;{school.code};2026-11-20 18:00;2026-11-20 20:00;nej",
        f"2;Glaskross;{school.code};2026-11-21 18:00;2026-11-21 20:00;ja",
        f"3;Vattenskada;{school.code};2026-11-22 18:00;2026-11-22 20:00;nej",
    ]
    source = Source(name="damage.csv", data="\n".join(lines).encode())
    assert import_file("damage", world.tenant, source, Answers(), by="test", at=NIGHT).kept == 3
    found = loaded(world)
    assert found.used == {"damage": 1}
    assert found.left_out == {"guard_discovery": 1, "water_damage": 1}


def test_a_report_of_the_case_says_what_the_alarm_was(world: World) -> None:
    """Where nobody said the cause, the guard's report of it does; the report itself is not counted."""
    school = make_schools(world, 1)[0]
    for number, ended_in in enumerate((Category.BREAK_IN, Category.NOTHING_FOUND), 1):
        case = put_alarm(world, school, NIGHT - number * DAY, "")
        put_incident(world, school, NIGHT - number * DAY, category=ended_in, case=case)
    found = loaded(world)
    assert (found.used, found.left_out) == ({"confirmed_alarm": 1}, {"unconfirmed_alarm": 1})


def test_one_break_in_that_three_registers_tell_of_is_one_event(world: World) -> None:
    """The damage has the cost; the alarm and the report at the same site and time add nothing."""
    school, other = make_schools(world, 2)
    put_damage(world, school, NIGHT - DAY, occurred_until=NIGHT - DAY + timedelta(hours=3))
    put_alarm(world, school, NIGHT - DAY + timedelta(hours=1), "real")
    put_incident(world, school, NIGHT - DAY, category=Category.BREAK_IN)
    put_incident(world, school, NIGHT - DAY, category=Category.VIOLENCE)
    put_incident(world, other, NIGHT - DAY, category=Category.BREAK_IN)
    late = put_alarm(world, other, NIGHT - 3 * DAY, "real")
    put_damage(world, other, NIGHT - 6 * DAY, case=late, occurred_until=NIGHT - DAY)
    found = loaded(world)
    assert found.used == {"damage": 2, "reported_incident": 2}
    assert found.left_out == {"told_twice": 3}


def test_two_damages_of_one_night_are_two(world: World) -> None:
    """Rows of one register are never taken for each other."""
    school = make_schools(world, 1)[0]
    put_damage(world, school, NIGHT - DAY)
    put_damage(world, school, NIGHT - DAY)
    assert loaded(world).used == {"damage": 2}


def test_what_has_no_place_is_counted_and_said(world: World) -> None:
    """A row without a position, or in the middle of something wide, is left out and said."""
    school = make_schools(world, 1)[0]
    wood = make_area(world, "Storskogen", kind="nature")
    square = make_area(world, "Torget", lat=59.001)
    put_damage(world, None, NIGHT - DAY)
    put_damage(world, None, NIGHT - DAY, area=wood, lat=wood.lat, lon=wood.lon)
    put_damage(world, None, NIGHT - DAY, area=square, lat=square.lat, lon=square.lon)
    put_damage(world, school, NIGHT - DAY, lat=None, lon=None)
    found = loaded(world)
    assert (found.used, found.left_out) == ({"damage": 2}, {"no_position": 2})


def test_what_is_not_over_is_not_known_yet(world: World) -> None:
    """An event is known from its end on, and rows of files that still come in are not seen."""
    school = make_schools(world, 1)[0]
    put_damage(world, school, NIGHT - DAY, occurred_until=NIGHT + DAY)
    put_damage(world, school, NIGHT - DAY)
    hidden = put_damage(world, school, NIGHT - DAY)
    Damage.objects.filter(pk=hidden.pk).update(batch=_unpublished(world))
    assert loaded(world).used == {"damage": 1}


def _unpublished(world: World) -> ImportBatch:
    return ImportBatch.objects.create(
        tenant=world.tenant, kind="damage", file_name="x.csv", sha256="1" * 64, started_at=NIGHT
    )


def test_a_file_that_ended_weeks_ago_is_not_taken_as_silence(world: World) -> None:
    """What is known ends with the register that ended first; newer rows of others wait, and are said."""
    school = make_schools(world, 1)[0]
    for day in range(30, 60):
        put_damage(world, school, NIGHT - day * DAY)
    for day in range(1, 40):
        put_incident(world, school, NIGHT - day * DAY, category=Category.VIOLENCE)
    found = loaded(world)
    assert str(from_hours(found.until_h)) == "2026-10-25 02:00:00"  # 30 days before, local
    assert found.used == {"damage": 30, "reported_incident": 10}
    assert found.left_out == {"too_new": 29}
    put_damage(world, school, NIGHT - 2 * DAY)
    assert str(from_hours(loaded(world).until_h)) == "2026-11-24 02:00:00"


def test_hours_are_local_and_the_mask_has_sites_and_what_happened(world: World) -> None:
    """At 01:00 UTC in November it is 02:00; in July 03:00."""
    make_schools(world, 2)
    july = datetime(2026, 7, 1, 1, tzinfo=UTC)
    put_damage(world, None, july, lat=59.05, lon=18.0)
    found = loaded(world)
    assert str(from_hours(found.events.begins_h[0])) == "2026-07-01 03:00:00"
    assert found.mask.sum() == 3
    assert found.mask[found.events.cell[0]]


def test_the_map_bounds_the_grid(street: World) -> None:
    """What lies beyond the map is left out, and said."""
    put_damage(street, None, NIGHT - DAY, lat=59.05, lon=18.0)
    put_damage(street, None, NIGHT - DAY, lat=55.0, lon=13.0)
    found = loaded(street)
    assert (found.used, found.left_out) == ({"damage": 1}, {"off_grid": 1})


def test_a_coordinate_gone_wrong_does_not_stretch_the_grid(world: World) -> None:
    """Without a map the grid is what lies around the middle of it all."""
    make_schools(world, 3)
    put_damage(world, None, NIGHT - DAY, lat=0.0, lon=0.0)
    found = loaded(world)
    assert found.grid.cells < 100
    assert found.left_out == {"off_grid": 1}


def test_a_world_without_places_has_nothing_to_forecast(world: World) -> None:
    """Nor has one whose rows say no place."""
    put_damage(world, None, NIGHT - DAY)
    assert load(world.tenant, NIGHT) is None
    assert Incident.objects.count() == 0
