"""Plain typed factories: the smallest world that a test needs, through the product's own actions."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from narvaro.access.actions import add_organisation, put_member
from narvaro.access.models import Member, Organisation, OrganisationKind, Role
from narvaro.access.viewer import Viewer, viewer_of
from narvaro.contract.models import Contract, Option, Price, ResponseTerm
from narvaro.directory.models import (
    Area,
    Camera,
    Competence,
    CompetenceKind,
    ImportBatch,
    Permit,
    ResponsePlan,
    RoadClosure,
    Site,
    TransmissionPath,
    Transmitter,
    Unit,
)
from narvaro.plan.hours import night_at, night_of
from narvaro.plan.models import Focus, PatrolPlan, Shift, Visit
from narvaro.sharing.models import Centre
from narvaro.situation.cameras import ObservedFacts, note_observed
from narvaro.situation.codes import find_code
from narvaro.situation.models import (
    CameraEvent,
    Category,
    Damage,
    Decision,
    Observation,
    Picture,
    Position,
    Signal,
)
from narvaro.situation.report_facts import DamageFacts, Where
from narvaro.situation.reports import report_damage, worded
from narvaro.situation.signals import SignalFacts, receive_signal
from narvaro.spine.events import create_tenant
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Tenant
from narvaro.spine.sealing import seal_text

NIGHT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # a Tuesday, 02:00 in Stockholm
EPOCH = date(2020, 1, 1)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
_records = count(1)


@dataclass
class World:
    """A tenant with a municipality, a guarding company, and what is made in it."""

    tenant: Tenant
    municipality: Organisation
    company: Organisation
    batch: ImportBatch
    serial: int = field(default=0)

    def next_serial(self) -> int:
        """Return a number that this world has not used."""
        self.serial += 1
        return self.serial


def make_world(name: str = "Provköping", mode: str = "manned") -> World:
    """Make a tenant with its two organisations."""
    tenant = create_tenant(name=name, timezone="Europe/Stockholm")
    tenant.mode = mode
    tenant.positions_purpose = "leda enheter till larm"
    tenant.positions_negotiated_on = date(2026, 1, 10)
    tenant.save()
    municipality = add_organisation(
        tenant=tenant,
        name=f"{name} kommun",
        kind=OrganisationKind.MUNICIPALITY,
        by="test",
        at=NIGHT,
    )
    company = add_organisation(
        tenant=tenant, name=f"{name} bevakning", kind=OrganisationKind.GUARDING_COMPANY, by="test",
        at=NIGHT,
    )  # fmt: skip
    batch = ImportBatch.objects.create(
        tenant=tenant, kind="sites", file_name="sites.csv", sha256="0" * 64, started_at=NIGHT,
        published_at=NIGHT,
    )  # fmt: skip
    return World(tenant, municipality, company, batch)


def make_member(
    world: World,
    role: Role = Role.GUARD,
    organisation: Organisation | None = None,
    competences: tuple[str, ...] = ("guard",),
) -> Member:
    """Make a member, by default a guard of the company."""
    at_home = role in {Role.DISPATCHER, Role.COORDINATOR}
    where = organisation or (world.municipality if at_home else world.company)
    number = f"{world.tenant.name[:2].upper()}{world.next_serial():03}"
    member = put_member(
        organisation=where, service_number=number, role=role, valid_from=EPOCH, valid_until=None
    )
    for kind in competences:
        Competence.objects.create(member=member, kind=CompetenceKind(kind), valid_from=EPOCH)
    return member


def make_viewer(member: Member) -> Viewer:
    """Return the viewer that a member is."""
    return viewer_of(Member.objects.select_related("organisation", "tenant").get(pk=member.pk))


def make_site(
    world: World, name: str = "Trasten skola", lat: float = 59.0, lon: float = 18.0
) -> Site:
    """Make a published site."""
    serial = world.next_serial()
    return Site.objects.create(
        tenant=world.tenant, code=f"S-{serial:03}", name=name, kind="school",
        premises=f"Trasten {serial}", address=f"Skolgatan {serial}", lat=lat, lon=lon,
        alarm_grade=2, batch=world.batch,
    )  # fmt: skip


def make_transmitter(site: Site, account: str = "", **path: Any) -> Transmitter:
    """Make a transmitter without a key, with one path (polled at no interval unless one is given)."""
    name = account or f"A{Transmitter.objects.count() + 1:04}"
    made = Transmitter.objects.create(tenant=site.tenant, site=site, account=name)
    TransmissionPath.objects.create(tenant=site.tenant, transmitter=made, **path)
    return made


def make_centre(world: World, port: int = 9, name: str = "Larmcentralen", **more: Any) -> Centre:
    """Make an alarm centre on this machine, without TLS, at one address unless more is said."""
    given = {
        "host": "127.0.0.1", "port": port, "tls": False, "receiver": "42",
        "transmitter_code": "1234567", "transmitter_type": "SV300",
        "sealed_authentication": seal_text("0123456789abcde"),
    } | more  # fmt: skip
    return Centre.objects.create(tenant=world.tenant, name=name, **given)


def make_camera(site: Site, name: str = "Skolgården", code: str = "K-12", **more: Any) -> Camera:
    """Make a camera of the municipality at a site, with its purpose and balancing written down."""
    organisation = Organisation.objects.get(tenant=site.tenant, kind=OrganisationKind.MUNICIPALITY)
    given = {
        "organisation": organisation, "site": site, "direction_deg": 140.0,
        "purpose": "Förebygga skadegörelse", "balancing_reference": "KS 2026/17",
    } | more  # fmt: skip
    return Camera.objects.create(tenant=site.tenant, code=code, name=name, **given)


def observe(
    camera: Camera, what: str = "loitering", at: datetime = NIGHT, **more: Any
) -> CameraEvent | None:
    """Let a camera say something; each time it is another record of the journal."""
    given: dict[str, Any] = {
        "receiver_id": camera.code, "journal_id": next(_records), "began": True, "count": None,
        "note": "", "received_at": at,
    } | more  # fmt: skip
    return note_observed(
        tenant_id=camera.tenant_id, camera_code=camera.code,
        facts=ObservedFacts(what=what, at=at, **given), by="test", at=given["received_at"],
    )  # fmt: skip


def make_plan(site: Site, *, offer: str = "auto", key: str = "114", **rule: object) -> ResponsePlan:
    """Make a response plan with one rule for intruder alarms."""
    given = {
        "on": "intruder", "priority": 2, "confirmed_priority": 1, "needs": ["guard"],
        "offer": offer,
    } | rule  # fmt: skip
    return ResponsePlan.objects.create(
        tenant=site.tenant, site=site, name=site.name, version=7, sealed_key_no=seal_text(key),
        inner_check=True, steps=["Kontrollera in- och utvändigt"], rules=[given],
    )  # fmt: skip


@dataclass
class Crewed:
    """A unit on a shift with its guard."""

    unit: Unit
    member: Member
    shift: Shift


def make_unit(
    world: World,
    call_sign: str = "V1",
    *,
    role: str = "guard",
    at: datetime = NIGHT,
    lat: float | None = 59.01,
    lon: float | None = 18.0,
    competences: tuple[str, ...] = ("guard",),
) -> Crewed:
    """Make a unit of the company on a shift around `at`, with a position a minute old."""
    member = make_member(world, Role.GUARD, competences=competences)
    unit = Unit.objects.create(
        tenant=world.tenant, organisation=world.company, call_sign=call_sign, role=role,
        travel="car", tracker=f"{world.tenant.name}-{call_sign}",
    )  # fmt: skip
    shift = Shift.objects.create(
        tenant=world.tenant, unit=unit, starts_at=at - timedelta(hours=4),
        ends_at=at + timedelta(hours=8),
    )  # fmt: skip
    shift.crew.add(member)
    if lat is not None and lon is not None:
        put_position(unit, at - timedelta(minutes=1), lat, lon)
    return Crewed(unit, member, shift)


def crew_of(unit: Unit) -> Member:
    """Return the guard of a unit's only shift."""
    return Shift.objects.get(unit=unit).crew.get()


