"""Oslo's streets with Toronto's incidents: from an ugly workbook to the week's focus in a plan.

The join is artificial. Real incidents of Toronto are moved by one fixed shift in space (metres, so
that distances stay) and by 261 weeks in time (so that weekdays and hours stay) onto a map of Oslo;
the sites and squares are made up. Nothing here says anything of Oslo, nor of how good a forecast is
there: what is tested is that nothing gets lost, misplaced or left without a reason on the way.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import cos, isfinite, radians
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import xlsxwriter

from narvaro.access.models import Member, Role
from narvaro.core.risk import Input
from narvaro.directory.actions import import_roads
from narvaro.directory.maps import find_open_map
from narvaro.directory.models import Area, RoadMap, Site
from narvaro.followup.first_report import get_first_report
from narvaro.forecast.actions import make_forecast, score_due
from narvaro.forecast.models import Forecast, Score
from narvaro.forecast.queries import find_harm, open_kept
from narvaro.plan import actions as planning
from narvaro.plan.following import PLAN
from narvaro.plan.hours import night_of
from narvaro.plan.models import Focus, PatrolPlan, Visit
from narvaro.sharing import actions
from narvaro.sharing.models import FileDraft
from narvaro.sharing.running import look, run_waiting
from narvaro.situation import pictures
from narvaro.situation.contents import read_contents
from narvaro.situation.models import Decision, Incident
from narvaro.spine import events
from narvaro.spine.clock import Hands
from narvaro.spine.ids import uuid7
from tests.conftest import DATA
from tests.make import World, make_member, make_unit, make_viewer
from tests.situation.weekly import ZONE

OSLO = DATA / "osm" / "oslo-east-filtered.osm.pbf"
TORONTO = DATA / "incidents" / "toronto_mci.parquet"
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not OSLO.exists(), reason=f"{OSLO.name} is not beside the checkout"),
    pytest.mark.skipif(not TORONTO.exists(), reason=f"{TORONTO.name} is not beside the checkout"),
]
SOURCE = "Toronto, flyttad"
FROM, TO = (43.6547, -79.3807), (59.9160, 10.7670)  # a point of Toronto, and where it is put
STRETCH = cos(radians(FROM[0])) / cos(radians(TO[0]))  # of a degree of longitude: metres stay
WEEKS = timedelta(weeks=261)
MONDAY = date(2026, 11, 23)
WEDNESDAY = MONDAY + timedelta(days=2)
FIRST, LAST = date(2026, 6, 1), date(2026, 11, 28)
NEAR, FAR = 0.01, 0.28  # degrees outside of the map: still told apart, and too far to believe
WORDS = {
    "Assault": "Misshandel", "Break and Enter": "Inbrott", "Auto Theft": "Stöld",
    "Robbery": "Rån", "Theft Over": "Stöld",
}  # fmt: skip
HEADS = ("Löpnr", "Datum", "Kl. från", "Kl. till", "Händelsetyp", "Latitud", "Longitud", "Källa")
State = FileDraft.State


def local(day: date, clock: str) -> datetime:
    """Return a local time in UTC."""
    return datetime.combine(day, time.fromisoformat(clock), ZONE).astimezone(UTC)


class Row(NamedTuple):
    """An incident of Toronto, moved."""

    number: int
    at: datetime
    word: str
    lat: float
    lon: float


@dataclass(frozen=True)
class Box:
    """A map's bounds in degrees."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, lat: float, lon: float, margin: float = 0.0) -> bool:
        """Tell whether a point lies inside, or no further outside than the margin."""
        return (
            self.south - margin <= lat <= self.north + margin
            and self.west - margin <= lon <= self.east + margin
        )


def read_moved(box: Box) -> list[Row]:
    """Read half a year of Toronto that falls onto the map or just beside it, and what falls far off."""
    parquet = pytest.importorskip("pyarrow.parquet")
    names = ["MCI", "Lat", "Long", "occurred_local"]
    since, until = (datetime.combine(one, time()) - WEEKS for one in (FIRST, LAST))
    wanted = [("occurred_local", ">=", since), ("occurred_local", "<", until)]
    table = parquet.read_table(TORONTO, columns=names, filters=wanted).to_pydict()
    rows = []
    for number, (kind, lat, lon, at) in enumerate(zip(*table.values(), strict=True), 1):
        moved = TO[0] + lat - FROM[0], TO[1] + (lon - FROM[1]) * STRETCH
        if box.holds(*moved, NEAR) or not box.holds(*moved, FAR):
            rows.append(Row(number, at + WEEKS, WORDS[kind], *(round(one, 6) for one in moved)))
    return rows


