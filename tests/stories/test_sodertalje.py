"""Södertälje's own open data, as it lies on the web: what comes in, what is refused, what it cannot say.

The data hold no incident, no alarm and no damage: so there is nothing to forecast, and the report
says what it does not know. The streets of the last test are made up: there is no map in the data.
"""

import csv
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import osmium
import pytest
from django.test import Client
from osmium.osm.mutable import Node, Way

from narvaro.access.models import Member, Role
from narvaro.core.risk import InputRefused, allow
from narvaro.core.said import Said
from narvaro.directory.actions import import_roads
from narvaro.directory.importing.placing import Placer
from narvaro.directory.models import Area, Site
from narvaro.followup.first_report import get_first_report
from narvaro.forecast.actions import make_forecast
from narvaro.forecast.models import Forecast
from narvaro.forecast.queries import is_due
from narvaro.plan import actions as planning
from narvaro.plan.models import PatrolPlan
from narvaro.sharing import actions
from narvaro.sharing.models import FileDraft
from narvaro.sharing.running import look, run_waiting
from narvaro.situation import pictures
from narvaro.situation.contents import Contents, read_contents
from narvaro.situation.models import Incident, Observation, PoliceEvent
from narvaro.situation.queries.pictures import list_places
from narvaro.situation.weeks import closing_of
from narvaro.spine.clock import Hands
from narvaro.spine.refusal import Refused
from narvaro.web.report_forms import places_of
from tests.conftest import DATA
from tests.make import (
    World,
    make_decision,
    make_focus,
    make_member,
    make_unit,
    make_viewer,
    make_world,
)
from tests.situation.weekly import ZONE
from tests.web.test_phone import browser_of, shown

HERE, POLICE = DATA / "sweden" / "sodertalje", DATA / "polisen" / "sodertalje_events.csv"
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not HERE.exists(), reason="Södertälje's open data is not beside the checkout"),
    pytest.mark.skipif(not POLICE.exists(), reason=f"{POLICE.name} is not beside the checkout"),
]  # fmt: skip
BORDER = "municipality_boundary_simplified.geojson"
AREAS = {
    BORDER: 1, "parks-sodertalje.geojson": 27, "nature-reserves.geojson": 26,
    "public-toilets.geojson": 2, "utsatta_omraden_2025.geojson": 6,
}  # fmt: skip
CLASSIFIED = {"Geneta", "Fornhöjden", "Hovsjö", "Ronna", "Lina", "Saltskog"}
MONDAY = date(2023, 11, 6)  # inside the data: eleven events were told of in the week before
NOW = closing_of(MONDAY, ZONE) + timedelta(hours=1)
State = FileDraft.State


@pytest.fixture
def sodertalje(db: None, settings: Any, tmp_path: Path, hands: Hands) -> World:
    """Return the tenant, an hour after a week has closed; its uploads lie in a folder of the test."""
    (tmp_path / "uploads").mkdir()
    home = settings.HOME
    settings.HOME = type(home)(tmp_path, home.settings, home.django_secret_key, home.seal_key)
    hands.move_to(NOW)
    return make_world("Södertälje")


@pytest.fixture
def coordinator(sodertalje: World) -> Member:
    """Return who puts the files in."""
    return make_member(sodertalje, Role.COORDINATOR, competences=())


def put_in(member: Member, name: str, data: bytes) -> FileDraft:
    """Put in a file of one sheet; return its draft."""
    (draft,) = look(
        actions.take_upload(tenant=member.tenant, member=member, name=name, pieces=[data], at=NOW)
    )
    return draft


def run(draft: FileDraft) -> FileDraft:
    """Let a draft be brought in; return it as it is then."""
    actions.queue(drafts=[draft], member=draft.uploaded_by)
    run_waiting()
    return FileDraft.objects.get(pk=draft.pk)


def bring_in(member: Member, name: str, data: bytes | None = None) -> FileDraft:
    """Put in a file, and let it be brought in."""
    return run(put_in(member, name, (HERE / name).read_bytes() if data is None else data))


def as_served() -> bytes:
    """Return the police's events in the shape in which their feed serves them."""
    with POLICE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return json.dumps(
        [
            {
                "id": int(one["id"]), "datetime": one["datetime_published"], "name": one["name"],
                "summary": one["summary"], "url": one["url"], "type": one["type"],
                "location": {"name": one["location_name"], "gps": f"{one['lat']},{one['lon']}"},
            }
            for one in rows
        ],
        ensure_ascii=False,
    ).encode()  # fmt: skip


@pytest.fixture
def mapped(coordinator: Member) -> Member:
    """Bring in what the municipality and the police have drawn."""
    for name, number in AREAS.items():
        draft = bring_in(coordinator, name)
        assert (draft.kind, draft.state, draft.report["kept"]) == ("areas", State.DONE, number)
    return coordinator