def put_position(unit: Unit, at: datetime, lat: float, lon: float) -> Position:
    """Put a unit somewhere."""
    return Position.objects.create(
        tenant_id=unit.tenant_id, unit=unit, at=at, received_at=at, lat=lat, lon=lon
    )


def make_permit(
    world: World, area_wkt: str, hours: tuple[time, time] = (time(0), time(0))
) -> Permit:
    """Make a permit for the company's public order officers, every day, by default around the clock."""
    return Permit.objects.create(
        tenant=world.tenant, organisation=world.company,
        decision_no=f"A{world.next_serial():03}/2026", area_wkt=area_wkt, valid_from=EPOCH,
        valid_until=date(2030, 1, 1), weekdays=list(range(7)), hours_from=hours[0],
        hours_until=hours[1],
    )  # fmt: skip


def make_contract(world: World, target_s: int = 20 * 60) -> Contract:
    """Make a contract 2+1+1 with one response term, received → on scene."""
    contract = Contract.objects.create(
        tenant=world.tenant, number=f"KS 2024/{world.next_serial()}", title="Bevakningstjänster",
        buyer=world.municipality, supplier=world.company, starts_on=date(2024, 10, 1),
        ends_on=date(2026, 9, 30), notice_months=6,
    )  # fmt: skip
    Option.objects.create(
        contract=contract, starts_on=date(2026, 10, 1), ends_on=date(2027, 9, 30),
        exercised_on=date(2026, 3, 12),
    )  # fmt: skip
    Option.objects.create(contract=contract, starts_on=date(2027, 10, 1), ends_on=date(2028, 9, 30))
    ResponseTerm.objects.create(
        tenant=world.tenant, contract=contract, name="Larmutryckning",
        case_kinds=["intruder", "duress", "assistance", "tamper"], start="received",
        stop="on_scene", target_s=target_s, share="0.9", penalty_sek=1500,
    )  # fmt: skip
    Price.objects.create(
        contract=contract, service="alarm_response", name="Larmutryckning", unit="each",
        price_sek="640.00",
    )  # fmt: skip
    return contract