def workbook(rows: Sequence[Row]) -> bytes:
    """Write rows as a municipality would: a title, an empty line, dates as dates, a sum below."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Händelser")
        day, clock = (book.add_format({"num_format": one}) for one in ("yyyy-mm-dd", "hh:mm"))
        sheet.write(
            0, 0, "Händelser i Toronto, flyttade till Oslos gator: kopplingen är konstgjord"
        )
        sheet.write_row(2, 0, HEADS)
        for line, one in enumerate(rows, 3):
            sheet.write_number(line, 0, one.number)
            sheet.write_datetime(line, 1, datetime.combine(one.at.date(), time()), day)
            sheet.write_datetime(line, 2, one.at.time(), clock)
            sheet.write_datetime(line, 3, (one.at + timedelta(hours=1)).time(), clock)
            sheet.write_row(line, 4, (one.word, one.lat, one.lon, SOURCE))
        sheet.write_row(len(rows) + 3, 0, ("Summa händelser", len(rows)))
    return out.getvalue()


@dataclass
class Office:
    """A municipality on Oslo's map, and who works there."""

    world: World
    hands: Hands
    member: Member
    box: Box
    rows: list[Row]

    def bring_in(self, name: str, data: bytes) -> FileDraft:
        """Put in a file of one sheet, leave open places as they are, and let it in."""
        taken = actions.take_upload(
            tenant=self.world.tenant, member=self.member, name=name, pieces=[data],
            at=self.hands.now(),
        )  # fmt: skip
        (draft,) = look(taken)
        draft = self._run(draft)
        if draft.state == State.ASKS:
            left = {one["text"]: "" for one in draft.report["unsure"]}
            actions.answer(draft=draft, member=self.member, places=left, words={})
            draft = self._run(draft)
        assert draft.state == State.DONE, draft.report
        return draft

    def _run(self, draft: FileDraft) -> FileDraft:
        actions.queue(drafts=[draft], member=self.member)
        run_waiting()
        return FileDraft.objects.get(pk=draft.pk)

    def known_at(self, moment: datetime) -> list[Row]:
        """Return what had happened by then, the last hour of each whole."""
        naive = moment.astimezone(ZONE).replace(tzinfo=None)
        return [one for one in self.rows if one.at + timedelta(hours=1) <= naive]

    def bring_incidents(self, moment: datetime) -> FileDraft:
        """Bring in the list of all that is known at a moment; earlier rows stand in it again."""
        self.hands.move_to(moment)
        data = workbook(self.known_at(moment))
        return self.bring_in(f"{SOURCE}: händelser till {moment:%Y-%m-%d}.xlsx", data)


@pytest.fixture
def office(world: World, hands: Hands, settings: Any, tmp_path: Path) -> Office:
    """Return a municipality with Oslo's map, twelve made-up squares and forty made-up sites."""
    import_roads(
        tenant=world.tenant, pbf=OSLO, progress=lambda _step, _share: None, by="test",
        at=hands.now(),
    )  # fmt: skip
    found = RoadMap.objects.get(tenant=world.tenant)
    ground = find_open_map(world.tenant.pk)
    assert ground is not None
    (tmp_path / "uploads").mkdir()
    home = settings.HOME
    settings.HOME = type(home)(tmp_path, home.settings, home.django_secret_key, home.seal_key)
    (tmp_path / "maps").symlink_to(home.maps, target_is_directory=True)
    hands.move_to(local(MONDAY, "08:00"))
    member = make_member(world, Role.COORDINATOR, competences=())
    box = Box(found.south, found.west, found.north, found.east)
    made = Office(world, hands, member, box, read_moved(box))
    made.bring_in("rutor.geojson", draw_squares())
    graph = ground.roads.graph
    made.bring_in("Objektlista.csv", list_sites(graph.node_lat, graph.node_lon))
    return made


def draw_squares() -> bytes:
    """Draw a made-up grid of twelve squares over the middle of the map."""
    features = []
    for number in range(12):
        south, west = 59.905 + number // 4 * 0.009, 10.735 + number % 4 * 0.018
        ring = [(west, south), (west + 0.018, south), (west + 0.018, south + 0.009),
                (west, south + 0.009), (west, south)]  # fmt: skip
        features.append(
            {
                "type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
                "properties": {"name": f"Ruta {number + 1} (påhittad)", "kind": "housing"},
            }
        )  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def list_sites(lats: Any, lons: Any) -> bytes:
    """List forty made-up sites at street corners of the middle of the map, drawn by lot."""
    inside = np.flatnonzero((lats > 59.905) & (lats < 59.932) & (lons > 10.735) & (lons < 10.807))
    chosen = np.random.default_rng(3).choice(inside, 40, replace=False)
    lines = ["Objekt nr;Objekt;Typ av objekt;Latitud;Longitud"]
    lines += [
        f"O-{number:02};Objekt {number} (påhittat, Oslo);Övrigt;{lats[one]:.6f};{lons[one]:.6f}"
        for number, one in enumerate(chosen, 1)
    ]
    return "\n".join(lines).replace(".", ",").encode("cp1252")


