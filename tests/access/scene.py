"""A world full of words that nobody else may see, and a member of every role. Out: ids, secrets."""

from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from typing import Any

from django.test import Client
from PIL import Image

from narvaro.access.entry import MEMBER_KEY
from narvaro.access.models import Member, Organisation, OrganisationKind, Role
from narvaro.core.photos import clean
from narvaro.directory.models import RoadCalibration, Site, Unit
from narvaro.dispatch import responses
from narvaro.dispatch.actions import offer_next
from narvaro.dispatch.models import Response
from narvaro.followup.replay import actions
from narvaro.followup.replay.scenario import Asked, Scenario
from narvaro.plan import keys
from narvaro.plan.actions import publish
from narvaro.plan.visits import start
from narvaro.sharing.models import FileDraft
from narvaro.situation import pictures
from narvaro.situation.models import Case, Category, Decision, Measure
from narvaro.situation.report_facts import Where
from narvaro.situation.reports import keep_photo
from narvaro.spine.ids import uuid7
from tests.aids import make_desk, make_key
from tests.make import (
    NIGHT,
    World,
    make_camera,
    make_centre,
    make_closure,
    make_contract,
    make_damage,
    make_member,
    make_observation,
    make_plan,
    make_site,
    make_transmitter,
    make_unit,
    make_viewer,
    make_visit,
    make_world,
    observe,
    send_signal,
)

MONDAY = date(2026, 11, 23)


@dataclass
class Scene:
    """A world where one case has gone all the way, and another is being offered."""

    world: World
    guard: Member
    ids: dict[str, Any]
    secrets: tuple[str, ...]


def hand_out_key(unit: Unit, site: Site, world: World, mark: str) -> dict[str, Any]:
    """Give a unit a key; return the key's id."""
    key = make_key(world, f"{mark}-BRICKA", site)
    keys.hand_out(make_desk(world), key.pk, unit, NIGHT)
    return {"key_id": key.pk}


def put_file_in(world: World, mark: str) -> dict[str, Any]:
    """Have a file on its way in; return its id."""
    draft = FileDraft.objects.create(
        tenant=world.tenant, file_name=f"{mark}-FIL.xlsx", uploaded_at=NIGHT,
        uploaded_by=make_member(world, Role.COORDINATOR), state=FileDraft.State.RUNNING,
    )  # fmt: skip
    return {"draft_id": draft.pk}


def publish_week(world: World, mark: str) -> dict[str, Any]:
    """Hold a week's meeting, whose words only this tenant may read; return its ids."""
    coordinator = make_member(world, Role.COORDINATOR)
    seen = make_observation(coordinator, text=f"{mark}-IAKTTAGELSE")
    picture = pictures.ensure_picture(tenant_id=world.tenant.pk, monday=MONDAY)
    by: dict[str, Any] = {"by": "test", "at": NIGHT}
    pictures.freeze(picture=picture, **by)
    focus = pictures.Focus(Decision.Focus.TALK, why=f"{mark}-SKÄL")
    decided = [
        pictures.decide_place(
            decision_id=uuid7(), picture=picture, place=make_site(world, f"{mark}-PLATS-{number}"),
            focus=focus, member_id=coordinator.pk, at=NIGHT,
        )
        for number in range(3)
    ]  # fmt: skip
    task = pictures.Task(f"{mark}-ÅTGÄRD", Measure.Nature.SOCIAL, world.municipality, MONDAY)
    given = pictures.add_measure(measure_id=uuid7(), picture=picture, task=task, **by)
    pictures.mark_decided(picture=picture, **by)
    pictures.publish(picture=picture, **by)
    return {
        "monday": str(MONDAY), "decision_id": decided[0].pk, "measure_id": given.pk,
        "observation_id": seen.pk, "state": "done", "what": "take",
    }  # fmt: skip


def report_harm(member: Member, site: Site, mark: str) -> dict[str, Any]:
    """Let a guard report damage with a photo and doubtful words; return its ids."""
    found = make_damage(member, Where(site=site), text=f"{mark}-SKADA, en kille från Ronna")
    image, out = Image.new("RGB", (8, 8)), BytesIO()
    image.save(out, "JPEG")
    kept = keep_photo(row=found, photo=clean(out.getvalue()), member=member, at=NIGHT)
    return {"damage_id": found.pk, "photo_id": kept.pk}