def make_area(
    world: World, name: str, border_wkt: str = "", kind: str = "square", lat: float = 59.0
) -> Area:
    """Make a published area, by default a square without a border."""
    return Area.objects.create(
        tenant=world.tenant, name=name, kind=kind, lat=lat, lon=18.0, border_wkt=border_wkt,
        batch=world.batch,
    )  # fmt: skip


def make_observation(
    reporter: Member,
    place: Site | Area | None = None,
    *,
    category: Category = Category.GRAFFITI,
    at: datetime = NIGHT,
    reported_at: datetime | None = None,
    text: str = "",
    **fields: Any,
) -> Observation:
    """Make an observation of something that was over at `at`, by default reported then."""
    return Observation.objects.create(
        tenant=reporter.tenant, organisation=reporter.organisation, reported_by=reporter,
        reported_at=reported_at or at, category=category, known_by="seen",
        occurred_from=at - timedelta(hours=1), occurred_until=at,
        site=place if isinstance(place, Site) else None,
        area=place if isinstance(place, Area) else None, **worded(text), **fields,
    )  # fmt: skip


_journal_ids = iter(range(1, 10**9))


def send_signal(
    transmitter: Transmitter,
    code: str = "BA",
    *,
    zone: str = "3",
    at: datetime = NIGHT,
    sequence: int | None = None,
) -> Signal | None:
    """Promote one SIA signal as if it came from the journal."""
    number = next(_journal_ids)
    facts = SignalFacts(
        receiver_id="test", journal_id=number, part=0, account=transmitter.account,
        token="SIA-DCS", sequence=str(sequence if sequence is not None else number), code=code,
        qualifier="", zone=zone, area="1", text="", occurred_at=at, received_at=at,
        time_verified=True,
    )  # fmt: skip
    return receive_signal(
        transmitter=transmitter, facts=facts, code=find_code("SIA-DCS", code), by="system", at=at
    )


