"""What senders passed on: alarm centres, webhooks, cameras, renewed passwords; across two journals."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from narvaro.directory.models import Transmitter
from narvaro.intake.journal import Journal
from narvaro.intake.message import Json, Observed, Received
from narvaro.intake.promotion import promote
from narvaro.intake.records import Kind, Record
from narvaro.situation.models import CameraEvent, Case, RefusedIntake, Signal
from narvaro.spine.sealing import open_text, seal_text
from tests.make import (
    NIGHT,
    World,
    make_camera,
    make_site,
    make_transmitter,
    make_world,
)

MAIL = Received(
    protocol="mail", token="MAIL", account="7001", sequence=0, code="BA", text="Inbrott zon 3",
    fingerprint="m1",
)  # fmt: skip


@pytest.fixture
def journals(tmp_path: Path, world: World) -> Iterator[list[Journal]]:
    made = [Journal(tmp_path / f"{name}.db", name) for name in ("main", "main-2")]
    yield made
    for one in made:
        one.close()


def keep(
    journal: Journal, kind: Kind, decoded: Json | list[Json], world: World, *, protocol: str,
    account: str,
) -> int:  # fmt: skip
    """Write a record of the tenant as the receiver does; return its id."""
    record = Record(
        journal.receiver_id, int(NIGHT.timestamp() * 1e6), kind, protocol, json.dumps(decoded),
        tenant=str(world.tenant.pk), account=account,
    )  # fmt: skip
    return journal.append(record).result(5)


def keep_mail(journal: Journal, world: World, **given: object) -> int:
    one = replace(MAIL, **given)  # type: ignore[arg-type]  # each test names fields of the class
    return keep(journal, "signal", [one.to_dict()], world, protocol="mail", account=one.account)


def run(journals: list[Journal]) -> None:
    for one in journals:
        while promote(one.path, one.receiver_id, lambda _found: 0):
            pass


def mail_account(world: World, account: str = "7001") -> Transmitter:
    panel = make_transmitter(make_site(world), account)
    panel.protocol = "mail"
    panel.save()
    return panel


def test_a_centres_copy_is_a_case_of_its_site(world: World, journals: list[Journal]) -> None:
    """The centre's own number is the site's account."""
    panel = mail_account(world)
    keep_mail(journals[0], world)
    run(journals)
    assert Case.objects.get().site == panel.site


@pytest.mark.parametrize("account", ["9999", ""])
def test_a_copy_that_nobody_can_place_is_a_case_without_a_site(
    world: World, journals: list[Journal], account: str
) -> None:
    """Somebody must look: an unknown number, or a mail that the template could not read."""
    keep_mail(journals[0], world, account=account, code="")
    run(journals)
    case = Case.objects.get()
    assert (case.site, case.text) == (None, "Inbrott zon 3")
    assert case.place == (account or "Inbrott zon 3")
    assert Signal.objects.get().case == case
    assert not RefusedIntake.objects.exists()


def test_a_sender_speaks_for_its_own_tenant_alone(world: World, journals: list[Journal]) -> None:
    """Another town's account number opens nothing there."""
    other = make_world("Annanstad")
    mail_account(other)
    keep_mail(journals[0], world)
    run(journals)
    assert Case.objects.get().tenant_id == world.tenant.pk
    assert Signal.objects.get().transmitter is None


def test_what_both_receivers_heard_is_one(world: World, journals: list[Journal]) -> None:
    """By what was stamped, under whatever number, also after the case was closed."""
    make_transmitter(make_site(world), "1234")
    one = Received(
        protocol="sia-dc09", token="SIA-DCS", account="1234", sequence=7, code="BA", zone="3",
        occurred_at=NIGHT, time_verified=True, fingerprint="f" * 32,
    )  # fmt: skip
    for journal, sequence in zip(journals, (7, 8), strict=True):
        again = replace(one, sequence=sequence)
        keep(journal, "signal", [again.to_dict()], world, protocol="sia-dc09", account="1234")
    run(journals)
    assert Signal.objects.count() == 1
    Case.objects.update(state="closed")
    keep(journals[1], "signal", [one.to_dict()], world, protocol="sia-dc09", account="1234")
    run(journals)
    assert (Signal.objects.count(), Case.objects.count()) == (1, 1)


def test_a_renewed_password_stands_beside_the_old_one_until_it_is_used(
    world: World, journals: list[Journal]
) -> None:
    """As the receiver sealed it."""
    panel = make_transmitter(make_site(world), "1234567")
    panel.protocol, panel.sealed_key = "sos-access", seal_text("0123456789abcde")
    panel.save()
    sealed = seal_text("edcba9876543210")
    for used, (now, then) in (
        (False, ("0123456789abcde", "edcba9876543210")), (True, ("edcba9876543210", "")),
    ):  # fmt: skip
        keep(journals[0], "rotation", {"sealed": sealed, "used": used}, world,
             protocol="sos-access", account="1234567")  # fmt: skip
        run(journals)
        panel.refresh_from_db()
        assert (open_text(panel.sealed_key), open_text(panel.sealed_next_key)) == (now, then)


def test_what_a_camera_saw_waits_for_a_person(world: World, journals: list[Journal]) -> None:
    """No case by itself; a camera without its papers is refused and said."""
    make_camera(make_site(world), code="K-12")
    make_camera(make_site(world), name="Torget", code="K-13", purpose="")
    for code in ("K-12", "K-13", "K-99"):
        seen = Observed("onvif", code, "loitering", NIGHT)
        keep(journals[0], "observation", seen.to_dict(), world, protocol="onvif", account=code)
    run(journals)
    assert CameraEvent.objects.get().camera.code == "K-12"
    assert not Case.objects.exists()
    assert sorted(RefusedIntake.objects.values_list("reason", flat=True)) == [
        "camera_undocumented", "unknown_camera",
    ]  # fmt: skip
