"""The register of cameras: what they are known by, what they are for, and what is refused."""

import pytest

from narvaro.access.actions import add_organisation
from narvaro.access.models import OrganisationKind
from narvaro.directory.models import Camera, Sender
from narvaro.spine.sealing import open_text
from tests.directory.conftest import Importer
from tests.make import NIGHT, World, make_world

HEAD = (
    "Kamera;Namn;Organisation;Objektnummer;Riktning;Ändamål;Intresseavvägning;Omprövas;Hemlighet\n"
)
SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
LINE = f"K-12;Skolgården;Provköping kommun;S-001;360;Klotter;KS 2026/17;2027-01-31;{SECRET}\n"


def test_a_camera_and_its_sender(importer: Importer, town: World) -> None:
    assert importer("cameras", HEAD + LINE).written
    camera, sender = Camera.objects.get(), Sender.objects.get()
    assert (camera.code, camera.direction_deg, camera.where) == ("K-12", 0.0, "Lärkan skola")
    assert camera.is_documented
    assert (sender.protocol, sender.name, sender.site) == ("onvif", "K-12", camera.site)
    assert open_text(sender.sealed_secret) == SECRET
    assert SECRET not in sender.sealed_secret


def test_a_column_left_out_changes_nothing(importer: Importer, town: World) -> None:
    importer("cameras", HEAD + LINE)
    importer("cameras", "Kamera;Namn;Organisation\nK-12;Norra gården;Provköping kommun\n")
    camera, sender = Camera.objects.get(), Sender.objects.get()
    assert (camera.name, camera.balancing_reference) == ("Norra gården", "KS 2026/17")
    assert camera.site is not None
    assert open_text(sender.sealed_secret) == SECRET


def test_an_emptied_secret_makes_it_a_camera_of_the_broker(importer: Importer, town: World) -> None:
    importer("cameras", HEAD + LINE)
    importer("cameras", HEAD + LINE.replace(SECRET, ""))
    assert Sender.objects.get().sealed_secret == ""


def test_without_its_papers_it_is_kept_and_silent(importer: Importer, town: World) -> None:
    text = "Kamera;Namn;Organisation;Plats\nK-1;Torget;Provköping kommun;Stortorget\n"
    assert importer("cameras", text).written
    assert not Camera.objects.get().is_documented
    assert not Camera.objects.documented().exists()


@pytest.mark.parametrize(
    ("was", "instead", "column"),
    [
        ("K-12", "K/12", "camera"),
        ("K-12", "onvif+#", "camera"),
        ("S-001", "S-404", "site"),
        ("S-001", "", "place"),
        ("360", "361", "direction_deg"),
        ("Provköping kommun", "Någon annan", "organisation"),
        ("Provköping kommun", "Provköping bevakning", "organisation"),
        (SECRET, "hemligt", "secret"),
    ],
)
def test_what_is_refused(
    importer: Importer, town: World, was: str, instead: str, column: str
) -> None:
    report = importer("cameras", HEAD + LINE.replace(was, instead))
    assert not report.written
    assert [one.column for one in report.refused[0].reasons] == [column]
    assert not any("hemligt" in one.value for one in report.refused[0].reasons)
    assert not Camera.objects.exists()


def test_a_camera_twice_in_a_file_is_refused(importer: Importer, town: World) -> None:
    assert not importer("cameras", HEAD + LINE + LINE).written


def test_a_code_of_another_tenant_is_refused(importer: Importer, town: World) -> None:
    """A message names its camera and nothing of the tenant."""
    Sender.objects.create(tenant=make_world("Beta").tenant, protocol="onvif", name="K-12")
    [reason] = importer("cameras", HEAD + LINE).refused[0].reasons
    assert reason.column == "camera"
    assert not Camera.objects.exists()


def test_a_housing_companys_camera(importer: Importer, town: World) -> None:
    add_organisation(
        tenant=town.tenant, name="Bo", kind=OrganisationKind.HOUSING_COMPANY, by="test", at=NIGHT
    )
    assert importer("cameras", HEAD + LINE.replace("Provköping kommun", "Bo")).written
