"""A track from a file: on duty alone, once, each refused point with its reason."""

import json
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from narvaro.dispatch.importing.tracks import WHY, Whose, find_whose, import_track
from narvaro.intake.protocols.gpx import Report
from narvaro.plan.models import Shift
from narvaro.situation.actions import RAW_POSITIONS_H, drop_old_positions, set_unit_state
from narvaro.situation.models import Position, UnitStatus
from narvaro.spine.models import Event
from narvaro.spine.refusal import Refused
from tests.make import NIGHT, Crewed, World, make_unit, put_position

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LATER = NIGHT + 6 * HOUR
DUTY_BEGINS, DUTY_ENDS = NIGHT - 4 * HOUR, NIGHT + 8 * HOUR


@pytest.fixture
def crewed(world: World) -> Crewed:
    """Return a unit on a shift of twelve hours, whose phone has sent nothing."""
    return make_unit(world, "V1", lat=None)


def gpx(*points: tuple[datetime, float] | None) -> bytes:
    """Write a file of points: time and latitude; None is a point without a time."""
    written = "".join(
        f'<trkpt lat="{one[1]}" lon="18.0"><time>{one[0].isoformat()}</time></trkpt>'
        if one
        else '<trkpt lat="59.0" lon="18.0"/>'
        for one in points
    )
    return f'<gpx version="1.1"><trk><trkseg>{written}</trkseg></trk></gpx>'.encode()


def bring_in(crewed: Crewed, data: bytes, *, at: datetime = LATER, dry_run: bool = False) -> Report:
    return import_track(
        tenant=crewed.unit.tenant, whose=Whose(crewed.unit), file_name="track.gpx", data=data,
        by="shell:test", at=at, dry_run=dry_run,
    )  # fmt: skip


def told() -> list[Event]:
    return list(Event.objects.filter(kind="file.imported"))


def kept_at() -> list[datetime]:
    return list(Position.objects.order_by("at").values_list("at", flat=True))


def test_a_track_of_a_shift_is_kept_once_and_told_once(crewed: Crewed) -> None:
    """The same file again adds nothing, to the positions or to the log."""
    data = gpx(*((NIGHT + n * MINUTE, 59.0 + n / 1000) for n in range(5)))
    assert bring_in(crewed, data) == Report(5, 5)
    first = Position.objects.order_by("at")[0]
    assert (first.at, first.lat, first.flag, first.received_at) == (NIGHT, 59.0, "", LATER)
    assert bring_in(crewed, data) == Report(5, 0, (("known", "1-5"),))
    assert len(kept_at()) == 5
    [event] = told()
    payload = json.loads(event.payload or "")
    assert (event.subject, event.actor) == (crewed.unit.pk, "shell:test")
    assert (payload["import_kind"], payload["kept"], payload["refused"]) == ("gpx", 5, 0)
    assert "59." not in (event.payload or "")


def test_each_point_that_is_not_kept_is_told_with_its_reason(crewed: Crewed) -> None:
    """By number; times are half-open, as a shift is."""
    points = [
        (DUTY_BEGINS - MINUTE, 59.0),
        (DUTY_BEGINS, 59.0),
        None,
        (NIGHT, 59.001),
        (NIGHT, 59.002),
        (NIGHT + MINUTE, 59.9),
        (NIGHT + 2 * MINUTE, 59.003),
        (LATER, 59.004),
        (LATER + timedelta(seconds=1), 59.004),
        (LATER - RAW_POSITIONS_H * HOUR, 59.0),
    ]
    report = bring_in(crewed, gpx(*points))
    assert report == Report(10, 4, (
        ("off_duty", "1"), ("no_time", "3"), ("known", "5"), ("jump", "6"), ("future", "9"),
        ("too_old", "10"),
    ))  # fmt: skip
    assert kept_at() == [DUTY_BEGINS, NIGHT, NIGHT + 2 * MINUTE, LATER]
    assert {code for code, _ in report.refused} <= set(WHY)
    after = bring_in(crewed, gpx((DUTY_ENDS, 59.0)), at=DUTY_ENDS + HOUR)
    assert after.refused == (("off_duty", "1"),)