def check_counts(office: Office, draft: FileDraft) -> None:
    """Counts in are counts kept and refused; what is far from the map is placed nowhere."""
    rows = office.known_at(office.hands.now())
    assert draft.kind == "incidents"
    report = draft.report
    assert report["kept"] + report["known"] + report["refused_count"] == len(rows)
    assert report["refused_count"] == 0
    far = [one for one in rows if not office.box.holds(one.lat, one.lon, FAR)]
    assert len(far) > 5
    assert report["placed"] == {"coordinate": len(rows) - len(far), "none": len(far)}
    said = {(one.lat, one.lon) for one in rows}
    kept = Incident.objects.published()
    assert kept.count() == len(rows)
    assert set(kept.values_list("source", flat=True)) == {SOURCE}
    for lat, lon, placed_by in kept.values_list("lat", "lon", "placed_by"):
        assert (placed_by == "none") == (lat is None or lon is None)
        if lat is None or lon is None:
            continue
        assert office.box.holds(lat, lon, NEAR)
        assert (lat, lon) in said


def check_report(office: Office) -> None:
    """The report counts each of them once, and says which have no place."""
    rows = office.known_at(office.hands.now())
    report = get_first_report(make_viewer(office.member), office.hands.now())
    assert report.incidents == len(rows) == sum(number for _kind, number in report.categories)
    words = {"violence": "Misshandel", "break_in": "Inbrott", "theft": "Stöld", "robbery": "Rån"}
    expected = {code: sum(one.word == word for one in rows) for code, word in words.items()}
    assert dict(report.categories) == expected
    far = sum(not office.box.holds(one.lat, one.lon, FAR) for one in rows)
    said = dict(report.cannot_say)
    assert (said["incident_without_place"], said["no_damage"], said["no_alarms"]) == (far, 1, 1)
    assert "no_incidents" not in said
    assert [one.file_name[: len(SOURCE)] for one in report.files if one.kind == "incidents"] == [
        SOURCE
    ]


def hold_week(office: Office) -> list[Area]:
    """Freeze Monday's picture, decide its three first places, publish; return them."""
    tenant_id, by = office.world.tenant.pk, make_viewer(office.member).signature
    picture = pictures.ensure_picture(tenant_id=tenant_id, monday=MONDAY)
    picture = pictures.freeze(picture=picture, by=by, at=local(MONDAY, "13:00"))
    contents = read_contents(picture.contents)
    begins, ends = (datetime.fromisoformat(one) for one in (contents.begins, contents.ends))
    week = Incident.objects.filter(occurred_until__gte=begins, occurred_until__lt=ends)
    assert contents.total.now == contents.intake.from_files == week.count() > 20
    assert contents.weeks_compared == 4
    assert sum(one.counted.now for one in contents.places) <= contents.total.now
    assert all("påhittad" in one.name for one in contents.places)
    places = [Area.objects.get(pk=one.id) for one in contents.places[:3]]
    hours = (
        Decision.Focus.BE_SEEN,
        (2, 3, 4, 5),
        time(20),
        time(23),
        f"Flest händelser i veckan ({SOURCE})",
    )
    tuesday = local(MONDAY + timedelta(days=1), "10:00")
    for place in places:
        pictures.decide_place(
            decision_id=uuid7(), picture=picture, place=place, focus=pictures.Focus(*hours),
            member_id=office.member.pk, at=tuesday,
        )  # fmt: skip
    pictures.mark_decided(picture=picture, by=by, at=tuesday)
    pictures.publish(picture=picture, by=by, at=tuesday)
    events.advance(PLAN, tenant_id)
    assert {one.starts_on for one in Focus.objects.all()} == {WEDNESDAY}
    return places


