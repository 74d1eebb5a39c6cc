"""The register of senders: what proves them, how their mails are read, and what is refused."""

import json

import pytest

from narvaro.directory.models import Sender
from narvaro.intake.actions import OnDuty, accounts_now
from narvaro.spine.sealing import open_text
from tests.directory.conftest import Importer, importer, town  # noqa: F401 - fixtures
from tests.make import World, make_world

HEAD = "Protokoll;Namn;Organisation;Hemlighet;Nät;Från;Mall\n"
KEY = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
TEMPLATE = json.dumps({"patterns": ["^Objekt: (?P<account>[0-9]{1,9})"]}).replace('"', '""')
ORG = "Provköping kommun"


def test_senders_are_known_to_the_receiver(importer: Importer) -> None:  # noqa: F811 - a fixture
    """A webhook by its key, a mail by its recipient and template, Traccar by its password."""
    report = importer(
        "senders",
        f"{HEAD}webhook;larm;{ORG};{KEY};;;\n"
        f'e-post;kopia-7f3a;{ORG};;192.0.2.0/24;@centralen.example;"{TEMPLATE}"\n'
        f"traccar;bilar;{ORG};ett-långt-lösenord;;;\n",
    )
    assert report.written, report.refused
    assert KEY not in Sender.objects.get(name="larm").sealed_secret
    senders = {one.name: one for one in accounts_now(OnDuty({})).senders}
    assert senders["larm"].secret == KEY
    assert senders["kopia-7f3a"].networks == ("192.0.2.0/24",)
    assert "account" in senders["kopia-7f3a"].find_option("template")
    assert senders["bilar"].protocol == "traccar"


def test_a_file_without_secrets_leaves_them(importer: Importer) -> None:  # noqa: F811 - a fixture
    importer("senders", f"{HEAD}webhook;larm;{ORG};{KEY};;;\n")
    assert importer("senders", f"Protokoll;Namn;Organisation\nwebhook;larm;{ORG}\n").written
    assert open_text(Sender.objects.get().sealed_secret) == KEY


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (f"webhook;larm;{ORG};whsec_short;;;", "secret"),
        (f"webhook;larm;{ORG};;;;", "secret"),
        (f"traccar;bilar;{ORG};kort;;;", "secret"),
        (f"e-post;Kopia 1;{ORG};;;;", "name"),
        (f"e-post;kopia;{ORG};;192.0.2;;", "networks"),
        (f"e-post;kopia;{ORG};;;;inte json", "template"),
        ("e-post;kopia;Ingen;;;;", "organisation"),
    ],
)
def test_what_cannot_be_used_is_refused(
    importer: Importer,  # noqa: F811 - a fixture
    line: str,
    column: str,
) -> None:
    """By its column, without repeating a secret."""
    [refused] = importer("senders", f"{HEAD}{line}\n").refused
    assert [one.column for one in refused.reasons] == [column]
    assert "whsec_short" not in repr(refused.reasons)


def test_another_tenants_name_is_refused(importer: Importer, world: World) -> None:  # noqa: F811
    """A message names its sender and nothing of the tenant."""
    other = make_world("Annanstad")
    Sender.objects.create(tenant=other.tenant, protocol="mail", name="kopia")
    [refused] = importer("senders", f"{HEAD}e-post;kopia;{ORG};;;;\n").refused
    assert [one.column for one in refused.reasons] == ["name"]