def test_areas_come_in_by_what_they_are(mapped: Member) -> None:
    """Every feature is kept, under its kind; a second time changes nothing."""
    kinds = {"municipality": 1, "park": 27, "nature": 26, "other": 2, "police_class": 6}
    assert Counter(Area.objects.values_list("kind", flat=True)) == kinds
    border = Area.objects.get(kind=Area.Kind.MUNICIPALITY)
    assert (border.name, border.border_wkt[:7]) == ("Södertälje", "POLYGON")
    Area.objects.filter(pk=border.pk).update(inhabitants=101_000)
    assert bring_in(mapped, BORDER).state == State.DONE
    assert Area.objects.count() == sum(kinds.values())
    assert Area.objects.get(pk=border.pk).inhabitants == 101_000


def test_a_police_class_is_context_and_no_forecasts_input(
    sodertalje: World, mapped: Member
) -> None:
    """The core refuses it by name, nothing is placed by it, nobody can choose it in a form."""
    police = Area.objects.filter(kind=Area.Kind.POLICE_CLASS)
    assert set(police.values_list("name", flat=True)) == CLASSIFIED
    with pytest.raises(InputRefused):
        allow("police_class")
    placer = Placer(sodertalje.tenant, {})
    for name in CLASSIFIED:
        assert placer.place({"place": name})["area_id"] is None
    viewer = make_viewer(mapped)
    offered = {one.pk for one in list_places(viewer)}
    assert Area.objects.get(name="Stadsparken").pk in offered
    assert not offered & set(police.values_list("pk", flat=True))
    assert not CLASSIFIED & set(places_of(viewer).labels)
    for one in police:
        Incident.objects.create(
            tenant=sodertalje.tenant, area=one, lat=one.lat, lon=one.lon, category="vandalism",
            known_by="recorded", occurred_from=NOW, occurred_until=NOW, reported_at=NOW,
            placed_by="chosen",
        )  # fmt: skip
    with pytest.raises(Refused) as no:
        make_forecast(tenant=sodertalje.tenant, at=NOW + timedelta(hours=1))
    assert no.value.code == "nothing_to_forecast"


def test_population_of_some_ages_is_refused(mapped: Member) -> None:
    """The table counts those of 65 and more: as inhabitants, it would make every share six times too high."""
    draft = bring_in(mapped, "population-data.csv")
    assert (draft.kind, draft.state, draft.report["kept"]) == ("population", State.ASKS, 0)
    ((_column, name, *said),) = draft.report["refused"][0]["reasons"]
    why, todo = map(Said.of, said)
    assert (name, why) == ("Södertälje", "nobody is counted: 0 to 65 years")
    assert "all ages" in todo
    assert not Area.objects.exclude(inhabitants=None).exists()


def test_bathing_places_are_sites(mapped: Member) -> None:
    """A list of places is taken for one, with its coordinates; telephone and mail are not kept."""
    draft = put_in(mapped, "badplatser.csv", (HERE / "badplatser.csv").read_bytes())
    assert draft.kind == "sites"
    assert {"latitude": "lat", "longitude": "lon", "name": "name"}.items() <= draft.mapping.items()
    draft = run(draft)
    assert (draft.state, draft.report["kept"]) == (State.DONE, 9)
    assert {"phone", "email"} <= set(draft.report["unmapped"])
    lake = Site.objects.published().get(name="Mälarbadet")
    assert (lake.lat, lake.lon) == (59.22299693, 17.61283358)


def test_toilets_are_asked_about(mapped: Member) -> None:
    """Their header names no site: the file says what it lacks, a person says which column it is."""
    name = "offentliga_toaletter.csv"
    draft = put_in(mapped, name, (HERE / name).read_bytes())
    assert (draft.kind, set(draft.mapping.values())) == ("sites", {"", "lat", "lon"})
    asking = run(draft)
    assert (asking.state, asking.report["kept"]) == (State.ASKS, 0)
    assert asking.report["refused"][0]["reasons"][0][0] == "Objekt"
    actions.set_columns(draft=asking, kind="sites", mapping={**draft.mapping, "Plats": "name"})
    assert run(asking).state == State.DONE
    assert set(Site.objects.published().values_list("name", flat=True)) == {
        "Södertälje C pendeltågsstation", "Gågatan Stora Torget"
    }  # fmt: skip


@pytest.fixture
def policed(mapped: Member) -> Member:
    """Bring in the police's events too."""
    draft = bring_in(mapped, "police-events.json", as_served())
    assert (draft.kind, draft.state, draft.report["kept"]) == ("police-events", State.DONE, 524)
    assert draft.report["unmapped"] == ["location.gps"]
    return mapped