def make_damage(
    member: Member, where: Where, *, kind: Damage.Kind = Damage.Kind.GRAFFITI,
    at: datetime = NIGHT, hours: float = 1, text: str = "", estimate: int | None = None,
    offensive: bool = False,
) -> Damage:  # fmt: skip
    """Let a member report damage that was done in the hours before."""
    facts = DamageFacts(
        kind=kind, where=where, occurred_from=at - timedelta(hours=hours), occurred_until=at,
        discovered_at=at, text=text, offensive=offensive,
        estimate_sek=None if estimate is None else Decimal(estimate),
    )  # fmt: skip
    return report_damage(damage_id=uuid7(), facts=facts, member=member, at=at)


def make_decision(
    world: World, place: Site | Area, focus: str = "be_seen", *, monday: date = date(2026, 11, 23),
    weekdays: tuple[int, ...] = (), hours: tuple[time, time] | None = None,
) -> Decision:  # fmt: skip
    """Make a place one of a week's prioritised places."""
    picture, _ = Picture.objects.get_or_create(tenant=world.tenant, monday=monday)
    begins, ends = hours or (None, None)
    return Decision.objects.create(
        tenant=world.tenant, picture=picture, focus=focus, weekdays=list(weekdays),
        site=place if isinstance(place, Site) else None,
        area=place if isinstance(place, Area) else None, hours_from=begins, hours_until=ends,
        decided_by=make_member(world, Role.COORDINATOR), decided_at=NIGHT,
    )  # fmt: skip


def make_focus(
    decision: Decision, starts_on: date = date(2026, 11, 20), ends_on: date = date(2026, 12, 1)
) -> Focus:
    """Let a decision weigh in the plans of some days."""
    return Focus.objects.create(
        tenant_id=decision.tenant_id, decision=decision, starts_on=starts_on, ends_on=ends_on
    )


def make_visit(unit: Unit, site: Site, *, at: datetime = NIGHT, state: str = "published") -> Visit:
    """Make a plan of the night around `at` with one visit, ten minutes later."""
    period = night_of(night_at(at, STOCKHOLM), STOCKHOLM)
    facts = {
        "expected": 100.0, "prevented": 10.0, "currency": "SEK", "forecast_at": None,
        "usual": None, "left_out": [], "left_out_more": 0, "notes": [], "changes": [],
        "units": [
            {"unit": str(unit.pk), "call_sign": unit.call_sign, "base": site.name, "rests": [],
             "from": period.starts_at.isoformat(), "until": period.ends_at.isoformat(),
             "travel_s": 0},
        ],
    }  # fmt: skip
    plan = PatrolPlan.objects.create(
        tenant_id=unit.tenant_id, organisation_id=unit.organisation_id, state=state,
        starts_at=period.starts_at, ends_at=period.ends_at, made_at=at, seed=1, facts=facts,
    )  # fmt: skip
    begins = at + timedelta(minutes=10)
    return Visit.objects.create(
        tenant_id=unit.tenant_id, plan=plan, unit=unit, site=site, window_from=begins,
        window_until=begins + timedelta(minutes=30), arrive_at=begins, dwell_s=720,
        reasons=[{"code": "first_tonight", "value": 1}],
    )  # fmt: skip


def make_closure(
    world: World,
    a: tuple[float, float] = (59.05, 17.99),
    b: tuple[float, float] = (59.05, 18.005),
    **given: Any,
) -> RoadClosure:
    """Close the roads between two points, by default the street's main road after some 5.6 km."""
    return RoadClosure.objects.create(
        tenant=world.tenant, kind=RoadClosure.Kind.ROADWORK, street="Storgatan", lat_a=a[0],
        lon_a=a[1], lat_b=b[0], lon_b=b[1], closed_by="test", **{"closed_at": NIGHT} | given,
    )  # fmt: skip
