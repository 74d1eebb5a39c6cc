"""Setting centres up: all or none, each fault by its key, the secret sealed and never repeated."""

from pathlib import Path
from typing import Any

import pytest

from narvaro.sharing.centres import list_set_up, put_centres
from narvaro.sharing.models import Centre
from narvaro.spine.models import Event
from narvaro.spine.refusal import Refused
from narvaro.spine.sealing import open_text
from tests.make import NIGHT, World

SECRET = "0123456789abcde"
GOOD: dict[str, Any] = {
    "name": "Larmcentralen", "host": "larm.example", "port": 4000, "receiver": "42",
    "transmitter_code": "1234567", "transmitter_type": "SV300", "authentication": SECRET,
}  # fmt: skip


def put(world: World, *centres: Any, **more: Any) -> list[str]:
    given = {"centre": list(centres)} | more
    return put_centres(tenant=world.tenant, given=given, by="shell:x", at=NIGHT)


def test_a_centre_is_set_up_and_changed_by_its_name(world: World) -> None:
    assert put(world, GOOD | {"second_host": "b.example", "second_port": 4001}) == ["Larmcentralen"]
    made = Centre.objects.get()
    assert made.tls
    assert SECRET not in made.sealed_authentication
    assert open_text(made.sealed_authentication) == SECRET
    assert list_set_up(world.tenant) == [
        "Larmcentralen: larm.example:4000, then b.example:4001 (TLS); 0 waiting"
    ]
    put(world, GOOD | {"port": 4100, "tls": False})
    assert list_set_up(world.tenant) == [
        "Larmcentralen: larm.example:4100 (without TLS); 0 waiting"
    ]
    told = Event.objects.filter(kind="centre.noted")
    assert told.count() == 2
    assert not any(SECRET in (one.payload or "") for one in told)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"authentication": "too short"}, "centre[1].authentication: has 15 characters"),
        ({"authentication": ""}, "centre[1].authentication: is missing"),
        ({"port": 0}, "centre[1].port: is missing"),
        ({"port": 70_000}, "centre[1].port: is not 1–65535"),
        ({"port": "4000"}, "centre[1].port: is no whole number"),
        ({"tls": 1}, "centre[1].tls: is not true or false"),
        ({"transmitter_type": "SV3000"}, "centre[1].transmitter_type: has 1–5 characters"),
        ({"second_host": "b.example"}, "centre[1].second_host: needs second_port"),
        ({"second_port": 4001}, "centre[1].second_host: needs second_port"),
        ({"password": "x"}, "centre[1].password: is unknown"),
        ({"name": "x" * 81}, "centre[1].name: is longer than 80"),
        ({"ca_file": "/nowhere.pem"}, "centre[1].ca_file: /nowhere.pem is no file here"),
    ],
)
def test_a_fault_is_said_by_its_key(world: World, change: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused) as no:
        put(world, GOOD | change)
    assert says in no.value.detail
    assert SECRET not in no.value.detail
    assert not Centre.objects.exists()


def test_what_is_no_list_of_centres_is_refused(world: World) -> None:
    for centres, more in (((), {}), (("x",), {}), ((GOOD, GOOD), {}), ((GOOD,), {"other": 1})):
        with pytest.raises(Refused):
            put(world, *centres, **more)
    assert not Centre.objects.exists()


def test_a_file_of_the_command_line_is_taken(world: World, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from narvaro.config.cli_centres import centre

    file = tmp_path / "centre.toml"
    lines = [f"{name} = {value!r}" for name, value in GOOD.items()]
    file.write_text("[[centre]]\n" + "\n".join(lines))
    done = CliRunner().invoke(centre, ["add", str(file)])
    assert (done.exit_code, done.output) == (0, "Larmcentralen: alarms can be passed on.\n")
    assert "larm.example:4000" in CliRunner().invoke(centre, ["list"]).output
    file.write_text("[[centre]]\nname = 3")
    done = CliRunner().invoke(centre, ["add", str(file)])
    assert done.exit_code == 1
    assert "centre[1].name: is no text" in done.output