def forecast(office: Office) -> Forecast:
    """Make Wednesday's forecast: of what is on the map, near the level, no cost made up."""
    made = make_forecast(tenant=office.world.tenant, at=office.hands.now())
    rows = office.known_at(office.hands.now())
    inside = sum(office.box.holds(one.lat, one.lon) for one in rows)
    far = sum(not office.box.holds(one.lat, one.lon, FAR) for one in rows)
    used, left_out = made.made_of["used"], made.made_of["left_out"]
    assert set(used) == {str(Input.REPORTED_INCIDENT)}
    assert sum(used.values()) + sum(left_out.values()) == len(rows)
    # The grid's cells reach a little over the map's edge.
    assert 0 <= used[str(Input.REPORTED_INCIDENT)] - inside <= len(rows) - inside - far
    assert left_out["no_position"] == far
    kept = open_kept(made)
    lately = [one for one in rows if one.at > rows[-1].at - timedelta(weeks=8)]
    level = sum(office.box.holds(one.lat, one.lon) for one in lately) / 56 * 2
    assert float(kept.expected.sum()) == pytest.approx(level, rel=0.3)
    assert float(kept.naive_expected.sum()) == pytest.approx(level, rel=0.4)
    assert (kept.expected >= 0).all()
    assert np.isnan(kept.cost_each_sek).all()
    return made


def plan(office: Office, made: Forecast, places: Sequence[Area]) -> None:
    """Propose Wednesday's night for two units: on places with risk or asked for, each with a reason."""
    evening = local(WEDNESDAY, "22:00")
    units = [make_unit(office.world, name, at=evening, lat=None, lon=None).unit for name in "VW"]
    drawn: PatrolPlan = planning.propose(
        organisation=office.world.company, day=WEDNESDAY, by="test", at=office.hands.now(), seed=7
    )
    assert (drawn.state, drawn.forecast_id) == (PatrolPlan.State.PROPOSED, made.pk)
    assert "no_forecast" not in {one["code"] for one in drawn.facts["notes"]}
    visits = list(drawn.visits.select_related("site", "area").order_by("arrive_at"))
    assert {one.unit_id for one in visits} == {one.pk for one in units}
    assert all(one.reasons for one in visits)
    asked = [one for one in visits if one.reasons[0]["code"] == "asked"]
    assert {one.area_id for one in asked} == {one.pk for one in places}
    for one in asked:
        assert time(20) <= one.arrive_at.astimezone(ZONE).time() < time(23)
    night = night_of(WEDNESDAY, ZONE)
    free = [one for one in visits if one not in asked]
    assert free
    assert harm_at(office, free, night.starts_at).min() > 0
    for one in visits:
        assert night.starts_at <= one.arrive_at <= night.ends_at - timedelta(seconds=one.dwell_s)
    for unit in units:
        for before, after in pairwise(one for one in visits if one.unit_id == unit.pk):
            assert before.arrive_at + timedelta(seconds=before.dwell_s) <= after.arrive_at


def harm_at(office: Office, visits: Sequence[Visit], starts_at: datetime) -> Any:
    """Return what is expected at the visits' places, over the night."""
    places: list[Site | Area] = [place for one in visits if (place := one.site or one.area)]
    assert len(places) == len(visits)
    lats, lons = (np.array([getattr(one, name) for one in places]) for name in ("lat", "lon"))
    found = find_harm(office.world.tenant.pk, lats, lons, starts_at, bins=390)
    assert found is not None
    assert (found.currency, found.is_naive) == ("events", False)
    return found.sek.sum(axis=1)


def score(office: Office, made: Forecast) -> None:
    """Hold the forecast against what happened after it was made, beside the naive map."""
    assert score_due(tenant=office.world.tenant, at=office.hands.now()) == 1
    found = Score.objects.get(forecast=made)
    ends_at = made.ends_at(ZONE)
    rows = office.known_at(office.hands.now())
    happened = sum(
        made.starts_at <= one.at.replace(tzinfo=ZONE).astimezone(UTC) < ends_at
        and office.box.holds(one.lat, one.lon, NEAR)
        for one in rows
    )
    assert happened > 20
    assert found.events + found.outside == pytest.approx(happened, abs=0.01)
    assert 0 <= found.hits_1 <= found.hits_5 <= found.events
    assert 0 <= found.naive_hits_1 <= found.naive_hits_5 <= found.events
    assert isfinite(found.log_likelihood)
    assert isfinite(found.naive_log_likelihood)
    assert found.log_likelihood != found.naive_log_likelihood


@pytest.mark.slow
def test_from_a_workbook_to_the_weeks_focus(office: Office) -> None:
    """Import → report → week → forecast → plan → score, on real streets, with moved incidents."""
    first = office.bring_incidents(local(MONDAY, "12:00"))
    check_counts(office, first)
    check_report(office)
    places = hold_week(office)
    second = office.bring_incidents(local(WEDNESDAY, "12:00"))
    assert second.report["known"] == first.report["kept"]
    check_counts(office, second)
    made = forecast(office)
    plan(office, made, places)
    office.bring_incidents(local(WEDNESDAY + timedelta(days=2), "16:00"))
    score(office, made)