def see_something(site: Site, mark: str) -> dict[str, Any]:
    """Have a camera see something; return its id."""
    seen = observe(make_camera(site, f"{mark}-KAMERA", f"{mark}-K1"), note=f"{mark}-ORD")
    assert seen is not None
    return {"event_id": seen.pk}


def ask_what_if(world: World, mark: str) -> dict[str, Any]:
    """Have the company's shift leader ask a what-if; return its id."""
    viewer = make_viewer(make_member(world, Role.SHIFT_LEADER))
    asked = Asked(Scenario(), Scenario(more_units=1, base=f"{mark}-BAS"), days=7, runs=2)
    return {"what_if_id": actions.ask_what_if(viewer=viewer, asked=asked, at=NIGHT).pk}


def publish_plan(unit: Unit, site: Site) -> dict[str, Any]:
    """Publish the night's plan with one visit, and let a guard of the unit have begun it."""
    visit = make_visit(unit, site, state="proposed")
    leader = Member.objects.filter(organisation=unit.organisation)[0]
    publish(plan=visit.plan, member_id=leader.pk, by="test", at=NIGHT)
    start(visit=visit, by="test", at=NIGHT)
    return {"plan_id": visit.plan_id, "visit_id": visit.pk, "said": "done"}


def make_scene(name: str) -> Scene:
    """Play a night in a world of its own, full of words that nobody else may see."""
    world = make_world(name)
    mark = name.upper()
    contract = make_contract(world)
    contract.title = f"{mark}-AVTAL"
    contract.save()
    site = make_site(world, f"{mark}-SKOLA")
    make_plan(site, key=f"{mark}-NYCKEL")
    panel = make_transmitter(site)
    crewed = make_unit(world, f"{mark}-V1")
    signature = make_viewer(crewed.member).signature
    send_signal(panel)
    offer = offer_next(case=Case.objects.get(tenant=world.tenant), by="system", at=NIGHT)
    assert offer is not None
    done = responses.accept(
        offer=offer, response_id=uuid7(), member_id=crewed.member.pk, by=signature, at=NIGHT
    )
    for state in (Response.State.ON_SCENE, Response.State.LEFT):
        responses.step(response=done, state=state, by=signature, at=NIGHT)
    responses.report(
        response=done, incident_id=uuid7(), category=Category.BREAK_IN,
        text=f"{mark}-RAPPORT", police_reference="", member=crewed.member, at=NIGHT,
    )  # fmt: skip
    send_signal(panel, at=NIGHT + timedelta(minutes=30))
    second = Case.objects.get(tenant=world.tenant, number=2)
    waiting = offer_next(case=second, by="system", at=NIGHT)
    assert waiting is not None
    ids = {
        "case_id": second.pk, "unit_id": crewed.unit.pk, "offer_id": waiting.pk,
        "response_id": done.pk, "contract_id": contract.pk, "month": "2026-11", "code": "left",
        "sha256": "0" * 64, "z": 1, "x": 0, "y": 0, **publish_week(world, mark),
        **report_harm(crewed.member, site, mark), **publish_plan(crewed.unit, site),
        **put_file_in(world, mark), **see_something(site, mark),
        **hand_out_key(crewed.unit, site, world, mark), **ask_what_if(world, mark),
        "closure_id": make_closure(world).pk,
        "calibration_id": RoadCalibration.objects.create(
            tenant=world.tenant, made_at=NIGHT, map_sha256="0" * 64
        ).pk,
        "centre_id": make_centre(world, name=f"{mark}-CENTRAL").pk,
    }  # fmt: skip
    return Scene(world, crewed.member, ids, (f"{mark}-", str(second.pk), str(crewed.unit.pk)))


def members_of(world: World) -> dict[str, Member]:
    """Make a member of every role in every kind of organisation, the senseless ones too."""
    found = {}
    for kind in OrganisationKind:
        organisation = {
            OrganisationKind.MUNICIPALITY: world.municipality,
            OrganisationKind.GUARDING_COMPANY: world.company,
        }.get(kind) or Organisation.objects.create(tenant=world.tenant, name=str(kind), kind=kind)
        for role in Role:
            found[f"{role}@{kind}"] = make_member(world, role, organisation)
    return found


def client_of(member: Member | None) -> Client:
    """Return a browser that is signed in as a member."""
    client = Client(raise_request_exception=False)
    if member is not None:
        client.force_login(member.user)
        session = client.session
        session[MEMBER_KEY] = str(member.pk)
        session.save()
    return client
