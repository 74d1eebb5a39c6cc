"""Agreements on support and keys decide who may go, and the ranking says so."""

from datetime import date, time

from narvaro.access.actions import add_organisation
from narvaro.access.models import OrganisationKind
from narvaro.directory.models import Key, SupportAgreement, Unit
from narvaro.dispatch.seats import propose
from narvaro.plan.models import KeyReceipt
from narvaro.situation.models import Case
from narvaro.web.ranking_words import left_out_text, reasons_of
from tests.dispatch.offered import open_case
from tests.make import EPOCH, NIGHT, World, make_contract, make_unit
from tests.roads import LON, at_km

HERE = "POLYGON((17.9 58.9, 18.1 58.9, 18.1 59.2, 17.9 59.2, 17.9 58.9))"


def neighbour(world: World) -> Unit:
    """Make a unit of a neighbouring company, nearer than our own."""
    made = make_unit(world, "N1", lat=at_km(1), lon=LON)
    made.unit.organisation = add_organisation(
        tenant=world.tenant, name="Grannbevakning", kind=OrganisationKind.GUARDING_COMPANY,
        by="test", at=NIGHT,
    )  # fmt: skip
    made.unit.save()
    return made.unit


def agree(unit: Unit, kinds: list[str], hours: tuple[time, time] = (time(0), time(0))) -> None:
    """Make an agreement on support by a unit's organisation."""
    SupportAgreement.objects.create(
        tenant=unit.tenant, organisation=unit.organisation, decision_no="ST 1", kinds=kinds,
        area_wkt=HERE, valid_from=EPOCH, valid_until=date(2030, 1, 1), weekdays=list(range(7)),
        hours_from=hours[0], hours_until=hours[1],
    )  # fmt: skip


def lines(case: Case) -> dict[str, dict[str, object]]:
    """Rank, now."""
    return {str(one["call_sign"]): one for one in propose(case, NIGHT, (1,)).ranking.lines}


def test_a_unit_of_others_goes_where_their_agreement_covers(street: World) -> None:
    """The kind, the place and the hour; its number stands in the reason."""
    make_unit(street, "V1", lat=at_km(5), lon=LON)
    agree(neighbour(street), ["intruder"])
    found = lines(open_case(street, offer="manual"))["N1"]
    assert found["rank"] == 1
    assert any("ST 1" in one for one in reasons_of(found))


def test_a_unit_of_others_stays_where_their_agreement_does_not_cover(street: World) -> None:
    """Another kind of case; and the words name the agreement's hour."""
    one = neighbour(street)
    agree(one, ["fire"])
    case = open_case(street, offer="manual")
    assert lines(case)["N1"]["left_out"] == "no_agreement"
    SupportAgreement.objects.all().delete()
    agree(one, ["intruder"], hours=(time(8), time(16)))
    found = lines(case)["N1"]
    assert found["left_out"] == "no_agreement"
    assert "ST 1" in left_out_text("no_agreement", str(found["detail"]))


def test_who_has_the_contract_needs_no_agreement(street: World) -> None:
    """A supplier in force is asked also where its agreement of before says less."""
    make_contract(street)
    made = make_unit(street, "V1", lat=at_km(5), lon=LON)
    agree(made.unit, ["fire"])
    assert lines(open_case(street, offer="manual"))["V1"]["rank"] == 1


def test_the_key_is_a_reason_and_a_must_only_where_the_plan_says_so(street: World) -> None:
    """Any key that opens the site will do; one that is lost is nobody's."""
    case = open_case(street, offer="manual")
    assert case.plan is not None
    assert case.site is not None
    for call_sign, km in (("V1", 2), ("V2", 4)):
        make_unit(street, call_sign, lat=at_km(km), lon=LON)
    keys = [Key.objects.create(tenant=street.tenant, code=code) for code in ("N-7", "N-8")]
    for key in keys:
        key.sites.add(case.site)
    KeyReceipt.objects.create(
        tenant=street.tenant, key=keys[1], unit=Unit.objects.get(call_sign="V2"), out_at=NIGHT,
        out_by="test",
    )  # fmt: skip
    found = lines(case)
    assert (found["V1"]["rank"], found["V2"]["rank"]) == (1, 2)
    assert "key_missing" in str(found["V1"]["reasons"])
    assert "key_held" in str(found["V2"]["reasons"])
    case.plan.key_must = True
    case.plan.save()
    found = lines(case)
    assert (found["V1"]["left_out"], found["V2"]["rank"]) == ("no_key", 1)
    assert "N-7" in left_out_text("no_key", str(found["V1"]["detail"]))
    keys[1].lost_at = NIGHT
    keys[1].save()
    assert lines(case)["V2"]["left_out"] == "no_key"


def test_a_key_that_must_be_there_and_is_not_registered_bars_nobody_and_is_said(
    street: World,
) -> None:
    """The register may be behind: somebody goes, and knows."""
    case = open_case(street, offer="manual")
    assert case.plan is not None
    case.plan.key_must = True
    case.plan.save()
    make_unit(street, "V1", lat=at_km(2), lon=LON)
    found = lines(case)["V1"]
    assert found["rank"] == 1
    assert "key_missing" in str(found["reasons"])


def test_a_lost_key_is_still_named(street: World) -> None:
    """Where the only one is missing nobody is barred, and each line says that it has none."""
    case = open_case(street, offer="manual")
    assert case.plan is not None
    assert case.site is not None
    case.plan.key_must = True
    case.plan.save()
    Key.objects.create(tenant=street.tenant, code="N-7", lost_at=NIGHT).sites.add(case.site)
    make_unit(street, "V1", lat=at_km(2), lon=LON)
    found = lines(case)["V1"]
    assert found["rank"] == 1
    assert any("N-7" in one for one in reasons_of(found))