def test_nothing_of_a_break_is_kept(crewed: Crewed) -> None:
    """From when it was said until the unit said otherwise; by the log, long after."""
    for minutes, state in ((10, "break"), (40, "available"), (50, "break"), (60, "busy")):
        set_unit_state(
            unit=crewed.unit, state=UnitStatus.State(state), case=None, by="101",
            at=NIGHT + minutes * MINUTE,
        )  # fmt: skip
    times = (9, 10, 39, 40, 49, 50, 59, 60)
    report = bring_in(crewed, gpx(*((NIGHT + n * MINUTE, 59.0) for n in times)))
    assert report.refused == (("break", "2-3, 6-7"),)
    assert kept_at() == [NIGHT + n * MINUTE for n in (9, 40, 49, 60)]


def test_a_break_whose_word_was_purged_is_still_none_of_ours(crewed: Crewed) -> None:
    """What is not known is not kept."""
    set_unit_state(
        unit=crewed.unit, state=UnitStatus.State.AVAILABLE, case=None, by="101", at=NIGHT
    )
    Event.objects.filter(kind="unit.changed").update(payload=None, salt=None)
    report = bring_in(crewed, gpx((NIGHT - MINUTE, 59.0), (NIGHT + MINUTE, 59.0)))
    assert report.refused == (("break", "2"),)


def test_a_break_of_the_shift_before_is_over_with_it(crewed: Crewed) -> None:
    """As for a phone."""
    at = DUTY_BEGINS - HOUR
    set_unit_state(unit=crewed.unit, state=UnitStatus.State.BREAK, case=None, by="101", at=at)
    assert bring_in(crewed, gpx((DUTY_BEGINS, 59.0))).kept == 1


def test_what_the_phone_sent_speaks_against_the_file(crewed: Crewed) -> None:
    """The same minute in another town."""
    put_position(crewed.unit, NIGHT, 60.0, 18.0)
    report = bring_in(crewed, gpx((NIGHT + MINUTE, 59.0), (NIGHT + 2 * MINUTE, 60.001)))
    assert report.refused == (("jump", "1"),)


def test_nothing_is_kept_where_no_positions_are_allowed(crewed: Crewed) -> None:
    crewed.unit.tenant.positions_negotiated_on = None
    with pytest.raises(Refused, match="purpose and negotiation"):
        bring_in(crewed, gpx((NIGHT, 59.0)))
    assert kept_at() == []


def test_a_file_that_is_none_is_refused_whole_and_a_dry_run_writes_nothing(crewed: Crewed) -> None:
    report = bring_in(crewed, b"no track")
    assert report.refusal is not None
    assert report.refusal.code == "xml"
    assert bring_in(crewed, gpx((NIGHT, 59.0), None), dry_run=True) == Report(
        2, 1, (("no_time", "2"),)
    )
    assert (kept_at(), told()) == ([], [])


def test_a_unit_is_named_by_call_sign_or_by_who_crewed_it(world: World, crewed: Crewed) -> None:
    """Who crewed two units must name one; then only the member's own shifts count."""
    tenant, number = world.tenant, crewed.member.service_number
    assert find_whose(tenant, "V1", LATER) == Whose(crewed.unit)
    whose = find_whose(tenant, number, LATER)
    assert whose == Whose(crewed.unit, (crewed.member,))
    others = Shift.objects.create(
        tenant=tenant, unit=crewed.unit, starts_at=DUTY_BEGINS - 2 * HOUR, ends_at=DUTY_BEGINS
    )
    data = gpx((DUTY_BEGINS - HOUR, 59.0), (NIGHT, 59.0))
    report = import_track(
        tenant=tenant, whose=whose, file_name="a.gpx", data=data, by="shell:test", at=LATER
    )
    assert report.refused == (("off_duty", "1"),)
    others.crew.add(make_unit(world, "V2", lat=None).member)
    second = Shift.objects.create(
        tenant=tenant, unit=make_unit(world, "V3", lat=None).unit, starts_at=NIGHT - 30 * HOUR,
        ends_at=NIGHT - 20 * HOUR,
    )  # fmt: skip
    second.crew.add(crewed.member)
    with pytest.raises(Refused, match="crewed V1, V3; name one unit"):
        find_whose(tenant, number, LATER)
    with pytest.raises(Refused, match="No unit has that call sign"):
        find_whose(tenant, f"{uuid4()}", LATER)


def test_positions_from_a_file_go_72_hours_after_their_time(crewed: Crewed) -> None:
    """Not after they were brought in."""
    bring_in(crewed, gpx((NIGHT, 59.0)), at=NIGHT + 5 * HOUR)
    assert drop_old_positions(at=NIGHT + RAW_POSITIONS_H * HOUR) == 0
    assert drop_old_positions(at=NIGHT + RAW_POSITIONS_H * HOUR + MINUTE) == 1
    assert kept_at() == []