def frozen(world: World) -> Contents:
    """Freeze the week and return what it holds."""
    picture = pictures.ensure_picture(tenant_id=world.tenant.pk, monday=MONDAY)
    made = pictures.freeze(picture=picture, by="test", at=NOW)
    return read_contents(made.contents)


def test_a_week_shows_police_events_as_context(sodertalje: World, policed: Member) -> None:
    """Those of its seven days, without a point on a map, and in no count."""
    contents = frozen(sodertalje)
    assert len(contents.police) >= 10
    begins, ends = (datetime.fromisoformat(one) for one in (contents.begins, contents.ends))
    assert all(begins <= datetime.fromisoformat(one.at) < ends for one in contents.police)
    assert all("Södertälje" in one.place + one.name for one in contents.police)
    fields = {one.name for one in PoliceEvent._meta.get_fields()}
    assert not fields & {"lat", "lon", "area", "site"}
    assert (contents.total.now, contents.places, contents.intake.received) == (0, (), 0)
    assert not Observation.objects.exists()
    page = shown(browser_of(policed), f"/week/{MONDAY}/")
    assert contents.police[0].summary[:40] in page
    assert "Context only" in page


def test_the_report_says_what_it_cannot(sodertalje: World, policed: Member) -> None:
    """No alarm, damage or incident of Södertälje is known: sentences, not zeros."""
    bring_in(policed, "badplatser.csv")
    report = get_first_report(make_viewer(policed), NOW)
    assert dict(report.cannot_say) == dict.fromkeys(
        ("no_alarms", "no_damage", "no_incidents", "no_price", "no_visits"), 1
    )
    assert (report.inhabitants, report.incidents, len(report.sites)) == (None, 0, 9)
    desk: Client = browser_of(policed)
    page = shown(desk, "/report/")
    for sentence in (
        "No alarms of this year are known", "No damage of this year is known",
        "the report cannot say where harm is", "events have no street",
        "No visits are known", "No price of an alarm response is known",
    ):  # fmt: skip
        assert sentence in page
    assert "per 1,000 inhabitants" not in page


def write_streets(file: Path) -> Path:
    """Write a made-up street of 14 km at 60 km/h, through the middle of the town."""
    with osmium.SimpleWriter(str(file), overwrite=True) as writer:
        for number in range(15):
            writer.add_node(Node(id=number + 1, location=(17.62, 59.13 + number * 0.009)))
        tags = {"highway": "secondary", "maxspeed": "60", "name": "Påhittade vägen"}
        writer.add_way(Way(id=1, nodes=list(range(1, 16)), tags=tags))
    return file


def test_nothing_is_forecast_and_the_plan_says_so(
    sodertalje: World, policed: Member, tmp_path: Path
) -> None:
    """Events of the police are no input; a plan stands on what the meeting asked for alone."""
    assert not is_due(sodertalje.tenant, NOW)
    with pytest.raises(Refused) as no:
        make_forecast(tenant=sodertalje.tenant, at=NOW)
    assert no.value.code == "nothing_to_forecast"
    bring_in(policed, "badplatser.csv")
    with pytest.raises(Refused) as no:
        make_forecast(tenant=sodertalje.tenant, at=NOW)
    assert no.value.code == "nothing_to_forecast"
    assert not Forecast.objects.exists()

    day = MONDAY + timedelta(days=2)
    evening = datetime.combine(day, datetime.min.time(), ZONE) + timedelta(hours=20)
    make_unit(sodertalje, at=evening.astimezone(UTC), lat=None, lon=None)

    def propose() -> PatrolPlan:
        return planning.propose(organisation=sodertalje.company, day=day, by="test", at=NOW, seed=7)

    with pytest.raises(Refused) as no:
        propose()
    assert no.value.code == "no_map"
    import_roads(
        tenant=sodertalje.tenant, pbf=write_streets(tmp_path / "made-up.osm.pbf"),
        progress=lambda _step, _share: None, by="test", at=NOW,
    )  # fmt: skip
    park = Area.objects.get(name="Stadsparken")
    ronna = Area.objects.get(name="Ronna", kind=Area.Kind.POLICE_CLASS)
    for place in (park, ronna):
        focus = make_focus(make_decision(sodertalje, place, monday=MONDAY))
        focus.starts_on, focus.ends_on = day, day + timedelta(days=7)
        focus.save()
    check_without_forecast(propose(), park, ronna)


def check_without_forecast(plan: PatrolPlan, park: Area, ronna: Area) -> None:
    """The plan says that it has no forecast; it goes where the meeting said, never to a police class."""
    assert plan.forecast_id is None
    assert "no_forecast" in {one["code"] for one in plan.facts["notes"]}
    visits = list(plan.visits.all())
    assert visits
    assert {one.area_id for one in visits} == {park.pk}
    assert all(one.reasons[0]["code"] == "asked" for one in visits)
    assert str(ronna.pk) not in json.dumps(plan.facts)
